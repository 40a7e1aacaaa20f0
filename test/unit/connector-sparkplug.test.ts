import type { SparkplugSettings } from '@andon/shared/contracts';
import { describe, expect, it } from 'vitest';
import { SparkplugHost } from '../../gateway/connectors/sparkplug/index.ts';
import { decodePayload, type NodeMetric, SparkplugNode } from '../support/sparkplug-node.ts';

const at = 1_777_888_800_000;
const settings: SparkplugSettings = {
  nodes: [
    {
      group: 'Plant 1',
      edgeNode: 'Line 3',
      deviceId: 'line-3',
      devices: { 'Press A': 'press' },
      writable: ['Speed', 'Mode', 'Limit'],
    },
  ],
};

const metric = (
  name: string,
  type: NodeMetric['type'],
  value: NodeMetric['value'],
  more = {},
): NodeMetric => ({
  name,
  type,
  value,
  ...more,
});
/** Data as nodes with aliases send it: without a name. */
const byAlias = (
  alias: number,
  type: NodeMetric['type'],
  value: NodeMetric['value'],
  more = {},
): NodeMetric => ({
  alias,
  type,
  value,
  ...more,
});

function scene() {
  const host = new SparkplugHost(settings);
  const node = new SparkplugNode('Plant 1', 'Line 3');
  let monotonic = 0;
  const send = (type: string, payload: Uint8Array, device?: string) =>
    host.receive(node.topic(type, device), payload, { monotonic, wall: at });
  const wait = (milliseconds: number) => {
    monotonic += milliseconds;
  };
  return { host, node, send, wait };
}

function born() {
  const parts = scene();
  const { node, send } = parts;
  send('NBIRTH', node.nodeBirth([metric('Load', 'Float', 0.1, { alias: 1 })]));
  send(
    'DBIRTH',
    node.payload([
      metric('Speed', 'Int32', -5, { alias: 10 }),
      metric('Mode', 'String', 'AUTO', { alias: 11 }),
      metric('Limit', 'UInt16', 7),
      metric('Device Control/Reboot', 'Boolean', false, { alias: 12 }),
    ]),
    'Press A',
  );
  return parts;
}

