import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createDeviceGround } from '../support/edge-gateway.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { eventually } from '../support/wait.ts';

const folder = temporaryFolder();
const inFolder = (name: string) => join(folder.path, name);
let cloud: TestApp;

beforeAll(async () => {
  cloud = await createTestApp({ logLevel: 'silent' });
});
afterAll(async () => {
  await cloud?.close();
  folder.remove();
});

/** Each value is sent once: as many rows as values means that none is there twice. */
async function countOf(): Promise<{ all: number; distinct: number; highest: number }> {
  const { rows } = await cloud.pool.query(
    'select count(*)::integer as all, count(distinct value)::integer as distinct, max(value)::float as highest from readings',
  );
  return rows[0];
}

test('a running gateway takes up its new key while readings flow: none is lost, and none is there twice', async () => {
  const enrolled = await cloud.administrator.post('/v1/gateways', { id: 'line-1', name: 'Line one' });
  const { assetId, categoryId } = await createDeviceGround(cloud);
  const device = { deviceId: 'press-1', categoryId, gatewayId: 'line-1' };
  const registered = await cloud.administrator.post(`/v1/assets/${assetId}/register`, device);
  writeFileSync(inFolder('line-1.key'), enrolled.body.key, { mode: 0o600 });
  const configuration = {
    gateway: { id: 'line-1', dataDirectory: 'line-1' },
    cloud: { url: cloud.url, keyFile: 'line-1.key' },
    mqttBroker: { host: '127.0.0.1', port: 0 },
    statusPage: { port: 0 },
  };
  writeFileSync(inFolder('line-1.yaml'), JSON.stringify(configuration));
  const gateway = await GatewayProcess.start(inFolder('line-1.yaml'));
  try {
    const login = { username: 'press-1', password: registered.body.mqtt.password };
    const url = `mqtt://127.0.0.1:${gateway.ports.mqtt}`;
    const press = await eventually(
      'the broker to know the device',
      () => connectAsync(url, login, false).catch(() => false as const),
      30_000,
    );
    let sent = 0;
    let isOver = false;
    const flowing = (async () => {
      while (!isOver) {
        sent += 1;
        await press.publishAsync('devices/press-1/telemetry', JSON.stringify({ temperature: sent }), {
          qos: 1,
        });
      }
    })();
    const hasArrivedAfter = async (what: string) => {
      const from = sent;
      await eventually(what, async () => ((await countOf()).highest ?? 0) > from, 30_000);
    };
    const rotate = async () => {
      const { key } = (await cloud.administrator.post('/v1/gateways/line-1/key')).body;
      writeFileSync(inFolder('next.key'), key, { mode: 0o600 });
      return key;
    };
    const keyUsedAt = async () => (await cloud.administrator.get('/v1/gateways/line-1')).body.keyUsedAt;
    await hasArrivedAfter('readings with the first key');
    // The new one lies there for a while before it is installed; the former is good until it is used.
    const renewed = await rotate();
    await hasArrivedAfter('readings with the former key');
    expect(await keyUsedAt()).toBeNull();
    renameSync(inFolder('next.key'), inFolder('line-1.key'));
    // Whoever carried it there tries it, which ends the former: the gateway is refused once, and reads its file again.
    expect((await cloud.clientWithKey(renewed).get('/v1/gateway/identity')).status).toBe(200);
    expect((await cloud.clientWithKey(enrolled.body.key).get('/v1/gateway/identity')).status).toBe(401);
    expect(await keyUsedAt()).not.toBeNull();
    await hasArrivedAfter('readings with the new key');

    // Somebody revokes it, too, before another one is there: what is measured meanwhile waits at the gateway.
    expect((await cloud.administrator.delete('/v1/gateways/line-1/key')).status).toBe(204);
    expect((await cloud.clientWithKey(renewed).get('/v1/gateway/identity')).status).toBe(401);
    const before = sent;
    await eventually('readings to wait', async () => sent > before + 100, 30_000);
    await rotate();
    renameSync(inFolder('next.key'), inFolder('line-1.key'));
    await hasArrivedAfter('readings after the revocation');

    isOver = true;
    await flowing;
    await press.endAsync();
    await eventually('all readings to be there', async () => (await countOf()).highest === sent, 60_000);
    await eventually(
      'those that waited to be there',
      async () => (await countOf()).distinct === sent,
      60_000,
    );
    expect(await countOf()).toEqual({ all: sent, distinct: sent, highest: sent });
    expect(readFileSync(inFolder('line-1.key'), 'utf8')).not.toBe(renewed);
  } finally {
    await gateway.stop();
  }
}, 240_000);
