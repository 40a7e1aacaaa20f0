import { systemRandom, uuidv7Source } from '@andon/shared/kernel';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Application, createApplication } from '../../cloud/app.ts';
import { connectDatabase, sql } from '../../cloud/platform/index.ts';
import { createTestApp, type TestApp, type TestClient } from '../support/app.ts';
import { type Behaviour, FakeGateway } from '../support/fake-gateway.ts';
import { createPlant, type Plant, pressCategory } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

let cloud: TestApp;
let manager: TestClient;
let approver: TestClient;
const gateways: FakeGateway[] = [];

const person = (name: string) => ({ email: `${name}@example.com`, password: 'a long password for the test' });

async function signedIn(name: string): Promise<TestClient> {
  const who = person(name);
  const made = await cloud.administrator.post('/v1/users', { ...who, name, role: 'service-manager' });
  expect(made.status).toBe(201);
  return cloud.signIn(who.email, who.password);
}

beforeAll(async () => {
  cloud = await createTestApp();
  manager = await signedIn('maker');
  approver = await signedIn('approver');
}, 60_000);
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.stop()));
});
afterAll(() => cloud?.close());

const succeed: Behaviour = () => ({ state: 'SUCCEEDED' });

/** A gateway with so many presses at one customer; made directly, since registering is not what is tested here. */
async function createFleet(
  name: string,
  devices: number,
  behaviour: Behaviour = succeed,
): Promise<FleetOfPresses> {
  const enrolled = await cloud.administrator.post('/v1/gateways', { id: `${name}-line`, name });
  const plain = await createPlant(cloud, {
    name,
    gateway: { id: `${name}-line`, client: cloud.administrator, send: noSend, sendReadings: noSend },
  });
  await sql`
    insert into assets (id, account_id, name, category_id, created_at, updated_at)
    select md5(${name} || number)::uuid, ${plain.accountId}, 'Press ' || number, 'press', now(), now()
    from generate_series(2, ${devices}) as number`.execute(cloud.database);
  await sql`
    insert into devices (id, name, asset_id, category_id, gateway_id, registration_status, simulated, created_at, updated_at)
    select ${name} || '-' || lpad(number::text, 4, '0'), 'Press ' || number, md5(${name} || number)::uuid, 'press',
      ${`${name}-line`}, 'registered', true, now(), now()
    from generate_series(2, ${devices}) as number`.execute(cloud.database);
  const gateway = new FakeGateway(cloud, { id: `${name}-line`, key: enrolled.body.key }, behaviour);
  gateways.push(gateway);
  gateway.start();
  await eventually('the gateway to be there', async () => {
    const found = await cloud.administrator.get(`/v1/gateways/${name}-line`);
    return found.body.connected === true;
  });
  return { ...plain, gatewayId: `${name}-line`, line: gateway };
}
type FleetOfPresses = Plant & { gatewayId: string; line: FakeGateway };
const noSend = () => Promise.reject(new Error('this gateway speaks by itself'));

const speedJob = (gatewayId: string, more: object = {}) => ({
  name: 'Slow down',
  command: 'set-speed',
  parameters: { speed: 900 },
  selection: { gatewayId },
  ratePerMinute: 60_000,
  concurrencyMax: 100,
  ...more,
});
const make = async (input: object, client = manager) => {
  const made = await client.post('/v1/jobs', input);
  expect(made.text).toContain('"id"');
  return made.body;
};
const step = (client: TestClient, job: { id: string; version: number }, name: string, body: object = {}) =>
  client.post(`/v1/jobs/${job.id}/${name}`, body, { 'if-match': `${job.version}` });
const read = async (id: string) => (await manager.get(`/v1/jobs/${id}`)).body;
const run = async (input: object) => {
  const submitted = await step(manager, await make(input), 'submit');
  expect(submitted.body).toMatchObject({ state: 'running' });
  return submitted.body;
};
const untilState = (id: string, state: string, deadline = 30_000) =>
  eventually(
    `the job to be ${state}`,
    async () => {
      const job = await read(id);
      return job.state === state && job;
    },
    deadline,
  );
