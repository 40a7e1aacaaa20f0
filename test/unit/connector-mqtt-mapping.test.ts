import type { TopicMapping } from '@andon/shared/contracts';
import { parsePayloadPath, Template, TopicPattern, valueAt } from '@andon/shared/payload-mapping';
import { describe, expect, it } from 'vitest';
import { MappingTable } from '../../gateway/connectors/payload-mapping/index.ts';
import { parseConfiguration } from '../../shared/gateway-configuration/index.ts';

const now = Date.parse('2026-05-04T10:00:00Z');

function read(mapping: TopicMapping, topic: string, payload: unknown) {
  const [matched] = new MappingTable([mapping]).matching(topic);
  const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return matched?.mapping.read(matched.names, bytes, now);
}

describe('a topic pattern', () => {
  const names = (pattern: string, topic: string) => {
    const found = new TopicPattern(pattern).match(topic);
    return found && Object.fromEntries(found);
  };

  it('gives names to levels', () => {
    expect(names('plant/+machine/+point', 'plant/press-1/temp')).toEqual({
      machine: 'press-1',
      point: 'temp',
    });
    expect(names('plant/+/+point', 'plant/x/temp')).toEqual({ point: 'temp' });
    expect(names('plant/+machine/#rest', 'plant/press-1/a/b')).toEqual({ machine: 'press-1', rest: 'a/b' });
    expect(names('#all', 'a/b')).toEqual({ all: 'a/b' });
    expect(names('plant/#', 'plant')).toEqual({});
  });

  it('does not match fewer or more levels, other text, or what the broker says of itself', () => {
    expect(names('plant/+machine', 'plant')).toBeUndefined();
    expect(names('plant/+machine', 'plant/a/b')).toBeUndefined();
    expect(names('plant/+machine', 'Plant/a')).toBeUndefined();
    expect(names('+a/#rest', '$SYS/uptime')).toBeUndefined();
  });

  it('is subscribed to as MQTT writes it', () => {
    expect(new TopicPattern('plant/+machine/x/#rest').filter).toBe('plant/+/x/#');
  });
});

describe('a path into a payload', () => {
  const payload = { a: { 'b c': [10, { d: 'x' }] }, 'e/f': 5, $g: 6 };
  const at = (text: string) => {
    const path = parsePayloadPath(text);
    return path === undefined ? 'no path' : valueAt(path, payload, payload.a);
  };

  it('begins at the payload, at the element, or is a JSON pointer', () => {
    expect(at('$.a["b c"][0]')).toBe(10);
    expect(at('@["b c"][1].d')).toBe('x');
    expect(at('$["e/f"]')).toBe(5);
    expect(at('/b c/1/d')).toBe('x');
    expect(at('')).toBe(payload.a);
    expect(at('$')).toBe(payload);
  });

  it('finds nothing that the payload does not hold itself', () => {
    expect(at('$.constructor')).toBeUndefined();
    expect(at('$.a["b c"].length')).toBeUndefined();
    expect(at('$.a.x.y')).toBeUndefined();
  });

  it('is refused where it is none', () => {
    for (const text of ['$..a', 'a[', 'a[x]', '.a', '$.a."b"', `$${'.a'.repeat(40)}`]) {
      expect(at(text), text).toBe('no path');
    }
  });
});

describe('a template', () => {
  it('is filled in from topic and payload, and not at all where something is absent', () => {
    const scope = { names: new Map([['m', 'press']]), payload: { a: 7 }, element: { n: 'x' }, key: 'k' };
    expect(Template.parse('{m}-{$.a}-{@.n}-{@key}')?.fill(scope)).toBe('press-7-x-k');
    expect(Template.parse('{@.absent}')?.fill(scope)).toBeUndefined();
    expect(Template.parse('{m')).toBeUndefined();
    expect(Template.parse('{m n}')).toBeUndefined();
  });
});

