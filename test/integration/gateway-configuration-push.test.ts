import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { eventually } from '../support/wait.ts';

// Each test starts processes, which a busy machine does slowly.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const patience = 60_000;

/** A device server: a line that can be reached over TCP. */
class Line {
  readonly server: Server;
  connections = 0;
  readonly open = new Set<Socket>();

  constructor() {
    this.server = createServer((socket) => {
      this.connections += 1;
      this.open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.open.delete(socket));
    });
  }

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    const address = this.server.address() as AddressInfo;
    return `tcp://127.0.0.1:${address.port}`;
  }

  close(): void {
    for (const socket of this.open) {
      socket.destroy();
    }
    this.server.close();
  }
}

let cloud: TestApp;
let folder: ReturnType<typeof temporaryFolder>;
let file: string;
let gatewayId: string;
let lines: { steady: Line; changing: Line };
let paths: { steady: string; changing: string };
let gateways = 0;
const running: GatewayProcess[] = [];
const clients: mqtt.MqttClient[] = [];

beforeAll(async () => {
  cloud = await createTestApp();
});

afterAll(() => cloud.close());

beforeEach(async () => {
  folder = temporaryFolder();
  gateways += 1;
  gatewayId = `edge-${gateways}`;
  const enrolled = await cloud.administrator.post('/v1/gateways', { id: gatewayId, name: gatewayId });
  writeFileSync(join(folder.path, 'key'), enrolled.body.key);
  lines = { steady: new Line(), changing: new Line() };
  paths = { steady: await lines.steady.listen(), changing: await lines.changing.listen() };
  file = join(folder.path, 'gateway.yaml');
  writeFileSync(file, configuration());
});

afterEach(async () => {
  for (const client of clients.splice(0)) {
    client.end(true);
  }
  await Promise.all(running.splice(0).map((gateway) => gateway.kill()));
  lines.steady.close();
  lines.changing.close();
  folder.remove();
});

const line = (name: string, path: string, more = '') => `
  - type: serial-line
    name: ${name}
    port: { path: "${path}"${more} }
    deviceId: ${name}
    frame: { end: "\\r\\n", checksum: none }
    fieldSeparator: ","
    readingTag: R
    fields: [{ signal: level, position: 1 }]`;

function configuration(change: { cloudUrl?: string; changingMore?: string } = {}): string {
  return `gateway: { id: ${gatewayId}, dataDirectory: data }
cloud: { url: "${change.cloudUrl ?? cloud.url}", keyFile: key }
mqttBroker: { host: 127.0.0.1, port: 0 }
statusPage: { port: 0 }
connectors:${line('steady', paths.steady)}${line('changing', paths.changing, change.changingMore)}
devices:
  - { id: press-1, mqttPasswordSha256: ${sha256('secret')} }
  - { id: steady }
  - { id: changing }
`;
}

async function startGateway(): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start(file);
  running.push(gateway);
  return gateway;
}

const url = (rest = '') => `/v1/gateways/${gatewayId}/configuration${rest}`;

async function current() {
  return (await cloud.administrator.get(url())).body;
}

async function push(text: string, terms: Record<string, unknown> = {}) {
  const { version } = await current();
  return cloud.administrator.put(url(), { text, ...terms }, { 'if-match': String(version) });
}

function wantedState(state: string, number?: number) {
  return eventually(
    `the configuration to be ${state}`,
    async () => {
      const { wanted } = await current();
      return wanted?.state === state && (number === undefined || wanted.number === number) && wanted;
    },
    patience,
  );
}

/** Until the gateway has told the cloud what it runs, and its lines have their wires. */
function settled() {
  return eventually(
    'the gateway to be up',
    async () =>
      (await current()).running !== null && lines.steady.open.size === 1 && lines.changing.open.size === 1,
    patience,
  );
}

async function signIn(gateway: GatewayProcess): Promise<{ client: mqtt.MqttClient; closed: () => number }> {
  const client = await mqtt.connectAsync(
    `mqtt://127.0.0.1:${gateway.ports.mqtt}`,
    { username: 'press-1', password: 'secret', clientId: 'press-1', reconnectPeriod: 0 },
    false,
  );
  clients.push(client);
  let closed = 0;
  client.on('close', () => {
    closed += 1;
  });
  return { client, closed: () => closed };
}

