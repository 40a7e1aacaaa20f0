import type { Reading } from '@andon/shared/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectDatabase } from '../../cloud/platform/index.ts';
import { bucketsQuery } from '../../cloud/telemetry/bucket-query.ts';
import { createHousekeeping, keepHouse, keptDefault, rollUp } from '../../cloud/telemetry/housekeeping.ts';
import { planRange } from '../../cloud/telemetry/range-plan.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { type EdgeGateway, enrolGateway, readingOf, registerDevice } from '../support/edge-gateway.ts';
import { eventually } from '../support/wait.ts';

let cloud: TestApp;
let gateway: EdgeGateway;

beforeAll(async () => {
  cloud = await createTestApp({ background: false });
  gateway = await enrolGateway(cloud, 'line-1');
  await registerDevice(cloud, gateway, 'press-1');
});
afterAll(() => cloud.close());

const begin = Date.parse('2026-03-02T00:00:00.000Z');
const day = 86_400_000;

const chart = async (signal: string, from: number, to: number, buckets: number) => {
  const [first, last] = [new Date(from).toISOString(), new Date(to).toISOString()];
  const { status, body } = await cloud.administrator.get(
    `/v1/devices/press-1/readings?signal=${signal}&from=${first}&to=${last}&buckets=${buckets}`,
  );
  expect(status).toBe(200);
  return body as { bucketMilliseconds: number; buckets: Record<string, number | string | null>[] };
};

/** What the buckets must be, from the readings themselves. */
function expected(
  readings: readonly Reading[],
  range: { from: number; to: number },
  { width, starts }: { width: number; starts: readonly number[] },
) {
  return starts.map((start, index) => {
    const end = starts[index + 1] ?? start + width;
    const inside = readings.filter(
      ({ sourceTime }) =>
        sourceTime >= Math.max(start, range.from) && sourceTime < Math.min(end, range.to, start + width),
    );
    const usable = inside.filter(({ quality, value }) => quality !== 'BAD' && typeof value === 'number');
    const values = usable.map(({ value }) => Number(value));
    const last = usable.reduce<Reading | undefined>(
      (best, one) => (best === undefined || one.sourceTime >= best.sourceTime ? one : best),
      undefined,
    );
    return {
      count: inside.length,
      badCount: inside.length - inside.filter(({ quality }) => quality !== 'BAD').length,
      min: values.length === 0 ? null : Math.min(...values),
      max: values.length === 0 ? null : Math.max(...values),
      last: last === undefined ? null : Number(last.value),
    };
  });
}

