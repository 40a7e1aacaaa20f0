import { request as rawRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestAnswer, type TestApp } from '../support/app.ts';

function expectProblem(answer: TestAnswer, status: number, code: string): void {
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.body).toMatchObject({ status, code });
  expect(answer.status).toBe(status);
  expect(answer.text).not.toMatch(/\bat .*\.(ts|js):\d+/);
}

/** One request as raw bytes, for what no HTTP client would send. */
function sendRaw(url: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    rawRequest(url, { path, headers: { accept: 'text/html' } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .once('error', reject)
      .end();
  });
}

describe('the HTTP door', () => {
  let cloud: TestApp;
  beforeAll(async () => {
    cloud = await createTestApp({ logLevel: 'silent' });
  });
  afterAll(() => cloud?.close());

  const newUser = {
    email: 'ana@plant.example',
    name: 'Ana',
    role: 'technician',
    password: 'a long enough password',
  };

  test('bad bodies are refused as problem details that name the field, and never with a 5xx', async () => {
    const post = (body: unknown, headers?: Record<string, string>) =>
      cloud.administrator.post('/v1/users', body, headers);
    expectProblem(await post('{"email": '), 400, 'platform.invalid-json');
    expectProblem(await post(''), 400, 'platform.invalid-json');
    expectProblem(await post('<a/>', { 'content-type': 'text/xml' }), 415, 'platform.unsupported-media-type');
    expectProblem(await post('x'.repeat(1_100_000)), 413, 'platform.body-too-large');
    expectProblem(
      await post(gzipSync('{}'), { 'content-encoding': 'gzip' }),
      415,
      'platform.content-encoding',
    );
    expectProblem(await post('{"__proto__": {"role": "administrator"}}'), 400, 'platform.invalid-json');
    const wrongType = await post({ ...newUser, name: 5 });
    expectProblem(wrongType, 422, 'platform.invalid-request');
    expect(wrongType.body.errors).toMatchObject([{ field: 'name', message: 'must be string' }]);
    const missing = await post({ email: newUser.email });
    expectProblem(missing, 422, 'platform.invalid-request');
    expect(missing.body.errors.map((one: { field: string }) => one.field)).toEqual(['name', 'role']);
    const unknown = await post({ ...newUser, admin: true });
    expectProblem(unknown, 422, 'platform.invalid-request');
    expect(unknown.body.errors[0].field).toBe('admin');
    const nul = await post({ ...newUser, name: 'A\u0000na' });
    expectProblem(nul, 422, 'platform.unstorable-text');
    expect(nul.body.errors[0].field).toBe('name');
    expectProblem(await post({ ...newUser, name: '\ud800' }), 422, 'platform.unstorable-text');
    expectProblem(
      await post(`{"a":${'['.repeat(400_000)}${']'.repeat(400_000)}}`),
      422,
      'platform.unstorable-text',
    );
  });

  test('bad addresses and queries are refused, and numbers in a query are read as numbers', async () => {
    const get = (path: string) => cloud.administrator.get(path);
    expectProblem(await get('/v1/users/not-a-uuid'), 404, 'platform.invalid-request');
    expectProblem(await get('/v1/users/00000000-0000-7000-8000-000000000000'), 404, 'platform.no-such-user');
    expectProblem(await get('/v1/nothing'), 404, 'platform.no-such-route');
    expectProblem(await get('/v1/users?limit=many'), 422, 'platform.invalid-request');
    expectProblem(await get('/v1/users?limit=1.5'), 422, 'platform.invalid-request');
    expectProblem(await get('/v1/users?limit=0'), 422, 'platform.invalid-request');
    expectProblem(await get('/v1/users?limit=99999999999999999999'), 422, 'platform.invalid-request');
    expectProblem(await get('/v1/users?cursor=%00'), 422, 'platform.unstorable-text');
    expectProblem(await get('/v1/users?cursor=bm90LWpzb24'), 422, 'platform.invalid-cursor');
    expect((await get('/v1/users?limit=1')).body.items).toHaveLength(1);
    expectProblem(await get('/v1/users/%E0%A4%A'), 400, 'platform.bad-address');
    expect(await sendRaw(cloud.url, '/%E0%A4%A')).toBe(400);
    expect(await sendRaw(cloud.url, '/..%2f..%2fpackage.json')).toBeLessThan(500);
    expectProblem(await cloud.administrator.delete('/v1/users'), 404, 'platform.no-such-route');
  });

  test('what another site makes a browser send is refused', async () => {
    const browser = await cloud.signIn(cloud.administratorEmail, cloud.administratorPassword);
    const crossSite = await browser.post('/v1/users', newUser, { 'sec-fetch-site': 'cross-site' });
    expectProblem(crossSite, 403, 'platform.cross-site');
    const foreign = await browser.post('/v1/users', newUser, { origin: 'https://evil.example' });
    expectProblem(foreign, 403, 'platform.cross-site');
    const own = await browser.post('/v1/users', newUser, {
      origin: cloud.url,
      'sec-fetch-site': 'same-origin',
    });
    expect(own.status).toBe(201);
  });

  test('an edit that is based on an old version is refused', async () => {
    const made = await cloud.administrator.post('/v1/users', { ...newUser, email: 'li@plant.example' });
    const path = `/v1/users/${made.body.id}`;
    const edit = (version: string) =>
      cloud.administrator.patch(path, { name: `Li ${version}` }, { 'if-match': version });
    expect((await edit('1')).body).toMatchObject({ name: 'Li 1', version: 2 });
    expectProblem(await edit('1'), 412, 'platform.version-stale');
    expectProblem(await cloud.administrator.patch(path, { name: 'Li' }), 428, 'platform.version-missing');
  });

  test('the last administrator can be neither disabled nor demoted', async () => {
    const { body } = await cloud.administrator.get('/v1/users?limit=200');
    const last = body.items.find((user: { role: string }) => user.role === 'administrator');
    const edit = (changes: object) =>
      cloud.administrator.patch(`/v1/users/${last.id}`, changes, { 'if-match': String(last.version) });
    expectProblem(await edit({ disabled: true }), 409, 'platform.last-administrator');
    expectProblem(await edit({ role: 'viewer' }), 409, 'platform.last-administrator');
  });

  test('a repeated request with the same key has one effect and one answer, also when all come at once', async () => {
    const body = { name: 'once', role: 'viewer' };
    const key = { 'idempotency-key': '7f1f8f0e-5d3c-4a51-9f0f-4a4f8d1f0c01' };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => cloud.administrator.post('/v1/api-keys', body, key)),
    );
    for (const answer of answers.filter((one) => one.status !== 201)) {
      expectProblem(answer, 409, 'platform.request-at-work');
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    const again = await cloud.administrator.post('/v1/api-keys', body, key);
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const ids = new Set([again, ...answers].flatMap((one) => one.body.id ?? []));
    expect(ids.size).toBe(1);
    const { items } = (await cloud.administrator.get('/v1/api-keys?limit=200')).body;
    expect(items.filter((item: { name: string }) => item.name === 'once')).toHaveLength(1);
    expectProblem(
      await cloud.administrator.post('/v1/api-keys', { ...body, name: 'other' }, key),
      422,
      'platform.idempotency-key-reused',
    );
    cloud.clock.advance(25 * 3_600_000);
    const nextDay = await cloud.administrator.post('/v1/api-keys', body, key);
    expect(nextDay.status).toBe(201);
    expect(ids.has(nextDay.body.id)).toBe(false);
  });

  test('a secret in a kept answer cannot be read from the database', async () => {
    const made = await cloud.administrator.post(
      '/v1/api-keys',
      { name: 'sealed', role: 'viewer' },
      { 'idempotency-key': 'sealed-answer' },
    );
    const { rows } = await cloud.pool.query<{ sealed_answer: Buffer | null }>(
      'select sealed_answer from idempotency_keys',
    );
    const everything = rows.map((row) => row.sealed_answer?.toString('latin1') ?? '').join();
    expect(everything).not.toContain(made.body.key);
    expect(everything.length).toBeGreaterThan(50);
  });

  test('pages and answers carry the headers that keep browsers safe', async () => {
    const answer = await cloud.anonymous.get('/healthz');
    expect(answer.headers.get('content-security-policy')).toContain("script-src 'self';");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('x-frame-options')).toBe('DENY');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('the documentation is there for everybody, without downloads from elsewhere', async () => {
    const openApi = await cloud.anonymous.get('/openapi.json');
    expect(openApi.status).toBe(200);
    expect(openApi.body.openapi).toBe('3.1.0');
    expect(
      openApi.body.paths['/v1/users'].post.requestBody.content['application/json'].schema.required,
    ).toContain('email');
    const page = await cloud.anonymous.get('/docs/', { accept: 'text/html' });
    expect(page.status).toBe(200);
    expect(page.text).not.toMatch(/(src|href)="https?:/);
    const initializer = await cloud.anonymous.get('/docs/static/swagger-initializer.js');
    expect(initializer.status).toBe(200);
  });

  test('addresses that only the browser knows get the console, or how to build it', async () => {
    for (const path of ['/', '/devices/press-1', '/cases/x.y']) {
      const answer = await cloud.anonymous.get(path, { accept: 'text/html' });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toContain('text/html');
    }
    const asked = await fetch(`${cloud.url}/`, { headers: { accept: '*/*' } });
    expect([asked.status, asked.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect((await fetch(`${cloud.url}/`, { method: 'HEAD' })).status).toBe(200);
    expectProblem(await cloud.anonymous.get('/v1/x', { accept: 'text/html' }), 404, 'platform.no-such-route');
    expectProblem(await cloud.anonymous.get('/assets/none.js'), 404, 'platform.no-such-route');
    expectProblem(await cloud.anonymous.get('/assets'), 404, 'platform.no-such-route');
  });

  test('health, readiness and metrics answer', async () => {
    expect((await cloud.anonymous.get('/healthz')).body).toEqual({ status: 'ok' });
    expect((await cloud.anonymous.get('/readyz')).body).toEqual({ status: 'ok' });
    expect((await cloud.anonymous.get('/metrics')).status).toBe(401);
    const metrics = (await cloud.administrator.get('/metrics')).text;
    expect(metrics).toContain('process_cpu_seconds_total');
    expect(metrics).toMatch(/andon_subscriber_events_behind\{subscriber="[a-z-]+.*"\} \d/);
  });
});

describe('limits', () => {
  test('a route that is called too often names its limit and says when to come back', async () => {
    const cloud = await createTestApp({
      extraCapabilities: [
        {
          name: 'scarce',
          routes: (app) =>
            app.get(
              '/v1/scarce',
              {
                config: {
                  permission: 'public',
                  requestLimit: { name: 'scarce', max: 2, windowMilliseconds: 30_000 },
                },
              },
              async () => ({}),
            ),
        },
      ],
    });
    try {
      expect((await cloud.anonymous.get('/v1/scarce')).status).toBe(200);
      expect((await cloud.anonymous.get('/v1/scarce')).status).toBe(200);
      const refused = await cloud.anonymous.get('/v1/scarce');
      expectProblem(refused, 429, 'platform.too-many-requests');
      expect(refused.body).toMatchObject({ limitName: 'scarce', limit: 2 });
      expect(refused.headers.get('ratelimit-policy')).toBe('"scarce";q=2;w=30');
      expect(refused.headers.get('ratelimit')).toMatch(/^"scarce";r=0;t=\d+$/);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await cloud.anonymous.get('/healthz')).status).toBe(200);
    } finally {
      await cloud.close();
    }
  });
});

describe('how a route reads what it is sent', () => {
  test('a body is taken as it is, a query by its schema', async () => {
    const cloud = await createTestApp({
      extraCapabilities: [
        {
          name: 'echo',
          routes: (app) => {
            const fields = {
              count: Type.Integer(),
              open: Type.Optional(Type.Boolean()),
              tags: Type.Optional(Type.Array(Type.String())),
            };
            app.post(
              '/v1/echo',
              { config: { permission: 'public' }, schema: { body: Type.Object(fields) } },
              async (request) => request.body,
            );
            app.get(
              '/v1/echo',
              { config: { permission: 'public' }, schema: { querystring: Type.Object(fields) } },
              async (request) => request.query,
            );
            app.post(
              '/v1/gzip',
              {
                config: { permission: 'public', acceptsGzip: true },
                bodyLimit: 1000,
                schema: { body: Type.Object({ text: Type.String() }) },
              },
              async (request) => ({ length: request.body.text.length }),
            );
          },
        },
      ],
    });
    try {
      expect((await cloud.anonymous.post('/v1/echo', { count: '3' })).status).toBe(422);
      expect((await cloud.anonymous.post('/v1/echo', { count: 3, more: 1 })).body).toEqual({
        count: 3,
        more: 1,
      });
      expect((await cloud.anonymous.get('/v1/echo?count=3&open=false&tags=a')).body).toEqual({
        count: 3,
        open: false,
        tags: ['a'],
      });
      expect((await cloud.anonymous.get('/v1/echo?count=three')).status).toBe(422);
      const compressed = (text: string) =>
        cloud.anonymous.post('/v1/gzip', gzipSync(JSON.stringify({ text })), { 'content-encoding': 'gzip' });
      expect((await compressed('x'.repeat(900))).body).toEqual({ length: 900 });
      expectProblem(await compressed('x'.repeat(50_000_000)), 413, 'platform.body-too-large');
      expectProblem(
        await cloud.anonymous.post('/v1/gzip', Buffer.from('no gzip'), { 'content-encoding': 'gzip' }),
        400,
        'platform.broken-compression',
      );
    } finally {
      await cloud.close();
    }
  });
});
