import { createHash } from 'node:crypto';
import { systemClock } from '@andon/shared/kernel';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMqttBroker, type MqttBrokerConnector } from '../../gateway/connectors/mqtt-broker/index.ts';
import { DeviceStates } from '../../gateway/pipeline/index.ts';
import { RecordingContext } from '../support/connector-context.ts';
import { openOutbox, temporaryFolder } from '../support/outbox.ts';
import { eventually } from '../support/wait.ts';

const definition = (version: number, properties: Record<string, unknown>) => ({
  id: 'press',
  mqttPasswordSha256: createHash('sha256').update('secret').digest('hex'),
  desired: { version, properties },
});

let context: RecordingContext;
let broker: MqttBrokerConnector;
let client: MqttClient;
const heard: string[] = [];

beforeEach(async () => {
  heard.length = 0;
  context = new RecordingContext([definition(3, { interval: 5 })]);
  broker = createMqttBroker({ host: '127.0.0.1', port: 0 }, context, { clock: systemClock });
  await broker.start();
  client = await connectAsync(`mqtt://127.0.0.1:${broker.address()?.port}`, {
    username: 'press',
    password: 'secret',
    reconnectPeriod: 0,
  });
  client.on('error', () => undefined);
  client.on('message', (_topic, payload) => heard.push(payload.toString()));
});

afterEach(async () => {
  client.end(true);
  await broker.stop();
});

describe('properties of a device over MQTT', () => {
  it('[I7] tells what is desired to a device that asks, and every change of it once', async () => {
    await client.subscribeAsync('devices/press/desired', { qos: 1 });
    await eventually('what is desired', () => heard.length > 0);
    context.devices.set('press', definition(4, { interval: 10 }));
    broker.refreshDevice('press');
    broker.refreshDevice('press');
    context.devices.set('press', definition(5, { interval: 20 }));
    broker.refreshDevice('press');
    await eventually('both changes', () => heard.length >= 3);
    expect(heard.map((text) => JSON.parse(text))).toEqual([
      { version: 3, properties: { interval: 5 } },
      { version: 4, properties: { interval: 10 } },
      { version: 5, properties: { interval: 20 } },
    ]);
    await expect(client.subscribeAsync('devices/lathe/desired')).rejects.toThrow();
  });

  it('[I7] takes what a device reports with its status, and refuses what no cloud would take', async () => {
    const say = (status: object) =>
      client.publishAsync('devices/press/status', JSON.stringify(status), { qos: 1 });
    await say({ connected: true, reported: { interval: 10, mode: null } });
    await say({ connected: true, reported: { 'not a name': 1 } });
    await say({ connected: true, reported: { books: 'x'.repeat(20_000) } });
    expect(context.statuses.at(-1)).toEqual({
      deviceId: 'press',
      connected: true,
      reported: { interval: 10, mode: null },
    });
    expect(context.rejections.map(({ reason }) => reason)).toEqual(['status-shape', 'reported-too-long']);
  });
});

it('What a device reports is news each time, though it is connected as before', () => {
  const folder = temporaryFolder();
  const outbox = openOutbox(folder.path);
  const states = new DeviceStates(outbox.database);
  states.change({ deviceId: 'press', connected: true }, 1);
  expect(states.change({ deviceId: 'press', connected: true }, 2)).toBeUndefined();
  expect(states.change({ deviceId: 'press', connected: true, reported: { interval: 5 } }, 3)).toMatchObject({
    type: 'device-status',
    reported: { interval: 5 },
  });
  outbox.close();
  folder.remove();
});

it('A device that never spoke is told apart from one that went away, also after a restart', () => {
  const folder = temporaryFolder();
  const outbox = openOutbox(folder.path);
  const states = new DeviceStates(outbox.database);
  states.change({ deviceId: 'slave', connected: false }, 1);
  expect(states.get('slave')).toMatchObject({ connected: false, spoke: false });
  states.change({ deviceId: 'slave', connected: true }, 2);
  states.change({ deviceId: 'slave', connected: false }, 3);
  const state = states.get('slave');
  expect(state).toMatchObject({ connected: false, since: 3, spoke: true });
  if (state !== undefined) states.write('slave', state);
  states.write('mapped', states.spoke('mapped', 4));
  const reread = new DeviceStates(outbox.database);
  expect(reread.get('slave')).toEqual(state);
  expect(reread.get('mapped')).toEqual({ since: 4, spoke: true });
  expect(reread.get('nobody')).toBeUndefined();
  outbox.close();
  folder.remove();
});
