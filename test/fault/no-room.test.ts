import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type mqtt from 'mqtt';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EdgeCloud } from '../support/edge-cloud.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { openOutbox, temporaryFolder } from '../support/outbox.ts';
import { describeRequiring, hasProgram } from '../support/requires.ts';
import { sha256 } from '../support/running-gateway.ts';
import { eventually } from '../support/wait.ts';

const writer = new URL('./no-room-writer.ts', import.meta.url).pathname;
const source = new URL('./no-room.c', import.meta.url).pathname;
const values = 24;
/** Numbers of the first write that fails: making the file, transactions, checkpoints; beyond, all is written before. */
const boundaries = process.env.CI
  ? Array.from({ length: 60 }, (_, index) => 1 + 3 * index)
  : [1, 2, 3, 5, 8, 12, 17, 24, 33, 45, 60, 80];
/** And of those at which it is killed: each of a run, which has about a hundred. */
const everyWrite = process.env.CI ? Array.from({ length: 100 }, (_, index) => 1 + index) : boundaries;

describeRequiring('A disk without room', { 'a C compiler (cc)': hasProgram('cc') }, () => {
  const folder = temporaryFolder();
  const shim = join(folder.path, 'no-room.so');
  beforeAll(() => {
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', shim, source, '-ldl']);
  });
  afterAll(() => folder.remove());

  /** Gives the lines that the writer said. */
  async function write(data: string, from: number, count: number): Promise<string[]> {
    const child = spawn(process.execPath, [writer, data, String(values)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        LD_PRELOAD: shim,
        NO_ROOM_FROM: String(from),
        NO_ROOM_COUNT: String(count),
      },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const [code] = await once(child, 'close');
    expect({ from, code }).toEqual({ from, code: 0 });
    return output.trim().split('\n');
  }

  test('at any write: what was promised is kept once, the rest is refused, and it goes on when there is room', async () => {
    let failures = 0;
    for (const from of boundaries) {
      const data = temporaryFolder();
      const lines = await write(data.path, from, 1 + (from % 5));
      const refused = lines.filter((line) => line.startsWith('outbox.') || line.startsWith('closed'));
      failures += refused.length;
      expect(refused.filter((line) => !line.includes('outbox.disk-full'))).toEqual([]);
      expect(lines.filter((line) => line.startsWith('kept'))).toHaveLength(values);
      const outbox = openOutbox(data.path);
      expect(outbox.setAside).toBeUndefined();
      const stored = outbox.batch('readings', 1000)?.records.map(({ body }) => JSON.parse(body).value);
      expect(stored).toEqual(Array.from({ length: values }, (_, value) => value));
      outbox.close();
      data.remove();
    }
    expect(failures).toBeGreaterThan(10);
  });

  test('and a kill in the middle of any write: what was promised is there once, in order, and nothing is set aside', async () => {
    let kills = 0;
    for (const at of everyWrite) {
      const data = temporaryFolder();
      const child = spawn(process.execPath, [writer, data.path, String(values)], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, LD_PRELOAD: shim, KILLED_AT: String(at) },
      });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
      const [, signal] = await once(child, 'close');
      kills += signal === 'SIGKILL' ? 1 : 0;
      const promised = [...output.matchAll(/^kept (\d+)$/gm)].map(([, value]) => Number(value));
      const outbox = openOutbox(data.path);
      expect(outbox.setAside).toBeUndefined();
      const stored = (outbox.batch('readings', 1000)?.records ?? []).map(
        ({ body }) => JSON.parse(body).value,
      );
      expect(stored).toEqual(stored.map((_, value) => value));
      expect({ at, stored }).toMatchObject({ at, stored: expect.arrayContaining(promised) });
      outbox.close();
      data.remove();
    }
    expect(kills).toBeGreaterThan(10);
  });

  test('stops nothing but the promise: no acknowledgement, the alert is raised here, and all goes on by itself when there is room', async () => {
    const full = join(folder.path, 'full');
    const cloud = new EdgeCloud();
    await cloud.start();
    const { gateway, device } = await startGateway(folder.path, cloud.url, {
      LD_PRELOAD: shim,
      NO_ROOM_WHILE: full,
    });
    const publish = (value: number) =>
      device.publishAsync('devices/press-1/telemetry', JSON.stringify({ temperature: value }), { qos: 1 });
    await publish(20);
    const delivered = () => cloud.of('reading').map(({ value }) => value);
    await eventually('the reading from before', () => delivered().length === 1);
    writeFileSync(full, '');
    let isAcknowledged = false;
    publish(150).then(
      () => {
        isAcknowledged = true;
      },
      () => undefined,
    );
    await eventually('the alert on the status page', async () =>
      JSON.stringify(await gateway.status()).includes('"severity":"MAJOR"'),
    );
    const status = JSON.stringify(await gateway.status());
    expect(status).toContain('There is no room to keep the record.');
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.ports.status}/metrics`)).text();
    expect(metrics).toMatch(/andon_gateway_commit_failures\{code="outbox.disk-full"\} [1-9]/);
    expect(delivered()).toEqual([20]);
    expect(isAcknowledged).toBe(false);
    rmSync(full);
    // The device tries again by itself, as MQTT has it.
    await eventually('the acknowledgement', () => isAcknowledged, 30_000);
    await eventually('the alert in the cloud', () => cloud.of('alert').length === 1, 30_000);
    const hot = () => delivered().filter((value) => value === 150);
    await eventually('the reading', () => hot().length === 1, 30_000);
    device.end(true);
    await gateway.stop();
    await cloud.stop();
  });

  test('in the moment in which a damaged file is replaced ends nothing: the gateway waits for room and begins anew', async () => {
    const place = temporaryFolder();
    const full = join(place.path, 'full');
    const cloud = new EdgeCloud();
    await cloud.start();
    const { gateway, device } = await startGateway(place.path, cloud.url, {
      LD_PRELOAD: shim,
      NO_ROOM_WHILE: full,
    });
    await device.publishAsync('devices/press-1/telemetry', '{"temperature":20}', { qos: 1 });
    await eventually('the reading', () => cloud.of('reading').length === 1);
    writeFileSync(full, '');
    const file = join(place.path, 'data', 'outbox.sqlite');
    for (const name of [file, `${file}-wal`]) {
      const length = existsSync(name) ? readFileSync(name).length : 0;
      execFileSync('dd', [`of=${name}`, 'conv=notrunc', 'status=none'], {
        input: Buffer.alloc(length, 0x5a),
      });
    }
    device.publishAsync('devices/press-1/telemetry', '{"temperature":21}', { qos: 1 }).catch(() => undefined);
    const isSetAside = () => readdirSync(join(place.path, 'data')).some((name) => name.includes('.damaged-'));
    await eventually(
      'the damage to be found',
      async () => {
        await fetch(`http://127.0.0.1:${gateway.ports.status}/status.json`).catch(() => undefined);
        return isSetAside();
      },
      60_000,
    );
    await eventually('the wait for room', () => gateway.log.includes('no room for a new outbox'), 60_000);
    expect(gateway.child.exitCode).toBeNull();
    rmSync(full);
    await eventually('the gap', () => cloud.of('gap').length > 0, 60_000);
    expect(cloud.of('gap')[0]?.reason).toMatch(/^outbox-damaged/);
    device.end(true);
    await gateway.stop();
    await cloud.stop();
    place.remove();
  });
});

