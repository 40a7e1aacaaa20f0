import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { standingClock } from '../support/clock.ts';

describe('signing in', () => {
  let cloud: TestApp;
  beforeAll(async () => {
    cloud = await createTestApp();
  });
  afterAll(() => cloud?.close());

  test('the first administrator signs in, is known by the cookie, and signs out', async () => {
    const administrator = await cloud.signIn(cloud.administratorEmail, cloud.administratorPassword);
    const who = await administrator.get('/v1/session');
    expect(who.status).toBe(200);
    expect(who.body.user).toMatchObject({ email: cloud.administratorEmail, role: 'administrator' });
    expect((await administrator.delete('/v1/session')).status).toBe(204);
    expect((await administrator.get('/v1/session')).status).toBe(401);
  });

  test('nobody is let in without credentials, and is told so as problem details', async () => {
    const answer = await cloud.anonymous.get('/v1/users');
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ code: 'platform.not-signed-in', status: 401 });
  });

  test('an API key made by an administrator works until it is revoked', async () => {
    const made = await cloud.administrator.post('/v1/api-keys', { name: 'line tool', role: 'viewer' });
    expect(made.status).toBe(201);
    const program = cloud.clientWithKey(made.body.key);
    expect((await program.get('/v1/session')).body.user).toMatchObject({ kind: 'api-key', role: 'viewer' });
    expect((await program.get('/v1/users')).body.code).toBe('platform.not-permitted');
    expect((await cloud.administrator.delete(`/v1/api-keys/${made.body.id}`)).status).toBe(204);
    expect((await program.get('/v1/session')).status).toBe(401);
  });
});

describe('keeping guessers out', () => {
  let cloud: TestApp;
  beforeAll(async () => {
    cloud = await createTestApp({ clock: standingClock() });
  });
  afterAll(() => cloud?.close());
  const tryPassword = (email: string, password: string) =>
    cloud.anonymous.post('/v1/session', { email, password });

  test('after five failures each further try waits longer, and the right password waits too', async () => {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect((await tryPassword(cloud.administratorEmail, 'wrong')).status).toBe(401);
    }
    const waits: number[] = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const refused = await tryPassword(cloud.administratorEmail, cloud.administratorPassword);
      expect(refused.status).toBe(429);
      expect(refused.body.code).toBe('platform.too-many-sign-ins');
      waits.push(Number(refused.headers.get('retry-after')));
      cloud.clock.advance((waits.at(-1) ?? 0) * 1000);
      expect((await tryPassword(cloud.administratorEmail, 'wrong again')).status).toBe(401);
    }
    expect(waits).toEqual([1, 2, 4, 8]);
    cloud.clock.advance(16_000);
    const entered = await tryPassword(cloud.administratorEmail, cloud.administratorPassword);
    expect(entered.status).toBe(201);
    expect((await tryPassword(cloud.administratorEmail, 'wrong')).status).toBe(401);
  });

  test('many guesses at once are counted one by one', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => tryPassword('many@andon.test', `guess ${index}`)),
    );
    expect(answers.filter((answer) => answer.status === 401)).toHaveLength(5);
  });

  test('an unknown account is answered exactly as a wrong password is', async () => {
    const unknown = await tryPassword('nobody@andon.test', 'wrong');
    const known = await tryPassword(cloud.administratorEmail, 'wrong');
    expect(unknown.text).toBe(known.text);
    expect(unknown.status).toBe(known.status);
  });

  test('a session ends when it lies idle, and when it is old', async () => {
    const idle = await cloud.signIn(cloud.administratorEmail, cloud.administratorPassword);
    cloud.clock.advance(13 * 3_600_000);
    expect((await idle.get('/v1/session')).status).toBe(401);
    const busy = await cloud.signIn(cloud.administratorEmail, cloud.administratorPassword);
    for (let hour = 0; hour < 7 * 24 - 1; hour += 6) {
      cloud.clock.advance(6 * 3_600_000);
      expect((await busy.get('/v1/session')).status).toBe(hour + 6 < 7 * 24 ? 200 : 401);
    }
  });

  test('another password, another role and being disabled each end the sessions of a user', async () => {
    const person = { email: 'eva@andon.test', name: 'Eva', role: 'technician', password: 'first password' };
    const { body: user } = await cloud.administrator.post('/v1/users', person);
    let { version } = user;
    let { password } = person;
    for (const changes of [{ password: 'second password' }, { role: 'viewer' }, { disabled: true }]) {
      const browser = await cloud.signIn(person.email, password);
      const edited = await cloud.administrator.patch(`/v1/users/${user.id}`, changes, {
        'if-match': String(version),
      });
      expect(edited.status).toBe(200);
      version = edited.body.version;
      password = 'password' in changes ? changes.password : password;
      expect((await browser.get('/v1/session')).status).toBe(401);
    }
    expect((await tryPassword(person.email, password)).status).toBe(401);
  });

  test('an API key ends at its time', async () => {
    const expiresAt = new Date(cloud.clock.now() + 60_000).toISOString();
    const { body } = await cloud.administrator.post('/v1/api-keys', {
      name: 'brief',
      role: 'viewer',
      expiresAt,
    });
    const program = cloud.clientWithKey(body.key);
    expect((await program.get('/v1/session')).status).toBe(200);
    cloud.clock.advance(61_000);
    expect((await program.get('/v1/session')).status).toBe(401);
  });

  test('the session cookie is out of reach of scripts and of other sites', async () => {
    const answer = await tryPassword(cloud.administratorEmail, cloud.administratorPassword);
    const [cookie] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^andon_session=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/);
    const { rows } = await cloud.pool.query('select encode(token_sha256, $1) as hash from sessions', ['hex']);
    expect(rows.length).toBeGreaterThan(0);
  });

  test('a role does what it may and nothing else', async () => {
    const viewer = await cloud.clientWithRole('viewer');
    expect((await viewer.get('/v1/users')).status).toBe(403);
    expect((await viewer.post('/v1/api-keys', { name: 'mine', role: 'administrator' })).status).toBe(403);
  });
});
