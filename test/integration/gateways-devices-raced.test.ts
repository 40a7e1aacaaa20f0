import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import {
  createDeviceGround,
  type EdgeGateway,
  edgeGateway,
  enrolGateway,
  readingOf,
  registerDevice,
} from '../support/edge-gateway.ts';
import { eventually } from '../support/wait.ts';

/** The doors of gateways and devices, asked for the same thing at once, and for what nobody means. */
let cloud: TestApp;
let gateway: EdgeGateway;
let ground: Awaited<ReturnType<typeof createDeviceGround>>;

beforeAll(async () => {
  cloud = await createTestApp();
  gateway = await enrolGateway(cloud, 'hall-1');
  ground = await createDeviceGround(cloud, { accountName: 'Ridgeway Foods' });
});
afterAll(() => cloud.close());

const statusesOf = (answers: readonly { status: number }[]) => answers.map(({ status }) => status).sort();
const newAsset = async (name: string): Promise<string> =>
  (await cloud.administrator.post('/v1/assets', { accountId: ground.accountId, name })).body.id;

test('devices that are made to be claimed, twice at once in any order, are made once [I3]', async () => {
  for (let round = 0; round < 5; round += 1) {
    const ids = Array.from({ length: 40 }, (_, index) => `crossed-${round}-${index}`);
    const make = (some: readonly string[]) =>
      cloud.administrator.post('/v1/device-claims', {
        devices: some.map((deviceId) => ({ deviceId, categoryId: ground.categoryId })),
      });
    const answers = await Promise.all([make(ids), make([...ids].reverse()), make(ids)]);
    expect(statusesOf(answers)).toEqual([201, 409, 409]);
  }
});

test('a code that is typed, renewed and withdrawn at once makes one device or none [I3]', async () => {
  const ids = Array.from({ length: 8 }, (_, index) => `raced-${index}`);
  const { items } = (
    await cloud.administrator.post('/v1/device-claims', {
      devices: ids.map((deviceId) => ({ deviceId, categoryId: ground.categoryId })),
    })
  ).body;
  for (const { deviceId, code } of items) {
    const [assetId, other] = await Promise.all([newAsset(deviceId), newAsset(`${deviceId} too`)]);
    const [claimed, withdrawn, renewed, registered] = await Promise.all([
      cloud.administrator.post('/v1/device-claims/claim', { code, assetId, gatewayId: 'hall-1' }),
      cloud.administrator.delete(`/v1/device-claims/${deviceId}`),
      cloud.administrator.post(`/v1/device-claims/${deviceId}/code`, {}),
      cloud.administrator.post(`/v1/assets/${other}/register`, {
        deviceId,
        categoryId: ground.categoryId,
        gatewayId: 'hall-1',
      }),
    ]);
    expect([201, 403, 409]).toContain(claimed?.status);
    expect([204, 404]).toContain(withdrawn?.status);
    expect([201, 404]).toContain(renewed?.status);
    expect([201, 409]).toContain(registered?.status);
    expect([claimed, registered].filter((answer) => answer?.status === 201).length).toBeLessThanOrEqual(1);
    const device = await cloud.administrator.get(`/v1/devices/${deviceId}`);
    expect(device.status).toBe(claimed?.status === 201 || registered?.status === 201 ? 200 : 404);
  }
});

test('an enrolment code that is used many times at once gives one key, and the key works [I3]', async () => {
  const made = await cloud.administrator.post('/v1/gateways', {
    id: 'raced-gateway',
    name: 'Raced',
    credential: 'code',
  });
  const { code } = made.body.enrolment;
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => cloud.anonymous.post('/v1/gateway-enrolments', { code })),
  );
  expect(statusesOf(answers)).toEqual([201, ...Array.from({ length: 9 }, () => 403)]);
  const key = answers.find(({ status }) => status === 201)?.body.key;
  expect((await cloud.clientWithKey(key).get('/v1/gateway/identity')).body.id).toBe('raced-gateway');
});

test('keys that are rotated and revoked while records are posted lose none, and open nothing afterwards [I3]', async () => {
  const first = await enrolGateway(cloud, 'rotating');
  await registerDevice(cloud, first, 'rotated-1');
  const reading = readingOf({ deviceId: 'rotated-1' });
  let key = first.key;
  let isOver = false;
  let posted = 0;
  const epoch = randomUUID();
  const posting = (async () => {
    const answers: number[] = [];
    while (!isOver) {
      const client = edgeGateway(cloud, 'rotating', key).client;
      const { status } = await client.post('/v1/gateway/uplink', {
        lane: 'readings',
        epoch,
        firstSeq: posted + 1,
        records: [reading],
      });
      answers.push(status);
      posted += status === 200 ? 1 : 0;
    }
    return answers;
  })();
  for (let turn = 0; turn < 8; turn += 1) {
    const before = posted;
    key = (await cloud.administrator.post('/v1/gateways/rotating/key')).body.key;
    await eventually('posts with the new key', () => posted > before + 2);
  }
  isOver = true;
  expect(new Set(await posting)).toEqual(new Set([200]));
  const stored = await cloud.pool.query('select count(*)::int as count from readings');
  expect(stored.rows[0].count).toBe(posted);

  const last = edgeGateway(cloud, 'rotating', key);
  const meanwhile = Promise.all(Array.from({ length: 6 }, () => last.client.get('/v1/gateway/identity')));
  expect((await cloud.administrator.delete('/v1/gateways/rotating/key')).status).toBe(204);
  const afterwards = await Promise.all([
    last.send('readings', [reading]),
    last.client.get('/v1/gateway/identity'),
    last.client.get('/v1/gateway/downlink'),
    last.client.post('/v1/gateway/devices', { devices: [] }),
    last.client.post('/v1/gateway/downlink-receipt', {}),
  ]);
  expect(new Set(statusesOf(afterwards))).toEqual(new Set([401]));
  for (const { status } of await meanwhile) {
    expect([200, 401]).toContain(status);
  }
});