describe('a Sparkplug edge node, as Eclipse Tahu writes it', () => {
  it('is born with all its values, and so are its devices', () => {
    const { node, send } = scene();
    const birth = send('NBIRTH', node.nodeBirth([metric('Load', 'Float', 0.1, { alias: 1 })]));
    expect(birth.statuses).toEqual([{ deviceId: 'line-3', connected: true }]);
    expect(birth.messages).toEqual([
      { deviceId: 'line-3', values: [{ signal: 'Load', value: 0.1, sourceTime: at }] },
    ]);
    const device = send('DBIRTH', node.payload([metric('Oil Temp/°C', 'Double', 40.5)]), 'Press A');
    expect(device.messages).toEqual([
      { deviceId: 'press', values: [{ signal: 'Oil_Temp/_C', value: 40.5, sourceTime: at }] },
    ]);
    expect([birth.refusals, device.refusals, birth.commands]).toEqual([[], [], []]);
  });

  it('has every data type that a signal can hold', () => {
    const { node, send } = scene();
    const metrics = [
      metric('i8', 'Int8', -128),
      metric('i16', 'Int16', -2),
      metric('i32', 'Int32', -2_147_483_648),
      metric('i64', 'Int64', -9_000_000_000),
      metric('u8', 'UInt8', 255),
      metric('u32', 'UInt32', 4_294_967_295),
      metric('u64', 'UInt64', 9_000_000_000),
      metric('f', 'Float', 21.7),
      metric('d', 'Double', 1e300),
      metric('b', 'Boolean', true),
      metric('s', 'String', 'ä'),
      metric('t', 'DateTime', at),
      metric('null', 'Int32', null, { isNull: true }),
      metric('bytes', 'Bytes', new Uint8Array([1])),
    ];
    const { messages } = send('NBIRTH', node.nodeBirth(metrics));
    expect(messages[0]?.values.map(({ signal, value, badReason }) => [signal, badReason ?? value])).toEqual([
      ['i8', -128],
      ['i16', -2],
      ['i32', -2_147_483_648],
      ['i64', -9_000_000_000],
      ['u8', 255],
      ['u32', 4_294_967_295],
      ['u64', 9_000_000_000],
      ['f', 21.7],
      ['d', 1e300],
      ['b', true],
      ['s', 'ä'],
      ['t', at],
      ['null', 'no-value'],
      ['bytes', 'sparkplug-data-type'],
    ]);
  });

  it('names metrics by alias, with a time of their own, from its backlog or of bad quality', () => {
    const { node, send } = born();
    const quality = { properties: { Quality: { type: 'Int32', value: 500 } } };
    const data = send(
      'DDATA',
      node.payload([
        byAlias(10, 'Int32', -6, { timestamp: at - 5000, isHistorical: true }),
        byAlias(11, 'String', 'MANUAL', quality),
        metric('Limit', 'UInt16', 8),
      ]),
      'Press A',
    );
    expect(data.messages).toEqual([
      {
        deviceId: 'press',
        values: [
          { signal: 'Speed', value: -6, sourceTime: at - 5000, historical: true },
          { signal: 'Mode', value: null, badReason: 'sparkplug-stale', sourceTime: at },
          { signal: 'Limit', value: 8, sourceTime: at },
        ],
      },
    ]);
    expect(data.refusals).toEqual([]);
  });

  it('is asked for its birth when data comes before it, once in five seconds', () => {
    const { node, send, wait } = scene();
    const first = send('NDATA', node.payload([metric('Load', 'Float', 1)]));
    expect(first.messages).toEqual([]);
    expect(first.refusals.map(({ reason }) => reason)).toEqual(['sparkplug-not-born']);
    expect(first.commands.map(({ topic }) => topic)).toEqual(['spBv1.0/Plant 1/NCMD/Line 3']);
    const asked = decodePayload(first.commands[0]?.payload ?? Buffer.alloc(0));
    expect(asked.metrics).toMatchObject([{ name: 'Node Control/Rebirth', type: 'Boolean', value: true }]);
    expect(send('NDATA', node.payload([metric('Load', 'Float', 1)])).commands).toEqual([]);
    wait(5000);
    expect(send('NDATA', node.payload([metric('Load', 'Float', 1)])).commands).toHaveLength(1);
  });

  it('is asked for its birth after a gap; until then what has only an alias is refused', () => {
    const { node, send } = born();
    node.skip();
    const data = send(
      'DDATA',
      node.payload([byAlias(10, 'Int32', 1), metric('Limit', 'UInt16', 9)]),
      'Press A',
    );
    expect(data.refusals.map(({ reason }) => reason)).toEqual([
      'sparkplug-sequence-gap',
      'sparkplug-alias-uncertain',
    ]);
    expect(data.messages[0]?.values.map(({ signal }) => signal)).toEqual(['Limit']);
    expect(data.commands).toHaveLength(1);
    send('NBIRTH', node.nodeBirth());
    send('DBIRTH', node.payload([metric('Speed', 'Int32', 3, { alias: 10 })]), 'Press A');
    const after = send('DDATA', node.payload([byAlias(10, 'Int32', 4)]), 'Press A');
    expect(after).toMatchObject({ refusals: [], messages: [{ values: [{ signal: 'Speed', value: 4 }] }] });
  });

  it('is asked for its birth at an alias that no birth named', () => {
    const { node, send } = born();
    const data = send('DDATA', node.payload([byAlias(99, 'Int32', 1)]), 'Press A');
    expect(data.refusals).toEqual([{ reason: 'sparkplug-metric-unknown', detail: 'alias 99' }]);
    expect(data.commands).toHaveLength(1);
    const foreign = send('NDATA', node.payload([byAlias(10, 'Int32', 1)]));
    expect(foreign.messages).toEqual([]);
  });

  it('counts to 255 and begins again', () => {
    const { node, send } = born();
    for (let count = 0; count < 600; count += 1) {
      expect(send('NDATA', node.payload([byAlias(1, 'Float', count)])).refusals).toEqual([]);
    }
  });

  it('dies with all behind it, but not by the will of an older connection', () => {
    const { node, send } = born();
    expect(send('NDEATH', node.nodeDeath(255)).refusals).toEqual([
      { reason: 'sparkplug-stale-death', detail: 'bdSeq 255' },
    ]);
    const reason = 'sparkplug-node-death';
    const death = send('NDEATH', node.nodeDeath());
    expect(death.statuses).toEqual([
      { deviceId: 'line-3', connected: false, reason },
      { deviceId: 'press', connected: false, reason },
    ]);
    expect(death.messages.map(({ values }) => values)).toEqual([
      [{ signal: 'Load', value: null, badReason: reason }],
      ['Speed', 'Mode', 'Limit'].map((signal) => ({ signal, value: null, badReason: reason })),
    ]);
  });

  it('loses one device, or misses one that is not born again after it', () => {
    const { node, send } = born();
    const death = send('DDEATH', node.payload([]), 'Press A');
    expect(death.statuses).toEqual([
      { deviceId: 'press', connected: false, reason: 'sparkplug-device-death' },
    ]);
    expect(send('DDATA', node.payload([byAlias(10, 'Int32', 1)]), 'Press A').refusals).toEqual([
      { reason: 'sparkplug-not-born', detail: 'Line 3/Press A' },
    ]);
    const again = born();
    again.send('NBIRTH', again.node.nodeBirth([metric('Load', 'Float', 1, { alias: 1 })]));
    expect(again.send('NDATA', again.node.payload([byAlias(1, 'Float', 2)])).statuses).toEqual([]);
    again.wait(10_000);
    expect(again.send('NDATA', again.node.payload([byAlias(1, 'Float', 2)])).statuses).toEqual([
      { deviceId: 'press', connected: false, reason: 'sparkplug-not-born' },
    ]);
  });

  it('is commanded by alias and data type, where that is allowed', () => {
    const { host } = born();
    const order = (point: string, value: number | string | boolean) => {
      const made = host.order('press', point, value, at);
      return 'refusal' in made ? made.refusal : { topic: made.topic, ...decodePayload(made.payload) };
    };
    const topic = 'spBv1.0/Plant 1/DCMD/Line 3/Press A';
    expect(order('Speed', -7)).toMatchObject({ topic, metrics: [{ type: 'Int32', value: -7 }] });
    expect(order('Mode', 'OFF')).toMatchObject({ topic, metrics: [{ type: 'String', value: 'OFF' }] });
    expect(order('Limit', 65_535)).toMatchObject({ topic, metrics: [{ name: 'Limit', value: 65_535 }] });
    expect(order('reboot', true)).toMatchObject({ topic, metrics: [{ type: 'Boolean', value: true }] });
    expect(order('Limit', 65_536)).toMatch(/^value: /);
    expect(order('Speed', 'fast')).toMatch(/^value: /);
    expect(order('Load', 1)).toMatch(/^unknown-command: /);
    expect(host.order('oven', 'Speed', 1, at)).toMatchObject({ refusal: expect.stringMatching(/^not-born/) });
  });

  it('is believed for the devices of its configuration alone, whatever name it gives', () => {
    const { host, node, send } = born();
    const birth = send('DBIRTH', node.payload([metric('Speed', 'Int32', 1, { alias: 90 })]), 'oven');
    const detail = 'name the device of oven in the devices of Plant 1/Line 3';
    expect(birth).toEqual({
      messages: [],
      statuses: [],
      commands: [],
      refusals: [{ reason: 'sparkplug-device-not-listed', detail }],
    });
    expect(send('DDATA', node.payload([metric('Speed', 'Int32', 2)]), 'oven').messages).toEqual([]);
    expect(send('DDEATH', node.payload([]), 'oven').statuses).toEqual([]);
    expect([host.serves('oven'), host.serves('press')]).toEqual([false, true]);
    // The id of a device is no Sparkplug name of it unless it is listed as one.
    const alike = send('DBIRTH', node.payload([metric('Speed', 'Int32', 1)]), 'press');
    expect(alike).toMatchObject({ messages: [], statuses: [] });
    expect(send('DBIRTH', node.payload([]), '__proto__').statuses).toEqual([]);
    expect(send('NDATA', node.payload([byAlias(1, 'Float', 3)])).refusals).toEqual([]);
  });

  it('is refused where it is not of the configuration, or no payload of Sparkplug', () => {
    const { host, send } = scene();
    const moment = { monotonic: 0, wall: at };
    expect(host.receive('spBv1.0/Plant 1/NBIRTH/Other', new Uint8Array(), moment).refusals).toEqual([
      { reason: 'sparkplug-node-unknown', detail: 'spBv1.0/Plant 1/NBIRTH/Other' },
    ]);
    expect(send('NBIRTH', Buffer.from('{"json":1}')).refusals).toMatchObject([
      { reason: 'sparkplug-payload' },
    ]);
  });
});