describe('a mapping', () => {
  it('takes device and signal from the topic, value, time and unit from the payload', () => {
    const mapping: TopicMapping = {
      topic: 'plant/+machine/+point',
      device: '{machine}',
      deviceNames: { 'Press 1': 'press-1' },
      time: { path: 't', in: 'seconds' },
      values: [{ signal: '{point}', path: 'v', unit: '{@.u}' }],
    };
    expect(read(mapping, 'plant/Press 1/temperature', { v: 21.5, t: 1_777_888_800.5, u: 'Cel' })).toEqual({
      messages: [
        {
          deviceId: 'press-1',
          values: [{ signal: 'temperature', value: 21.5, unit: 'Cel', sourceTime: 1_777_888_800_500 }],
        },
      ],
      statuses: [],
      refusals: [],
    });
  });

  it('takes a bare number or text', () => {
    const mapping: TopicMapping = {
      topic: 'shellies/+device/+point',
      payload: 'text',
      device: '{device}',
      values: [{ signal: '{point}', type: 'number', scale: 0.1 }],
    };
    expect(read(mapping, 'shellies/press/power', ' 215\n')?.messages).toEqual([
      { deviceId: 'press', values: [{ signal: 'power', value: 21.5 }] },
    ]);
    expect(read(mapping, 'shellies/press/power', 'hot')?.messages[0]?.values).toEqual([
      { signal: 'power', value: null, badReason: 'not-a-number' },
    ]);
  });

  it('makes numbers of text only where that is declared', () => {
    const values = [
      { signal: 'a', path: 'a' },
      { signal: 'b', path: 'a', type: 'number' as const },
      { signal: 'c', path: 'c', type: 'boolean' as const },
      { signal: 'd', path: 'a', type: 'text' as const },
      { signal: 'e', path: 'absent' },
      { signal: 'f', path: 'absent', optional: true },
      { signal: 'g', path: 'g' },
      { signal: 'h', path: 'h', type: 'number' as const },
    ];
    const payload = { a: '12.5', c: 'ON', g: [1], h: null };
    expect(read({ topic: 'x', device: 'press', values }, 'x', payload)?.messages[0]?.values).toEqual([
      { signal: 'a', value: '12.5' },
      { signal: 'b', value: 12.5 },
      { signal: 'c', value: true },
      { signal: 'd', value: '12.5' },
      { signal: 'e', value: null, badReason: 'field-missing' },
      { signal: 'g', value: null, badReason: 'not-a-value' },
      { signal: 'h', value: null, badReason: 'no-value' },
    ]);
  });

  it('reads every element of a list, each for a device of its own', () => {
    const mapping: TopicMapping = {
      topic: 'lora/up',
      device: '{@.dev}',
      each: '$.readings',
      time: { path: '@.at', in: 'iso' },
      values: [{ signal: '{@.n}', path: '@.v', unit: 'Cel' }],
    };
    const readings = [
      { dev: 'press', n: 'top', v: 1, at: '2026-05-04T09:59:00Z' },
      { dev: 'oven', n: 'top', v: 2 },
      { dev: 'press', n: 'low', v: 3, at: 'yesterday' },
      { dev: 'No Slug', n: 'low', v: 4 },
      { dev: 'press', v: 5 },
    ];
    expect(read(mapping, 'lora/up', { readings })).toEqual({
      messages: [
        {
          deviceId: 'press',
          values: [
            { signal: 'top', value: 1, unit: 'Cel', sourceTime: now - 60_000 },
            { signal: 'low', value: 3, unit: 'Cel', sourceTime: Number.NaN },
          ],
        },
        { deviceId: 'oven', values: [{ signal: 'top', value: 2, unit: 'Cel' }] },
      ],
      statuses: [],
      refusals: [
        { reason: 'device-name', detail: 'No Slug' },
        { reason: 'signal-name', detail: '{@.n} cannot be filled in' },
      ],
    });
  });

  it('takes every member of an object as a signal, but for those left out', () => {
    const mapping: TopicMapping = {
      topic: 'zigbee2mqtt/+name',
      device: '{name}',
      each: '$',
      except: ['last_seen', 'linkquality'],
      time: { path: '$.last_seen', in: 'milliseconds' },
      values: [{ signal: '{@key}' }],
    };
    const payload = { temperature: 21, battery: 88, linkquality: 40, last_seen: now - 5 };
    expect(read(mapping, 'zigbee2mqtt/hall', payload)?.messages).toEqual([
      {
        deviceId: 'hall',
        values: [
          { signal: 'temperature', value: 21, sourceTime: now - 5 },
          { signal: 'battery', value: 88, sourceTime: now - 5 },
        ],
      },
    ]);
  });

  it('knows microseconds, and takes what devices/{id}/telemetry takes on any topic', () => {
    const time = { path: 't', in: 'microseconds' as const };
    const mapping: TopicMapping = { topic: 'x', device: 'press', time, values: [{ signal: 'a', path: 'a' }] };
    expect(read(mapping, 'x', { a: 1, t: String(now * 1000) })?.messages[0]?.values[0]?.sourceTime).toBe(now);
    const telemetry: TopicMapping = { topic: 'old/+id', payload: 'telemetry', device: '{id}' };
    expect(read(telemetry, 'old/press', { ts: now, values: { a: 1 } })?.messages).toEqual([
      { deviceId: 'press', sourceTime: now, values: [{ signal: 'a', value: 1 }] },
    ]);
    expect(read(telemetry, 'old/press', [{ n: 'a', v: 1 }])?.messages).toEqual([
      { deviceId: 'press', values: [{ signal: 'a', value: 1 }] },
    ]);
  });

  it('takes SenML on any topic, and nothing else where it says so', () => {
    const mapping: TopicMapping = { topic: 'senml/+id', payload: 'senml', device: '{id}' };
    expect(read(mapping, 'senml/press', [{ n: 'a', v: 1 }, { n: 'b' }])).toMatchObject({
      messages: [{ deviceId: 'press', values: [{ signal: 'a', value: 1 }] }],
      statuses: [],
      refusals: [{ reason: 'senml-no-value' }],
    });
    expect(read(mapping, 'senml/press', { a: 1 })?.refusals).toMatchObject([{ reason: 'not-senml' }]);
  });

  it('takes from the payload whether a device is there', () => {
    const status = { path: 'state', online: 'online', offline: 'offline' };
    const mapping: TopicMapping = { topic: 'z/+name/availability', device: '{name}', status };
    const said = (state: string) => read(mapping, 'z/hall/availability', { state });
    expect(said('offline')?.statuses).toEqual([{ deviceId: 'hall', connected: false }]);
    expect(said('online')?.statuses).toEqual([{ deviceId: 'hall', connected: true }]);
    expect(said('asleep')).toMatchObject({ statuses: [], refusals: [{ reason: 'status-unknown' }] });
  });

  it('takes a boot id from the payload', () => {
    const mapping: TopicMapping = {
      topic: 'x',
      device: 'press',
      bootId: 'boot',
      values: [{ signal: 'a', path: 'a' }],
    };
    expect(read(mapping, 'x', { a: 1, boot: 7 })?.messages[0]).toMatchObject({ bootId: '7' });
    expect(read(mapping, 'x', { a: 1 })?.messages[0]).not.toHaveProperty('bootId');
  });

  it('says why nothing could be read', () => {
    const mapping: TopicMapping = { topic: 'x', device: 'press', each: '$.list', values: [{ signal: 'a' }] };
    expect(read(mapping, 'x', '{"a"')?.refusals).toEqual([
      expect.objectContaining({ reason: 'broken-json' }),
    ]);
    expect(read(mapping, 'x', {})?.refusals).toEqual([expect.objectContaining({ reason: 'each-missing' })]);
    expect(read(mapping, 'x', { list: Array(2000).fill(1) })?.refusals).toEqual([
      expect.objectContaining({ reason: 'too-many-values' }),
    ]);
  });
});

