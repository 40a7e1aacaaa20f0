import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { systemClock } from '@andon/shared/kernel';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMqttBroker, type MqttBrokerConnector } from '../../gateway/connectors/mqtt-broker/index.ts';
import { RecordingContext } from '../support/connector-context.ts';
import { describeRequiring, hasProgram } from '../support/requires.ts';
import { eventually } from '../support/wait.ts';

const secretOf = (deviceId: string) => `secret of ${deviceId}`;
const definition = (id: string) => ({
  id,
  mqttPasswordSha256: createHash('sha256').update(secretOf(id)).digest('hex'),
});
const settings = { host: '127.0.0.1', port: 0 };
const commandId = '01890a5d-ac96-774b-bcce-b302099a8057';
const command = {
  id: commandId,
  deviceId: 'press',
  name: 'reboot',
  parameters: { delay: 1 },
  issuedBy: 'somebody',
  issuedAt: 1,
  expiresAt: 4_000_000_000_000,
  idempotency: 'once' as const,
};

let context: RecordingContext;
let broker: MqttBrokerConnector;
let clients: MqttClient[];

beforeEach(async () => {
  context = new RecordingContext([definition('press'), definition('lathe')]);
  broker = createMqttBroker(settings, context, { clock: systemClock });
  clients = [];
  await broker.start();
});

afterEach(async () => {
  for (const client of clients) {
    client.end(true);
  }
  await broker.stop();
});

const port = (): number => broker.address()?.port ?? 0;

