import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { permissions, type Role, roles } from '../../cloud/platform/index.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import type { HeaderLines } from '../support/http-client.ts';
import { createCookieBrowser, type OpenIdPeer, startOpenIdProvider } from '../support/openid-provider.ts';

/** Everybody may come here without being signed in; whoever adds one says so in this list. */
const publicRoutes = [
  /^GET \/(healthz|readyz|openapi\.json)$/,
  /^GET \/docs(\/|$)/,
  /^POST \/v1\/session$/,
  /^GET \/v1\/sign-in-methods$/,
  /^GET \/v1\/session\/openid-connect(\/return)?$/,
  /^POST \/v1\/sign-in-links\/(read|use)$/,
  /^POST \/v1\/gateway-enrolments$/,
  /^GET \/c\/:token(\/|$)/,
];

describe('the doors of the cloud', () => {
  let cloud: TestApp;
  let provider: OpenIdPeer;
  const routes: { method: string; url: string; permission: string | undefined }[] = [];
  beforeAll(async () => {
    provider = await startOpenIdProvider();
    cloud = await createTestApp({
      logLevel: 'silent',
      settings: { openIdConnect: provider.settings() },
      onRoute: (route) => {
        for (const method of [route.method].flat()) {
          routes.push({ method, url: route.url, permission: route.config?.permission });
        }
      },
    });
  });
  afterAll(async () => {
    await cloud?.close();
    await provider?.close();
  });

  const isPublic = (route: { method: string; url: string }) =>
    publicRoutes.some((known) =>
      known.test(`${route.method === 'HEAD' ? 'GET' : route.method} ${route.url}`),
    );

  const statusOf = async (route: { method: string; url: string }, headers?: HeaderLines): Promise<number> => {
    const path = route.url.replaceAll(/:[A-Za-z]+/g, '00000000-0000-7000-8000-000000000000');
    const response = await fetch(`${cloud.url}${path}`, {
      method: route.method,
      ...(headers === undefined ? {} : { headers }),
    });
    await response.body?.cancel();
    return response.status;
  };

  /** Neither sent away at the door, nor broken behind it. */
  const isRight = (status: number, maySeeIt: boolean): boolean =>
    maySeeIt ? status !== 401 && status !== 403 && status < 500 : status === 403;

  test('every route declares a permission, and only the known ones are public', () => {
    expect(routes.length).toBeGreaterThan(10);
    expect(routes.filter((route) => route.permission === undefined)).toEqual([]);
    expect(routes.filter((route) => route.permission === 'public' && !isPublic(route))).toEqual([]);
  });

  test('every route that is not public answers 401 to nobody', async () => {
    const closed = routes.filter((route) => !isPublic(route) && route.method !== 'HEAD');
    for (const route of closed) {
      expect(`${route.method} ${route.url} ${await statusOf(route)}`).toBe(
        `${route.method} ${route.url} 401`,
      );
    }
  });

  /** Who may change what, apart from administrators, who may change everything; a viewer changes nothing. */
  const writersOf: Record<string, readonly Role[]> = {
    'accounts:write': ['service-manager', 'service-agent'],
    'assets:write': ['service-manager', 'technician'],
    'gateways:write': [],
    'devices:write': ['service-manager', 'technician'],
    'alerts:write': ['service-manager', 'service-agent', 'technician'],
    'alerts:manage': ['service-manager'],
    'maintenance-windows:write': ['service-manager', 'technician'],
    'commands:send': ['service-manager', 'technician'],
    'jobs:write': ['service-manager'],
    'audit:inspect': ['service-manager'],
    'cases:write': ['service-manager', 'service-agent', 'technician'],
    'work-orders:write': ['service-manager', 'service-agent', 'technician'],
    'work-orders:manage': ['service-manager'],
    'consents:write': ['service-manager', 'service-agent'],
    'triggers:write': ['service-manager'],
    'triggers:raise': ['service-manager', 'service-agent'],
    'journeys:write': ['service-manager'],
    'users:manage': [],
  };
  const mayPass = (role: Role, permission = ''): boolean =>
    permission !== 'gateway:connect' &&
    (permission === 'session' ||
      permission.endsWith(':read') ||
      role === 'administrator' ||
      (writersOf[permission] ?? []).includes(role));

  test.each(roles)('%s passes the doors of its role, and is answered 403 at all others', async (role) => {
    const { headers } = await cloud.clientWithRole(role);
    const closed = routes.filter((route) => !isPublic(route) && route.method !== 'HEAD');
    const wrong: string[] = [];
    for (const route of closed) {
      const status = await statusOf(route, headers);
      if (!isRight(status, mayPass(role, route.permission))) {
        wrong.push(`${route.method} ${route.url} ${status}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('a key passes the doors of its scopes and no other: with all but one it is answered 403 at that one', async () => {
    const held = permissions.filter((permission) => !['gateway:connect', 'session'].includes(permission));
    const keyWith = async (scopes: readonly string[]) =>
      cloud.clientWithKey(
        (await cloud.administrator.post('/v1/api-keys', { name: 'a key', scopes })).body.key,
      ).headers;
    const wrong: string[] = [];
    for (const permission of held) {
      const alone = await keyWith([permission]);
      const others = await keyWith(held.filter((other) => other !== permission));
      for (const route of routes.filter((one) => one.permission === permission && one.method !== 'HEAD')) {
        const statuses = [await statusOf(route, alone), await statusOf(route, others)];
        if (!isRight(statuses[0] ?? 0, true) || !isRight(statuses[1] ?? 0, false)) {
          wrong.push(`${route.method} ${route.url} ${statuses}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test('a user whom an OpenID provider vouched for passes the doors of the role of the claim', async () => {
    provider.people.set('tess', {
      email: 'tess@plant.example',
      email_verified: true,
      groups: ['field-service'],
    });
    provider.nextPerson = 'tess';
    const wrong: string[] = [];
    const browser = createCookieBrowser(cloud.url);
    await browser.go('/v1/session/openid-connect');
    for (const route of routes.filter((one) => !isPublic(one) && !['HEAD', 'DELETE'].includes(one.method))) {
      const status = await statusOf(route, { cookie: browser.cookies() });
      if (!isRight(status, mayPass('technician', route.permission))) {
        wrong.push(`${route.method} ${route.url} ${status}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('a viewer changes nothing but what is their own, and reading changes nothing', () => {
    const changing = routes.filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method));
    expect(changing.filter(({ permission }) => permission?.endsWith(':read'))).toEqual([]);
    const open = changing.filter(({ permission }) => mayPass('viewer', permission));
    expect(open.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'DELETE /v1/session',
      'PATCH /v1/session/user',
      'PUT /v1/session/password',
      'DELETE /v1/sessions/:id',
      'DELETE /v1/sessions',
    ]);
  });
});
