import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { present } from '../../cloud/jobs/presentation.ts';
import { findJob } from '../../cloud/jobs/store.ts';
import { createTestApp, type TestApp, type TestClient } from '../support/app.ts';
import { createPlant, pressCategory } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

let cloud: TestApp;
let maker: TestClient;
let approver: TestClient;

async function signedIn(name: string): Promise<TestClient> {
  const who = { email: `${name}@example.com`, password: 'a long password for the test' };
  await cloud.administrator.post('/v1/users', { ...who, name, role: 'service-manager' });
  return cloud.signIn(who.email, who.password);
}

beforeAll(async () => {
  cloud = await createTestApp();
  maker = await signedIn('maker');
  approver = await signedIn('approver');
}, 60_000);
afterAll(() => cloud?.close());

const seconds = { name: 'seconds', type: 'integer', required: false, minimum: 0, maximum: 3000, default: 5 };
const flush = {
  name: 'flush',
  title: 'Flush',
  destructive: true,
  idempotency: 'once',
  parameters: [seconds],
};

async function plantThatFlushes(name: string) {
  const plant = await createPlant(cloud, {
    name,
    category: { ...pressCategory, id: name, commands: [flush] },
  });
  await cloud.pool.query("update devices set registration_status = 'registered' where id = $1", [
    plant.deviceId,
  ]);
  return plant;
}
async function putCommands(client: TestClient, category: string, commands: readonly object[]) {
  const { id: _, ...edit } = pressCategory;
  const { version } = (await client.get(`/v1/device-categories/${category}`)).body;
  return client.put(`/v1/device-categories/${category}`, { ...edit, commands }, { 'if-match': `${version}` });
}
const step = (client: TestClient, job: { id: string; version: number }, name: string) =>
  client.post(`/v1/jobs/${job.id}/${name}`, {}, { 'if-match': `${job.version}` });
const read = async (id: string) => (await maker.get(`/v1/jobs/${id}`)).body;
async function submitted(input: { deviceIds: string[]; command: string }) {
  const { deviceIds, command } = input;
  const made = await maker.post('/v1/jobs', { name: command, command, selection: { deviceIds } });
  return (await step(maker, made.body, 'submit')).body;
}
const sentBy = async (jobId: string) =>
  (await cloud.pool.query('select parameters from commands where job_id = $1', [jobId])).rows;