async function connect(deviceId: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port()}`, {
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

/** Another broker on the same port, as after a restart of the gateway. */
async function restart(samePort: number): Promise<void> {
  broker = createMqttBroker({ ...settings, port: samePort }, context, { clock: systemClock });
  await eventually('the port to be free', async () => {
    await broker.start();
    return true;
  });
}

describe('the MQTT broker', () => {
  it('acknowledges a publication only when it is committed', async () => {
    const commit = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    context.beforeCommit = () => {
      arrived.resolve();
      return commit.promise;
    };
    const client = await connect('press');
    let acknowledged = false;
    const published = client.publishAsync('devices/press/telemetry', '{"temperature":21.5}', { qos: 1 });
    published.then(() => {
      acknowledged = true;
    });
    await arrived.promise;
    await connect('lathe');
    expect(acknowledged).toBe(false);
    expect(context.messages).toEqual([]);
    commit.resolve();
    await published;
    expect(context.values('press', 'temperature')).toEqual([{ signal: 'temperature', value: 21.5 }]);
  });

  it('stores a reading once when the gateway dies between commit and acknowledgement [I8]', async () => {
    const client = await connect('press', { reconnectPeriod: 50, clientId: 'press-1' });
    const oldPort = port();
    const died = Promise.withResolvers<void>();
    context.afterCommit = async () => {
      context.afterCommit = async () => undefined;
      broker.stop().then(died.resolve);
      await new Promise(() => undefined);
    };
    const published = client.publishAsync('devices/press/telemetry', '{"temperature":1}', { qos: 1 });
    const next = client.publishAsync('devices/press/telemetry', '{"temperature":2}', { qos: 1 });
    await died.promise;
    await restart(oldPort);
    await Promise.all([published, next]);
    await client.publishAsync('devices/press/telemetry', '{"temperature":3}', { qos: 1 });
    expect(context.values('press', 'temperature').map(({ value }) => value)).toEqual([1, 2, 3]);
  });

  it('drops the connection where a message cannot be stored, so that it is sent again', async () => {
    const client = await connect('press', { reconnectPeriod: 50 });
    let failures = 2;
    context.beforeCommit = async () => {
      failures -= 1;
      if (failures >= 0) {
        throw new Error('the disk is full');
      }
    };
    await client.publishAsync('devices/press/telemetry', '{"temperature":5}', { qos: 1 });
    expect(context.values('press', 'temperature')).toHaveLength(1);
    expect(broker.health().counters.notStored).toBe(2);
  });

  it('loses nothing while commits are slow, and serves others', async () => {
    const commit = Promise.withResolvers<void>();
    let waiting = 0;
    let most = 0;
    context.beforeCommit = async () => {
      waiting += 1;
      most = Math.max(most, waiting);
      await commit.promise;
      waiting -= 1;
    };
    const client = await connect('press');
    const published = Promise.all(
      Array.from({ length: 3000 }, (_, index) =>
        client.publishAsync('devices/press/telemetry', `{"n":${index}}`, { qos: 1 }),
      ),
    );
    await eventually('a commit that waits', () => waiting > 0);
    const other = await connect('lathe');
    expect(other.connected).toBe(true);
    commit.resolve();
    await published;
    expect(most).toBeLessThanOrEqual(256);
    expect(context.values('press', 'n').map(({ value }) => value)).toEqual([...Array(3000).keys()]);
  });

  it('tells when devices come and go, and what they say of themselves', async () => {
    const client = await connect('press', {
      will: {
        topic: 'devices/press/status',
        payload: Buffer.from('{"connected":false}'),
        qos: 1,
        retain: true,
      },
    });
    await client.publishAsync('devices/press/status', '{"connected":true,"bootId":"b1","firmware":"1.0"}', {
      qos: 1,
      retain: true,
    });
    client.stream.destroy();
    await eventually('the end', () => context.statuses.length >= 3);
    const again = await connect('press');
    await again.endAsync();
    await eventually('the second end', () => context.statuses.length >= 5);
    expect(context.statuses.slice(0, 2)).toEqual([
      { deviceId: 'press', connected: true },
      { deviceId: 'press', connected: true, bootId: 'b1', firmware: '1.0' },
    ]);
    expect(context.statuses[2]).toMatchObject({ deviceId: 'press', connected: false });
    expect(context.statuses.slice(3)).toEqual([
      { deviceId: 'press', connected: true },
      { deviceId: 'press', connected: false, reason: 'disconnected' },
    ]);
  });

  it('takes a result before the acknowledgement of its command as proof that the device has it [I8]', async () => {
    const arrived = Promise.withResolvers<void>();
    const client = await connect('press');
    // The library acknowledges when this calls back, and it never does.
    client.handleMessage = () => arrived.resolve();
    let deliveries = 0;
    await client.subscribeAsync('devices/press/commands/+', { qos: 1 });
    client.on('packetreceive', ({ cmd }) => {
      deliveries += cmd === 'publish' ? 1 : 0;
    });
    const attempt = broker.execute({ ...command, name: 'beep', idempotency: 'idempotent' });
    await arrived.promise;
    await client.publishAsync(`devices/press/commands/${commandId}/result`, '{"status":"succeeded"}');
    await eventually('the result', async () => context.results.length > 0);
    const gone = closed(client);
    client.stream.destroy();
    await gone;
    expect(await attempt).toEqual({ status: 'delivered' });
    expect(context.results).toEqual([{ deviceId: 'press', commandId, status: 'succeeded' }]);
    expect(deliveries).toBe(1);
  });

  it('hands a command to the device and takes its result [I8]', async () => {
    await expect(broker.execute(command)).rejects.toMatchObject({ code: 'mqtt-broker.device-not-connected' });
    const client = await connect('press');
    await expect(broker.execute(command)).rejects.toMatchObject({
      code: 'mqtt-broker.device-not-subscribed',
    });
    const received = new Promise<{ topic: string; payload: unknown }>((resolve) =>
      client.once('message', (topic, payload) => resolve({ topic, payload: JSON.parse(payload.toString()) })),
    );
    await client.subscribeAsync('devices/press/commands/+', { qos: 1 });
    expect(await broker.execute(command)).toEqual({ status: 'delivered' });
    expect(await received).toEqual({
      topic: `devices/press/commands/${commandId}`,
      payload: { name: 'reboot', parameters: { delay: 1 }, expiresAt: 4_000_000_000_000 },
    });
    await client.publishAsync(`devices/press/commands/${commandId}/result`, '{"status":"succeeded"}', {
      qos: 1,
    });
    expect(context.results).toEqual([{ deviceId: 'press', commandId, status: 'succeeded' }]);
  });

  it('takes a reboot for delivered where the device reboots before it acknowledges, and lets what may be repeated be sent again', async () => {
    for (const name of ['reboot', 'beep']) {
      const client = await connect('press');
      await client.subscribeAsync('devices/press/commands/+', { qos: 1 });
      client.handleMessage = () => client.stream.destroy();
      const attempt = broker.execute({ ...command, name, idempotency: 'idempotent' });
      await (name === 'reboot'
        ? expect(attempt).resolves.toMatchObject({
            status: 'delivered',
            reason: expect.stringMatching(/^unconfirmed: /),
          })
        : expect(attempt).rejects.toMatchObject({ code: 'mqtt-broker.connection-ended' }));
    }
  });

  it('publishes for local actions, and retains for who comes later', async () => {
    await broker.publish('devices/press/commands/lamp', 'on', true);
    const client = await connect('press');
    const received = new Promise<string>((resolve) =>
      client.once('message', (_topic, payload) => resolve(payload.toString())),
    );
    await client.subscribeAsync('devices/press/commands/+', { qos: 1 });
    expect(await received).toBe('on');
  });

  it('refuses subscriptions to what is not the device’s own', async () => {
    const client = await connect('press');
    await expect(client.subscribeAsync('devices/lathe/commands/+')).rejects.toThrow();
    await expect(client.subscribeAsync('#')).rejects.toThrow();
    expect(client.connected).toBe(true);
    expect(context.rejections).toContainEqual({
      source: 'mqtt-broker',
      reason: 'subscription-not-allowed',
      deviceId: 'press',
      detail: '#',
    });
  });

  it('ends a connection whose credentials changed or vanished, and leaves the others', async () => {
    const press = await connect('press');
    const lathe = await connect('lathe');
    context.devices.set('press', { ...definition('press'), mqttPasswordSha256: 'f'.repeat(64) });
    broker.refreshDevice('press');
    broker.refreshDevice('lathe');
    await closed(press);
    expect(lathe.connected).toBe(true);
    await expect(connect('press')).rejects.toThrow('Not authorized');
  });

  it('keeps the clients of two devices apart, also where they use one client id', async () => {
    const press = await connect('press', { clientId: 'same' });
    const lathe = await connect('lathe', { clientId: 'same' });
    await Promise.all([
      press.publishAsync('devices/press/telemetry', '{"t":1}', { qos: 1 }),
      lathe.publishAsync('devices/lathe/telemetry', '{"t":2}', { qos: 1 }),
    ]);
    expect(press.connected && lathe.connected).toBe(true);
  });

  it('takes QoS 2 and QoS 0, and holds back what comes ahead of CONNACK', async () => {
    const client = await connect('press');
    await client.publishAsync('devices/press/telemetry', '{"t":2}', { qos: 2 });
    await client.publishAsync('devices/press/telemetry', '{"t":0}', { qos: 0 });
    await eventually('both', () => context.values('press', 't').length === 2);
  });

  it('says which port is taken', async () => {
    const second = createMqttBroker({ ...settings, port: port() }, context, { clock: systemClock });
    await expect(second.start()).rejects.toMatchObject({ code: 'mqtt-broker.port-in-use' });
    await second.stop();
  });
});

describe('the MQTT broker, asked by strangers', () => {
  const dial = (): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = createConnection({ host: '127.0.0.1', port: port() }, () => resolve(socket));
      socket.on('error', () => undefined);
    });

  it('ends who does not speak MQTT, and refuses a packet by its header', async () => {
    const greeting = await dial();
    greeting.write('GET / HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => greeting.once('close', resolve));
    const huge = await dial();
    huge.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
    await new Promise((resolve) => huge.once('close', resolve));
    expect(context.reasons).toEqual(['connect-expected', 'packet-too-large']);
  });

  it('takes no more connections than it may', async () => {
    await broker.stop();
    broker = createMqttBroker({ ...settings, connectionsMax: 1 }, context, { clock: systemClock });
    await broker.start();
    const press = await connect('press');
    const second = await dial();
    second.resume();
    await new Promise((resolve) => second.once('close', resolve));
    expect(context.reasons).toEqual(['connections-limit']);
    expect(press.connected).toBe(true);
  });
});

describeRequiring('a real MQTT client', { mosquitto_pub: hasProgram('mosquitto_pub') }, () => {
  interface Outcome {
    readonly code: number;
    readonly stderr: string;
  }

  function mosquittoPub(
    options: readonly string[],
    deviceId = 'press',
    secret = secretOf(deviceId),
  ): Promise<Outcome> {
    const args = [
      '-h',
      '127.0.0.1',
      '-p',
      String(port()),
      '-q',
      '1',
      '-u',
      deviceId,
      '-P',
      secret,
      ...options,
    ];
    return new Promise((resolve) => {
      const child = execFile('mosquitto_pub', args, { timeout: 20_000 }, (error, _stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, stderr }),
      );
      if (options.includes('-s')) {
        child.stdin?.on('error', () => undefined);
        child.stdin?.end(Buffer.alloc(2 * 1024 * 1024, 0x20));
      }
    });
  }

  it('publishes a reading [I8]', async () => {
    const outcome = await mosquittoPub(['-t', 'devices/press/telemetry', '-m', '{"temperature":21.5}']);
    expect(outcome).toEqual({ code: 0, stderr: '' });
    expect(context.values('press', 'temperature')).toEqual([{ signal: 'temperature', value: 21.5 }]);
  });

  it('is refused or counted for each misuse, and another device goes on undisturbed [I8]', async () => {
    const lathe = await connect('lathe');
    let ticks = 0;
    const tick = async () => {
      ticks += 1;
      await lathe.publishAsync('devices/lathe/telemetry', `{"tick":${ticks}}`, { qos: 1 });
    };
    await tick();

    const telemetry = ['-t', 'devices/press/telemetry'];
    const wrong = await mosquittoPub([...telemetry, '-m', '{"temperature":1}'], 'press', 'guess');
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toMatch(/not authori[sz]ed/i);
    await tick();

    const foreign = await mosquittoPub(['-t', 'devices/lathe/telemetry', '-m', '{"tick":99}']);
    expect(foreign.code).not.toBe(0);
    await tick();

    const large = await mosquittoPub([...telemetry, '-s']);
    expect(large.code).not.toBe(0);
    await tick();

    const broken = await mosquittoPub([...telemetry, '-m', '{"temperature":']);
    expect(broken.code).toBe(0);
    await tick();

    const text = await mosquittoPub([...telemetry, '-m', '{"temperature":"hot"}']);
    expect(text.code).toBe(0);
    await tick();

    expect([...new Set(context.rejections.map(({ reason, deviceId }) => `${deviceId} ${reason}`))]).toEqual([
      'press wrong-password',
      'press topic-not-allowed',
      'press payload-too-large',
      'press broken-json',
    ]);
    expect(context.values('press', 'temperature')).toEqual([{ signal: 'temperature', value: 'hot' }]);
    expect(context.values('lathe', 'tick').map(({ value }) => value)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(lathe.connected).toBe(true);
  });
});