describe('roll-ups', () => {
  test('whatever comes, late or twice at one time, and whenever it is rolled up, a chart shows what the readings say [I7]', async () => {
    let runs = 0;
    const reading = fc.record({
      at: fc.oneof(fc.integer({ min: 0, max: 30 * day }), fc.integer({ min: 0, max: 3_600_000 })),
      value: fc.integer({ min: -1000, max: 1000 }),
      quality: fc.constantFrom('GOOD' as const, 'UNCERTAIN' as const, 'BAD' as const),
    });
    const batches = fc.array(
      fc.record({ readings: fc.array(reading, { minLength: 1, maxLength: 25 }), rollsUp: fc.boolean() }),
      { minLength: 1, maxLength: 4 },
    );
    const asked = fc.record({
      from: fc.integer({ min: 0, max: 40 * day }),
      length: fc.oneof(fc.integer({ min: 1000, max: 7_200_000 }), fc.integer({ min: 1000, max: 60 * day })),
      buckets: fc.integer({ min: 1, max: 300 }),
    });
    await fc.assert(
      fc.asyncProperty(batches, fc.array(asked, { minLength: 3, maxLength: 3 }), async (all, questions) => {
        runs += 1;
        const signal = `random-${runs}`;
        const sent: Reading[] = [];
        for (const { readings, rollsUp } of all) {
          const batch = readings.map(({ at, value, quality }) =>
            readingOf({ deviceId: 'press-1', signal, value, quality, sourceTime: begin + at }),
          );
          expect((await gateway.send('readings', batch)).status).toBe(200);
          sent.push(...batch);
          if (rollsUp) {
            await rollUp(cloud.platform);
          }
        }
        for (const { from, length, buckets } of questions) {
          const range = { from: begin - 5 * day + from, to: begin - 5 * day + from + length };
          const answer = await chart(signal, range.from, range.to, buckets);
          const starts = answer.buckets.map(({ start }) => Date.parse(String(start)));
          const numbers = answer.buckets.map(({ count, badCount, min, max, last }) => ({
            count,
            badCount,
            min,
            max,
            last,
          }));
          const width = answer.bucketMilliseconds;
          expect(answer.buckets.length).toBeLessThanOrEqual(buckets);
          expect(numbers.reduce((sum, { count }) => sum + Number(count), 0)).toBe(
            sent.filter(({ sourceTime }) => sourceTime >= range.from && sourceTime < range.to).length,
          );
          // The first one begins with the range, and so may be shorter than the others.
          expect(numbers.slice(1)).toEqual(expected(sent, range, { width, starts }).slice(1));
        }
      }),
      { numRuns: 25 },
    );
  });

  test('two replicas at work at once add each batch once, and make each table once', async () => {
    const other = connectDatabase(cloud.databaseUrl, {
      connectionsMax: 4,
      applicationName: 'andon-test-replica',
      onError: () => undefined,
    });
    const replica = { ...cloud.platform, database: other.database };
    for (let batch = 0; batch < 30; batch += 1) {
      await gateway.send(
        'readings',
        Array.from({ length: 40 }, (_, index) =>
          readingOf({ deviceId: 'press-1', signal: 'shared', sourceTime: begin + index * 60_000 }),
        ),
      );
      if (batch % 5 === 0) {
        await Promise.all([rollUp(cloud.platform), rollUp(replica), rollUp(cloud.platform), rollUp(replica)]);
      }
    }
    const made = await Promise.all(
      [cloud.platform, replica, cloud.platform, replica].map((one) => keepHouse(one, keptDefault)),
    );
    await Promise.all([rollUp(cloud.platform), rollUp(replica)]);
    const { rows } = await cloud.pool.query(
      `select sum(count)::int as count, (select count(*)::int from reading_changes) as waiting from reading_hours
       where signal_id = (select id from telemetry_signals where name = 'shared')`,
    );
    expect(rows).toEqual([{ count: 1200, waiting: 0 }]);
    const { rows: partitions } = await cloud.pool.query(
      `select inhparent::regclass::text as table, count(*)::int from pg_inherits
       where inhparent in ('readings'::regclass, 'reading_minutes'::regclass, 'reading_hours'::regclass)
       group by 1 order by 1`,
    );
    expect(
      made
        .map((one) => one.made)
        .sort()
        .slice(0, 3),
    ).toEqual([0, 0, 0]);
    expect(partitions.map((row) => row.count)).toEqual([4, 4, 5]);
    await other.close();
  });

  test('the schedules of two replicas roll up by themselves what comes, each batch once', async () => {
    const schedules = [cloud.platform, cloud.platform].map((platform) =>
      createHousekeeping(platform, keptDefault),
    );
    for (const schedule of schedules) {
      schedule.start();
    }
    await gateway.send(
      'readings',
      Array.from({ length: 500 }, (_, index) =>
        readingOf({ deviceId: 'press-1', signal: 'scheduled', sourceTime: begin + index * 1000 }),
      ),
    );
    const count = await eventually(
      'the hours to hold what came',
      async () => {
        const { rows } = await cloud.pool.query<{ count: number }>(
          `select sum(count)::int as count from reading_hours
           where signal_id = (select id from telemetry_signals where name = 'scheduled')`,
        );
        return rows[0]?.count;
      },
      30_000,
    );
    await Promise.all(schedules.map((schedule) => schedule.stop()));
    expect(count).toBe(500);
  }, 40_000);
});

describe('what is old', () => {
  test('is dropped table by table, and what is still kept coarser is shown in its place', async () => {
    const kept = { readingsDays: 10, minutesDays: 40, hoursDays: 400 };
    const house = () => keepHouse(cloud.platform, kept);
    await house();
    const now = cloud.clock.now();
    const minute = Math.floor(now / 60_000) * 60_000;
    await gateway.send(
      'readings',
      Array.from({ length: 60 }, (_, index) =>
        readingOf({
          deviceId: 'press-1',
          signal: 'aging',
          value: index,
          sourceTime: minute - 3_600_000 + index * 60_000 + 7,
        }),
      ),
    );
    await rollUp(cloud.platform);
    const fine = () => chart('aging', minute - 3_600_000, minute, 300);
    expect((await fine()).buckets).toHaveLength(60);
    cloud.clock.advance(60 * day);
    const { dropped } = await house();
    expect(dropped).toBeGreaterThan(0);
    const raw = await cloud.administrator.get(
      `/v1/devices/press-1/readings/raw?signal=aging&from=2020-01-01T00:00:00Z`,
    );
    expect(raw.body.items).toEqual([]);
    // Readings are gone after ten days, the minutes after forty; the hour is still there.
    const hours = await chart('aging', minute - 7_200_000, minute + 3_600_000, 300);
    expect(hours.buckets.reduce((sum, { count }) => sum + Number(count), 0)).toBe(60);
    expect(Math.max(...hours.buckets.map(({ max }) => Number(max)))).toBe(59);
    cloud.clock.advance(400 * day);
    await house();
    expect((await fine()).buckets).toEqual([]);
  });

  test('and what arrived lately of a time long ago is kept, whatever its date', async () => {
    const kept = { readingsDays: 10, minutesDays: 40, hoursDays: 400 };
    const long = Date.parse('2013-12-02T21:15:00.000Z');
    await gateway.send('readings', [
      readingOf({ deviceId: 'press-1', signal: 'recorded', value: 4, sourceTime: long }),
      readingOf({ deviceId: 'press-1', signal: 'recorded', value: 6, sourceTime: long + 400 }),
    ]);
    await rollUp(cloud.platform);
    await keepHouse(cloud.platform, kept);
    const seconds = await chart('recorded', long, long + 1000, 10);
    expect(seconds.buckets.map(({ mean }) => mean)).toEqual([4, 6]);
    expect((await chart('recorded', 0, cloud.clock.now(), 10)).buckets.map(({ mean }) => mean)).toEqual([5]);
  });
});