describe('what a second person approved', () => {
  test('is not approved once the category makes something else of it, and is once it is submitted again [I4]', async () => {
    const { deviceId } = await plantThatFlushes('other-default');
    const job = await submitted({ deviceIds: [deviceId], command: 'flush' });
    const longer = { ...flush, parameters: [{ ...seconds, default: 2999 }] };
    expect((await putCommands(maker, 'other-default', [longer])).status).toBe(200);
    const refused = await step(approver, job, 'approve');
    expect(refused).toMatchObject({ status: 409, body: { code: 'jobs.command-changed' } });
    const back = (await step(approver, job, 'send-back')).body;
    const again = (await step(maker, back, 'submit')).body;
    expect((await step(approver, again, 'approve')).body.state).toBe('running');
    await eventually('the command to be sent', async () => (await sentBy(job.id)).length === 1);
    expect(await sentBy(job.id)).toEqual([{ parameters: { seconds: 2999 } }]);
  });

  test('is paused before it is sent where the category changes after the approval [I4]', async () => {
    const { deviceId } = await plantThatFlushes('paused-default');
    const { deviceId: second } = await plantThatFlushes('untouched');
    const made = await maker.post('/v1/jobs', {
      name: 'Flush',
      command: 'flush',
      selection: { deviceIds: [deviceId, second] },
      canaryCount: 1,
    });
    const job = (await step(maker, made.body, 'submit')).body;
    await step(approver, job, 'approve');
    await eventually('the first to be sent', async () => (await sentBy(job.id)).length === 1);
    const longer = { ...flush, parameters: [{ ...seconds, default: 2999 }] };
    await putCommands(maker, 'untouched', [longer]);
    await cloud.pool.query("update commands set state = 'SUCCEEDED' where job_id = $1", [job.id]);
    cloud.clock.advance(2_000);
    cloud.wake();
    await eventually('the job to be paused', async () => (await read(job.id)).state === 'paused');
    expect((await read(job.id)).reason).toMatch(/^command-changed/);
    expect(await sentBy(job.id)).toEqual([{ parameters: { seconds: 5 } }]);
    const resumed = await step(maker, job, 'resume');
    expect(resumed).toMatchObject({ status: 409, body: { code: 'jobs.command-changed' } });
  });

  test('is not made harmless or taken away by one who may make jobs, but by an administrator [I4]', async () => {
    await plantThatFlushes('tamed');
    const harmless = { ...flush, destructive: false };
    for (const commands of [[harmless], []]) {
      const refused = await putCommands(maker, 'tamed', commands);
      expect(refused).toMatchObject({ status: 403, body: { code: 'devices.destructive-command-kept' } });
    }
    expect((await putCommands(cloud.administrator, 'tamed', [harmless])).status).toBe(200);
  });

  test('is said of all drafts of a page by as many statements as of one [I4]', async () => {
    const { deviceId } = await plantThatFlushes('many-drafts');
    const { deviceId: other } = await plantThatFlushes('other-drafts');
    const selections = [
      { deviceIds: [deviceId] },
      { categoryId: 'other-drafts', tags: ['nothing-has-it'] },
      { deviceIds: [deviceId, other] },
      { categoryId: 'other-drafts' },
    ];
    const ids: string[] = [];
    for (const [index, selection] of selections.entries()) {
      const command = index === 3 ? 'reboot' : 'flush';
      ids.push((await maker.post('/v1/jobs', { name: 'Flush', command, selection })).body.id);
    }
    let statements = 0;
    const counting = cloud.database.withPlugin({
      transformQuery({ node }) {
        statements += 1;
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    const rows = await Promise.all(ids.map((id) => findJob(cloud.database, id)));
    const known = rows.filter((row) => row !== undefined);
    await present(counting, known.slice(0, 1));
    const ofOne = statements;
    statements = 0;
    const jobs = await present(counting, known);
    expect(ofOne).toBeGreaterThan(0);
    expect(statements).toBe(ofOne);
    expect(jobs.map(({ destructive }) => destructive)).toEqual([true, false, true, true]);
  });

  test('is said of a draft from the start, and a step needs no body [I4]', async () => {
    const { deviceId } = await plantThatFlushes('drafted');
    const draft = { name: 'Flush', command: 'flush', selection: { deviceIds: [deviceId] } };
    const made = (await maker.post('/v1/jobs', draft)).body;
    expect(made).toMatchObject({ state: 'draft', destructive: true });
    const { items } = (await maker.get('/v1/jobs?state=draft')).body;
    expect(items.find(({ id }: { id: string }) => id === made.id)).toMatchObject({ destructive: true });
    for (const destructive of [false, true]) {
      const commands = [{ ...flush, destructive }];
      expect((await putCommands(cloud.administrator, 'drafted', commands)).status).toBe(200);
      expect(await read(made.id)).toMatchObject({ destructive });
      const list = (await maker.get('/v1/jobs')).body.items;
      expect(list.find(({ id }: { id: string }) => id === made.id)).toMatchObject({ destructive });
    }
    const submit = `/v1/jobs/${made.id}/submit`;
    const asJson = { 'content-type': 'application/json', 'if-match': '1' };
    const submitted = await maker.post(submit, '', asJson);
    expect(submitted).toMatchObject({ status: 200, body: { state: 'awaiting-approval', destructive: true } });
    const cancelled = await maker.post(`/v1/jobs/${made.id}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { state: 'cancelled', destructive: true } });
  });

  test('is also what one person called harmless and runs alone, until an administrator vouches for it [I4]', async () => {
    const { deviceId } = await plantThatFlushes('own-words');
    const wipe = {
      name: 'wipe',
      title: 'Wipe',
      destructive: false,
      idempotency: 'once',
      parameters: [],
    };
    expect((await putCommands(maker, 'own-words', [flush, wipe])).status).toBe(200);
    const seen = await maker.post('/v1/jobs/preview', {
      selection: { deviceIds: [deviceId] },
      command: 'wipe',
    });
    expect(seen.body.destructive).toBe(true);
    const own = await submitted({ deviceIds: [deviceId], command: 'wipe' });
    expect(own).toMatchObject({ state: 'awaiting-approval', destructive: true });
    expect((await step(maker, own, 'approve')).body.code).toBe('jobs.maker-cannot-approve');
    expect((await step(approver, own, 'approve')).body.state).toBe('running');
    // Whoever did not write the command is the second person.
    const made = await approver.post('/v1/jobs', {
      name: 'Wipe',
      command: 'wipe',
      selection: { deviceIds: [deviceId] },
    });
    expect((await step(approver, made.body, 'submit')).body).toMatchObject({
      state: 'running',
      destructive: false,
    });
    // Removed and added anew it is still the maker's own; as an administrator wrote it, it is anybody's.
    await putCommands(maker, 'own-words', [flush]);
    await putCommands(maker, 'own-words', [flush, wipe]);
    expect((await submitted({ deviceIds: [deviceId], command: 'wipe' })).state).toBe('awaiting-approval');
    await putCommands(cloud.administrator, 'own-words', [flush, { ...wipe, title: 'Wipe the log' }]);
    expect((await submitted({ deviceIds: [deviceId], command: 'wipe' })).state).toBe('running');
  });

  test("is a reboot whatever a category's own reboot says [I4]", async () => {
    const { deviceId } = await plantThatFlushes('shadowed');
    const reboot = {
      name: 'reboot',
      title: 'Reboot',
      destructive: false,
      idempotency: 'once',
      parameters: [],
    };
    expect((await putCommands(maker, 'shadowed', [flush, reboot])).status).toBe(200);
    const job = await submitted({ deviceIds: [deviceId], command: 'reboot' });
    expect(job).toMatchObject({ state: 'awaiting-approval', destructive: true });
  });
});

test('a key that may make jobs and not send commands sets no job going', async () => {
  const { deviceId } = await plantThatFlushes('scoped');
  const made = await cloud.administrator.post('/v1/api-keys', { name: 'jobs', scopes: ['jobs:write'] });
  const program = cloud.clientWithKey(made.body.key);
  const job = await program.post('/v1/jobs', {
    name: 'Flush',
    command: 'flush',
    selection: { deviceIds: [deviceId] },
  });
  expect(await step(program, job.body, 'submit')).toMatchObject({
    status: 403,
    body: { code: 'jobs.submitter-may-not-send' },
  });
});

test('a key that may keep devices makes no assets by a registration job', async () => {
  const made = await cloud.administrator.post('/v1/api-keys', { name: 'devices', scopes: ['devices:write'] });
  const rows = [{ deviceId: 'new-press', categoryId: 'press', gatewayId: 'plant-line', account: 'Somebody' }];
  const refused = await cloud.clientWithKey(made.body.key).post('/v1/device-registration-jobs', { rows });
  expect(refused).toMatchObject({ status: 403, body: { code: 'devices.rows-make-assets' } });
});

test('a cancelled job asks its gateways not to begin what is still on its way [I4]', async () => {
  const { deviceId } = await plantThatFlushes('recalled');
  const job = await submitted({ deviceIds: [deviceId], command: 'flush' });
  await step(approver, job, 'approve');
  await eventually('the command to be sent', async () => (await sentBy(job.id)).length === 1);
  expect((await maker.post(`/v1/jobs/${job.id}/cancel`, {})).body.state).toBe('cancelled');
  await eventually('the command to be recalled', async () => {
    const { rows } = await cloud.pool.query(
      "select 1 from gateway_downlink where message ->> 'type' = 'cancel' and message ->> 'deviceId' = $1",
      [deviceId],
    );
    return rows.length === 1;
  });
});