describe('mappings in a configuration', () => {
  it('let local actions write what a client publishes or a Sparkplug node lists, and nothing else', () => {
    const nodes =
      'nodes: [{ group: g, edgeNode: n, deviceId: node, devices: { P: press }, writable: [Speed] }]';
    const text = (point: string, broker: boolean) => `gateway: { id: edge-1 }
${
  broker
    ? `mqttBroker: { sparkplug: { ${nodes} } }`
    : `connectors: [{ type: mqtt-client, name: scada, url: mqtt://scada, clientId: edge, sparkplug: { ${nodes} } }]`
}
devices:
  - id: node
    rules:
      - name: hot
        version: 1
        signal: t
        limits: { hi: { setpoint: 5, severity: MINOR } }
        onAlert: { type: write, deviceId: press, point: ${point}, value: 0 }
  - id: press
`;
    for (const broker of [true, false]) {
      expect(() => parseConfiguration(text('Speed', broker), 'g.yaml')).not.toThrow();
      expect(() => parseConfiguration(text('Load', broker), 'g.yaml')).toThrow(/no writable point of press/);
    }
  });

  it('are checked, with line and key', () => {
    const text = `gateway: { id: edge-1 }
mqttBroker:
  mappings:
    - topic: plant/+machine/+machine
      device: "{maschine}"
      values: [{ signal: a, path: "a[" }]
    - topic: old/+id
      payload: senml
      device: "{$.id}"
    - topic: a/b+c
      device: press
`;
    const mistakes = (wrong: string) => {
      try {
        parseConfiguration(wrong, 'g.yaml');
        return [];
      } catch (error) {
        return error instanceof Error ? error.message.split('\n') : [];
      }
    };
    expect(mistakes(text)).toEqual([
      expect.stringMatching(/^g\.yaml:10:14: mqttBroker\.mappings\[2\]\.topic /),
    ]);
    expect(mistakes(text.replace('a/b+c', 'a/+c'))).toEqual([
      'g.yaml:4:14: mqttBroker.mappings[0].topic gives two wildcards the same name',
      'g.yaml:5:15: mqttBroker.mappings[0].device names {maschine}, but the topic has no wildcard +maschine or #maschine',
      expect.stringMatching(
        /^g\.yaml:6:35: mqttBroker\.mappings\[0\]\.values\[0\]\.path is "a\[", which is no path/,
      ),
      'g.yaml:9:15: mqttBroker.mappings[1].device must be told by the topic alone where the payload is senml',
      expect.stringMatching(/mqttBroker\.mappings\[2\]\.values is missing/),
    ]);
  });
});