test('names of any script are kept as they are, and what cannot be kept is refused with its field [I1]', async () => {
  const good = ['🏭 Prensa 🇧🇷', 'مكبس رقم ١', '\u202Eevil\u202C', "Robert'); drop table devices;--", '壓機'];
  for (const [index, name] of good.entries()) {
    const id = `named-${index}`;
    expect((await cloud.administrator.post('/v1/gateways', { id, name })).status).toBe(201);
    expect((await cloud.administrator.get(`/v1/gateways/${id}`)).body.name).toBe(name);
    const assetId = await newAsset(name);
    const made = await cloud.administrator.post(`/v1/assets/${assetId}/register`, {
      deviceId: id,
      name,
      categoryId: ground.categoryId,
      gatewayId: 'hall-1',
    });
    expect([made.status, made.body.device.name]).toEqual([201, name]);
  }
  const bad = ['nul\u0000', 'half \ud83d', 'x'.repeat(10_000), '   ', ''];
  for (const name of bad) {
    const answers = await Promise.all([
      cloud.administrator.post('/v1/gateways', { id: 'never', name }),
      cloud.administrator.post('/v1/device-claims', {
        devices: [{ deviceId: 'never', name, categoryId: ground.categoryId }],
      }),
      gateway.client.post('/v1/gateway/devices', {
        devices: [{ deviceId: 'never', categoryId: ground.categoryId, name }],
      }),
    ]);
    expect(answers.map(({ status, body }) => [status, body.errors?.[0]?.field])).toEqual([
      [422, 'name'],
      [422, 'devices.0.name'],
      [422, 'devices.0.name'],
    ]);
  }
  for (const code of ['nul\u0000', '🏭', 'x'.repeat(10_000), "' or 1=1 --"]) {
    const tried = await cloud.anonymous.post('/v1/gateway-enrolments', { code });
    expect([403, 422]).toContain(tried.status);
    const claimed = await cloud.administrator.post('/v1/device-claims/claim', {
      code,
      assetId: ground.assetId,
      gatewayId: 'hall-1',
    });
    expect([403, 422]).toContain(claimed.status);
  }
});

test('a device that two gateways tell of at once comes in once, and the other hears why not [I3]', async () => {
  const category = (await cloud.administrator.get(`/v1/device-categories/${ground.categoryId}`)).body;
  const { id: _id, version, createdAt: _made, updatedAt: _changed, ...kept } = category;
  const allowed = await cloud.administrator.put(
    `/v1/device-categories/${ground.categoryId}`,
    { ...kept, allowsJustInTime: true },
    { 'if-match': String(version) },
  );
  expect(allowed.status).toBe(200);
  const tellers = await Promise.all(
    ['teller-1', 'teller-2', 'teller-3'].map((id) => enrolGateway(cloud, id)),
  );
  for (const { id } of tellers) {
    const { name, version: of } = (await cloud.administrator.get(`/v1/gateways/${id}`)).body;
    const edit = { name, accountId: ground.accountId };
    expect(
      (await cloud.administrator.put(`/v1/gateways/${id}`, edit, { 'if-match': String(of) })).status,
    ).toBe(200);
  }
  for (let round = 0; round < 5; round += 1) {
    const devices = Array.from({ length: 4 }, (_, index) => ({
      deviceId: `told-${round}-${index}`,
      categoryId: ground.categoryId,
    }));
    const answers = await Promise.all(
      tellers.map(({ client }) => client.post('/v1/gateway/devices', { devices })),
    );
    expect(statusesOf(answers)).toEqual([200, 200, 200]);
    for (const { deviceId } of devices) {
      const outcomes = answers.map(({ body }) =>
        body.items.find((item: { deviceId: string }) => item.deviceId === deviceId),
      );
      expect(outcomes.filter(({ outcome }) => outcome === 'registered')).toHaveLength(1);
      expect(outcomes.filter(({ reason }) => reason === 'registered-elsewhere')).toHaveLength(2);
    }
  }
});