/** However long it takes as a whole on a busy machine, it goes on. */
async function untilCompleted(id: string) {
  for (let ended = -1; ; ) {
    const job = await eventually(
      `more than ${ended} devices to have ended`,
      async () => {
        const now = await read(id);
        return (now.state === 'completed' || now.counts.succeeded + now.counts.failed > ended) && now;
      },
      60_000,
    );
    if (job.state === 'completed') return job;
    ended = job.counts.succeeded + job.counts.failed;
  }
}
const targets = async (id: string, state = '') =>
  (await manager.get(`/v1/jobs/${id}/targets?limit=200${state && `&state=${state}`}`)).body.items;

describe('a job over many devices', () => {
  test('the database refuses a second command of a job for a device [I4]', async () => {
    const { gatewayId } = await createFleet('single', 1);
    const job = await run(speedJob(gatewayId));
    await untilState(job.id, 'completed');
    await expect(
      cloud.pool.query(
        `insert into commands select (jsonb_populate_record(commands, jsonb_build_object('id', gen_random_uuid()))).*
         from commands where job_id = $1`,
        [job.id],
      ),
    ).rejects.toThrow('commands_one_for_job');
  });

  test('stops when a share of failures is passed, and sends no more [I4]', async () => {
    const { gatewayId, line } = await createFleet('sick', 60, ({ deviceId }) =>
      Number(deviceId.slice(-2)) % 2 === 0
        ? { state: 'FAILED', reason: 'jammed: the press does not move' }
        : { state: 'SUCCEEDED' },
    );
    const job = await run(
      speedJob(gatewayId, { concurrencyMax: 5, stop: { failurePercent: 20, atLeast: 10 } }),
    );
    const stopped = await untilState(job.id, 'stopped');
    expect(stopped.reason).toMatch(/^too-many-failures/);
    expect(stopped.counts).toMatchObject({ waiting: 0 });
    expect(stopped.counts.skipped).toBeGreaterThan(30);
    expect((await targets(job.id, 'skipped'))[0].reason).toBe('job-stopped');
    expect(stopped.counts.total - stopped.counts.skipped).toBeLessThanOrEqual(20);
    expect(line.told.length).toBeLessThanOrEqual(20);
    expect(await targets(job.id, 'failed')).toContainEqual(
      expect.objectContaining({ reason: 'jammed: the press does not move', commandState: 'FAILED' }),
    );
    const rest = await manager.post(`/v1/jobs/${job.id}/again`);
    expect(rest.body).toMatchObject({ state: 'draft', command: 'set-speed', parameters: { speed: 900 } });
    const settled = await read(job.id);
    expect(rest.body.selection.deviceIds).toHaveLength(settled.counts.failed + settled.counts.skipped);
    const [failed] = await targets(job.id, 'failed');
    const again = await manager.post(`/v1/commands/${failed.commandId}/retry`);
    expect(again.body).toMatchObject({ jobId: job.id, retryOf: failed.commandId });
    await eventually('the device to follow the retry', async () => {
      const all = await targets(job.id);
      return all.some((target: { commandId: string }) => target.commandId === again.body.id);
    });
  });

  test('ends with its canary when one of the first fails [I4]', async () => {
    const { gatewayId, line } = await createFleet('canary', 30, ({ deviceId }) => ({
      state: deviceId.endsWith('0003') ? 'FAILED' : 'SUCCEEDED',
    }));
    const job = await run(speedJob(gatewayId, { canaryCount: 4 }));
    expect((await untilState(job.id, 'stopped')).reason).toMatch(/^canary-failed/);
    expect(line.told).toHaveLength(4);
  });

  test('is paused, resumed and cancelled by hand [I4]', async () => {
    const { gatewayId, line } = await createFleet('slow', 30);
    const job = await run(speedJob(gatewayId, { ratePerMinute: 120 }));
    await eventually('the first to be told', () => line.told.length > 1);
    const paused = await step(manager, job, 'pause', { reason: 'the customer called' });
    expect(paused.body).toMatchObject({ state: 'paused', reason: 'the customer called' });
    await cloud.settle();
    const told = line.told.length;
    cloud.clock.advance(60_000);
    cloud.wake();
    await cloud.settle();
    expect(line.told.length).toBe(told);
    await step(manager, job, 'resume');
    await eventually('more to be told', () => line.told.length > told);
    expect((await step(manager, job, 'cancel')).body.state).toBe('cancelled');
    const refused = await step(manager, job, 'resume');
    expect(refused).toMatchObject({ status: 409, body: { code: 'jobs.step-not-possible' } });
  });
});

