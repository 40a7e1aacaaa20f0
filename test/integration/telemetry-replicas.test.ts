import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectDatabase } from '../../cloud/platform/index.ts';
import { keepHouse, rollUp } from '../../cloud/telemetry/housekeeping.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { type EdgeGateway, enrolGateway, readingOf, registerDevice } from '../support/edge-gateway.ts';

const day = 86_400_000;
const kept = { readingsDays: 10, minutesDays: 40, hoursDays: 400 };

let cloud: TestApp;
let gateway: EdgeGateway;
let others: ReturnType<typeof connectDatabase>[];
let replicas: { database: TestApp['database']; clock: TestApp['clock'] }[];

beforeAll(async () => {
  // Its own schedule is one more of them.
  cloud = await createTestApp({ background: false, settings: { readingsKept: kept } });
  gateway = await enrolGateway(cloud, 'line-1');
  await registerDevice(cloud, gateway, 'press-1');
  others = [1, 2, 3].map(() =>
    connectDatabase(cloud.databaseUrl, {
      connectionsMax: 3,
      applicationName: 'andon-test-replica',
      onError: () => undefined,
    }),
  );
  replicas = [cloud, ...others].map(({ database }) => ({ database, clock: cloud.clock }));
});
afterAll(async () => {
  await Promise.all(others.map((other) => other.close()));
  await cloud.close();
});

const lockNotAvailable = '55P03';

/** As the schedule does: what finds somebody in its way for long is tried again. */
async function keepHouseInTheEnd(replica: (typeof replicas)[number]): ReturnType<typeof keepHouse> {
  try {
    return await keepHouse(replica, kept);
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === lockNotAvailable) {
      return keepHouseInTheEnd(replica);
    }
    throw error;
  }
}

/** Each table's stretches, as PostgreSQL has them and as the list has them. */
async function stretches() {
  const attached = await cloud.pool.query<{ name: string }>(`
    select inhrelid::regclass::text as name from pg_inherits
    where inhparent in ('readings'::regclass, 'reading_minutes'::regclass, 'reading_hours'::regclass)
      and inhrelid::regclass::text not like '%_default' order by 1`);
  const listed = await cloud.pool.query<{
    name: string;
    table_name: string;
    from: Date | null;
    until: Date;
  }>(`
    select partition_name as name, table_name, from_time as from, until_time as until from reading_partitions
    order by partition_name`);
  return { attached: attached.rows.map(({ name }) => name), listed: listed.rows };
}

describe('four clouds on one database', () => {
  test('keep one house: for months nothing fails, is made twice, is lost or is counted twice', async () => {
    let sent = 0;
    const send = async (count: number) => {
      const now = cloud.clock.now();
      // Some is dated ahead, of days whose tables are made later.
      const readings = Array.from({ length: count }, (_, index) =>
        readingOf({ deviceId: 'press-1', signal: 'shared', sourceTime: now + (index % 3) * 50 * day }),
      );
      expect((await gateway.send('readings', readings)).status).toBe(200);
      sent += count;
    };
    let dropped = 0;
    for (let week = 0; week < 12; week += 1) {
      cloud.clock.advance(week === 6 ? 45 * day : 7 * day);
      const [houses] = await Promise.all([
        Promise.all(replicas.map(keepHouseInTheEnd)),
        Promise.all(replicas.map((replica) => rollUp(replica))),
        (async () => {
          for (let batch = 0; batch < 5; batch += 1) {
            await send(30);
          }
        })(),
      ]);
      dropped += houses.reduce((sum, house) => sum + house.dropped, 0);
      const { attached, listed } = await stretches();
      expect(attached).toEqual(listed.map(({ name }) => name));
      for (const table of ['readings', 'reading_minutes', 'reading_hours']) {
        const own = listed.filter((one) => one.table_name === table);
        const inOrder = own.toSorted((one, other) => one.until.getTime() - other.until.getTime());
        for (const [index, { until }] of inOrder.slice(0, -1).entries()) {
          expect(inOrder[index + 1]?.from?.getTime()).toBeGreaterThanOrEqual(until.getTime());
        }
      }
    }
    await Promise.all(replicas.map((replica) => rollUp(replica)));
    expect(dropped).toBeGreaterThan(5);
    const { rows } = await cloud.pool.query(`
      select (select sum(count)::int from reading_hours) as hours, (select count(*)::int from reading_changes) as waiting,
        (select count(*)::int from readings_default) as strays,
        (select min(received_at) from readings) as oldest`);
    expect(rows[0]).toMatchObject({ hours: sent, waiting: 0, strays: 0 });
    expect(rows[0].oldest.getTime()).toBeGreaterThan(cloud.clock.now() - 12 * day);
  }, 120_000);

  test('what arrives while its table is made goes into that or moves there, and no gateway is refused', async () => {
    cloud.clock.advance(200 * day);
    const send = async (batch: number) =>
      gateway.send(
        'readings',
        Array.from({ length: 20 }, (_, index) =>
          readingOf({
            deviceId: 'press-1',
            signal: 'busy',
            sourceTime: cloud.clock.now() + (batch * 20 + index) * 1000,
          }),
        ),
      );
    let isMade = false;
    const sending = (async () => {
      let batches = 0;
      while (!isMade || batches < 5) {
        expect((await send(batches)).status).toBe(200);
        batches += 1;
        if (batches % 3 === 0) {
          await rollUp(replicas[0] ?? cloud.platform);
        }
      }
      return batches;
    })();
    await Promise.all(replicas.map(keepHouseInTheEnd));
    isMade = true;
    const batches = await sending;
    await rollUp(cloud.platform);
    const { rows } = await cloud.pool.query(`
      select (select count(*)::int from readings_default) as strays,
        (select sum(count)::int from reading_minutes
          where signal_id = (select id from telemetry_signals where name = 'busy')) as count`);
    expect(rows).toEqual([{ strays: 0, count: batches * 20 }]);
  }, 60_000);
});
