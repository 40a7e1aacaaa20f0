import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp, type TestClient } from '../support/app.ts';
import { createPlant, type Plant, pressCategory } from '../support/plant.ts';

/** Commands that only some roles send, asked for with keys. */
describe('a command for some roles', () => {
  let cloud: TestApp;
  let plant: Plant;
  beforeAll(async () => {
    cloud = await createTestApp();
    const wipe = { name: 'wipe', title: 'Wipe', destructive: false, idempotency: 'once', parameters: [] };
    const commands = [
      { ...wipe, roles: ['administrator'] },
      { ...wipe, name: 'clean', roles: ['technician'] },
      { ...wipe, name: 'beep' },
    ];
    plant = await createPlant(cloud, { category: { ...pressCategory, commands } });
  });
  afterAll(() => cloud?.close());

  const keyOf = async (by: TestClient, wanted: object) => {
    const made = await by.post('/v1/api-keys', { name: 'a key', ...wanted });
    return cloud.clientWithKey(made.body.key);
  };
  const scoped = () =>
    keyOf(cloud.administrator, { scopes: ['commands:send', 'alerts:write', 'jobs:read', 'jobs:write'] });
  const send = (client: TestClient, name: string) =>
    client.post(`/v1/devices/${plant.deviceId}/commands`, { name });
  const failedWipe = async () => {
    const { body } = await send(cloud.administrator, 'wipe');
    const failed = { type: 'command', state: 'FAILED', at: cloud.clock.now(), reason: 'jammed' } as const;
    await plant.gateway.send({ ...failed, commandId: body.id, deviceId: plant.deviceId });
    return body.id as string;
  };

  test('is not sent by a key with scopes, which has no role [I4]', async () => {
    const client = await scoped();
    const refused = await send(client, 'wipe');
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({ code: 'commands.not-for-this-role', roles: ['administrator'] });
    expect((await send(client, 'beep')).status).toBe(201);
  });

  test('is not sent again by one either [I4]', async () => {
    const id = await failedWipe();
    const refused = await (await scoped()).post(`/v1/commands/${id}/retry`);
    expect([refused.status, refused.body.code]).toEqual([403, 'commands.not-for-this-role']);
    expect((await cloud.administrator.post(`/v1/commands/${id}/retry`)).status).toBe(201);
  });

  test('is no remedy by hand of one [I4]', async () => {
    const now = cloud.clock.now();
    const alertId = randomUUID();
    const times = { sourceTime: now, gatewayTime: now };
    await plant.gateway.send(alertTransition({ alertId, deviceId: plant.deviceId, ...times }));
    await cloud.settle();
    const path = `/v1/alerts/${alertId}/remedies`;
    const refused = await (await scoped()).post(path, { command: 'wipe' });
    expect([refused.status, refused.body.code]).toEqual([403, 'commands.not-for-this-role']);
    expect((await cloud.administrator.post(path, { command: 'wipe' })).status).toBe(201);
  });

  test('is no job of one, but one of whoever may send it [I4]', async () => {
    const selection = { deviceIds: [plant.deviceId] };
    const input = { name: 'A job', command: 'wipe', parameters: {}, selection };
    const client = await scoped();
    const seen = await client.post('/v1/jobs/preview', { selection, command: 'wipe' });
    expect(seen.body.categories[0].problem).toContain('a key that has no role');
    const { body: job } = await client.post('/v1/jobs', { ...input, ratePerMinute: 60, concurrencyMax: 1 });
    const submit = (by: TestClient) =>
      by.post(`/v1/jobs/${job.id}/submit`, {}, { 'if-match': `${job.version}` });
    const refused = await submit(client);
    expect([refused.status, refused.body.code]).toEqual([403, 'jobs.sender-may-not-send']);
    expect((await submit(cloud.administrator)).body.state).toBe('running');
  });

  test('is sent by a key as far as its owner has the role today [I4]', async () => {
    const person = { email: 'olga@plant.example', name: 'olga', password: 'four words and more' };
    const { body: owner } = await cloud.administrator.post('/v1/users', { ...person, role: 'administrator' });
    const client = await keyOf(await cloud.signIn(person.email, person.password), { role: 'administrator' });
    expect((await send(client, 'wipe')).status).toBe(201);
    const change = { 'if-match': String(owner.version) };
    await cloud.administrator.patch(`/v1/users/${owner.id}`, { role: 'technician' }, change);
    expect((await client.get('/v1/session')).body.user.role).toBe('technician');
    expect((await send(client, 'wipe')).status).toBe(403);
    expect((await send(client, 'clean')).status).toBe(201);
  });
});
