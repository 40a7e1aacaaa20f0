import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestAnswer, type TestApp, type TestClient } from '../support/app.ts';
import { standingClock } from '../support/clock.ts';
import { createClient } from '../support/http-client.ts';

const hour = 3_600_000;

function clientOf(cloud: TestApp, answer: TestAnswer): TestClient {
  const [cookie = ''] = answer.headers.getSetCookie();
  return createClient(cloud.url, { cookie: cookie.split(';')[0] ?? '' });
}

describe('people', () => {
  let cloud: TestApp;
  let number = 0;
  beforeAll(async () => {
    cloud = await createTestApp({ clock: standingClock(), background: false });
  });
  afterAll(() => cloud?.close());

  const password = 'nine oranges in a row';
  const invite = async (role = 'technician') => {
    number += 1;
    const email = `person-${number}@plant.example`;
    const { body } = await cloud.administrator.post('/v1/users', { email, name: 'Somebody', role });
    return { ...body, email, token: new URL(body.link.url).hash.slice(1) };
  };
  const useLink = (token: string, chosen = password) =>
    cloud.anonymous.post('/v1/sign-in-links/use', { token, password: chosen });
  const join = async (role?: string) => {
    const person = await invite(role);
    return { ...person, client: clientOf(cloud, await useLink(person.token)) };
  };
  const edit = async (id: string, changes: object) => {
    const { body } = await cloud.administrator.get(`/v1/users/${id}`);
    return cloud.administrator.patch(`/v1/users/${id}`, changes, { 'if-match': String(body.version) });
  };

  test('an invited person chooses a password by a link that works once', async () => {
    const person = await invite();
    expect(person).toMatchObject({ hasPassword: false, lastSignedInAt: null });
    expect(person.link.url).toMatch(/^http:\/\/andon\.test\/welcome#[\w-]{43}$/);
    expect((await cloud.anonymous.post('/v1/session', { email: person.email, password })).status).toBe(401);
    const read = await cloud.anonymous.post('/v1/sign-in-links/read', { token: person.token });
    expect(read.body).toEqual({ email: person.email, name: 'Somebody', hasPassword: false });
    const answers = await Promise.all(
      ['one two three four', 'five six seven eight', 'nine ten eleven'].map((chosen) =>
        useLink(person.token, chosen),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 410, 410]);
    const used = answers.find(({ status }) => status === 201);
    expect(used && (await clientOf(cloud, used).get('/v1/session')).body.user.email).toBe(person.email);
    expect((await cloud.anonymous.post('/v1/sign-in-links/read', { token: person.token })).status).toBe(410);
    const shown = (await cloud.administrator.get(`/v1/users/${person.id}`)).body;
    expect(shown).toMatchObject({ hasPassword: true, linkExpiresAt: null });
    expect(shown.lastSignedInAt).not.toBeNull();
  });

  test('a link ends at its time, by a newer one, and with its user', async () => {
    const late = await invite();
    cloud.clock.advance(73 * hour);
    expect((await useLink(late.token)).body.code).toBe('platform.link-is-over');
    const person = await invite();
    const again = await cloud.administrator.post(`/v1/users/${person.id}/sign-in-links`);
    expect((await useLink(person.token)).status).toBe(410);
    await edit(person.id, { disabled: true });
    expect((await useLink(new URL(again.body.url).hash.slice(1))).status).toBe(410);
    const refused = await cloud.administrator.post(`/v1/users/${person.id}/sign-in-links`);
    expect([refused.status, refused.body.code]).toEqual([409, 'platform.user-disabled']);
    expect((await useLink('A'.repeat(43))).status).toBe(410);
    expect((await useLink('short')).status).toBe(422);
  });

  test('a reset by a link ends what was open, and lets in again who was locked out', async () => {
    const person = await join();
    for (let attempt = 0; attempt < 6; attempt += 1) {
      await cloud.anonymous.post('/v1/session', { email: person.email, password: 'wrong' });
    }
    expect((await cloud.anonymous.post('/v1/session', { email: person.email, password })).status).toBe(429);
    const { body } = await cloud.administrator.post(`/v1/users/${person.id}/sign-in-links`);
    expect((await person.client.get('/v1/session')).status).toBe(200);
    expect((await useLink(new URL(body.url).hash.slice(1), 'another five words here')).status).toBe(201);
    expect((await person.client.get('/v1/session')).status).toBe(401);
    await cloud.signIn(person.email, 'another five words here');
  });

  test('a password is changed by who knows the old one; all other sessions end, and this one is a new one', async () => {
    const { client, email } = await join();
    const other = await cloud.signIn(email, password);
    const change = (currentPassword: string, chosen = 'seven blue lamps') =>
      client.put('/v1/session/password', { currentPassword, password: chosen });
    expect((await change('wrong')).body.code).toBe('platform.wrong-current-password');
    expect((await change(password, 'short')).status).toBe(422);
    expect((await change(password, 'aaaaaaaaaaaa')).body.code).toBe('platform.weak-password');
    const changed = await change(password);
    expect(changed.status).toBe(204);
    expect((await client.get('/v1/session')).status).toBe(401);
    expect((await other.get('/v1/session')).status).toBe(401);
    expect((await clientOf(cloud, changed).get('/v1/session')).status).toBe(200);
    expect((await cloud.anonymous.post('/v1/session', { email, password })).status).toBe(401);
    await cloud.signIn(email, 'seven blue lamps');
  });

  test('a borrowed browser is no place to guess the password', async () => {
    const { client } = await join();
    const answers: number[] = [];
    for (let attempt = 0; attempt < 7; attempt += 1) {
      const guess = { currentPassword: `guess ${attempt}`, password: 'seven blue lamps' };
      answers.push((await client.put('/v1/session/password', guess)).status);
    }
    expect(answers).toEqual([403, 403, 403, 403, 403, 429, 429]);
  });

  test('sessions are listed with device and time, and ended one by one or all but this', async () => {
    const { client, email } = await join();
    const phone = await cloud.signIn(email, password);
    const tablet = await cloud.signIn(email, password);
    const sessions = async () => (await client.get('/v1/sessions')).body.items;
    const [first] = await sessions();
    expect(await sessions()).toHaveLength(3);
    expect(first).toMatchObject({ device: expect.stringContaining('node'), address: '127.0.0.1' });
    const { items } = (await phone.get('/v1/sessions')).body;
    const current = items.find((item: { current: boolean }) => item.current);
    expect((await client.delete(`/v1/sessions/${current.id}`)).status).toBe(204);
    expect((await phone.get('/v1/session')).status).toBe(401);
    expect((await client.delete('/v1/sessions')).status).toBe(204);
    expect((await tablet.get('/v1/session')).status).toBe(401);
    expect(await sessions()).toHaveLength(1);
    const stranger = await join();
    const [own] = await sessions();
    expect((await stranger.client.delete(`/v1/sessions/${own.id}`)).status).toBe(404);
    expect((await client.get('/v1/session')).status).toBe(200);
    expect(
      (await cloud.administrator.delete(`/v1/users/${first.userId ?? stranger.id}/sessions`)).status,
    ).toBe(204);
    expect((await stranger.client.get('/v1/session')).status).toBe(401);
  });

  test('people change their own name and language, and nothing else about themselves', async () => {
    const { client } = await join('viewer');
    const changed = await client.patch('/v1/session/user', { name: 'New name', language: 'es' });
    expect(changed.body).toMatchObject({ name: 'New name', language: 'es', role: 'viewer' });
    expect((await client.patch('/v1/session/user', { role: 'administrator' })).status).toBe(422);
    expect((await client.patch('/v1/session/user', { disabled: false })).status).toBe(422);
    const program = await cloud.clientWithRole('viewer');
    expect((await program.get('/v1/session/user')).body.code).toBe('platform.not-a-person');
    expect((await program.get('/v1/sessions')).body.code).toBe('platform.not-a-person');
  });

  test('a sign-in gives another session than the one that the browser came with, which is over', async () => {
    const { client, email } = await join();
    const again = await client.post('/v1/session', { email, password });
    expect(again.headers.getSetCookie()[0]).not.toContain(client.headers.cookie);
    expect((await client.get('/v1/session')).status).toBe(401);
  });

  test('a hash of former parameters is made anew at the next sign-in', async () => {
    const { email, id } = await join();
    // 'nine oranges in a row', argon2id with 8 MiB and one pass.
    const { hash } = await import('@node-rs/argon2');
    const old = await hash(password, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    await cloud.pool.query('update users set password_hash = $1 where id = $2', [old, id]);
    await cloud.signIn(email, password);
    const { rows } = await cloud.pool.query('select password_hash from users where id = $1', [id]);
    expect(rows[0].password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await cloud.signIn(email, password);
  });

  test('the database keeps an administrator who can sign in, whatever is asked of it', async () => {
    const former = await cloud.pool.query(`select id from users where role = 'administrator'`);
    expect(former.rowCount).toBe(1);
    await invite('administrator');
    for (const change of [
      `update users set role = 'viewer' where password_hash is not null`,
      `update users set disabled_at = now() where password_hash is not null`,
      `update users set password_hash = null where role = 'administrator'`,
      `delete from users where password_hash is not null`,
    ]) {
      await expect(cloud.pool.query(change)).rejects.toMatchObject({
        constraint: 'users_keep_an_administrator',
      });
    }
  });

  test('what happened to people is in the log with who did it, and for those who keep users alone', async () => {
    const { client, id, email } = await join();
    await cloud.anonymous.post('/v1/session', { email, password: 'a wrong one' });
    await cloud.anonymous.post('/v1/session', { email: 'my secret password', password: 'a wrong one' });
    await client.delete('/v1/session');
    const { items } = (await cloud.administrator.get(`/v1/events?key=${id}`)).body;
    expect(items.map((item: { type: string; actor: string }) => [item.type, item.actor])).toEqual([
      ['user.signed-out', `user:${id}`],
      ['user.sign-in-failed', 'address:127.0.0.1'],
      ['user.signed-in', `user:${id}`],
      ['user.changed', `user:${id}`],
      ['user.link-made', expect.stringMatching(/^api-key:/)],
      ['user.created', expect.stringMatching(/^api-key:/)],
    ]);
    const everything = JSON.stringify((await cloud.administrator.get('/v1/events?limit=200')).body);
    expect(everything).not.toContain('my secret password');
    expect(everything).not.toContain(password);
    expect(everything).not.toContain('argon2');
    const trail = (await cloud.administrator.get('/v1/audit?about=user')).body.items;
    expect(trail.map((item: { type: string }) => item.type)).toContain('user.sign-in-failed');
    const manager = await cloud.clientWithRole('service-manager');
    expect((await manager.get('/v1/audit?about=user')).body.items).toEqual([]);
    expect((await manager.get(`/v1/events?key=${id}`)).body.items).toEqual([]);
    expect(JSON.stringify((await manager.get('/v1/events?limit=200')).body)).not.toContain('sign');
  });
});
