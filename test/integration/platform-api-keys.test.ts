import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { permissions } from '../../cloud/platform/index.ts';
import { createTestApp, type TestApp, type TestClient } from '../support/app.ts';
import { standingClock } from '../support/clock.ts';
import { eventually } from '../support/wait.ts';

describe('API keys', () => {
  let cloud: TestApp;
  beforeAll(async () => {
    cloud = await createTestApp({ clock: standingClock() });
  });
  afterAll(() => cloud?.close());

  const make = async (by: TestClient, wanted: object) => {
    const answer = await by.post('/v1/api-keys', { name: 'a key', ...wanted });
    return { answer, id: answer.body.id as string, client: cloud.clientWithKey(answer.body.key) };
  };
  const newUser = async (name: string, role: string) => {
    const person = { email: `${name}@plant.example`, name, role, password: 'four words and more' };
    const { body } = await cloud.administrator.post('/v1/users', person);
    return { id: body.id as string, client: await cloud.signIn(person.email, person.password) };
  };
  const edit = async (id: string, changes: object) => {
    const { body } = await cloud.administrator.get(`/v1/users/${id}`);
    await cloud.administrator.patch(`/v1/users/${id}`, changes, { 'if-match': String(body.version) });
  };

  test('a key may do what its scopes name, and say who it is', async () => {
    const { client } = await make(cloud.administrator, { scopes: ['alerts:read'] });
    expect((await client.get('/v1/alerts')).status).toBe(200);
    expect((await client.get('/v1/cases')).body.code).toBe('platform.not-permitted');
    const { user } = (await client.get('/v1/session')).body;
    expect(user).toMatchObject({ kind: 'api-key', role: null, permissions: ['alerts:read', 'session'] });
  });

  test('a key has a role or scopes, known ones, and an end that is to come', async () => {
    const refused = async (wanted: object) => (await make(cloud.administrator, wanted)).answer.body.code;
    expect(await refused({})).toBe('platform.role-or-scopes');
    expect(await refused({ role: 'viewer', scopes: ['alerts:read'] })).toBe('platform.role-or-scopes');
    expect(await refused({ scopes: ['everything'] })).toBe('platform.invalid-request');
    expect(await refused({ scopes: ['gateway:connect'] })).toBe('platform.invalid-request');
    const past = new Date(cloud.clock.now() - 1).toISOString();
    expect(await refused({ role: 'viewer', expiresAt: past })).toBe('platform.key-ends-in-the-past');
  });

  test('nobody gets more by a key than its maker has', async () => {
    const { client } = await make(cloud.administrator, { scopes: ['users:manage', 'alerts:read'] });
    const codes = await Promise.all([
      client.post('/v1/api-keys', { name: 'more', role: 'viewer' }),
      client.post('/v1/api-keys', { name: 'more', scopes: ['cases:write'] }),
      client.post('/v1/users', { email: 'me@evil.test', name: 'Me', role: 'administrator' }),
      client.post('/v1/users', { email: 'me@evil.test', name: 'Me', role: 'viewer' }),
    ]);
    expect(codes.map(({ body }) => body.code)).toEqual(Array(4).fill('platform.more-than-own'));
    const { items } = (await client.get('/v1/users')).body;
    const administrator = items.find((item: { role: string }) => item.role === 'administrator');
    const takeOver = await client.patch(
      `/v1/users/${administrator.id}`,
      { password: 'a password of mine' },
      { 'if-match': String(administrator.version) },
    );
    expect(takeOver.body.code).toBe('platform.more-than-own');
    const link = await client.post(`/v1/users/${administrator.id}/sign-in-links`);
    expect(link.body.code).toBe('platform.more-than-own');
    expect((await client.delete(`/v1/users/${administrator.id}/sessions`)).status).toBe(403);
    expect((await make(client, { scopes: ['alerts:read'] })).answer.status).toBe(201);
  });

  test('a key ends with the key that it was made with, and not after it', async () => {
    const expiresAt = new Date(cloud.clock.now() + 3_600_000).toISOString();
    const parent = await make(cloud.administrator, { role: 'administrator', expiresAt });
    const child = await make(parent.client, { role: 'viewer' });
    const grandchild = await make(child.client, { scopes: ['alerts:read'] });
    expect(grandchild.answer.status).toBe(403);
    const { items } = (await cloud.administrator.get('/v1/api-keys')).body;
    expect(items.find((item: { id: string }) => item.id === child.id).expiresAt).toBe(expiresAt);
    expect((await child.client.get('/v1/session')).status).toBe(200);
    expect((await cloud.administrator.delete(`/v1/api-keys/${parent.id}`)).status).toBe(204);
    expect((await child.client.get('/v1/session')).status).toBe(401);
    const { items: told } = (await cloud.administrator.get(`/v1/events?key=${child.id}`)).body;
    expect(told.map((event: { type: string }) => event.type)).toEqual(['api-key.revoked', 'api-key.issued']);
  });

  test('a key is worth no more than its owner is today', async () => {
    const owner = await newUser('olga', 'administrator');
    const { client, id } = await make(owner.client, { role: 'administrator' });
    expect((await client.get('/v1/users')).status).toBe(200);
    await edit(owner.id, { role: 'viewer' });
    expect((await client.get('/v1/users')).status).toBe(403);
    expect((await client.get('/v1/alerts')).status).toBe(200);
    await edit(owner.id, { disabled: true });
    expect((await client.get('/v1/alerts')).status).toBe(401);
    await edit(owner.id, { disabled: false });
    expect((await client.get('/v1/alerts')).status).toBe(200);
    const { items } = (await cloud.administrator.get('/v1/api-keys')).body;
    const shown = items.find((item: { id: string }) => item.id === id);
    expect(shown.owner).toEqual({ id: owner.id, name: 'olga' });
    expect(shown.lastUsedAt).not.toBeNull();
  });

  test('the live stream of a key ends when its owner is disabled, and that of a session when it is ended', async () => {
    const owner = await newUser('otto', 'administrator');
    const { client } = await make(owner.client, { role: 'viewer' });
    const open = async (viewer: TestClient) => {
      const response = await fetch(`${cloud.url}/v1/live`, { headers: viewer.headers });
      let ended = false;
      void response.text().then(() => {
        ended = true;
      });
      return () => ended;
    };
    const [byKey, bySession] = [await open(client), await open(owner.client)];
    expect((await owner.client.delete('/v1/session')).status).toBe(204);
    cloud.wake();
    await eventually('the stream of the session to end', () => bySession());
    expect(byKey()).toBe(false);
    await edit(owner.id, { disabled: true });
    cloud.wake();
    await eventually('the stream of the key to end', () => byKey());
  });

  test('every permission but that of gateways can be a scope', async () => {
    const scopes = permissions.filter((permission) => permission !== 'gateway:connect');
    const { client } = await make(cloud.administrator, { scopes });
    expect(new Set((await client.get('/v1/session')).body.user.permissions)).toEqual(new Set(scopes));
  });
});
