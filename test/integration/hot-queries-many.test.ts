import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listCases } from '../../cloud/cases/store.ts';
import { lockOverdue, lockQueued } from '../../cloud/commands/store.ts';
import { lockDue } from '../../cloud/escalations/store.ts';
import { listPending } from '../../cloud/gateways/key-store.ts';
import { advanceLanes } from '../../cloud/gateways/lanes.ts';
import { readEvents, scanFromCursor } from '../../cloud/platform/event-log.ts';
import { inTransaction, sql, type Transaction } from '../../cloud/platform/index.ts';
import { updateLatest } from '../../cloud/telemetry/latest-store.ts';
import { createPostgresStore } from '../../cloud/telemetry/postgres-store.ts';
import { listWorkOrders } from '../../cloud/work-orders/store.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { readingOf } from '../support/edge-gateway.ts';
import { createPlant, type Plant } from '../support/plant.ts';

const rows = 30_000;
const begin = Date.parse('2026-03-02T08:00:00.000Z');
const now = new Date(begin);

let cloud: TestApp;
let plant: Plant;

/** The statement for many rows as the one that is there, with other ids, numbers and times. */
async function copies(table: string, more: string): Promise<string> {
  const { rows: found } = await cloud.pool.query<{ names: string }>(
    `select string_agg(column_name, ', ') as names from information_schema.columns
     where table_name = $1 and is_generated = 'NEVER' and is_identity = 'NO'`,
    [table],
  );
  const names = found[0]?.names ?? '';
  return `
    insert into ${table} (${names}) select ${names} from (
      select (jsonb_populate_record(first.one, jsonb_build_object('id', gen_random_uuid()) || ${more})).*
      from (select one from ${table} one limit 1) first, generate_series(1, ${rows}) n) made;`;
}

beforeAll(async () => {
  cloud = await createTestApp({ background: false });
  plant = await createPlant(cloud);
  const { administrator } = cloud;
  await administrator.post('/v1/cases', { title: 'Shakes', assetId: plant.assetId });
  await administrator.post('/v1/work-orders', { title: 'Shakes', assetId: plant.assetId });
  await administrator.post(`/v1/devices/${plant.deviceId}/commands`, { name: 'reboot', parameters: {} });
  const created = `jsonb_build_object('created_at', now() - n * interval '1 minute')`;
  const ended = `jsonb_build_object('state', 'SUCCEEDED', 'gateway_id', 'line-' || n % 500)`;
  await cloud.pool.query(`
    set session_replication_role = replica;
    ${await copies('cases', `${created} || jsonb_build_object('public_token_sha256', 'token ' || n, 'public_token', 'token ' || n)`)}
    ${await copies('work_orders', created)}
    ${await copies('commands', ended)}
    insert into escalations (id, device_id, fault_key, state, attempts, created_at, updated_at, closed_at, due_at)
      select gen_random_uuid(), 'd-' || n, 'code:1', 'remedied', 0, now(), now(), now(),
        case when n % 1000 = 0 then now() end from generate_series(1, ${rows}) n;
    insert into events (type, key, payload, actor, occurred_at)
      select 'some.thing', 'k', '{}', 'system:test', now() from generate_series(1, ${rows}) n;
    insert into event_order (event_id, type) select id, type from events on conflict do nothing;
    insert into gateway_lanes (gateway_id, lane, epoch, acked, began_at, last_batch_at)
      select 'line-' || n, 'readings', gen_random_uuid(), 1, now(), now() from generate_series(1, ${rows}) n;
    insert into telemetry_signals (device_id, name) select 'd-' || n, 's' from generate_series(1, ${rows}) n;
    insert into readings (signal_id, source_time, gateway_time, received_at, value, quality, clock_state, historical)
      select n % 100, to_timestamp(${begin / 1000} + n), now(), now(), n, 0, 0, false
      from generate_series(1, ${rows}) n;
    insert into gateway_downlink (gateway_id, number, message, created_at)
      select 'line-' || n % 500, n, '{}', now() from generate_series(1, ${rows}) n;
    set session_replication_role = origin;
    analyze`);
}, 300_000);
afterAll(() => cloud.close());

/** The tables that were read from end to end while this ran, by PostgreSQL's own count. */
async function readWhole(run: (transaction: Transaction) => Promise<unknown>): Promise<string[]> {
  return inTransaction(cloud.database, async (transaction) => {
    await run(transaction);
    const { rows: found } = await sql<{ relname: string }>`
      select relname from pg_stat_xact_user_tables where seq_tup_read >= ${rows / 10}`.execute(transaction);
    return found.map(({ relname }) => relname);
  });
}

describe('where there is much of everything, no table is read from end to end', () => {
  const epoch = randomUUID();
  const reading = { signalId: 7, reading: readingOf({ deviceId: 'd-7', value: 1, sourceTime: begin }) };
  const signal = { id: 7, deviceId: 'd-7', name: 's' };
  const range = { from: begin, to: begin + 3_600_000 };
  const store = createPostgresStore();
  const page = { createdAt: now.toISOString(), id: randomUUID() };
  test.each<[string, (transaction: Transaction) => Promise<unknown>]>([
    ['the event log after a position', (some) => readEvents(some, rows / 2, 100)],
    [
      'the event log from a cursor',
      (some) => scanFromCursor(some, 'nobody', { types: ['a.b'], limit: 500, eventsMax: 100 }),
    ],
    ['escalations that are due', (some) => lockDue(some, now)],
    [
      'a lane that moves on',
      (some) =>
        advanceLanes(some, [{ gatewayId: 'line-7', lane: 'readings', epoch, firstSeq: 2, count: 1 }], now),
    ],
    ['latest values', (some) => updateLatest(some, [reading], now)],
    ['a page of readings', (some) => store.listReadings(some, { signal, ...range, limit: 50 })],
    [
      'a later page of readings',
      (some) =>
        store.listReadings(some, { signal, ...range, limit: 50, after: ['2026-03-02T08:10:00.000000Z', 1] }),
    ],
    [
      'the messages for a gateway',
      (some) => listPending(some, { gatewayId: 'line-7', afterNumber: 3, limit: 50 }),
    ],
    ['commands that wait for a gateway', (some) => lockQueued(some, 'line-7')],
    ['commands that should have ended', (some) => lockOverdue(some, { unstarted: now, started: now }, 50)],
    ['the list of cases', (some) => listCases(some, {}, { limit: 50 })],
    ['a later page of cases', (some) => listCases(some, {}, { limit: 50, before: page })],
    ['the list of work orders', (some) => listWorkOrders(some, {}, { limit: 50 })],
    [
      'a later page of work orders',
      (some) => listWorkOrders(some, { open: true }, { limit: 50, before: page }),
    ],
  ])('%s', async (_what, run) => {
    expect(await readWhole(run)).toEqual([]);
  });

  test('and what is read from end to end is told', async () => {
    expect(
      await readWhole((some) => sql`select count(*) from events where actor = 'x'`.execute(some)),
    ).toEqual(['events']);
  });
});