describe('what is destructive', () => {
  test('needs a second person: the maker cannot approve, nor can a program [I4]', async () => {
    const { gatewayId, line } = await createFleet('two', 3, () => ({
      state: 'REJECTED',
      reason: 'busy: printing',
    }));
    const made = await make({ ...speedJob(gatewayId), command: 'reboot', parameters: {} });
    const submitted = (await step(manager, made, 'submit')).body;
    expect(submitted).toMatchObject({ state: 'awaiting-approval', destructive: true });
    const byMaker = await step(manager, submitted, 'approve');
    expect(byMaker).toMatchObject({ status: 403, body: { code: 'jobs.maker-cannot-approve' } });
    const byProgram = await step(cloud.administrator, submitted, 'approve');
    expect(byProgram).toMatchObject({ status: 403, body: { code: 'jobs.approval-is-a-persons' } });
    const stale = await step(approver, made, 'approve');
    expect(stale.status).toBe(412);
    expect(line.told).toHaveLength(0);
    const approved = await step(approver, submitted, 'approve');
    expect(approved.body).toMatchObject({ state: 'running', approvedByName: 'approver' });
    await untilState(made.id, 'completed');
    expect(line.told).toHaveLength(3);
    const trail = (await manager.get(`/v1/audit?about=job&key=${made.id}`)).body.items;
    expect(trail.map(({ type, actorName, payload }: AuditItem) => [type, actorName, payload.to])).toEqual([
      ['job.state-changed', 'approver', 'running'],
      ['job.state-changed', 'maker', 'awaiting-approval'],
      ['job.created', 'maker', undefined],
    ]);
  });

  test('is refused by the database where one person would do both [I4]', async () => {
    const { gatewayId } = await createFleet('alone', 1);
    const made = await make({ ...speedJob(gatewayId), command: 'reboot', parameters: {} });
    await step(manager, made, 'submit');
    for (const change of ["state = 'running'", "state = 'running', approved_by = created_by"]) {
      await expect(cloud.pool.query(`update jobs set ${change} where id = $1`, [made.id])).rejects.toThrow(
        /jobs_two_persons|jobs_destructive_are_approved/,
      );
    }
  });

  test('goes back to its draft, and whoever edits it then has made it', async () => {
    const { gatewayId } = await createFleet('back', 1);
    const made = await make({ ...speedJob(gatewayId), command: 'reboot', parameters: {} });
    await step(manager, made, 'submit');
    const back = (await step(approver, made, 'send-back', { reason: 'at night, please' })).body;
    expect(back).toMatchObject({ state: 'draft', reason: 'at night, please' });
    const edited = await approver.put(
      `/v1/jobs/${made.id}`,
      { ...speedJob(gatewayId), command: 'reboot', parameters: {} },
      { 'if-match': `${back.version}` },
    );
    const submitted = (await step(approver, edited.body, 'submit')).body;
    expect((await step(approver, submitted, 'approve')).body.code).toBe('jobs.maker-cannot-approve');
    // Nor does the one who wrote it first.
    expect((await step(manager, submitted, 'approve')).body.code).toBe('jobs.maker-cannot-approve');
    expect((await step(await signedIn('third'), submitted, 'approve')).body.state).toBe('running');
  });
});
interface AuditItem {
  type: string;
  actorName: string;
  payload: { to?: string };
}

