import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resetPassword, sql } from '../../cloud/platform/index.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { standingClock } from '../support/clock.ts';
import { eventually } from '../support/wait.ts';

describe('users', () => {
  let cloud: TestApp;
  beforeAll(async () => {
    cloud = await createTestApp({
      clock: standingClock(),
      logLevel: 'silent',
      extraCapabilities: [
        {
          name: 'colliding',
          routes: (app) =>
            app.post('/v1/collisions', { config: { permission: 'users:manage' } }, () =>
              cloud.pool.query(`do $$ begin raise exception 'met another' using errcode = '40P01'; end $$`),
            ),
        },
      ],
    });
  });
  afterAll(() => cloud?.close());

  const newAdministrator = async (name: string): Promise<{ id: string; version: number }> => {
    const { body } = await cloud.administrator.post('/v1/users', {
      email: `${name}@andon.test`,
      name,
      role: 'administrator',
      password: 'a long password',
    });
    return body;
  };
  const edit = async (id: string, changes: Record<string, unknown>) => {
    const { body } = await cloud.administrator.get(`/v1/users/${id}`);
    return cloud.administrator.patch(`/v1/users/${id}`, changes, { 'if-match': String(body.version) });
  };

  test('of administrators who are demoted all at once, one stays', async () => {
    const made = await Promise.all(['ada', 'ben', 'cleo', 'dan'].map(newAdministrator));
    const { items } = (await cloud.administrator.get('/v1/users')).body;
    const first = items.find(({ email }: { email: string }) => email === cloud.administratorEmail);
    expect((await edit(first.id, { role: 'viewer' })).status).toBe(200);
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all(made.map(({ id }) => edit(id, { role: 'viewer' })));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 409]);
      for (const { id } of made) {
        await edit(id, { role: 'administrator' });
      }
    }
    await edit(first.id, { role: 'administrator' });
  });

  test('the tries of strangers are forgotten after a day', async () => {
    for (let index = 0; index < 3; index += 1) {
      await cloud.anonymous.post('/v1/session', { email: `guess-${index}@andon.test`, password: 'wrong' });
    }
    const kept = async () => {
      const { rows } = await sql`select 1 from sign_in_failures`.execute(cloud.database);
      return rows.length;
    };
    expect(await kept()).toBeGreaterThanOrEqual(4);
    cloud.clock.advance(25 * 3_600_000);
    cloud.wake();
    await eventually('no try to be kept', async () => (await kept()) === 0);
  });

  test('a password that was reset on the machine is in the log', async () => {
    const { id } = await newAdministrator('forgetful');
    await resetPassword(cloud.platform, 'forgetful@andon.test');
    const { items } = (await cloud.administrator.get(`/v1/events?key=${id}`)).body;
    expect(items[0]).toMatchObject({
      type: 'user.changed',
      payload: { userId: id, changed: ['password', 'disabled'] },
      actor: 'system:platform',
    });
  });

  test('a cursor of another list is refused', async () => {
    const cursor = Buffer.from('[7]').toString('base64url');
    for (const path of ['/v1/users', '/v1/api-keys']) {
      const answer = await cloud.administrator.get(`${path}?cursor=${cursor}`);
      expect([answer.status, answer.body.code]).toEqual([422, 'platform.cursor-of-another-list']);
    }
  });

  test('a change that met another is to be sent again, and is no mistake of ours', async () => {
    const answer = await cloud.administrator.post('/v1/collisions');
    expect([answer.status, answer.body.code]).toEqual([503, 'platform.met-another-change']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