async function connectDevice(gateway: GatewayProcess): Promise<mqtt.MqttClient> {
  return await connectAsync(`mqtt://127.0.0.1:${gateway.ports.mqtt}`, {
    username: 'press-1',
    password: 'secret',
    clientId: 'press-1',
    clean: false,
    reconnectPeriod: 200,
  });
}

async function startGateway(
  place: string,
  cloudUrl: string,
  environment: Record<string, string>,
): Promise<{ gateway: GatewayProcess; device: mqtt.MqttClient }> {
  const file = join(place, 'gateway.yaml');
  writeFileSync(join(place, 'key'), 'the-key');
  writeFileSync(
    file,
    `
gateway: { id: edge-1, dataDirectory: data }
cloud: { url: ${cloudUrl}, keyFile: key }
mqttBroker: { host: 127.0.0.1, port: 0 }
statusPage: { port: 0 }
devices:
  - id: press-1
    mqttPasswordSha256: ${sha256('secret')}
    signals: [{ name: temperature }]
    rules:
      - name: hot
        version: 1
        signal: temperature
        limits: { hi: { setpoint: 100, deadband: 2, severity: MAJOR } }
`,
  );
  const gateway = await GatewayProcess.start(file, environment);
  return { gateway, device: await connectDevice(gateway) };
}
