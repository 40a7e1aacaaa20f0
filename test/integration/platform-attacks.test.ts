import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApplication } from '../../cloud/app.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { standingClock } from '../support/clock.ts';
import { createClient } from '../support/http-client.ts';

describe('getting around the sign-in', () => {
  let cloud: TestApp;
  beforeAll(async () => {
    cloud = await createTestApp({ clock: standingClock(), background: false, logLevel: 'silent' });
  });
  afterAll(() => cloud?.close());

  test('no credential that is almost one lets anybody in', async () => {
    const { body } = await cloud.administrator.post('/v1/api-keys', { name: 'real', role: 'viewer' });
    const real = await cloud.signIn(cloud.administratorEmail, cloud.administratorPassword);
    const token = (real.headers.cookie ?? '').split('=')[1] ?? '';
    const identities: Record<string, string>[] = [
      { authorization: `Bearer ${body.key.slice(0, -1)}` },
      { authorization: `Bearer ${body.key} `.replace(' ', '  ') },
      { authorization: `Bearer ${body.key.toUpperCase()}` },
      { authorization: `Basic ${Buffer.from(`admin:${body.key}`).toString('base64')}` },
      { authorization: 'Bearer andon_key_' },
      { authorization: `Bearer andon_key_%' or 1=1 --` },
      { authorization: `Bearer ${token}` },
      { cookie: `andon_session=${body.key}` },
      { cookie: `andon_session=${token.slice(1)}` },
      { cookie: `andon_session=${token}x` },
      { cookie: `ANDON_SESSION=${token}` },
      { cookie: `andon_session=${'A'.repeat(5000)}` },
      { cookie: 'andon_session=%00; andon_session=__proto__' },
      { 'x-forwarded-user': cloud.administratorEmail, 'x-api-key': body.key },
    ];
    for (const identity of identities) {
      const answer = await createClient(cloud.url, identity).get('/v1/session');
      expect(`${Object.entries(identity)[0]} ${answer.status}`).toBe(`${Object.entries(identity)[0]} 401`);
    }
  });

  test('other spellings of an account are counted as the one that they are', async () => {
    const spellings = ['admin@andon.test', 'ADMIN@andon.test', 'Admin@Andon.Test', 'aDMIN@andon.tesT'];
    const answers: number[] = [];
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const email = spellings[attempt % spellings.length];
      answers.push((await cloud.anonymous.post('/v1/session', { email, password: 'wrong' })).status);
    }
    expect(answers).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    cloud.clock.advance(25 * 3_600_000);
  });

  test('a stranger is not read for long', async () => {
    const long = { email: 'a@b.test', password: 'x'.repeat(5000) };
    expect((await cloud.anonymous.post('/v1/session', long)).status).toBe(413);
  });

  test('a forwarded address of nobody whom we trust is no way around the count of an address', async () => {
    const answers = new Set<number>();
    for (let attempt = 0; attempt < 34; attempt += 1) {
      const answer = await cloud.anonymous.post(
        '/v1/session',
        { email: `stranger-${attempt}@andon.test`, password: 'wrong' },
        { 'x-forwarded-for': `203.0.113.${attempt}`, forwarded: `for=203.0.113.${attempt}` },
      );
      answers.add(answer.status);
    }
    expect([...answers]).toEqual([401, 429]);
    cloud.clock.advance(25 * 3_600_000);
  });

  test('a lock-out outlives a restart, and holds at another replica', async () => {
    const guess = (client: TestApp['anonymous']) =>
      client.post('/v1/session', { email: 'somebody@andon.test', password: 'wrong' });
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect((await guess(cloud.anonymous)).status).toBe(401);
    }
    const replica = await createApplication({
      connection: {
        database: cloud.database,
        pool: cloud.pool,
        close: () => Promise.resolve(),
      },
      clock: cloud.clock,
      newId: cloud.platform.newId,
      random: cloud.platform.random,
      logger: cloud.platform.logger,
      publicUrl: 'https://andon.test',
      trustedProxies: ['127.0.0.1'],
      administrator: { email: 'other@andon.test', password: undefined },
      background: false,
    });
    const url = await replica.start({ host: '127.0.0.1', port: 0 });
    try {
      const refused = await guess(createClient(url, { 'x-forwarded-for': '2001:db8::1' }));
      expect([refused.status, refused.body.code]).toEqual([429, 'platform.too-many-sign-ins']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(refused.body.limitName).toBe('sign-ins');
    } finally {
      await replica.stop();
    }
  });

  test('behind TLS the cookie is for this host and TLS alone, and one without the prefix is none', async () => {
    const replica = await createApplication({
      connection: { database: cloud.database, pool: cloud.pool, close: () => Promise.resolve() },
      clock: cloud.clock,
      newId: cloud.platform.newId,
      random: cloud.platform.random,
      logger: cloud.platform.logger,
      publicUrl: 'https://andon.test',
      trustedProxies: ['127.0.0.1'],
      administrator: { email: 'other@andon.test', password: undefined },
      background: false,
    });
    const url = await replica.start({ host: '127.0.0.1', port: 0 });
    try {
      const credentials = { email: cloud.administratorEmail, password: cloud.administratorPassword };
      const answer = await createClient(url, {}).post('/v1/session', credentials);
      const [line = ''] = answer.headers.getSetCookie();
      expect(line).toMatch(
        /^__Host-andon_session=[\w-]{43}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
      );
      expect(answer.headers.get('strict-transport-security')).toContain('max-age=');
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=');
      const status = async (cookie: string) =>
        (await createClient(url, { cookie }).get('/v1/session')).status;
      expect(await status(`${name}=${value}`)).toBe(200);
      expect(await status(`andon_session=${value}`)).toBe(401);
      const networks = ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', '2001:db8:1:2:abcd:1:2:3'];
      const statuses = new Set<number>();
      for (let attempt = 0; attempt < 33; attempt += 1) {
        const from = { 'x-forwarded-for': networks[attempt % networks.length] ?? '' };
        const guess = { email: `guess-${attempt}@andon.test`, password: 'wrong' };
        statuses.add((await createClient(url, from).post('/v1/session', guess)).status);
      }
      // Addresses of one IPv6 network are one.
      expect([...statuses]).toEqual([401, 429]);
    } finally {
      await replica.stop();
    }
  });

  test('guessing keys is counted by address before anybody looks for the key', async () => {
    const headers = { authorization: 'Bearer andon_key_wrong' };
    const first = await createClient(cloud.url, headers).get('/v1/users');
    expect(first.status).toBe(401);
    expect(first.headers.get('ratelimit-policy')).toBe('"requests";q=2000;w=10');
    const left = (answer: { headers: Headers }) =>
      Number(/r=(\d+)/.exec(answer.headers.get('ratelimit') ?? '')?.[1]);
    const second = await createClient(cloud.url, headers).get('/v1/nowhere');
    expect(left(second)).toBe(left(first) - 1);
  });

  test('a browser that names no site, but another origin, is refused; so is null', async () => {
    const real = await cloud.signIn(cloud.administratorEmail, cloud.administratorPassword);
    const person = { email: 'x@evil.test', name: 'X', role: 'viewer' };
    for (const headers of [
      { origin: 'https://evil.test' },
      { origin: 'null' },
      { origin: 'http://andon.test.evil.test' },
      { origin: `${cloud.url}.evil.test` },
      { 'sec-fetch-site': 'same-site', origin: 'http://andon.test' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const answer = await real.post('/v1/users', person, headers);
      expect(`${Object.values(headers)} ${answer.body.code}`).toBe(
        `${Object.values(headers)} platform.cross-site`,
      );
    }
  });

  test('answers about who somebody is are kept by no cache', async () => {
    const real = await cloud.signIn(cloud.administratorEmail, cloud.administratorPassword);
    for (const path of ['/v1/session', '/v1/session/user', '/v1/sessions', '/v1/users', '/v1/api-keys']) {
      expect(`${path} ${(await real.get(path)).headers.get('cache-control')}`).toBe(`${path} no-store`);
    }
  });
});
