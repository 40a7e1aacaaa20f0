import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MqttClientConnector } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, expect, it } from 'vitest';
import type { Connector } from '../../gateway/connectors/connector.ts';
import { createMqttClientConnector } from '../../gateway/connectors/mqtt-client/index.ts';
import { TestAuthority } from '../support/certificates.ts';
import { RecordingContext } from '../support/connector-context.ts';
import { hasMosquitto, Mosquitto, type MosquittoOptions } from '../support/mosquitto.ts';
import { describeRequiring, hasProgram } from '../support/requires.ts';
import { eventually } from '../support/wait.ts';

const command = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  deviceId: 'press',
  name: 'start',
  parameters: { value: 7 },
  issuedBy: 'somebody',
  issuedAt: 1,
  expiresAt: 4_000_000_000_000,
  idempotency: 'idempotent' as const,
};

describeRequiring(
  'the MQTT client at a mosquitto that nobody here wrote',
  { mosquitto: hasMosquitto, openssl: hasProgram('openssl') },
  () => {
    let broker: Mosquitto;
    let context: RecordingContext;
    let connector: Connector;
    const clients: MqttClient[] = [];
    const cleanings: (() => void)[] = [];

    afterEach(async () => {
      for (const client of clients.splice(0)) {
        client.end(true);
      }
      await connector?.stop();
      await broker?.remove();
      for (const clean of cleanings.splice(0)) {
        clean();
      }
    });

    async function startBroker(options: MosquittoOptions = {}): Promise<void> {
      broker = new Mosquitto(options);
      await broker.start();
    }

    async function start(settings: Partial<MqttClientConnector> = {}, waitFor = true): Promise<void> {
      context = new RecordingContext([
        { id: 'press', signals: [{ name: 'temperature' }] },
        { id: 'lathe' },
        { id: 'oven' },
      ]);
      connector = create(settings);
      await connector.start();
      if (waitFor) {
        await connected();
      }
    }

    const create = (settings: Partial<MqttClientConnector>) =>
      createMqttClientConnector(
        {
          type: 'mqtt-client',
          name: 'plant',
          url: `mqtt://127.0.0.1:${broker.port}`,
          clientId: 'andon-edge-1',
          devices: ['press', 'lathe'],
          mappings: [
            {
              topic: 'plant/+machine/+point',
              device: '{machine}',
              values: [{ signal: '{point}', path: 'v' }],
            },
          ],
          ...settings,
        },
        context,
        { clock: systemClock, jitter: () => 0 },
      );

    const connected = () =>
      eventually('the connection', () => connector.health().state === 'connected', 15_000);

    async function peer(options: { username?: string; password?: string } = {}): Promise<MqttClient> {
      const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
        reconnectPeriod: 0,
        ...options,
      });
      client.on('error', () => undefined);
      clients.push(client);
      return client;
    }

    const temperatures = () => context.values('press', 'temperature').map(({ value }) => value);

    for (const version of ['5', '3.1.1'] as const) {
      it(`takes what devices publish there, as mapped, with MQTT ${version} [I8]`, async () => {
        await startBroker();
        await start({ version });
        const device = await peer();
        await device.publishAsync('plant/press/temperature', '{"v":21.5}', { qos: 1 });
        await device.publishAsync('plant/oven/temperature', '{"v":1}', { qos: 1 });
        await device.publishAsync('plant/ghost/temperature', '{"v":1}', { qos: 1 });
        await device.publishAsync('plant/press/temperature', '{"v"', { qos: 1 });
        await eventually('all four', () => connector.health().counters.messagesReceived === 4);
        await eventually('the refusals', () => context.reasons.length === 3);
        expect(temperatures()).toEqual([21.5]);
        expect(context.reasons).toEqual(['unknown-device', 'unknown-device', 'broken-json']);
        expect(context.statuses).toEqual([{ deviceId: 'press', connected: true }]);
      });

      it(`says that signals are BAD while the broker is away, and comes back by itself, MQTT ${version}`, async () => {
        await startBroker();
        await start({ version });
        const device = await peer();
        await device.publishAsync('plant/lathe/speed', '{"v":1}', { qos: 1 });
        await eventually('the first value', () => context.values('lathe', 'speed').length === 1);
        await broker.stop();
        await eventually('the bad values', () => context.values('lathe', 'speed').length === 2);
        const bad = { value: null, badReason: 'broker-unreachable' };
        expect(context.values('lathe', 'speed')[1]).toMatchObject(bad);
        expect(context.values('press', 'temperature')[0]).toMatchObject(bad);
        await eventually('the states', () => context.statuses.length === 3);
        expect(context.statuses[1]).toMatchObject({ connected: false, reason: 'broker-unreachable' });
        expect(connector.health().state).toBe('waiting');
        await expect(connector.execute(command)).resolves.toMatchObject({ status: 'rejected' });
        await broker.start();
        await connected();
        const again = await peer();
        await again.publishAsync('plant/lathe/speed', '{"v":2}', { qos: 1 });
        await eventually('the value after it', () => context.values('lathe', 'speed').length === 3);
        expect(context.values('lathe', 'speed')[2]).toEqual({ signal: 'speed', value: 2 });
        expect(context.statuses.at(-1)).toEqual({ deviceId: 'lathe', connected: true });
      });
    }

    it('has nothing lost that is published while it is away, and nothing twice', async () => {
      await startBroker();
      await start();
      const device = await peer();
      for (let value = 0; value < 20; value += 1) {
        await device.publishAsync('plant/press/temperature', `{"v":${value}}`, { qos: 1 });
      }
      await connector.stop();
      for (let value = 20; value < 40; value += 1) {
        await device.publishAsync('plant/press/temperature', `{"v":${value}}`, { qos: 1 });
      }
      await broker.stop();
      await broker.start();
      connector = create({});
      await connector.start();
      await eventually('all that was kept', () => temperatures().length >= 40);
      expect(temperatures()).toEqual([...Array(40).keys()]);
    });

    it('acknowledges only what is committed: the broker sends the rest again, stored once', async () => {
      await startBroker();
      await start();
      const device = await peer();
      let failures = 2;
      context.beforeCommit = async () => {
        failures -= 1;
        if (failures >= 0) {
          throw new Error('the disk is full');
        }
      };
      await device.publishAsync('plant/press/temperature', '{"v":1}', { qos: 1 });
      await eventually('the value', () => temperatures().includes(1), 15_000);
      expect(connector.health().counters.notStored).toBeGreaterThanOrEqual(2);
      // Dies between commit and acknowledgement.
      await connected();
      context.afterCommit = async () => {
        context.afterCommit = async () => undefined;
        throw new Error('killed');
      };
      await device.publishAsync('plant/press/temperature', '{"v":2}', { qos: 1 });
      await eventually('the end of the connection', () => connector.health().state !== 'connected');
      await connected();
      await device.publishAsync('plant/press/temperature', '{"v":3}', { qos: 1 });
      await eventually('the last value', () => temperatures().includes(3));
      expect(temperatures().filter((value) => value !== null)).toEqual([1, 2, 3]);
    });

    for (const version of ['5', '3.1.1'] as const) {
      it(`shares commits, and acknowledges none before its own, in order, MQTT ${version}`, async () => {
        await startBroker({ lines: ['max_inflight_messages 0', 'max_queued_messages 0'] });
        await start({ version });
        const device = await peer();
        const open: (() => void)[] = [];
        context.beforeCommit = () => new Promise((resolve) => open.push(resolve));
        const all = [...Array(600).keys()];
        await Promise.all(
          all.map((value) => device.publishAsync('plant/press/temperature', `{"v":${value}}`, { qos: 1 })),
        );
        await eventually('a full window', () => open.length === 256);
        // The last first: nothing is acknowledged until the first of them is.
        for (const commit of open.splice(0).toReversed()) {
          commit();
        }
        await eventually('the next window', () => open.length === 256);
        expect(connector.health().counters.messagesReceived).toBe(512);
        context.beforeCommit = async () => undefined;
        for (const commit of open.splice(0)) {
          commit();
        }
        await eventually('all of them', () => temperatures().length === all.length);
        expect(new Set(temperatures())).toEqual(new Set(all));
      });
    }

    it('marks what the broker retained as of unknown age', async () => {
      await startBroker();
      const device = await peer();
      await device.publishAsync('plant/press/temperature', '{"v":5}', { qos: 1, retain: true });
      await start();
      await eventually('the retained value', () => temperatures().length === 1);
      expect(context.values('press', 'temperature')[0]).toMatchObject({ value: 5, historical: true });
    });

    it("turns a device's signals BAD when its last will says that it is gone", async () => {
      await startBroker();
      const own = {
        topic: 'plant/+machine/+point',
        device: '{machine}',
        values: [{ signal: '{point}', path: 'v' }],
      };
      const status = { online: '1', offline: '0' };
      const will = { topic: 'alive/+machine', payload: 'text' as const, device: '{machine}', status };
      await start({ mappings: [own, will] });
      const device = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
        reconnectPeriod: 0,
        will: { topic: 'alive/lathe', payload: Buffer.from('0'), qos: 1, retain: true },
      });
      clients.push(device);
      await device.publishAsync('alive/lathe', '1', { qos: 1, retain: true });
      await device.publishAsync('plant/lathe/speed', '{"v":5}', { qos: 1 });
      await eventually('the value', () => context.values('lathe', 'speed').length === 1);
      device.stream.destroy();
      await eventually('the bad value', () => context.values('lathe', 'speed').length === 2);
      expect(context.values('lathe', 'speed')[1]).toMatchObject({
        value: null,
        badReason: 'reported-offline',
      });
      expect(context.statuses).toEqual([
        { deviceId: 'lathe', connected: true },
        { deviceId: 'lathe', connected: false, reason: 'reported-offline' },
      ]);
    });

    it('publishes commands and points on topics of templates, and hears the answer', async () => {
      await startBroker();
      await start({
        commands: [
          {
            names: ['start'],
            topic: 'plant/{device}/do/{command}',
            payload: '{"speed":{value},"id":"{commandId}"}',
          },
          { names: ['mode'], topic: 'plant/{device}/mode/set', payload: '{text}', retain: true },
        ],
        results: 'answers/+device/+commandId',
      });
      const device = await peer();
      const heard: [string, string][] = [];
      device.on('message', (topic, payload) => heard.push([topic, String(payload)]));
      await device.subscribeAsync('plant/#', { qos: 2 });
      expect(await connector.execute(command)).toEqual({ status: 'delivered' });
      expect(await connector.execute({ ...command, idempotency: 'once' })).toEqual({ status: 'delivered' });
      await connector.write('press', 'mode', 'AUTO');
      await expect(connector.write('press', 'level', 1)).rejects.toMatchObject({
        code: 'mqtt-client.not-writable',
      });
      expect(await connector.execute({ ...command, name: 'reboot' })).toMatchObject({ status: 'rejected' });
      const started = ['plant/press/do/start', `{"speed":7,"id":"${command.id}"}`];
      await eventually('the publications', () => heard.length === 3);
      expect(heard.toSorted()).toEqual([started, started, ['plant/press/mode/set', 'AUTO']]);
      await device.publishAsync(`answers/press/${command.id}`, '{"status":"succeeded"}', { qos: 1 });
      await eventually('the answer', () => context.results.length === 1);
      expect(context.results[0]).toEqual({ deviceId: 'press', commandId: command.id, status: 'succeeded' });
      await broker.stop();
      await eventually('the loss', () => connector.health().state === 'waiting');
      await expect(connector.execute(command)).rejects.toMatchObject({ code: 'mqtt-client.not-connected' });
    });

    it('signs in with a password or a certificate over TLS, and says who refused it', async () => {
      const authority = new TestAuthority();
      cleanings.push(() => authority.remove());
      const server = authority.sign('server', '127.0.0.1', 'IP:127.0.0.1');
      await startBroker({
        lines: [
          `cafile ${authority.caFile}`,
          `certfile ${server.certificateFile}`,
          `keyfile ${server.keyFile}`,
          'require_certificate true',
          'use_identity_as_username true',
        ],
      });
      const own = authority.sign('edge', 'edge-1');
      const url = `mqtts://127.0.0.1:${broker.port}`;
      await start({ url, caFile: authority.caFile, ...own });
      expect(connector.health().state).toBe('connected');
      await connector.stop();
      await start({ url, caFile: authority.caFile }, false);
      await eventually('the refusal', () => context.reasons.length > 0);
      expect(connector.health().state).toBe('waiting');
      await connector.stop();
      await broker.remove();

      await startBroker({ passwords: { edge: 'right' } });
      const passwordFile = join(authority.folder, 'password');
      writeFileSync(passwordFile, 'wrong\n');
      await start({ username: 'edge', passwordFile }, false);
      await eventually('the refusal', () => context.reasons.includes('broker-refused'));
      writeFileSync(passwordFile, 'right\n');
      await connected();
    });
  },
);
