import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { systemClock } from '@andon/shared/kernel';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createInfluxStore } from '../../cloud/adapters/influxdb/index.ts';
import { inTransaction } from '../../cloud/platform/index.ts';
import type { ReadingStore, StoredReading } from '../../cloud/telemetry/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { readingOf } from '../support/edge-gateway.ts';
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
const mebibyte = 1024 * 1024;

describeRequiring('much of one signal in VictoriaMetrics', victoriaMetricsNeed, () => {
  let database: TestDatabase;
  let server: VictoriaMetrics;
  let between: Server;
  let store: ReadingStore;
  let largestAnswer = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    server = await createVictoriaMetrics();
    await server.start();
    // Passes all on, and looks how large the answers are.
    between = createServer(async (request, response) => {
      const body = await buffer(request);
      const answer = await fetch(`${server.url}${request.url}`, {
        method: request.method ?? 'GET',
        headers: {
          'content-type': request.headers['content-type'] ?? 'text/plain',
          'content-encoding': request.headers['content-encoding'] ?? 'identity',
        },
        body,
      });
      const bytes = Buffer.from(await answer.arrayBuffer());
      largestAnswer = Math.max(largestAnswer, bytes.length);
      response.writeHead(answer.status).end(bytes);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => between.once('listening', resolve));
    const { port } = between.address() as AddressInfo;
    const settings = { url: `http://127.0.0.1:${port}`, token: 't', org: 'andon', bucket: 'readings' };
    store = createInfluxStore(settings, pino({ level: 'silent' }));
  }, 60_000);
  afterAll(async () => {
    between?.close();
    await server?.close();
    await database?.close();
  });

  /** Straight to the server, as a year of batches would have left them. */
  async function write(signal: string, times: Iterable<number>): Promise<void> {
    const lines = [...times].map(
      (time, index) =>
        `andon_reading,device=press-1,signal=${signal} quality=0i,received=${time}i,value=${index % 1000} ${time}`,
    );
    const answer = await fetch(`${server.url}/api/v2/write?precision=ms`, {
      method: 'POST',
      body: lines.join('\n'),
    });
    expect(answer.status).toBe(204);
    await server.flush();
  }

  test('is made into buckets at the server, so an answer is as large as a chart', async () => {
    const signal = { id: 1, deviceId: 'press-1', name: 'fast' };
    const count = 200_000;
    await write(
      'fast',
      Array.from({ length: count }, (_, index) => begin + index * 100),
    );
    largestAnswer = 0;
    const range = { from: begin + 50, to: begin + count * 100, buckets: 2000 };
    const { bucketMilliseconds, buckets } = await store.readBuckets(database.database, { signal, ...range });
    expect(bucketMilliseconds).toBe(10_000);
    expect(buckets.length).toBe(2000);
    expect(buckets.reduce((sum, bucket) => sum + bucket.count, 0)).toBe(count - 1);
    expect(buckets[1]).toEqual({
      start: begin + 10_050,
      ...{ count: 100, badCount: 0, min: 101, max: 200, mean: 150.5, last: 200 },
    });
    expect(largestAnswer).toBeLessThan(mebibyte);
  }, 60_000);

  test('is listed page by page, and what lies between is counted and not fetched', async () => {
    const signal = { id: 2, deviceId: 'press-1', name: 'bursts' };
    const burst = (start: number) => Array.from({ length: 9_000 }, (_, index) => start + index * 20);
    await write('bursts', [begin - 300 * day, ...burst(begin), begin + 40 * day, ...burst(begin + 90 * day)]);
    largestAnswer = 0;
    const seen: StoredReading[] = [];
    let after: readonly [string, number] | undefined;
    const limit = 1000;
    for (let isMore = true; isMore; ) {
      const page = await store.listReadings(database.database, {
        signal,
        from: begin - 365 * day,
        to: begin + 365 * day,
        limit,
        ...(after && { after }),
      });
      isMore = page.length > limit;
      seen.push(...page.slice(0, limit));
      const last = seen.at(-1);
      after = last && [last.position, last.id];
    }
    expect(seen).toHaveLength(18_002);
    expect(
      seen.every((one, index) => index === 0 || one.sourceTime > (seen[index - 1]?.sourceTime ?? 0)),
    ).toBe(true);
    expect(largestAnswer).toBeLessThan(mebibyte);
  }, 120_000);

  test('is shown to the second that it came, in buckets of a second', async () => {
    const signal = { id: 3, deviceId: 'press-1', name: 'live' };
    const now = systemClock.now();
    const readings = Array.from({ length: 90 }, (_, index) => ({
      signalId: signal.id,
      reading: readingOf({
        deviceId: 'press-1',
        signal: 'live',
        value: index,
        sourceTime: now - 45_000 + index * 500,
      }),
    }));
    await inTransaction(database.database, (transaction) =>
      store.keep(transaction, readings, new Date(now), {
        lane: 'readings',
        gatewayOf: () => 'line-1',
      }),
    );
    const range = { from: now - 60_000, to: now, buckets: 60 };
    const buckets = await eventually(
      'the new signal to be shown',
      async () => {
        await server.flush();
        const answer = await store.readBuckets(database.database, { signal, ...range });
        return answer.buckets.length > 0 && answer.buckets;
      },
      20_000,
    );
    expect(buckets.map(({ start, last }) => [(start - range.from) / 1000, last])).toEqual(
      Array.from({ length: 45 }, (_, index) => [15 + index, 2 * index + 1]),
    );
  });
});
