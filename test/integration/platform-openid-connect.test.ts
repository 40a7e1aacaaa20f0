import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createClient } from '../support/http-client.ts';
import { createCookieBrowser, type OpenIdPeer, startOpenIdProvider } from '../support/openid-provider.ts';

const start = '/v1/session/openid-connect';
const isReturn = (url: URL) => url.pathname === `${start}/return`;

describe('signing in by OpenID Connect', () => {
  let provider: OpenIdPeer;
  let cloud: TestApp;
  beforeAll(async () => {
    provider = await startOpenIdProvider();
    cloud = await createTestApp({
      settings: { openIdConnect: provider.settings({ emailDomains: ['plant.example'] }) },
      logLevel: 'silent',
    });
  });
  afterAll(async () => {
    await cloud?.close();
    await provider?.close();
  });

  const person = (sub: string, claims: Record<string, unknown> = {}) => {
    provider.people.set(sub, {
      email: `${sub}@plant.example`,
      email_verified: true,
      name: `The ${sub}`,
      groups: ['field-service'],
      ...claims,
    });
    provider.nextPerson = sub;
  };
  const arrive = async (address = start) => {
    const browser = createCookieBrowser(cloud.url);
    const landing = await browser.go(address);
    const client = createClient(cloud.url, { cookie: browser.cookies() });
    return { browser, landing, client, refusal: landing.url.searchParams.get('sign-in') };
  };

  test('the sign-in page is told the name of the button', async () => {
    expect((await cloud.anonymous.get('/v1/sign-in-methods')).body).toEqual({
      password: true,
      openIdConnect: { name: 'Plant sign-in' },
    });
  });

  test('somebody whom the provider vouches for becomes a user with the role of the claim', async () => {
    person('tess');
    const { landing, client } = await arrive(`${start}?returnTo=/devices/press-1`);
    expect([landing.url.pathname, landing.status]).toEqual(['/devices/press-1', 200]);
    const { user } = (await client.get('/v1/session')).body;
    expect(user).toMatchObject({ email: 'tess@plant.example', name: 'The tess', role: 'technician' });
    expect((await client.get('/v1/users')).status).toBe(403);
    expect((await client.get('/v1/sessions')).body.items).toMatchObject([
      { current: true, openedBy: 'openid-connect' },
    ]);
    const again = await arrive();
    expect((await again.client.get('/v1/session')).body.user.id).toBe(user.id);
  });

  test('the highest of several roles counts, and a change of it ends the sessions of the former', async () => {
    person('ada', { groups: ['field-service', 'andon-admins', 'others'] });
    const asAdministrator = await arrive();
    expect((await asAdministrator.client.get('/v1/session')).body.user.role).toBe('administrator');
    person('ada', { groups: ['field-service'] });
    const asTechnician = await arrive();
    expect((await asTechnician.client.get('/v1/session')).body.user.role).toBe('technician');
    expect((await asAdministrator.client.get('/v1/session')).status).toBe(401);
  });

  test('who has no role any more loses the sessions that were opened with it', async () => {
    person('olga');
    const before = await arrive();
    expect((await before.client.get('/v1/session')).status).toBe(200);
    person('olga', { groups: ['others'] });
    expect((await arrive()).refusal).toBe('no-role');
    expect((await before.client.get('/v1/session')).status).toBe(401);
    const { items } = (await cloud.administrator.get('/v1/events?types=session.ended')).body;
    expect(items[0]).toMatchObject({ actor: 'system:openid-connect' });
  });

  test('who has no role, another domain, an unverified email, or is disabled does not come in, and is told why', async () => {
    person('norole', { groups: ['others'] });
    expect((await arrive()).refusal).toBe('no-role');
    person('nogroups', { groups: undefined });
    expect((await arrive()).refusal).toBe('no-role');
    person('foreign', { email: 'foreign@plant.example.evil.test' });
    expect((await arrive()).refusal).toBe('email-domain');
    person('unsure', { email_verified: false });
    expect((await arrive()).refusal).toBe('email-not-verified');
    person('silent', { email_verified: undefined });
    expect((await arrive()).refusal).toBe('email-not-verified');
    person('dora');
    const { client } = await arrive();
    const { id } = (await client.get('/v1/session')).body.user;
    const { version } = (await cloud.administrator.get(`/v1/users/${id}`)).body;
    await cloud.administrator.patch(`/v1/users/${id}`, { disabled: true }, { 'if-match': String(version) });
    const refused = await arrive();
    expect(refused.refusal).toBe('disabled');
    expect((await refused.client.get('/v1/session')).status).toBe(401);
    const { items } = (await cloud.administrator.get('/v1/events?types=user.sign-in-failed')).body;
    expect(items.map((item: { payload: { reason: string } }) => item.payload.reason)).toEqual([
      'disabled',
      'email-not-verified',
      'email-not-verified',
      'email-domain',
      'no-role',
      'no-role',
      'no-role',
    ]);
  });

  test('an email alone makes nobody the user who has it', async () => {
    await cloud.administrator.post('/v1/users', {
      email: 'boss@plant.example',
      name: 'Boss',
      role: 'administrator',
    });
    person('boss', { groups: ['andon-admins'] });
    expect((await arrive()).refusal).toBe('email-taken');
  });

  test('who says no at the provider comes back to the sign-in page', async () => {
    provider.nextPerson = undefined;
    const { refusal, landing } = await arrive();
    expect([landing.url.pathname, refusal]).toEqual(['/', 'denied']);
  });

  test('an answer without its question, or to another one, opens nothing', async () => {
    person('tess');
    const victim = createCookieBrowser(cloud.url);
    const attacker = createCookieBrowser(cloud.url);
    const caught = await attacker.go(start, isReturn);
    // Login CSRF: the victim is led to the attacker's answer.
    const led = await createCookieBrowser(cloud.url).go(caught.url.href);
    expect(led.url.searchParams.get('sign-in')).toBe('expired');
    // Code injection: the attacker's code with the victim's state. The challenge was another.
    const own = await victim.go(start, isReturn);
    const injected = new URL(own.url);
    injected.searchParams.set('code', caught.url.searchParams.get('code') ?? '');
    const landed = await victim.go(injected.href);
    expect(landed.url.searchParams.get('sign-in')).toBe('failed');
    // The question is asked once.
    expect((await victim.go(own.url.href)).url.searchParams.get('sign-in')).toBe('expired');
    expect(victim.cookies()).toBe('');
  });

  test('an ID token whose signature is not of the provider is refused', async () => {
    person('tess');
    provider.tamper = (body) => {
      const answer = JSON.parse(body);
      const [header, payload, signature] = answer.id_token.split('.');
      const changed = `${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`;
      return JSON.stringify({ ...answer, id_token: [header, payload, changed].join('.') });
    };
    const { refusal, client } = await arrive();
    provider.tamper = undefined;
    expect(refusal).toBe('failed');
    expect((await client.get('/v1/session')).status).toBe(401);
  });

  test('nobody is led to another site after signing in', async () => {
    for (const returnTo of [
      '//evil.test',
      'https://evil.test',
      '/\\evil.test',
      '/%5Cevil.test',
      '/a?b=//c',
    ]) {
      const answer = await cloud.anonymous.get(`${start}?returnTo=${encodeURIComponent(returnTo)}`);
      expect(`${returnTo} ${answer.status}`).toBe(`${returnTo} 422`);
    }
  });

  test('signing out leads to the provider, which knows to come back', async () => {
    person('tess');
    const { client } = await arrive();
    const answer = await client.delete('/v1/session');
    expect(answer.status).toBe(200);
    const there = new URL(answer.body.continueAt);
    expect(there.origin).toBe(provider.issuer);
    expect(there.searchParams.get('post_logout_redirect_uri')).toBe('http://andon.test/');
    expect((await fetch(there)).status).toBe(200);
    expect((await client.get('/v1/session')).status).toBe(401);
    const byPassword = await cloud.signIn(cloud.administratorEmail, cloud.administratorPassword);
    expect((await byPassword.delete('/v1/session')).status).toBe(204);
  });

  test('the cookie of the question is out of reach of scripts, and ends with the answer', async () => {
    person('tess');
    const browser = createCookieBrowser(cloud.url);
    const asked = await browser.go(start, (url) => url.origin === provider.issuer);
    expect(asked.setCookies.join()).toMatch(
      /^andon_openid=[^;]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    expect(asked.url.searchParams.get('code_challenge_method')).toBe('S256');
    const landed = await browser.go(asked.url.href);
    expect(landed.url.pathname).toBe('/');
    expect(browser.cookies()).toMatch(/^andon_session=[\w-]{43}$/);
  });

  test('many first sign-ins of one person at once make one user', async () => {
    person('swarm');
    const arrived = await Promise.all(Array.from({ length: 6 }, () => arrive()));
    const ids = await Promise.all(
      arrived.map(async ({ client }) => (await client.get('/v1/session')).body.user.id),
    );
    expect(new Set(ids).size).toBe(1);
  });
});

describe('users who were here before', () => {
  test('are taken for the one with the same verified email where a setting says so, and stay linked', async () => {
    const provider = await startOpenIdProvider();
    const cloud = await createTestApp({
      settings: { openIdConnect: provider.settings({ linkByEmail: true, roles: [] }) },
      logLevel: 'silent',
    });
    try {
      const arrive = async () => {
        const browser = createCookieBrowser(cloud.url);
        const { url } = await browser.go(start);
        const { body } = await createClient(cloud.url, { cookie: browser.cookies() }).get('/v1/session');
        return url.searchParams.get('sign-in') ?? body.user;
      };
      const claims = { email: 'Eva@plant.example', email_verified: true, name: 'Eva' };
      provider.people.set('eva', claims);
      provider.nextPerson = 'eva';
      expect(await arrive()).toBe('no-account');
      const { body: eva } = await cloud.administrator.post('/v1/users', {
        email: 'eva@plant.example',
        name: 'Eva',
        role: 'service-agent',
      });
      expect(await arrive()).toMatchObject({ id: eva.id, role: 'service-agent' });
      provider.people.set('eva', { ...claims, email: 'eva.new@plant.example' });
      expect(await arrive()).toMatchObject({ id: eva.id, email: 'eva@plant.example' });
      // Somebody else who has got the address since is somebody else.
      provider.people.set('eva-the-second', claims);
      provider.nextPerson = 'eva-the-second';
      expect(await arrive()).toBe('email-taken');
      expect((await cloud.administrator.get(`/v1/users/${eva.id}`)).body).toMatchObject({
        hasOpenIdConnect: true,
        hasPassword: false,
      });
    } finally {
      await cloud.close();
      await provider.close();
    }
  });

  test('a provider that is away is said to be, and passwords go on', async () => {
    const provider = await startOpenIdProvider();
    const settings = { openIdConnect: provider.settings() };
    await provider.close();
    const cloud = await createTestApp({ settings, logLevel: 'silent' });
    try {
      const { url } = await createCookieBrowser(cloud.url).go(start);
      expect(url.searchParams.get('sign-in')).toBe('unreachable');
      const client = await cloud.signIn(cloud.administratorEmail, cloud.administratorPassword);
      expect((await client.get('/v1/session')).status).toBe(200);
    } finally {
      await cloud.close();
    }
  });
});