describe('what a job leaves alone', () => {
  const waitsFor = (id: string, reason: string) =>
    eventually(`the device to wait for ${reason}`, async () => {
      const [target] = await targets(id);
      return target?.state === 'waiting' && target.reason === reason;
    });
  const lookAgain = () => {
    cloud.clock.advance(31_000);
    cloud.wake();
  };

  test('a machine that a technician works at [I4]', async () => {
    const { gatewayId, assetId, line } = await createFleet('visited', 1);
    const order = (await manager.post('/v1/work-orders', { title: 'New bearing', assetId })).body;
    const begun = await manager.post(
      `/v1/work-orders/${order.id}/start`,
      {},
      { 'if-match': `${order.version}` },
    );
    expect(begun.body.status).toBe('in-progress');
    const job = await run(speedJob(gatewayId));
    await waitsFor(job.id, 'technician-visit');
    expect(line.told).toHaveLength(0);
    await manager.post(
      `/v1/work-orders/${order.id}/complete`,
      { outcome: 'Done' },
      { 'if-match': `${begun.body.version}` },
    );
    lookAgain();
    await untilState(job.id, 'completed');
  });

  test("customers outside of their hours, which a site's own go before [I4]", async () => {
    const { gatewayId, accountId } = await createFleet('office', 1);
    const yesterday = (new Date(cloud.clock.now()).getUTCDay() + 6) % 7 || 7;
    const closed = { timeZone: 'UTC', weekly: [{ days: [yesterday], from: '00:00', until: '00:01' }] };
    expect((await manager.put(`/v1/accounts/${accountId}/hours`, closed)).body).toEqual(closed);
    const job = await run(speedJob(gatewayId));
    await waitsFor(job.id, 'outside-customer-hours');
    const site = (await manager.post('/v1/sites', { accountId, name: 'Hall 1' })).body;
    await sql`update assets set site_id = ${site.id} where account_id = ${accountId}`.execute(cloud.database);
    const open = {
      timeZone: 'UTC',
      weekly: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', until: '24:00' }],
    };
    await manager.put(`/v1/sites/${site.id}/hours`, open);
    lookAgain();
    await untilState(job.id, 'completed');
  });

  test("devices outside of the job's window, by each device's own clock [I4]", async () => {
    const { gatewayId, line } = await createFleet('night', 2);
    // Their clocks are two hours apart, and the window begins with the present hour of the one that is ahead.
    await sql`update devices set time_zone = case when id like '%-0002' then 'Etc/GMT-9' else 'Etc/GMT-7' end
      where gateway_id = ${gatewayId}`.execute(cloud.database);
    const hour = (new Date(cloud.clock.now()).getUTCHours() + 9) % 24;
    const clockAt = (later: number) => `${String((hour + later) % 24).padStart(2, '0')}:00`;
    const window = {
      zone: 'device',
      timeZone: 'UTC',
      weekly: [{ days: [1, 2, 3, 4, 5, 6, 7], from: clockAt(0), until: clockAt(2) }],
    };
    const job = await run(speedJob(gatewayId, { window }));
    await eventually('the one ahead to be told', () => line.told.length === 1);
    expect(line.told[0]?.deviceId).toBe('night-0002');
    const [waiting] = await targets(job.id, 'waiting');
    expect(waiting.reason).toBe('outside-window');
    cloud.clock.advance(2 * 3_600_000);
    cloud.wake();
    await untilState(job.id, 'completed');
  });

  test("devices once its window is over: what it sends expires with the window, and with the customer's hours [I4]", async () => {
    const { gatewayId, accountId, assetId } = await createFleet('closing', 1);
    const order = (await manager.post('/v1/work-orders', { title: 'New bearing', assetId })).body;
    const day = 86_400_000;
    // The end of an hour that is not too near: nothing is sent just before the end.
    const end = Math.floor((cloud.clock.now() + 180_000) / 3_600_000 + 1) * 3_600_000;
    const clockAt = (time: number) => new Date(time).toISOString().slice(11, 16);
    const until = (time: number) => ({
      timeZone: 'UTC',
      weekly: [{ days: [1, 2, 3, 4, 5, 6, 7], from: clockAt(time - day / 2), until: clockAt(time) }],
    });
    const expiryOf = async (more: object) => {
      const job = await run(speedJob(gatewayId, { expiresInSeconds: 86_400, ...more }));
      await untilState(job.id, 'completed');
      const [target] = await targets(job.id);
      return Date.parse((await manager.get(`/v1/commands/${target.commandId}`)).body.expiresAt);
    };
    expect(await expiryOf({ window: { zone: 'job', ...until(end) } })).toBe(end);
    expect(await expiryOf({})).toBeGreaterThan(end);
    await manager.put(`/v1/accounts/${accountId}/hours`, until(end));
    expect(await expiryOf({})).toBe(end);
    expect(await expiryOf({ expiresInSeconds: 60 })).toBeLessThan(end);
    // Nor is a technician who comes before that met by what was sent sooner.
    const visit = cloud.clock.now() + 60_000;
    await sql`
      update work_orders set status = 'scheduled', technician_id = (select id from users limit 1), scheduled_from = ${new Date(visit)},
        scheduled_until = ${new Date(visit + 3_600_000)} where id = ${order.id}`.execute(cloud.database);
    expect(await expiryOf({})).toBe(visit);
  });

  test('devices that are out of service by then are skipped, with the reason', async () => {
    const { gatewayId } = await createFleet('gone', 2);
    const made = await make(speedJob(gatewayId, { ratePerMinute: 1 }));
    await step(manager, made, 'submit');
    await eventually('the first to be sent', async () => (await targets(made.id, 'waiting')).length === 1);
    await sql`update devices set active = false where gateway_id = ${gatewayId}`.execute(cloud.database);
    cloud.clock.advance(61_000);
    cloud.wake();
    await untilState(made.id, 'completed');
    expect(await targets(made.id, 'skipped')).toMatchObject([{ reason: 'not-in-service' }]);
  });
});