test('A pushed configuration restarts only the connector that changed, and the cloud knows that it stays', async () => {
  const gateway = await startGateway();
  await settled();
  expect((await current()).running).toMatchObject({ source: 'file', number: null, text: configuration() });
  const session = await signIn(gateway);

  const pushed = await push(configuration({ changingMore: ', baudRate: 19200' }));
  expect(pushed).toMatchObject({ status: 200, body: { version: 2, wanted: { state: 'pending' } } });
  const confirmed = await wantedState('confirmed');
  expect(confirmed.changes).toEqual(['the connector changing restarts']);
  expect(lines.changing.connections).toBe(2);
  expect(lines.steady.connections).toBe(1);
  expect(session.closed()).toBe(0);
  await session.client.publishAsync('devices/press-1/telemetry', '{"temperature": 20}', { qos: 1 });
  expect((await current()).running).toMatchObject({ source: 'cloud', number: 1 });

  // The same again is nothing new; a stale edit is refused.
  await push(configuration({ changingMore: ', baudRate: 19200' }));
  expect((await wantedState('confirmed', 2)).reason).toBe('it changes nothing');
  const stale = await cloud.administrator.put(url(), { text: configuration() }, { 'if-match': '1' });
  expect(stale.status).toBe(412);
  expect(lines.changing.connections).toBe(2);
  expect(session.closed()).toBe(0);
  const history = await cloud.administrator.get(url('/versions'));
  expect(history.body.items.map(({ number }: { number: number }) => number)).toEqual([2, 1]);
});

test('A configuration that cuts the gateway off is taken back by itself, and the cloud hears why', async () => {
  const gateway = await startGateway();
  await settled();
  const { client, closed } = await signIn(gateway);
  await push(configuration({ cloudUrl: 'http://127.0.0.1:9' }), { confirmWithinSeconds: 5 });
  const reverted = await wantedState('reverted');
  expect(reverted.reason).toBe('it was not confirmed in time: the cloud is not reached, as it was before');
  expect((await current()).running).toMatchObject({ source: 'file', number: null });
  expect(client.connected).toBe(true);
  expect(closed()).toBe(0);
});

test('A gateway that is killed while a configuration is on trial runs the former one again', async () => {
  const gateway = await startGateway();
  await settled();
  await push(configuration({ changingMore: ', baudRate: 19200' }), {
    confirmedBy: 'person',
    confirmWithinSeconds: 600,
  });
  await wantedState('applied');
  await gateway.kill();
  const again = await startGateway();
  const reverted = await wantedState('reverted');
  expect(reverted.reason).toMatch(/ended without a word while it was on trial/);
  expect(await again.status()).toMatchObject({ configuration: { version: 1, source: 'file' } });
});

test('A person confirms what is on trial, and a person at the gateway goes back', async () => {
  const gateway = await startGateway();
  await settled();
  await push(configuration({ changingMore: ', baudRate: 19200' }), {
    confirmedBy: 'person',
    confirmWithinSeconds: 600,
  });
  await wantedState('applied');
  const status = await gateway.status();
  expect(status).toMatchObject({ configuration: { cloudVersion: 1, trial: { confirmedBy: 'person' } } });
  expect((await cloud.administrator.post(url('/confirm'), { number: 1 })).status).toBe(200);
  await wantedState('confirmed');
  expect((await cloud.administrator.post(url('/confirm'), { number: 1 })).status).toBe(409);

  const back = new GatewayProcess(['rollback', file]);
  expect(await back.exited).toBe(0);
  await eventually('the former one', async () => (await current()).running.source === 'person', patience);
  const listed = new GatewayProcess(['versions', file]);
  expect(await listed.exited).toBe(0);
  expect(listed.log).toMatch(/\* 3 .* person {2}confirmed/);
});

test('Mistakes are told with their lines before anything is sent, and a check says what would change', async () => {
  await startGateway();
  await settled();
  const refused = await push(`${configuration()}divices: []\n`);
  expect(refused.status).toBe(422);
  expect(refused.body).toMatchObject({
    code: 'gateways.configuration-mistakes',
    mistakes: [{ line: 26, key: 'divices' }],
  });
  expect((await push(configuration().replace(gatewayId, 'another'))).body.mistakes).toMatchObject([
    { line: 1, key: 'gateway.id' },
  ]);
  const asked = await cloud.administrator.post(url('/checks'), {
    text: configuration({ changingMore: ', baudRate: 19200' }),
  });
  expect(asked).toMatchObject({ status: 201, body: { state: 'waiting' } });
  const answered = await eventually('the findings', async () => {
    const { body } = await cloud.administrator.get(url(`/checks/${asked.body.id}`));
    return body.state === 'answered' && body;
  });
  expect(answered).toMatchObject({ mistakes: [], changes: ['the connector changing restarts'] });
  expect((await current()).wanted).toBe(null);
  expect(lines.changing.connections).toBe(1);
  expect((await (await cloud.clientWithRole('viewer')).put(url(), { text: 'x' })).status).toBe(403);
});

test('A file that is edited is taken at SIGHUP, and its mistakes leave what runs alone', async () => {
  const gateway = await startGateway();
  await settled();
  writeFileSync(file, `${configuration()}divices: []\n`);
  gateway.child.kill('SIGHUP');
  await eventually('the notice', async () => /divices/.test(JSON.stringify(await gateway.status())));
  writeFileSync(file, configuration({ changingMore: ', baudRate: 19200' }));
  gateway.child.kill('SIGHUP');
  await eventually('the new one', async () => (await current()).running.text?.includes('19200'), patience);
  expect(lines.steady.connections).toBe(1);
  expect(lines.changing.connections).toBe(2);
});
