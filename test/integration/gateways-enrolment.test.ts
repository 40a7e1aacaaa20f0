import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { launcher } from '@andon/shared/programs';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256OfTypedCode } from '../../cloud/gateways/typed-code.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { edgeGateway, enrolGateway, readingOf, registerDevice } from '../support/edge-gateway.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { eventually } from '../support/wait.ts';

let cloud: TestApp;
let folder: ReturnType<typeof temporaryFolder>;

beforeAll(async () => {
  cloud = await createTestApp();
  folder = temporaryFolder();
});
afterAll(async () => {
  folder.remove();
  await cloud.close();
});

async function runEnrol(code: string, file: string): Promise<{ exitCode: number | null; log: string }> {
  const program = new GatewayProcess(['enrol', '--url', cloud.url, '--code', code, '--config', file]);
  return { exitCode: await program.exited, log: program.log };
}
const gatewayOf = async (id: string) => (await cloud.administrator.get(`/v1/gateways/${id}`)).body;
const withCode = (id: string) =>
  cloud.administrator.post('/v1/gateways', { id, name: `Gateway ${id}`, credential: 'code' });

describe('a gateway that is let in by a code', () => {
  test('gets its key for the code, which is good once and in its time, however it is typed', async () => {
    const made = await withCode('north-1');
    expect([made.status, made.body.key, made.body.keyIssuedAt]).toEqual([201, undefined, null]);
    const { code } = made.body.enrolment;
    expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
    expect((await cloud.anonymous.post('/v1/gateway-enrolments', { code: 'AAAA-AAAA' })).status).toBe(403);
    const typed = ` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')}`;
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => cloud.anonymous.post('/v1/gateway-enrolments', { code: typed })),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 403, 403, 403]);
    const { body } = answers.find((answer) => answer.status === 201) ?? {};
    expect(body).toMatchObject({ id: 'north-1', key: expect.stringMatching(/^andon_gw_/) });
    const identity = await cloud.clientWithKey(body.key).get('/v1/gateway/identity');
    expect(identity.body).toEqual({ id: 'north-1', name: 'Gateway north-1' });
    const stored = await cloud.pool.query('select * from gateways where id = $1', ['north-1']);
    expect(JSON.stringify(stored.rows)).not.toContain(body.key);
    expect(JSON.stringify(stored.rows)).not.toContain(sha256OfTypedCode(code));
    expect(await gatewayOf('north-1')).toMatchObject({ enrolmentCodeExpiresAt: null });

    const path = '/v1/gateways/north-1/enrolment-code';
    const short = await cloud.administrator.post(path, { expiresInSeconds: 60 });
    cloud.clock.advance(61_000);
    const late = await cloud.anonymous.post('/v1/gateway-enrolments', { code: short.body.code });
    expect([late.status, late.body.code]).toEqual([403, 'gateways.code-not-good']);
    const withdrawn = await cloud.administrator.post(path, {});
    expect((await cloud.administrator.delete(path)).status).toBe(204);
    expect((await cloud.anonymous.post('/v1/gateway-enrolments', { code: withdrawn.body.code })).status).toBe(
      403,
    );
    const technician = await cloud.clientWithRole('technician');
    expect((await technician.post(path, {})).status).toBe(403);
  });

  test('[I1] its program writes the key for its owner alone, a configuration to start with, and the gateway connects', async () => {
    const { code } = (await withCode('north-2')).body.enrolment;
    const file = join(folder.path, 'north-2.yaml');
    expect(await runEnrol('NOT-A-CODE', file)).toMatchObject({
      exitCode: 1,
      log: expect.stringContaining('ask an administrator'),
    });
    const enrolled = await runEnrol(code, file);
    expect(enrolled).toMatchObject({
      exitCode: 0,
      log: expect.stringContaining('This is the gateway north-2'),
    });
    const keyFile = join(folder.path, 'gateway.key');
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain('id: north-2');
    const process = await GatewayProcess.start(file, { ANDON_MQTT_PORT: '0', ANDON_GATEWAY_PORT: '0' });
    await eventually('the gateway to connect', async () => (await gatewayOf('north-2')).connected, 30_000);

    const again = (await cloud.administrator.post('/v1/gateways/north-2/enrolment-code', {})).body;
    const former = readFileSync(keyFile, 'utf8').trim();
    const renewed = await runEnrol(again.code, file);
    expect(renewed).toMatchObject({ exitCode: 0, log: expect.stringContaining('was left as it is') });
    expect(readFileSync(keyFile, 'utf8').trim()).not.toBe(former);
    expect((await cloud.clientWithKey(former).get('/v1/gateway/identity')).status).toBe(401);
    const before = (await gatewayOf('north-2')).lastSeenAt;
    await eventually(
      'the running gateway to come back with its new key',
      async () => {
        const { connected, lastSeenAt } = await gatewayOf('north-2');
        return connected && lastSeenAt > before;
      },
      60_000,
    );
    expect(await process.stop()).toBe(0);
  });

  test('a configuration of another gateway is not touched, nor is its key', async () => {
    const { code } = (await withCode('north-3')).body.enrolment;
    const file = join(folder.path, 'other.yaml');
    const text = `gateway: { id: south-9 }\ncloud: { url: ${cloud.url}, keyFile: other.key }\n`;
    writeFileSync(file, text);
    writeFileSync(join(folder.path, 'other.key'), 'the key of south-9\n', { mode: 0o600 });
    expect(await runEnrol(code, file)).toMatchObject({
      exitCode: 1,
      log: expect.stringContaining('is the configuration of south-9'),
    });
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(readFileSync(join(folder.path, 'other.key'), 'utf8')).toBe('the key of south-9\n');
    const beside = join(folder.path, 'other.key.north-3');
    expect(statSync(beside).mode & 0o777).toBe(0o600);
    const client = cloud.clientWithKey(readFileSync(beside, 'utf8').trim());
    expect((await client.get('/v1/gateway/identity')).body.id).toBe('north-3');
  });

  test('a disk without room for the key is told of before the code is used', async () => {
    const { code } = (await withCode('north-5')).body.enrolment;
    const place = join(folder.path, 'full');
    mkdirSync(place);
    // No file may grow beyond a kilobyte: the nearest to a full disk that everybody can have.
    const call = [launcher, 'gateway', 'enrol', '--url', cloud.url, '--code', code];
    const limited = ['-c', 'ulimit -f 1; exec "$@"', 'bash', process.execPath, ...call];
    const file = join(place, 'gateway.yaml');
    await expect(promisify(execFile)('bash', [...limited, '--config', file])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('with room on the disk; the code was not used'),
    });
    expect(readdirSync(place)).toEqual([]);
    expect((await cloud.anonymous.post('/v1/gateway-enrolments', { code })).status).toBe(201);
  });

  test('an address of another machine without TLS is refused, unless that is wanted', async () => {
    const call = ['enrol', '--url', 'http://0.0.0.0:1', '--code', 'NOT-A-CODE', '--config'];
    const file = join(folder.path, 'clear.yaml');
    const refused = new GatewayProcess([...call, file]);
    expect(await refused.exited).toBe(1);
    expect(refused.log).toContain('is not encrypted');
    const insecure = new GatewayProcess([...call, file, '--insecure']);
    expect(await insecure.exited).toBe(1);
    expect(insecure.log).toContain('cannot be reached');
  });

  test('a cloud that goes away just after the code was used has let the gateway in all the same', async () => {
    const answer = JSON.stringify({ id: 'north-6', name: 'North 6', key: 'andon_gw_a-key' });
    const server = createServer((request, response) => {
      if (request.method === 'POST') {
        response.writeHead(201, { 'content-type': 'application/json' }).end(answer);
      } else {
        request.socket.destroy();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const file = join(folder.path, 'away', 'gateway.yaml');
    mkdirSync(join(folder.path, 'away'));
    const url = `http://127.0.0.1:${port}`;
    const program = new GatewayProcess(['enrol', '--url', url, '--code', 'ANY-CODE', '--config', file]);
    expect(await program.exited).toBe(0);
    expect(program.log).toContain('This is the gateway north-6');
    expect(program.log).toContain('The cloud is away just now');
    server.close();
  });
});

test('[I1] a running gateway brings a device of its file into the registry, which keeps its password', async () => {
  const account = await cloud.administrator.post('/v1/accounts', { name: 'Ridgeway Foods' });
  await cloud.administrator.post('/v1/device-categories', {
    id: 'meter',
    name: 'Meters',
    signals: [{ name: 'flow' }],
    rules: [],
    commands: [],
    allowsJustInTime: true,
  });
  const made = await cloud.administrator.post('/v1/gateways', {
    id: 'north-4',
    name: 'North 4',
    accountId: account.body.id,
  });
  const file = join(folder.path, 'north-4.yaml');
  writeFileSync(join(folder.path, 'north-4.key'), made.body.key, { mode: 0o600 });
  const password = createHash('sha256').update('its own').digest('hex');
  const devices = [
    { id: 'meter-1', category: 'meter', name: 'Meter one', mqttPasswordSha256: password },
    { id: 'stray-1', category: 'unheard-of' },
    { id: 'siren-1' },
  ];
  const configuration = {
    gateway: { id: 'north-4', dataDirectory: 'north-4' },
    cloud: { url: cloud.url, keyFile: 'north-4.key' },
    mqttBroker: { host: '127.0.0.1', port: 0 },
    statusPage: { port: 0 },
    devices,
  };
  writeFileSync(file, JSON.stringify(configuration));
  const gateway = await GatewayProcess.start(file);
  const device = await eventually(
    'the device to be registered',
    async () => {
      const { body } = await cloud.administrator.get('/v1/devices/meter-1');
      return body.registrationStatus === 'registered' && body;
    },
    60_000,
  );
  expect(device).toMatchObject({ accountId: account.body.id, name: 'Meter one', gatewayId: 'north-4' });
  const { items } = (await cloud.administrator.get('/v1/device-discoveries?gatewayId=north-4')).body;
  expect(items).toMatchObject([
    { deviceId: 'meter-1', outcome: 'registered' },
    { deviceId: 'stray-1', outcome: 'refused', reason: 'unknown-category' },
  ]);
  const client = await connectAsync(`mqtt://127.0.0.1:${gateway.ports.mqtt}`, {
    username: 'meter-1',
    password: 'its own',
  });
  await client.publishAsync('devices/meter-1/telemetry', '{"flow": 3.5}', { qos: 1 });
  await eventually(
    'the reading',
    async () => (await cloud.administrator.get('/v1/devices/meter-1')).body.connected,
    30_000,
  );
  await client.endAsync();
  expect(await gateway.stop()).toBe(0);
});

describe('keys of a gateway', () => {
  test('are rotated without a record lost: the former is good until the new one is used', async () => {
    const gateway = await enrolGateway(cloud, 'east-1');
    await registerDevice(cloud, gateway, 'mill-1');
    await gateway.send('readings', [readingOf({ deviceId: 'mill-1' })]);
    const stream = await gateway.listen();
    const { key } = (await cloud.administrator.post('/v1/gateways/east-1/key')).body;
    expect((await gateway.send('readings', [readingOf({ deviceId: 'mill-1' })])).status).toBe(200);
    expect(stream.ended()).toBe(false);
    const unused = key;
    const second = (await cloud.administrator.post('/v1/gateways/east-1/key')).body.key;
    expect((await cloud.clientWithKey(unused).get('/v1/gateway/identity')).status).toBe(401);
    expect((await gateway.send('readings', [readingOf({ deviceId: 'mill-1' })])).status).toBe(200);

    const renewed = edgeGateway(cloud, 'east-1', second);
    expect((await renewed.client.get('/v1/gateway/identity')).status).toBe(200);
    await eventually('the stream of the former key to end', stream.ended);
    expect((await gateway.send('readings', [readingOf({ deviceId: 'mill-1' })])).status).toBe(401);
    expect(await gatewayOf('east-1')).toMatchObject({ formerKeyUntil: null, keyUsedAt: expect.any(String) });
  });

  test('the first use of a new one waits for nobody who holds the row of its gateway: a later use ends the former', async () => {
    const gateway = await enrolGateway(cloud, 'east-4');
    await registerDevice(cloud, gateway, 'mill-4');
    const reading = readingOf({ deviceId: 'mill-4' });
    await gateway.send('readings', [reading]);
    const { key } = (await cloud.administrator.post('/v1/gateways/east-4/key')).body;
    const renewed = edgeGateway(cloud, 'east-4', key);
    const other = await cloud.pool.connect();
    try {
      for (const lock of ['for no key update', 'for key share']) {
        await other.query('begin');
        await other.query(`select from gateways where id = 'east-4' ${lock}`);
        expect((await renewed.send('readings', [reading])).status).toBe(200);
        await other.query('rollback');
        expect((await gatewayOf('east-4')).keyUsedAt).toBeNull();
      }
    } finally {
      other.release(true);
    }
    expect((await gateway.send('readings', [reading])).status).toBe(200);
    expect((await renewed.send('readings', [reading])).status).toBe(200);
    expect((await gateway.send('readings', [reading])).status).toBe(401);
    expect((await gatewayOf('east-4')).keyUsedAt).not.toBeNull();
    const used = await cloud.pool.query(
      `select payload from events where type = 'gateway.key-used' and key = 'east-4'`,
    );
    expect(used.rows.map((row: { payload: unknown }) => row.payload)).toEqual([
      { gatewayId: 'east-4', formerKeyEnded: false },
      { gatewayId: 'east-4', formerKeyEnded: true },
    ]);
  });

  test('the former one ends at the stated time, whether or not the new one was used', async () => {
    const gateway = await enrolGateway(cloud, 'east-2');
    expect((await gateway.client.get('/v1/gateway/identity')).status).toBe(200);
    await cloud.administrator.post('/v1/gateways/east-2/key?formerValidForSeconds=600');
    cloud.clock.advance(599_000);
    expect((await gateway.client.get('/v1/gateway/identity')).status).toBe(200);
    cloud.clock.advance(2_000);
    expect((await gateway.client.get('/v1/gateway/identity')).status).toBe(401);
  });

  test('a revoked one opens nothing from then on, and its open stream is cut', async () => {
    const gateway = await enrolGateway(cloud, 'east-3');
    const stream = await gateway.listen();
    const { code } = (await cloud.administrator.post('/v1/gateways/east-3/enrolment-code', {})).body;
    expect((await cloud.administrator.delete('/v1/gateways/east-3/key')).status).toBe(204);
    expect((await gateway.client.get('/v1/gateway/identity')).status).toBe(401);
    await eventually('the stream to be cut', stream.ended);
    expect((await cloud.anonymous.post('/v1/gateway-enrolments', { code })).status).toBe(403);
  });
});

test('what a gateway is to do and has not taken yet is listed', async () => {
  const gateway = await enrolGateway(cloud, 'west-1');
  await registerDevice(cloud, gateway, 'lathe-9');
  const pending = async () => (await cloud.administrator.get('/v1/gateways/west-1/pending')).body.items;
  expect(await pending()).toMatchObject([{ type: 'device', deviceId: 'lathe-9' }]);
  expect((await cloud.administrator.get('/v1/devices/lathe-9')).body.definition.taken).toBe(false);
  const first = await gateway.listen();
  const told = await eventually('the definition', () => first.messages.at(-1));
  first.close();
  (await gateway.listen(told.id)).close();
  expect(await pending()).toEqual([]);
  expect((await cloud.administrator.get('/v1/devices/lathe-9')).body.definition.taken).toBe(true);
});
