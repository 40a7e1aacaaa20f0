import { type MappedValue, Reading, SignalName, type TopicMapping } from '@andon/shared/contracts';
import { parsePayloadPath, Template, TopicPattern, valueAt } from '@andon/shared/payload-mapping';
import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import type { RawValue } from '../../gateway/connectors/connector.ts';
import { deviceIdsOf } from '../../gateway/connectors/mqtt-broker/certificate.ts';
import { Mapping, parseSenml } from '../../gateway/connectors/payload-mapping/index.ts';
import { decodePayload, SparkplugHost } from '../../gateway/connectors/sparkplug/index.ts';
import { toReadings } from '../../gateway/signals/index.ts';
import { type NodeMetric, SparkplugNode } from '../support/sparkplug-node.ts';

const reading = Compile(Reading);
const signalName = Compile(SignalName);
const now = Date.parse('2026-05-04T10:00:00Z');
const reception = { gatewayTime: now, clockState: 'SYNCHRONIZED' } as const;

/** Whatever a connector gives must become readings that the cloud takes. */
function expectReadings(values: readonly RawValue[]): void {
  const { readings } = toReadings({ deviceId: 'press', values }, { id: 'press' }, reception);
  for (const one of readings) {
    expect(reading.Check(one), JSON.stringify(one)).toBe(true);
  }
}

const pathText = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc
    .array(
      fc.constantFrom('$', '@', '.a', '.b', '[0]', '["a b"]', '/', 'a', '~1', '[', '"', '.constructor'),
      {
        maxLength: 8,
      },
    )
    .map((parts) => parts.join('')),
);
const json = fc.jsonValue({ maxDepth: 4 });
const record = fc.record(
  {
    bn: fc.oneof(fc.string({ maxLength: 12 }), fc.constant('urn:dev:mac:1:'), fc.integer()),
    bt: fc.oneof(fc.double(), fc.string({ maxLength: 3 })),
    n: fc.oneof(fc.string({ maxLength: 12 }), fc.constant('temp')),
    t: fc.double(),
    u: fc.string({ maxLength: 40 }),
    v: fc.oneof(fc.double(), fc.string({ maxLength: 3 })),
    vs: fc.string({ maxLength: 5000 }),
    vb: fc.boolean(),
    s: fc.double(),
    bver: fc.integer({ min: 1, max: 12 }),
  },
  { requiredKeys: [] },
);