describe('what a job is checked for', () => {
  test('at its door and when it is submitted, naming the field', async () => {
    const { gatewayId } = await createFleet('checked', 2);
    const refused = async (input: object) => {
      const made = await manager.post('/v1/jobs', input);
      const answer = made.status === 201 ? await step(manager, made.body, 'submit') : made;
      return [answer.status, answer.body.code, answer.body.errors?.[0].field];
    };
    expect(await refused(speedJob(gatewayId, { parameters: { speed: 5000 } }))).toEqual([
      422,
      'jobs.command-does-not-fit',
      'parameters.speed',
    ]);
    expect(await refused(speedJob(gatewayId, { command: 'explode' }))).toEqual([
      422,
      'jobs.command-does-not-fit',
      'command',
    ]);
    expect(await refused(speedJob('nobody-line'))).toEqual([422, 'jobs.no-devices', 'selection']);
    expect(await refused(speedJob('x', { selection: {} }))).toEqual([
      422,
      'platform.invalid-request',
      'selection',
    ]);
    const window = { zone: 'job', timeZone: 'Mars/Olympus', weekly: [] };
    expect(await refused(speedJob(gatewayId, { window }))).toEqual([
      422,
      'jobs.no-such-time-zone',
      'window.timeZone',
    ]);
  });

  test('for the devices that it lists: those that are none are named, at its door and before', async () => {
    const { deviceId } = await createFleet('listed', 1);
    const { deviceId: idle } = await createPlant(cloud, { name: 'idle' });
    await sql`update devices set active = false where id = ${idle}`.execute(cloud.database);
    const deviceIds = [deviceId, 'no-such-press', 'NOT AN ID!', idle];
    const seen = await manager.post('/v1/jobs/preview', { selection: { deviceIds } });
    expect(seen.body).toMatchObject({
      devices: 1,
      leftOut: {
        count: 3,
        devices: [
          { id: 'NOT AN ID!', reason: 'unknown' },
          { id: 'no-such-press', reason: 'unknown' },
          { id: idle, reason: 'not-in-service' },
        ],
      },
    });
    const refused = await manager.post('/v1/jobs', speedJob('x', { selection: { deviceIds } }));
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'jobs.no-such-device', errors: [{ field: 'selection.deviceIds.1' }] },
    });
    expect(refused.text).toContain('no-such-press, NOT AN ID!');
  });

  test('a preview says which devices and categories fit, and whether it is destructive', async () => {
    const { gatewayId } = await createFleet('seen', 3);
    const seen = await manager.post('/v1/jobs/preview', { selection: { gatewayId }, command: 'reboot' });
    expect(seen.body).toMatchObject({
      devices: 3,
      categories: [{ id: pressCategory.id, devices: 3, problem: null }],
      destructive: true,
    });
    const unfit = await manager.post('/v1/jobs/preview', { selection: { gatewayId }, command: 'explode' });
    expect(unfit.body.categories[0].problem).toContain('explode');
    const technician = await cloud.clientWithRole('technician');
    expect((await technician.post('/v1/jobs', speedJob(gatewayId))).status).toBe(403);
    expect((await technician.get('/v1/jobs')).status).toBe(200);
  });
});

