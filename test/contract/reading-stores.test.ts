import type { Reading } from '@andon/shared/contracts';
import fc from 'fast-check';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createInfluxStore } from '../../cloud/adapters/influxdb/index.ts';
import { inTransaction } from '../../cloud/platform/index.ts';
import { noteChanges } from '../../cloud/telemetry/change-store.ts';
import { createPostgresStore } from '../../cloud/telemetry/postgres-store.ts';
import { columnsOfValue, type NumberedReading } from '../../cloud/telemetry/reading-columns.ts';
import type { ReadingOrigin, ReadingStore, StoredReading } from '../../cloud/telemetry/reading-store.ts';
import { rollUpChanges } from '../../cloud/telemetry/roll-up.ts';
import { insertSummaries } from '../../cloud/telemetry/summary-store.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { enrolGateway, readingOf, registerDevice } from '../support/edge-gateway.ts';
import { describeRequiring } from '../support/requires.ts';
import {
  createVictoriaMetrics,
  type VictoriaMetrics,
  victoriaMetricsNeed,
} from '../support/victoria-metrics.ts';
import { eventually } from '../support/wait.ts';

const begin = Date.parse('2026-03-02T08:00:00.000Z');
const hour = 3_600_000;
const day = 24 * hour;
const receivedAt = new Date('2026-03-02T09:00:00.000Z');
const origin: ReadingOrigin = { lane: 'readings', gatewayOf: () => 'line-1' };

