import { mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@andon/shared/kernel';
import { Aedes, type AuthenticateError } from 'aedes';
import { afterEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../device-firmware-sim/config/index.ts';
import { control } from '../../device-firmware-sim/control/index.ts';
import { startSimulator } from '../../device-firmware-sim/index.ts';
import { eventually } from '../support/wait.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Message = { topic: string; body: Record<string, unknown>; retain: boolean };

/** A broker that lets press-1 in and keeps what it is told. */
async function startBroker() {
  const messages: Message[] = [];
  let attempts = 0;
  const broker = await Aedes.createBroker({
    authenticate: (_client, username, password, done) => {
      attempts += 1;
      const good = username === 'press-1' && password?.toString() === 'right';
      const refusal: AuthenticateError = Object.assign(new Error('refused'), { returnCode: 5 });
      done(good ? null : refusal, good);
    },
  });
  broker.on('publish', (packet, client) => {
    if (!client && !packet.topic.startsWith('devices/')) return;
    messages.push({
      topic: packet.topic,
      body: JSON.parse(packet.payload.toString()),
      retain: packet.retain,
    });
  });
  const server: Server = createServer(broker.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    await new Promise<void>((resolve) => broker.close(() => resolve()));
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const publish = (topic: string, body: object) =>
    new Promise<void>((resolve, reject) => {
      const packet = {
        cmd: 'publish',
        topic: `devices/press-1/${topic}`,
        payload: Buffer.from(JSON.stringify(body)),
        qos: 1,
        retain: false,
        dup: false,
      } as const;
      broker.publish(packet, (error) => (error ? reject(error) : resolve()));
    });
  const send = (commandId: string, body: object) => publish(`commands/${commandId}`, body);
  const on = (topic: string) => messages.filter((message) => message.topic === `devices/press-1/${topic}`);
  return { url: `mqtt://127.0.0.1:${address.port}`, on, send, publish, attempts: () => attempts };
}

async function pressAt(url: string, password = 'right') {
  const data = mkdtempSync(join(tmpdir(), 'andon-sim-'));
  const commandLine = ['run', '--data', data, '--scenario', 'quiet', '--url', url, '--password', password];
  const settings = readSettings(commandLine, {});
  if (settings.command !== 'run') throw new Error('unreachable');
  const log: string[] = [];
  const simulator = await startSimulator(settings, systemClock, (line) => log.push(line));
  cleanups.push(() => simulator.stop());
  return { data, log, simulator };
}

describe('the simulated press on MQTT', () => {
  it('sends telemetry with time, boot id and values, and says goodbye when it is stopped', async () => {
    const broker = await startBroker();
    const { simulator } = await pressAt(broker.url);
    await eventually('three messages', () => broker.on('telemetry').length >= 3);
    const [status] = broker.on('status');
    expect(status).toMatchObject({ retain: true, body: { connected: true, firmware: '2.4.1' } });
    const [first, second] = broker.on('telemetry');
    expect(first?.body).toEqual({
      ts: expect.any(Number),
      bootId: status?.body.bootId,
      values: {
        temperature: expect.any(Number),
        pressure: expect.any(Number),
        vibration: expect.any(Number),
        errorCode: 0,
        cycles: expect.any(Number),
      },
    });
    expect(Number(second?.body.ts)).toBeGreaterThan(Number(first?.body.ts));
    await simulator.stop();
    await eventually('the goodbye', () => broker.on('status').at(-1)?.body.connected === false);
  });

  it('overheats, is rebooted by command, and comes back cured under a new boot id', async () => {
    const broker = await startBroker();
    const { data } = await pressAt(broker.url);
    const last = () => broker.on('telemetry').at(-1)?.body;
    const temperature = () => Number(Object(last()?.values).temperature);
    await eventually('telemetry', () => last());
    await control(data, { action: 'fault', device: 'press-1', fault: 'overheat' });
    await eventually('heat', () => temperature() > 105);
    const bootBefore = last()?.bootId;
    await broker.send('c1', { name: 'reboot', parameters: {}, expiresAt: Date.now() + 60_000 });
    await eventually('both answers', () => broker.on('commands/c1/result').length === 2);
    expect(broker.on('commands/c1/result').map(({ body }) => body.status)).toEqual(['accepted', 'executing']);
    await eventually('the last will', () => broker.on('status').some(({ body }) => body.connected === false));
    await eventually('another boot id', () => last()?.bootId !== bootBefore);
    await eventually('a cool press', () => temperature() < 98);
    await broker.send('c1', { name: 'reboot', parameters: {} });
    await eventually('the same answer again', () => broker.on('commands/c1/result').length === 3);
    expect(broker.on('status').filter(({ body }) => body.connected === true)).toHaveLength(2);
  });

  it('is set from afar where it can be, and says what it is set to', async () => {
    const broker = await startBroker();
    await pressAt(broker.url);
    const reported = () => broker.on('status').map(({ body }) => body.reported);
    await eventually('what it is set to', () => reported().length === 1);
    await eventually('its subscription', () => broker.on('telemetry').length > 0);
    await broker.publish('desired', { version: 1, properties: { reportInterval: 'often' } });
    await broker.publish('desired', { version: 2, properties: { reportInterval: 0.2, colour: 'red' } });
    await eventually('what it is set to now', () => reported().length === 2);
    expect(reported()).toEqual([{ reportInterval: 0.5 }, { reportInterval: 0.2 }]);
  });

  it('rejects a command that it does not know or that came too late', async () => {
    const broker = await startBroker();
    await pressAt(broker.url);
    await eventually('telemetry', () => broker.on('telemetry').length > 0);
    await broker.send('c2', { name: 'dance' });
    await broker.send('c3', { name: 'reboot', expiresAt: 1000 });
    const answer = (id: string) => broker.on(`commands/${id}/result`)[0]?.body;
    expect(await eventually('the first', () => answer('c2'))).toMatchObject({
      status: 'rejected',
      reason: expect.stringMatching(/^unknown-command/),
    });
    expect(await eventually('the second', () => answer('c3'))).toMatchObject({
      status: 'rejected',
      reason: expect.stringMatching(/^expired/),
    });
  });

  it('keeps trying while its password is refused, and says so once', async () => {
    const broker = await startBroker();
    const { log } = await pressAt(broker.url, 'wrong');
    await eventually('the complaint', () => log.some((line) => line.includes('not connected')));
    await eventually('a third attempt', () => broker.attempts() >= 3);
    expect(log.filter((line) => line.includes('not connected'))).toHaveLength(1);
    expect(broker.on('telemetry')).toEqual([]);
  });
});
