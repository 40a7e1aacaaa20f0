import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';

/** Everybody may come here without being signed in; whoever adds one says so in this list. */
const publicRoutes = [
  /^GET \/(healthz|readyz|openapi\.json)$/,
  /^GET \/docs(\/|$)/,
  /^POST \/v1\/session$/,
  /^GET \/c\/:token(\/|$)/,
];

describe('the doors of the cloud', () => {
  let cloud: TestApp;
  const routes: { method: string; url: string; permission: string | undefined }[] = [];
  beforeAll(async () => {
    cloud = await createTestApp({
      logLevel: 'silent',
      onRoute: (route) => {
        for (const method of [route.method].flat()) {
          routes.push({ method, url: route.url, permission: route.config?.permission });
        }
      },
    });
  });
  afterAll(() => cloud?.close());

  const isPublic = (route: { method: string; url: string }) =>
    publicRoutes.some((known) =>
      known.test(`${route.method === 'HEAD' ? 'GET' : route.method} ${route.url}`),
    );

  test('every route declares a permission, and only the known ones are public', () => {
    expect(routes.length).toBeGreaterThan(10);
    expect(routes.filter((route) => route.permission === undefined)).toEqual([]);
    expect(routes.filter((route) => route.permission === 'public' && !isPublic(route))).toEqual([]);
  });

  test('every route that is not public answers 401 to nobody', async () => {
    const closed = routes.filter((route) => !isPublic(route) && route.method !== 'HEAD');
    for (const route of closed) {
      const path = route.url.replaceAll(/:[A-Za-z]+/g, '00000000-0000-7000-8000-000000000000');
      const response = await fetch(`${cloud.url}${path}`, { method: route.method });
      await response.body?.cancel();
      expect(`${route.method} ${route.url} ${response.status}`).toBe(`${route.method} ${route.url} 401`);
    }
  });
});