/** What every store of readings must do. */
function readingStoreContract(open: () => Promise<{ store: ReadingStore; flush(): Promise<void> }>): void {
  let database: TestDatabase;
  let store: ReadingStore;
  let flush: () => Promise<void>;
  let signals = 0;
  beforeAll(async () => {
    database = await createTestDatabase();
    ({ store, flush } = await open());
  }, 60_000);
  afterAll(() => database.close());

  /** A signal of its own for each test. */
  function newSignal() {
    signals += 1;
    const signal = { id: signals, deviceId: 'press-1', name: `signal-${signals}` };
    const at = (
      milliseconds: number,
      value: Reading['value'],
      more: Partial<Reading> = {},
    ): NumberedReading => ({
      signalId: signal.id,
      reading: readingOf({
        deviceId: signal.deviceId,
        signal: signal.name,
        value,
        sourceTime: begin + milliseconds,
        ...more,
      }),
    });
    const keep = (readings: readonly NumberedReading[], from = origin) =>
      inTransaction(database.database, (transaction) => store.keep(transaction, readings, receivedAt, from));
    const list = async (range = { from: begin - 400 * day, to: begin + 400 * day }) => {
      const found: StoredReading[] = [];
      let after: readonly [string, number] | undefined;
      for (;;) {
        const page = await store.listReadings(database.database, {
          signal,
          ...range,
          limit: 7,
          ...(after && { after }),
        });
        found.push(...page.slice(0, 7));
        const last = found.at(-1);
        if (page.length <= 7 || last === undefined) {
          return found;
        }
        after = [last.position, last.id];
      }
    };
    /** A store may show a little later what it has taken. */
    const shown = (count: number) =>
      eventually(`${count} readings to be shown`, async () => {
        await flush();
        const found = await list();
        return found.length === count && found;
      });
    const buckets = (from: number, to: number, count: number) =>
      store.readBuckets(database.database, { signal, from: begin + from, to: begin + to, buckets: count });
    return { signal, at, keep, list, shown, buckets };
  }

  test('readings come back as they were sent, with quality, reason, clock and lateness, page by page', async () => {
    const { at, keep, shown } = newSignal();
    const sent = [
      at(0, 21.5),
      at(1000, 0, { gatewayTime: begin + 1400 }),
      at(2000, -1.25e-7, { quality: 'UNCERTAIN', qualityReason: 'sensor-drift' }),
      at(3000, null, { quality: 'BAD', qualityReason: 'checksum' }),
      at(4000, 900, { quality: 'BAD', qualityReason: 'out-of-range' }),
      at(5000, true),
      at(6000, false),
      at(7000, 'RUNNING'),
      at(8000, 'a "quoted" \\ text, =1', { historical: true }),
      at(9000, 7, { clockState: 'UNSYNCHRONIZED' }),
      at(10_000, 8, { clockState: 'CORRECTED', originalTime: 12_000, historical: true }),
      at(3 * hour, 9),
    ];
    await keep(sent);
    const found = await shown(sent.length);
    expect(
      found.map(({ id: _id, position: _position, receivedAt: arrived, ...reading }) => ({
        ...reading,
        arrived: arrived.getTime(),
      })),
    ).toEqual(
      sent.map(({ reading }) => ({
        sourceTime: new Date(reading.sourceTime),
        gatewayTime: new Date(reading.gatewayTime),
        originalTime: reading.originalTime === undefined ? null : new Date(reading.originalTime),
        value: reading.value,
        quality: reading.quality,
        qualityReason: reading.qualityReason ?? null,
        clockState: reading.clockState,
        historical: reading.historical,
        arrived: receivedAt.getTime(),
      })),
    );
  });

  test('a batch whose transaction did not commit is stored once when it comes again', async () => {
    const { at, keep, shown, buckets } = newSignal();
    const batch = [at(0, 1), at(0, 2), at(500, 3), at(70_000, 'text'), at(71_000, null, { quality: 'BAD' })];
    const lost = inTransaction(database.database, async (transaction) => {
      await store.keep(transaction, batch, receivedAt, origin);
      throw new Error('the commit did not happen');
    });
    await expect(lost).rejects.toThrow('the commit did not happen');
    await keep(batch);
    const found = await shown(5);
    expect(found.map(({ value }) => value)).toEqual([1, 2, 3, 'text', null]);
    const inMinutes = await buckets(0, 120_000, 2);
    expect(inMinutes.buckets.map(({ count, badCount }) => [count, badCount])).toEqual([
      [3, 0],
      [2, 1],
    ]);
  });

  test.each([
    ['seconds', 1000, 10],
    ['minutes', 90_000, 12],
    ['hours', 5 * hour, 9],
  ])(
    'buckets of %s hold the smallest, largest, mean and last of what is in them, and the empty ones are left out',
    async (_unit, step, count) => {
      const { at, keep, shown, buckets } = newSignal();
      const readings = Array.from({ length: count * 6 }, (_, index) => {
        const time = Math.floor((index * step) / 3);
        return index % 5 === 4
          ? at(time, 5000, { quality: 'BAD' })
          : at(time, Math.round(100 * Math.sin(index)), { quality: index % 7 === 3 ? 'UNCERTAIN' : 'GOOD' });
      }).filter((_, index) => Math.floor(index / 3) % 4 !== 2);
      // What is late comes in any order.
      await keep([...readings].reverse());
      await shown(readings.length);
      const [from, to] = [Math.floor(step / 2) + 7, Math.floor(step * count * 1.7) + 3];
      const answer = await buckets(from, to, count);
      const width = answer.bucketMilliseconds;
      expect(answer.buckets.length).toBeLessThanOrEqual(count);
      expect(answer.buckets.length).toBeGreaterThan(2);
      const inRange = readings.filter(
        ({ reading }) => reading.sourceTime >= begin + from && reading.sourceTime < begin + to,
      );
      expect(answer.buckets.reduce((sum, one) => sum + one.count, 0)).toBe(inRange.length);
      for (const bucket of answer.buckets) {
        const inside = inRange.filter(
          ({ reading }) => reading.sourceTime >= bucket.start && reading.sourceTime < bucket.start + width,
        );
        const values = inside
          .filter(({ reading }) => reading.quality !== 'BAD')
          .map(({ reading }) => Number(reading.value));
        expect(bucket).toEqual({
          start: bucket.start,
          count: inside.length,
          badCount: inside.length - values.length,
          min: values.length === 0 ? null : Math.min(...values),
          max: values.length === 0 ? null : Math.max(...values),
          mean:
            values.length === 0
              ? null
              : expect.closeTo(values.reduce((sum, one) => sum + one, 0) / values.length, 9),
          last: values.at(-1) ?? null,
        });
      }
    },
  );

  test('two of one time in a batch are two, and what is of another signal is not seen', async () => {
    const [one, other] = [newSignal(), newSignal()];
    await one.keep([one.at(0, 1), one.at(0, 2), other.at(0, 50), one.at(0, 3)]);
    expect((await one.shown(3)).map(({ value }) => value)).toEqual([1, 2, 3]);
    expect((await other.shown(1)).map(({ value }) => value)).toEqual([50]);
    const { buckets } = await one.buckets(0, day, 10);
    expect(buckets).toMatchObject([{ count: 3, min: 1, max: 3, mean: 2 }]);
  });

  test('two of one time in two batches are two, whoever brought them, and the last is the last that came', async () => {
    const { at, keep, shown, buckets } = newSignal();
    await keep([at(0, 10), at(500, 11)]);
    await keep([at(0, 20)]);
    await keep([at(0, 5), at(0, 6)]);
    await keep([at(500, 12)], { ...origin, lane: 'history' });
    await keep([at(500, 13)], { ...origin, gatewayOf: () => 'line-2' });
    const found = await shown(7);
    expect(found.slice(0, 4).map(({ value }) => value)).toEqual([10, 20, 5, 6]);
    expect(new Set(found.slice(4).map(({ value }) => value))).toEqual(new Set([11, 12, 13]));
    const fine = { count: 4, min: 5, max: 20, mean: 10.25, last: 6 };
    expect((await buckets(0, 500, 5)).buckets).toMatchObject([fine]);
    expect((await buckets(0, day, 5)).buckets).toMatchObject([{ count: 7, min: 5, max: 20, mean: 11 }]);
  });

  test('what a lane repeats is stored once, cut as it may be, whatever other lanes brought meanwhile', async () => {
    const { at, keep, shown } = newSignal();
    await keep([at(0, 1), at(9000, 2), at(3000, 3)]);
    const again = [at(3000, 4), at(12_000, 5), at(6000, 6), at(6000, 7), at(11_000, 8)];
    const lost = inTransaction(database.database, async (transaction) => {
      await store.keep(transaction, again, receivedAt, origin);
      throw new Error('the commit did not happen');
    });
    await expect(lost).rejects.toThrow('the commit did not happen');
    await keep([at(6000, 9), at(20_000, 10)], { ...origin, lane: 'history' });
    await keep(again.slice(0, 3));
    await keep(again.slice(3));
    const values = (await shown(10)).map(({ value }) => Number(value));
    expect(values.sort((one, other) => one - other)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('what comes late is at its place, and nothing is where nothing came', async () => {
    const { at, keep, shown, list, buckets } = newSignal();
    await keep([at(10 * day, 5)]);
    await keep([at(0, 1), at(5 * day, 3, { historical: true })]);
    await shown(3);
    const { buckets: found } = await buckets(0, 11 * day, 11);
    expect(found.map(({ start, last }) => [(start - begin) / day, last])).toEqual([
      [0, 1],
      [5, 3],
      [10, 5],
    ]);
    expect(await list({ from: begin + day, to: begin + 5 * day })).toEqual([]);
    expect((await buckets(day, 5 * day, 100)).buckets).toEqual([]);
  });

  test('whatever came and whatever is asked for, buckets made of roll-ups say what the readings say [I7]', async () => {
    const time = fc.oneof(
      fc.constantFrom(0, 1, 60_000),
      fc.integer({ min: 0, max: 120_000 }),
      fc.integer({ min: 0, max: 2 * day }),
      fc.integer({ min: 0, max: 60 * day }),
    );
    const value = fc.oneof(
      {
        weight: 20,
        arbitrary: fc.integer({ min: -100_000, max: 100_000 }).map((hundredths) => hundredths / 100),
      },
      { weight: 2, arbitrary: fc.boolean() },
      { weight: 1, arbitrary: fc.constantFrom('RUNNING', null, 1e300, -1e300) },
    );
    const reading = fc.record({ time, value, quality: fc.constantFrom('GOOD', 'GOOD', 'UNCERTAIN', 'BAD') });
    const batch = fc.record({
      readings: fc.array(reading, { minLength: 1, maxLength: 40 }),
      rollsUp: fc.boolean(),
    });
    const asked = fc.record({
      from: time,
      length: fc.oneof(fc.integer({ min: 1, max: 200_000 }), fc.integer({ min: 1, max: 70 * day })),
      buckets: fc.integer({ min: 1, max: 300 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(batch, { minLength: 1, maxLength: 3 }),
        fc.array(asked, { minLength: 4, maxLength: 4 }),
        async (batches, questions) => {
          const { at, keep, shown, buckets } = newSignal();
          const sent: NumberedReading[] = [];
          for (const { readings, rollsUp } of batches) {
            const own = readings.map(({ time: milliseconds, ...more }) =>
              at(milliseconds, more.value, { quality: more.quality }),
            );
            await keep(own);
            sent.push(...own);
            if (rollsUp) {
              await rollUpChanges(database.database);
            }
          }
          await shown(sent.length);
          for (const { from, length, buckets: count } of questions) {
            const range = { from: begin + from, to: begin + from + length };
            const answer = await buckets(from, from + length, count);
            const inRange = sent.filter(
              (one) => one.reading.sourceTime >= range.from && one.reading.sourceTime < range.to,
            );
            expect(answer.buckets.length).toBeLessThanOrEqual(count);
            expect(answer.buckets).toEqual(bucketsOf(inRange, answer));
          }
        },
      ),
      { numRuns: 15 },
    );
  }, 120_000);

  test('what gateways thinned is in the buckets', async () => {
    const { signal, at, keep, shown, buckets } = newSignal();
    await keep([at(5000, 14)]);
    const summary = {
      type: 'summary' as const,
      deviceId: signal.deviceId,
      signal: signal.name,
      from: begin,
      to: begin + 9000,
      count: 10,
      badCount: 1,
      numericCount: 9,
      minimum: 1,
      maximum: 9,
      mean: 4,
      last: 6,
      clockState: 'SYNCHRONIZED' as const,
    };
    await inTransaction(database.database, async (transaction) => {
      await insertSummaries(transaction, [{ signalId: signal.id, summary }], receivedAt);
      await noteChanges(transaction, { summaries: [{ signalId: signal.id, summary }] }, receivedAt);
    });
    await shown(1);
    const expected = { count: 11, min: 1, max: 14, mean: 5, last: 6, badCount: 1 };
    expect((await buckets(0, 20_000, 2)).buckets).toEqual([{ start: begin, ...expected }]);
    expect((await buckets(0, 10 * day, 2)).buckets).toEqual([{ start: begin, ...expected }]);
  });
}

/** What the buckets must be, each computed from its readings. */
function bucketsOf(
  readings: readonly NumberedReading[],
  {
    bucketMilliseconds: width,
    buckets,
  }: { bucketMilliseconds: number; buckets: readonly { start: number }[] },
) {
  const first = buckets[0]?.start ?? 0;
  const groups = Map.groupBy(
    readings,
    ({ reading }) => first + Math.floor((reading.sourceTime - first) / width) * width,
  );
  return [...groups]
    .sort(([one], [other]) => one - other)
    .map(([start, inside]) => {
      const usable = inside
        .filter(({ reading }) => reading.quality !== 'BAD')
        .flatMap(({ reading }) => {
          const { value } = columnsOfValue(reading.value);
          return value === null ? [] : [{ time: reading.sourceTime, value }];
        })
        .sort((one, other) => one.time - other.time);
      const values = usable.map(({ value }) => value);
      const summable = values.filter((value) => Math.abs(value) < 1e150);
      return {
        start,
        count: inside.length,
        badCount: inside.filter(({ reading }) => reading.quality === 'BAD').length,
        min: values.length === 0 ? null : Math.min(...values),
        max: values.length === 0 ? null : Math.max(...values),
        mean:
          summable.length === 0
            ? null
            : expect.closeTo(summable.reduce((sum, one) => sum + one, 0) / summable.length, 7),
        last: values.at(-1) ?? null,
      };
    });
}

describe('readings in PostgreSQL', () => {
  readingStoreContract(async () => ({ store: createPostgresStore(), flush: async () => undefined }));
});

describeRequiring('readings in VictoriaMetrics by the client of InfluxDB', victoriaMetricsNeed, () => {
  let server: VictoriaMetrics;
  afterAll(() => server?.close());
  readingStoreContract(async () => {
    server = await createVictoriaMetrics();
    await server.start();
    const settings = { url: server.url, token: 'token', org: 'andon', bucket: 'readings' };
    return { store: createInfluxStore(settings, pino({ level: 'silent' })), flush: server.flush };
  });
});

describeRequiring('a cloud that keeps its readings in VictoriaMetrics', victoriaMetricsNeed, () => {
  let server: VictoriaMetrics;
  let cloud: TestApp;
  beforeAll(async () => {
    server = await createVictoriaMetrics();
    const influx = { url: server.url, token: 'token', org: 'andon', bucket: 'readings' };
    cloud = await createTestApp({ settings: { influx }, logLevel: 'silent' });
  }, 60_000);
  afterAll(async () => {
    await cloud?.close();
    await server?.close();
  });

  test('acknowledges nothing while that is away, and has each reading once when the gateway has sent it again', async () => {
    const gateway = await enrolGateway(cloud, 'line-1');
    await registerDevice(cloud, gateway, 'press-1');
    const batch = Array.from({ length: 50 }, (_, index) =>
      readingOf({ deviceId: 'press-1', value: index, sourceTime: begin + index * 1000 }),
    );
    const refused = await gateway.send('readings', batch);
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
      503,
      'influxdb.not-written',
      '5',
    ]);
    const path =
      '/v1/devices/press-1/readings?signal=temperature&from=2026-03-02T08:00:00Z&to=2026-03-02T09:00:00Z';
    await server.start();
    expect((await gateway.send('readings', batch)).body.acked).toBe(50);
    await server.flush();
    const chart = await cloud.administrator.get(`${path}&buckets=60`);
    expect(chart.body.buckets).toMatchObject([{ count: 50, min: 0, max: 49, mean: 24.5, last: 49 }]);
    const latest = await cloud.administrator.get('/v1/devices/press-1/signals');
    expect(latest.body.items).toMatchObject([{ signal: 'temperature', value: 49 }]);
    await server.stop();
    // What is rolled up is in our database.
    expect((await cloud.administrator.get(`${path}&buckets=60`)).body).toEqual(chart.body);
    const away = await cloud.administrator.get(`${path}&buckets=600`);
    expect([away.status, away.body.code]).toEqual([503, 'influxdb.away']);
  });
});