describe('a job over very many devices', () => {
  test('reaches 1,000 devices once each, with a canary, from two clouds at once [I4]', async () => {
    const fleets = [
      await createFleet('north', 500, () => ({ state: 'SUCCEEDED', afterMilliseconds: 20 })),
      await createFleet('south', 500, () => ({ state: 'SUCCEEDED', afterMilliseconds: 5 })),
    ];
    await cloud.pool.query(
      `update devices set tags = '{thousand}' where gateway_id in ('north-line', 'south-line')`,
    );
    const second = await startSecondCloud();
    const job = await run(
      speedJob('', {
        selection: { categoryId: 'press', tags: ['thousand'] },
        canaryCount: 10,
        concurrencyMax: 100,
      }),
    );
    expect(job.counts).toMatchObject({ total: 1000 });
    const done = await untilCompleted(job.id);
    await second.stop();
    expect(done.counts).toEqual({ total: 1000, waiting: 0, sent: 0, succeeded: 1000, failed: 0, skipped: 0 });
    for (const { line } of fleets) {
      const told = line.told.map((command) => command.deviceId);
      expect(told).toHaveLength(500);
      expect(new Set(told).size).toBe(500);
      expect(line.atOnceMax).toBeLessThanOrEqual(100);
    }
    const { rows } = await cloud.pool.query<{ commands: number }>(
      'select count(*) as commands from commands where job_id = $1',
      [job.id],
    );
    expect(rows[0]?.commands).toBe(1000);
    // The ten that went first had all ended before the eleventh was sent.
    const order = await cloud.pool.query<{ sent_at: Date; ended_at: Date }>(
      'select sent_at, ended_at from job_targets where job_id = $1 order by position',
      [job.id],
    );
    const canaryEnded = Math.max(...order.rows.slice(0, 10).map((row) => row.ended_at.getTime()));
    const restBegan = Math.min(...order.rows.slice(10).map((row) => row.sent_at.getTime()));
    expect(restBegan).toBeGreaterThanOrEqual(canaryEnded);
  }, 900_000);
});

/** A second process of the same cloud, on the same database. */
async function startSecondCloud(): Promise<{ stop(): Promise<void> }> {
  const connection = connectDatabase(cloud.databaseUrl, {
    connectionsMax: 10,
    applicationName: 'second cloud',
    onError: () => undefined,
  });
  const application: Application = await createApplication({
    connection,
    clock: cloud.clock,
    newId: uuidv7Source(cloud.clock),
    random: systemRandom,
    logger: pino({ level: 'error' }),
    publicUrl: 'http://andon.test',
    administrator: { email: cloud.administratorEmail, password: cloud.administratorPassword },
  });
  await application.start({ host: '127.0.0.1', port: 0 });
  return {
    async stop() {
      await application.stop();
      await connection.close();
    },
  };
}