describe('what MQTT payloads may hold', () => {
  it('a path reads or is refused, never throws, and never leaves the payload', () => {
    fc.assert(
      fc.property(pathText, json, (text, payload) => {
        const path = parsePayloadPath(text);
        if (path !== undefined) {
          const found = valueAt(path, payload, payload);
          expect(typeof found).not.toBe('function');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('a pattern with as many names as a topic has levels gives each its level', () => {
    const level = fc.stringMatching(/^[^+#/$]{0,8}$/);
    fc.assert(
      fc.property(fc.array(level, { minLength: 1, maxLength: 6 }), (levels) => {
        fc.pre(levels[0] !== '');
        const names = levels.map((_, index) => `n${index}`);
        const found = new TopicPattern(names.map((name) => `+${name}`).join('/')).match(levels.join('/'));
        expect(found && [...found.values()]).toEqual(levels);
        expect(new TopicPattern(levels.join('/')).match(levels.join('/'))).toBeDefined();
      }),
    );
  });

  it('a template is filled in or is none, and is never longer than its limit', () => {
    const text = fc.array(fc.constantFrom('{', '}', 'a', '{m}', '{@.a}', '{$}', '{@key}', '{/a/b}'), {
      maxLength: 10,
    });
    fc.assert(
      fc.property(text, json, fc.string({ maxLength: 400 }), (parts, payload, level) => {
        const scope = { names: new Map([['m', level]]), payload, element: payload, key: level };
        const filled = Template.parse(parts.join(''))?.fill(scope);
        expect((filled ?? '').length).toBeLessThanOrEqual(512);
      }),
    );
  });

  it('a mapping gives readings that the cloud takes, or says why not', () => {
    const value: fc.Arbitrary<MappedValue> = fc.record(
      {
        signal: fc.constantFrom('a', '{@key}', '{x}', '{@.n}'),
        path: fc.constantFrom('', 'a', '@.b[0]', '$.c', '/d'),
        type: fc.constantFrom('number' as const, 'boolean' as const, 'text' as const),
        unit: fc.constantFrom('Cel', '{@.u}'),
        scale: fc.double({ noNaN: true }),
        optional: fc.boolean(),
      },
      { requiredKeys: ['signal'] },
    );
    const mapping: fc.Arbitrary<TopicMapping> = fc.record(
      {
        topic: fc.constant('+x'),
        device: fc.constantFrom('press', '{x}', '{@.d}', '{@key}'),
        each: fc.constantFrom('$', 'a', '$.b'),
        time: fc.record({
          path: fc.constantFrom('t', '$.t'),
          in: fc.constantFrom('iso' as const, 'seconds' as const, 'microseconds' as const),
        }),
        payload: fc.constantFrom('json' as const, 'text' as const),
        values: fc.array(value, { minLength: 1, maxLength: 3 }),
      },
      { requiredKeys: ['topic', 'device', 'values'] },
    );
    const member = fc.oneof(json, fc.record({ a: json, b: json, n: fc.string(), t: json, u: json, d: json }));
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .oneof(member, fc.array(member), fc.dictionary(fc.string({ maxLength: 5 }), member))
        .map((one) => Buffer.from(JSON.stringify(one))),
    );
    fc.assert(
      fc.property(mapping, payload, fc.string({ maxLength: 20 }), (settings, bytes, level) => {
        const { messages, refusals } = new Mapping(settings).read(new Map([['x', level]]), bytes, now);
        for (const { values } of messages) {
          expect(values.length).toBeLessThanOrEqual(1000);
          expectReadings(values);
        }
        for (const { reason, detail } of refusals) {
          expect(reason).toMatch(/^[a-z0-9-]+$/);
          expect(detail.length).toBeLessThanOrEqual(120);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('a SenML pack gives readings that the cloud takes, or says why not', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(record, json), { maxLength: 20 }), (pack) => {
        const result = parseSenml(pack, now);
        if ('values' in result) {
          expectReadings(result.values);
          expect(result.values.every(({ signal }) => signalName.Check(signal))).toBe(true);
          const times = result.values.map(({ sourceTime }) => sourceTime ?? Number.POSITIVE_INFINITY);
          expect(times).toEqual(times.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0)));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('a certificate names only ids, whatever stands in its names', () => {
    fc.assert(
      fc.property(fc.option(fc.string(), { nil: undefined }), fc.string(), (alternatives, subject) => {
        for (const id of deviceIdsOf(alternatives, `CN=${subject}`)) {
          expect(id).toMatch(/^[a-z0-9-]+$/);
        }
      }),
    );
    expect(deviceIdsOf('DNS:press, URI:urn:andon:device:lathe, IP Address:1.2.3.4', 'O=x\nCN=oven')).toEqual([
      'press',
      'lathe',
      'oven',
    ]);
    expect(deviceIdsOf('DNS:"a, DNS:press"', 'CN=oven')).toEqual(['oven']);
    expect(deviceIdsOf(undefined, 'CN=oven\nCN=press')).toEqual([]);
  });
});

describe('what Sparkplug payloads may hold', () => {
  const metric: fc.Arbitrary<NodeMetric> = fc.oneof(
    fc.record({
      name: fc.string({ minLength: 1, maxLength: 20 }),
      alias: fc.integer({ min: 1, max: 40 }),
      type: fc.constant('Int32' as const),
      value: fc.integer(),
    }),
    fc.record({
      name: fc.constantFrom('a', 'b', 'bdSeq', 'Node Control/Rebirth'),
      type: fc.constant('String' as const),
      value: fc.string(),
      isHistorical: fc.boolean(),
    }),
    fc.record({
      name: fc.constant('d'),
      type: fc.constant('Double' as const),
      value: fc.double(),
      timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
    }),
  );
  const step = fc.record({
    type: fc.constantFrom('NBIRTH', 'NDATA', 'NDEATH', 'DBIRTH', 'DDATA', 'DDEATH'),
    metrics: fc.array(metric, { maxLength: 5 }),
    skip: fc.boolean(),
    /** Bytes to spoil: position and value. */
    spoil: fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 3 }),
    wait: fc.nat(12_000),
  });

  it('noise and spoiled payloads are refused, and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const payload = decodePayload(bytes);
        expect(payload === undefined || payload.metrics.length <= bytes.length).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('any order of births, data, gaps and deaths gives readings that the cloud takes, and few questions', () => {
    const settings = { nodes: [{ group: 'g', edgeNode: 'n', deviceId: 'node', devices: { d: 'press' } }] };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const host = new SparkplugHost(settings);
        const node = new SparkplugNode('g', 'n');
        const asked: number[] = [];
        let monotonic = 0;
        for (const { type, metrics, skip, spoil, wait } of steps) {
          monotonic += wait;
          if (skip) {
            node.skip();
          }
          const bytes = type === 'NBIRTH' ? node.nodeBirth(metrics) : node.payload(metrics);
          for (const [position, value] of spoil) {
            if (position < bytes.length) {
              bytes[position] = value;
            }
          }
          const device = type.startsWith('D') ? 'd' : undefined;
          const effects = host.receive(node.topic(type, device), bytes, { monotonic, wall: now });
          asked.push(...effects.commands.map(() => monotonic));
          for (const { values } of effects.messages) {
            expectReadings(values);
          }
        }
        for (const [index, at] of asked.entries()) {
          expect(at - (asked[index - 1] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(5000);
        }
      }),
      { numRuns: 500 },
    );
  });
});
