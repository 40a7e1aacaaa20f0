import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { uuidv7Source } from '@andon/shared/kernel';
import mqtt from 'mqtt';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EdgeCloud } from '../support/edge-cloud.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { eventually } from '../support/wait.ts';

// Each test starts several processes, which a busy machine does slowly.
vi.setConfig({ testTimeout: 180_000 });

const newId = uuidv7Source();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const configuration = (cloudUrl: string, more = '') => `
gateway: { id: edge-1, dataDirectory: data }
cloud: { url: ${cloudUrl}, keyFile: key }
mqttBroker: { host: 127.0.0.1, port: 0 }
statusPage: { port: 0 }
devices:
  - id: press-1
    name: <b>Press</b>
    mqttPasswordSha256: ${sha256('secret')}
    signals: [{ name: temperature, unit: Cel }]
    rules:
      - name: temperature
        version: 3
        signal: temperature
        limits: { hi: { setpoint: 100, deadband: 2, severity: MAJOR, errorCode: 12 } }
        onAlert: { type: publish, topic: devices/siren-1/commands/alarm, payload: '{"name":"on"}' }
  - { id: siren-1, mqttPasswordSha256: ${sha256('loud')} }
${more}`;

let folder: ReturnType<typeof temporaryFolder>;
let cloud: EdgeCloud;
let file: string;
const running: GatewayProcess[] = [];
const clients: mqtt.MqttClient[] = [];

beforeEach(async () => {
  folder = temporaryFolder();
  cloud = new EdgeCloud();
  await cloud.start();
  file = join(folder.path, 'gateway.yaml');
  writeFileSync(file, configuration(cloud.url));
  writeFileSync(join(folder.path, 'key'), 'the-key');
});

afterEach(async () => {
  for (const client of clients.splice(0)) {
    client.end(true);
  }
  await Promise.all(running.splice(0).map((gateway) => gateway.kill()));
  await cloud.stop();
  folder.remove();
});

async function start(environment: Record<string, string> = {}): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start(file, environment);
  running.push(gateway);
  return gateway;
}

async function connect(gateway: GatewayProcess, device: string, password: string): Promise<mqtt.MqttClient> {
  const url = `mqtt://127.0.0.1:${gateway.ports.mqtt}`;
  const client = await mqtt.connectAsync(
    url,
    { username: device, password, clientId: device, reconnectPeriod: 0 },
    false,
  );
  clients.push(client);
  return client;
}

const telemetry = (client: mqtt.MqttClient, device: string, values: Record<string, unknown>) =>
  client.publishAsync(`devices/${device}/telemetry`, JSON.stringify(values), { qos: 1 });

test('With the link cut the alert is raised and the local action done, and all is delivered once when it is back [I9]', async () => {
  await cloud.stop();
  const gateway = await start();
  const press = await connect(gateway, 'press-1', 'secret');
  const siren = await connect(gateway, 'siren-1', 'loud');
  const heard: string[] = [];
  siren.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
  await siren.subscribeAsync('devices/siren-1/commands/+', { qos: 1 });
  for (let number = 0; number < 300; number += 1) {
    await telemetry(press, 'press-1', { number, temperature: number < 200 ? 20 : 120 });
  }
  await eventually('the siren', () => heard.length === 1);
  expect(heard).toEqual(['devices/siren-1/commands/alarm {"name":"on"}']);
  await cloud.start();
  const numbers = () => cloud.of('reading').filter(({ signal }) => signal === 'number');
  await eventually('all readings', () => numbers().length >= 300, 60_000);
  await eventually('the alert', () => cloud.of('alert').length > 0, 60_000);
  expect(numbers().map(({ value }) => value)).toEqual(Array.from({ length: 300 }, (_, number) => number));
  expect(cloud.of('alert')).toMatchObject([
    { transition: 'raised', deviceId: 'press-1', errorCode: 12, value: 120, ruleVersion: 3, setpoint: 100 },
  ]);
});