describe('what comes before its table was made', () => {
  test('moves into it, and is shown before, meanwhile and afterwards', async () => {
    const kept = { readingsDays: 10, minutesDays: 40, hoursDays: 400 };
    await keepHouse(cloud.platform, kept);
    const ahead = cloud.clock.now() + 300 * day;
    const readings = [0, 1, 61, 3700].map((second, index) =>
      readingOf({ deviceId: 'press-1', signal: 'ahead', value: index, sourceTime: ahead + second * 1000 }),
    );
    await gateway.send('readings', readings);
    await rollUp(cloud.platform);
    const shown = async () => [
      (await chart('ahead', ahead - day, ahead + day, 24)).buckets,
      (await chart('ahead', ahead - 3_600_000, ahead + 7_200_000, 90)).buckets,
    ];
    const before = await shown();
    expect(before.map((buckets) => buckets.reduce((sum, { count }) => sum + Number(count), 0))).toEqual([
      4, 4,
    ]);
    // A cloud that is off so long, then on again, and only later keeps its house.
    cloud.clock.advance(299 * day);
    await gateway.send('readings', [
      readingOf({ deviceId: 'press-1', signal: 'ahead', value: 9, sourceTime: ahead - 2 * day }),
    ]);
    const strays = async () =>
      (
        await cloud.pool.query(`select (select count(*)::int from readings_default) as readings,
        (select count(*)::int from reading_hours_default where start > now() + interval '1 year') as hours`)
      ).rows[0];
    expect(await strays()).toEqual({ readings: 1, hours: 2 });
    await keepHouse(cloud.platform, { ...kept, minutesDays: 400 });
    expect(await strays()).toEqual({ readings: 0, hours: 0 });
    expect(await shown()).toEqual(before);
  });
});

describe('a year of one signal', () => {
  const year = { from: Date.UTC(2025, 0, 1), to: Date.UTC(2026, 0, 1), buckets: 300 };
  const known = { readingsFrom: undefined, minutesFrom: undefined, isInBacklog: false };
  const explain = async (range: typeof year, options = ''): Promise<string> => {
    const query = bucketsQuery(1, planRange(range, known)).compile(cloud.database);
    const client = await cloud.pool.connect();
    try {
      // Of tables as small as these PostgreSQL would rather read the whole, once it has counted them.
      await client.query('begin; set local enable_seqscan = off');
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `explain ${options} ${query.sql}`,
        query.parameters as unknown[],
      );
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    } finally {
      await client.query('rollback');
      client.release();
    }
  };

  test('is read from the hours by their key, and no table of readings is touched', async () => {
    const plan = await explain(year);
    expect(plan).toMatch(/reading_hours\w*_pkey/);
    expect(plan).not.toMatch(/ on readings/);
    expect(plan).not.toMatch(/reading_minutes/);
  });

  test('that does not begin with an hour reads less than a minute of readings at each edge, by their index', async () => {
    const plan = await explain({ ...year, from: year.from + 12_345, to: year.to + 54_321 });
    expect(plan).toMatch(/reading_hours\w*_pkey/);
    expect(plan).not.toMatch(/Seq Scan on readings/);
    const segments = planRange({ ...year, from: year.from + 12_345, to: year.to + 54_321 }, known).segments;
    expect(segments.filter(({ source }) => source === 'readings').map(({ from, to }) => to - from)).toEqual([
      60_000 - 12_345,
      54_321,
    ]);
  });
});
