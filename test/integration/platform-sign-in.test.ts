import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';

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