test('A device registered by the cloud signs in at once, its reboot is verified by boot id, and removed it is out', async () => {
  const gateway = await start();
  await expect(connect(gateway, 'oven-1', 'hot')).rejects.toThrow();
  cloud.tell({ type: 'device', device: { id: 'oven-1', mqttPasswordSha256: sha256('hot') } });
  const oven = await eventually('the sign-in', () => connect(gateway, 'oven-1', 'hot'));
  const say = (bootId: string) =>
    oven.publishAsync('devices/oven-1/status', JSON.stringify({ connected: true, bootId }), { qos: 1 });
  await say('boot-1');
  oven.on('message', (topic) => {
    void oven.publishAsync(`${topic}/result`, JSON.stringify({ status: 'accepted' }), { qos: 1 });
    void say('boot-2');
  });
  await oven.subscribeAsync('devices/oven-1/commands/+', { qos: 1 });
  await eventually('its boot id', () => cloud.of('device-status').some(({ bootId }) => bootId === 'boot-1'));
  const now = 1_700_000_000_000;
  const command = { id: newId(), deviceId: 'oven-1', name: 'reboot', parameters: {}, issuedBy: 'test' };
  cloud.tell({
    type: 'command',
    command: { ...command, issuedAt: now, expiresAt: 4_000_000_000_000, idempotency: 'once' },
  });
  const update = await eventually('the proof', () =>
    cloud.of('command').find(({ state }) => state === 'SUCCEEDED'),
  );
  expect(update).toMatchObject({ commandId: command.id, bootIdBefore: 'boot-1', bootIdAfter: 'boot-2' });
  const closed = new Promise<void>((resolve) => oven.once('close', () => resolve()));
  cloud.tell({ type: 'device-removed', deviceId: 'oven-1' });
  await closed;
  await expect(connect(gateway, 'oven-1', 'hot')).rejects.toThrow();
});

test('Stopped and killed and started again, it goes on with what it promised', async () => {
  await cloud.stop();
  const first = await start();
  const press = await connect(first, 'press-1', 'secret');
  await telemetry(press, 'press-1', { temperature: 120 });
  expect(await first.stop()).toBe(0);
  const second = await start();
  await telemetry(await connect(second, 'press-1', 'secret'), 'press-1', { temperature: 20 });
  await second.kill();
  await cloud.start();
  const third = await start();
  await eventually('both', () => cloud.of('reading').length === 2);
  await eventually('the alert to end', () => cloud.of('alert').length === 2);
  expect(cloud.of('alert').map(({ transition }) => transition)).toEqual(['raised', 'cleared']);
  const [raised, cleared] = cloud.of('alert');
  expect(cleared?.alertId).toBe(raised?.alertId);
  third.child.disconnect();
  expect(await third.exited).toBe(0);
});

test('A second gateway on the same data, and a port in use, are one clear line each', async () => {
  const gateway = await start();
  const second = new GatewayProcess(['--config', file]);
  expect(await second.exited).toBe(1);
  expect(second.log.trim().split('\n')).toEqual([
    expect.stringMatching(/^Another gateway is running on the data directory .*data\. Stop the other one/),
  ]);
  await gateway.stop();
  const blocker = createServer().listen(0, '127.0.0.1');
  await eventually('a taken port', () => blocker.address());
  const address = blocker.address();
  const port = String(typeof address === 'object' && address ? address.port : 0);
  for (const name of ['ANDON_GATEWAY_PORT', 'ANDON_MQTT_PORT']) {
    const blocked = new GatewayProcess(['--config', file], { [name]: port });
    expect(await blocked.exited).toBe(1);
    const said = blocked.log.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
    expect(said).toEqual([
      expect.stringMatching(new RegExp(`\\b${port}\\b.* (in use|listens)|listens .*\\b${port}\\b`)),
    ]);
  }
  blocker.close();
});

test('An outbox that is damaged while it runs is set aside, and the gateway goes on and says so', async () => {
  const gateway = await start({ ANDON_MQTT_PORT: '0' });
  const press = await connect(gateway, 'press-1', 'secret');
  await telemetry(press, 'press-1', { temperature: 20 });
  await eventually('the reading', () => cloud.of('reading').length === 1);
  const command = { id: newId(), deviceId: 'press-1', name: 'reboot', parameters: {}, issuedBy: 'test' };
  cloud.tell({
    type: 'command',
    command: { ...command, issuedAt: 1, expiresAt: 4_000_000_000_000, idempotency: 'once' },
  });
  await eventually('the command', () => cloud.of('command').some(({ state }) => state === 'DELIVERED'));
  const data = join(folder.path, 'data');
  const database = join(data, 'outbox.sqlite');
  // A change by another connection makes the gateway's read the file again instead of remembering it.
  const other = new DatabaseSync(database);
  other.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  other.exec(
    "INSERT INTO refused (lane, number, epoch, at, reason, body) VALUES ('readings', 1, 'e', 1, 'r', 'b')",
  );
  other.close();
  const descriptor = openSync(database, 'r+');
  writeSync(descriptor, Buffer.alloc(statSync(database).size - 4096, 0x5a), 0, undefined, 4096);
  closeSync(descriptor);
  // It is not acknowledged: the connection ends instead.
  press.publish('devices/press-1/telemetry', '{"temperature":21}', { qos: 1 });
  await eventually('the file set aside', () => readdirSync(data).some((name) => name.includes('.damaged-')));
  await eventually('the gap in the cloud', () =>
    cloud.of('gap').some(({ reason }) => reason.startsWith('outbox-damaged')),
  );
  await eventually('the word of it', () => gateway.log.includes('set aside'));
  // Whatever else is logged on the way has its cause.
  expect(gateway.log).not.toContain('"error":{}');
  // The whole state is asked for again, and what is in it is not begun a second time.
  const failed = await eventually('the end of the command', () =>
    cloud.of('command').find(({ state }) => state === 'FAILED'),
  );
  expect(failed).toMatchObject({ commandId: command.id, reason: expect.stringMatching(/^interrupted: /) });
  expect(cloud.lastEventIds).toEqual([undefined, undefined]);
  expect(gateway.child.exitCode).toBeNull();
});

