import { createHash } from 'node:crypto';
import type { MqttBrokerSettings } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { createMqttBroker, type MqttBrokerConnector } from '../../gateway/connectors/mqtt-broker/index.ts';
import { RecordingContext } from '../support/connector-context.ts';
import { eventually } from '../support/wait.ts';

const secretOf = (deviceId: string) => `secret of ${deviceId}`;
const definition = (id: string) => ({
  id,
  mqttPasswordSha256: createHash('sha256').update(secretOf(id)).digest('hex'),
});

let context: RecordingContext;
let broker: MqttBrokerConnector | undefined;
const clients: MqttClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) {
    client.end(true);
  }
  await broker?.stop();
});

async function start(settings: Partial<MqttBrokerSettings>): Promise<void> {
  context = new RecordingContext([definition('press'), definition('lathe'), definition('bridge')]);
  broker = createMqttBroker({ host: '127.0.0.1', port: 0, ...settings }, context, { clock: systemClock });
  await broker.start();
}

async function connect(deviceId: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://127.0.0.1:${broker?.address()?.port}`, {
    username: deviceId,
    password: secretOf(deviceId),
    reconnectPeriod: 0,
    ...options,
  });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

const closed = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()));

describe('mapped topics on the broker', () => {
  const mappings = [
    {
      topic: 'plant/+machine/+point',
      device: '{machine}',
      deviceNames: { 'Press 1': 'press' },
      values: [{ signal: '{point}', path: 'v' }],
    },
    {
      topic: 'bridge/up',
      device: '{@.device}',
      each: '$',
      publishers: ['bridge'],
      values: [{ signal: 'level', path: 'level' }],
    },
    { topic: 'self/report', device: '{$.device}', values: [{ signal: 'a', path: 'a' }] },
  ];

  it('are open to the device that they mean, committed before they are acknowledged [I8]', async () => {
    await start({ mappings });
    const client = await connect('press');
    await client.publishAsync('plant/Press 1/temperature', '{"v":21.5}', { qos: 1 });
    await client.publishAsync('plant/press/pressure', '{"v":5}', { qos: 2 });
    expect(context.messages).toMatchObject([
      { deviceId: 'press', values: [{ signal: 'temperature', value: 21.5 }] },
      { deviceId: 'press', values: [{ signal: 'pressure', value: 5 }] },
    ]);
  });

  it('are closed to every other device, and so is what no mapping names', async () => {
    await start({ mappings });
    for (const topic of ['plant/Press 1/temperature', 'plant/lathe/a/b', 'else']) {
      const client = await connect('lathe');
      const ended = closed(client);
      client.publish(topic, '{"v":1}', { qos: 1 });
      await ended;
    }
    expect(context.messages).toEqual([]);
    expect(context.reasons).toEqual(Array(3).fill('topic-not-allowed'));
  });

  it('take from a bridge what it says for others, and from nobody else', async () => {
    await start({ mappings });
    const bridge = await connect('bridge');
    const list = [
      { device: 'press', level: 1 },
      { device: 'lathe', level: 2 },
      { device: 'ghost', level: 3 },
    ];
    await bridge.publishAsync('bridge/up', JSON.stringify(list), { qos: 1 });
    expect(context.messages.map(({ deviceId }) => deviceId)).toEqual(['press', 'lathe']);
    const lathe = await connect('lathe');
    await lathe.publishAsync('self/report', '{"device":"press","a":1}', { qos: 1 });
    await lathe.publishAsync('self/report', '{"device":"lathe","a":1}', { qos: 1 });
    expect(context.messages.slice(2).map(({ deviceId }) => deviceId)).toEqual(['lathe']);
    expect(context.reasons).toEqual(['unknown-device', 'device-not-allowed']);
  });

  it('take SenML on the topic that every device has', async () => {
    await start({});
    const client = await connect('press');
    const pack = [
      { bn: 'oil/', bt: 1_700_000_000, n: 'temp', u: 'Cel', v: 40 },
      { n: 'x', v: 'wrong' },
    ];
    await client.publishAsync('devices/press/telemetry', JSON.stringify(pack), { qos: 1 });
    expect(context.messages).toMatchObject([
      { values: [{ signal: 'oil/temp', value: 40, unit: 'Cel', sourceTime: 1_700_000_000_000 }] },
    ]);
    expect(context.reasons).toEqual(['senml-value']);
  });
});

describe('the limits of the broker', () => {
  it('slow a device down that sends more than it may, and lose nothing of it', async () => {
    // So few that a busy machine, too, takes them faster than it may.
    await start({ messagesPerSecondPerDeviceMax: 20 });
    const client = await connect('press');
    const other = await connect('lathe');
    const all = Array.from({ length: 50 }, (_, index) =>
      client.publishAsync('devices/press/telemetry', `{"n":${index}}`, { qos: 1 }),
    );
    await other.publishAsync('devices/lathe/telemetry', '{"n":1}', { qos: 1 });
    await Promise.all(all);
    expect(context.values('press', 'n').map(({ value }) => value)).toEqual([...Array(50).keys()]);
    expect(broker?.health().counters.publishesDelayed).toBeGreaterThan(10);
  });

  it('hold for connections and topic levels as configured', async () => {
    await start({ connectionsPerDeviceMax: 1, topicLevelsMax: 4 });
    const client = await connect('press');
    await expect(connect('press', { clientId: 'second' })).rejects.toThrow(/unavailable/i);
    expect(context.reasons).toEqual(['connections-per-device']);
    const ended = closed(client);
    client.publish('devices/press/telemetry/x/y', '{"n":1}', { qos: 1 });
    await ended;
    await eventually('it to be gone', () => broker?.health().counters.connections === 0);
    expect(context.messages).toEqual([]);
  });
});
