import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@andon/shared/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectDatabase, inTransaction, migrate } from '../../cloud/platform/index.ts';
import { rollUp } from '../../cloud/telemetry/housekeeping.ts';
import { createPostgresStore } from '../../cloud/telemetry/postgres-store.ts';
import { rollUpBacklog } from '../../cloud/telemetry/roll-up-backlog.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { readingOf } from '../support/edge-gateway.ts';

const begin = Date.parse('2026-03-02T00:00:00.000Z');
const day = 86_400_000;
const migrations = new URL('../../cloud/migrations', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'andon-migrations-'));

beforeAll(() => {
  cpSync(migrations, folder, { recursive: true, filter: (path) => !/\/0[1-9]\d\d-/.test(path) });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A database of the version before, with so many signals; the first of them has the most readings. */
async function databaseFromBefore(signals: number): Promise<TestDatabase> {
  const old = await createTestDatabase();
  await old.pool.query('drop schema public cascade; create schema public');
  await migrate(old.pool, folder);
  await old.pool.query(`
    insert into accounts (id, name, created_at, updated_at, version) values (gen_random_uuid(), 'Old', now(), now(), 1);
    alter table telemetry_signals drop constraint telemetry_signals_device_id_fkey;
    insert into telemetry_signals (device_id, name) select 'old-1', 's' || number from generate_series(1, ${signals}) as number;
    insert into readings (signal_id, source_time, gateway_time, received_at, value, quality, clock_state, historical)
      select signal, at, at, at, second, case when second % 10 = 9 then 2 else 0 end, 0, false
      from generate_series(1, ${signals}) as signal,
        generate_series(0, case when signal = 1 then 4999 else signal % 7 end) as second,
        lateral (select timestamptz '2026-03-02 00:00:00Z' + second * interval '7 seconds' as at) as moment;
    -- Two and more of one time, where a slice may end.
    insert into readings (signal_id, source_time, gateway_time, received_at, value, quality, clock_state, historical)
      select 1, '2026-03-02 01:56:33Z', '2026-03-02 01:56:33Z', '2026-03-02 02:00:00Z', 10000 + number, 0, 0, false
      from generate_series(1, 2100) as number;
    insert into reading_summaries (signal_id, from_time, to_time, received_at, count, bad_count, numeric_count, minimum, maximum, mean, last_value, clock_state)
      values (1, '2026-03-02 05:00:00Z', '2026-03-02 05:14:00Z', '2026-03-02 06:00:00Z', 90, 0, 90, 1, 3, 2, 2, 0)`);
  await migrate(old.pool, migrations);
  return old;
}

const chartOf = async ({ database }: Pick<TestDatabase, 'database'>, id: number, length = day) => {
  const signal = { id, deviceId: 'old-1', name: `s${id}` };
  const { buckets } = await createPostgresStore().readBuckets(database, {
    signal,
    ...{ from: begin, to: begin + length, buckets: 24 },
  });
  return buckets;
};

describe('a database from before there were roll-ups', () => {
  const signals = 173;
  const some = [1, 2, 7, 100, 173];
  const platformOf = ({ database }: Pick<TestDatabase, 'database'>) => ({ database, clock: systemClock });

  test('has all of its signals rolled up slice by slice at one go, and its charts are right meanwhile', async () => {
    const { database, pool, close } = await databaseFromBefore(signals);
    const charts = () => Promise.all(some.map((id) => chartOf({ database }, id)));
    const before = await charts();
    expect(before[0]?.reduce((sum, { count }) => sum + count, 0)).toBe(7190);
    expect(before[0]?.[1]).toMatchObject({ max: 12_100 });
    // What is killed between two slices goes on where it was.
    expect(await rollUpBacklog(database)).toBe(50);
    expect(await rollUpBacklog(database)).toBe(50);
    expect(await charts()).toEqual(before);
    expect(await rollUp(platformOf({ database }))).toBeGreaterThan(3);
    const { rows } = await pool.query(`
      select (select count(*)::int from reading_backlog) as waiting,
        (select sum(count)::int from reading_minutes) as minutes, (select sum(count)::int from reading_hours) as hours,
        (select count(*)::int from readings) + 90 as readings`);
    expect(rows).toEqual([
      { waiting: 0, minutes: rows[0].readings, hours: rows[0].readings, readings: rows[0].readings },
    ]);
    expect(await charts()).toEqual(before);
    expect(await rollUp(platformOf({ database }))).toBe(0);
    await close();
  });

  test('is rolled up once by three replicas at work at once, while gateways send more', async () => {
    const cloud = await databaseFromBefore(signals);
    const others = [1, 2].map(() =>
      connectDatabase(cloud.url, {
        connectionsMax: 2,
        applicationName: 'andon-test-replica',
        onError: () => undefined,
      }),
    );
    const replicas = [cloud, ...others].map(platformOf);
    const store = createPostgresStore();
    const keep = (index: number) =>
      inTransaction(cloud.database, (transaction) =>
        store.keep(
          transaction,
          some.map((signalId) => ({
            signalId,
            reading: readingOf({
              deviceId: 'old-1',
              value: index,
              sourceTime: begin + 3 * day + index * 1000,
            }),
          })),
          new Date(begin + 3 * day),
          { lane: 'readings', gatewayOf: () => 'line-1' },
        ),
      );
    const sending = (async () => {
      for (let index = 0; index < 40; index += 1) {
        await keep(index);
      }
    })();
    let waiting = signals;
    while (waiting > 0) {
      await Promise.all(replicas.map((replica) => rollUp(replica)));
      waiting = (await cloud.pool.query('select from reading_backlog')).rowCount ?? 0;
    }
    await sending;
    await Promise.all(replicas.map((replica) => rollUp(replica)));
    const { rows } = await cloud.pool.query(`
      select (select sum(count)::int from reading_minutes) as minutes, (select sum(count)::int from reading_hours) as hours,
        (select count(*)::int from readings) + 90 as readings, (select count(*)::int from reading_changes) as changes`);
    expect(rows).toEqual([
      { minutes: rows[0].readings, hours: rows[0].readings, readings: rows[0].readings, changes: 0 },
    ]);
    const late = await chartOf(cloud, 7, 4 * day);
    expect(late.at(-1)).toMatchObject({ count: 40, min: 0, max: 39, last: 39 });
    await Promise.all(others.map((other) => other.close()));
    await cloud.close();
  });
});