test('The status page, its report, health and metrics show what goes on, and no secret', async () => {
  const gateway = await start();
  const press = await connect(gateway, 'press-1', 'secret');
  await telemetry(press, 'press-1', { temperature: 120, note: '<script>alert(1)</script>' });
  await press.publishAsync('devices/press-1/telemetry', '{broken', { qos: 1 });
  await eventually(
    'the delivery',
    () => cloud.of('rejection').length > 0 && cloud.of('reading').length === 2,
  );
  const get = (path: string) => fetch(`http://127.0.0.1:${gateway.ports.status}${path}`);
  expect(await gateway.status()).toMatchObject({
    gateway: { id: 'edge-1' },
    connectors: [{ state: 'connected' }],
    devices: [
      {
        id: 'press-1',
        connected: true,
        signals: [{ signal: 'temperature', value: 120, unit: 'Cel', unitSymbol: '°C' }, { unitSymbol: '' }],
      },
      {},
    ],
    alerts: [{ deviceId: 'press-1', severity: 'MAJOR', errorCode: 12 }],
    lanes: expect.arrayContaining([
      expect.objectContaining({ lane: 'alerts', queued: 0 }),
      expect.objectContaining({ lane: 'readings' }),
    ]),
    configuration: { version: 1, source: 'file' },
    uplinkClosed: false,
    downlink: { state: 'connected' },
  });
  const page = await get('/');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const text = `${await page.text()}${await (await get('/page.js')).text()}${await (await get('/page.css')).text()}`;
  expect(text).not.toMatch(/https?:\/\//);
  expect(text).not.toContain('innerHTML');
  for (const path of ['/healthz', '/readyz', '/status.json']) {
    expect((await get(path)).status).toBe(200);
  }
  expect((await get('/absent')).headers.get('content-type')).toContain('application/problem+json');
  const metrics = await (await get('/metrics')).text();
  expect(metrics).toMatch(/andon_gateway_rejections_total\{[^}]*\} 1/);
  expect(metrics).toContain('andon_gateway_commit_seconds_bucket');
  expect(metrics).toContain('andon_gateway_alerts_active 1');
  expect(metrics).toContain('andon_gateway_device_connected{device="press-1"} 1');
  expect(metrics).toContain('andon_gateway_rule_alerts_active{rule="temperature",severity="MAJOR"} 1');
  expect(metrics).toContain('andon_gateway_configuration_version{source="file"} 1');
  await gateway.stop();
  expect(gateway.log).not.toMatch(/the-key|secret/);
});

test('The program checks a configuration, makes credentials and explains itself', async () => {
  const say = async (...parameters: string[]) => {
    const gateway = new GatewayProcess(parameters);
    return { code: await gateway.exited, log: gateway.log };
  };
  expect(await say('check', file)).toEqual({ code: 0, log: `${file} is good.\n` });
  writeFileSync(file, configuration(cloud.url, 'colour: red\nconnectors: 5\n'));
  const bad = await say('check', file);
  expect(bad.code).toBe(1);
  expect(bad.log).toContain('colour is not known');
  expect(bad.log).toContain('connectors must be array');
  const credential = await say('credential');
  const [, password, hash] =
    /^password: (\S+)\nmqttPasswordSha256: ([0-9a-f]{64})\n$/.exec(credential.log) ?? [];
  expect(sha256(password ?? '')).toBe(hash);
  expect((await say('dance')).code).toBe(2);
});
