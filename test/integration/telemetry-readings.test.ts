import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepHouse, keptDefault } from '../../cloud/telemetry/housekeeping.ts';
import { createSignalNumbers, keyOf } from '../../cloud/telemetry/signal-numbers.ts';
import { RecordingReader, readJsonRecording } from '../../gateway/replay/index.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { type EdgeGateway, enrolGateway, readingOf, registerDevice } from '../support/edge-gateway.ts';

let cloud: TestApp;
let gateway: EdgeGateway;

beforeAll(async () => {
  cloud = await createTestApp();
  gateway = await enrolGateway(cloud, 'line-1');
  await registerDevice(cloud, gateway, 'press-1');
});
afterAll(() => cloud.close());

const baseTime = Date.parse('2026-03-02T08:00:00.000Z');
const day = 'from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z';
const at = (signal: string, seconds: number, value: unknown, more: Record<string, unknown> = {}) => ({
  ...readingOf({ deviceId: 'press-1', signal, sourceTime: baseTime + seconds * 1000 }),
  value: value as number,
  ...more,
});
/** The table does not say why a value is BAD; a page of readings does. */
const withReason = <Value extends { badReason?: string }>(value: Value) =>
  value.badReason === undefined ? value : { ...value, badReason: 'out-of-range' };
const get = (path: string) => cloud.administrator.get(`/v1/devices/press-1/${path}`);

describe('readings', () => {
  test('come back in buckets with their smallest, largest, mean and last; empty buckets are left out and BAD is only counted', async () => {
    await gateway.send('readings', [
      at('pressure', 0, 10, { unit: 'bar' }),
      at('pressure', 5, 30),
      at('pressure', 9, 20),
      at('pressure', 11, null, { quality: 'BAD', qualityReason: 'checksum' }),
      at('pressure', 12, 900, { quality: 'BAD', qualityReason: 'out-of-range' }),
      at('pressure', 35, 5, { quality: 'UNCERTAIN' }),
    ]);
    const { body } = await get(
      'readings?signal=pressure&from=2026-03-02T08:00:00Z&to=2026-03-02T08:00:40Z&buckets=4',
    );
    expect(body).toEqual({
      signal: 'pressure',
      unit: 'Cel',
      from: '2026-03-02T08:00:00.000Z',
      to: '2026-03-02T08:00:40.000Z',
      bucketMilliseconds: 10_000,
      buckets: [
        { start: '2026-03-02T08:00:00.000Z', count: 3, min: 10, max: 30, mean: 20, last: 20, badCount: 0 },
        {
          start: '2026-03-02T08:00:10.000Z',
          count: 2,
          min: null,
          max: null,
          mean: null,
          last: null,
          badCount: 2,
        },
        { start: '2026-03-02T08:00:30.000Z', count: 1, min: 5, max: 5, mean: 5, last: 5, badCount: 0 },
      ],
    });
  });

  test('of a signal that the category names and the device has not sent yet are none, which is no error', async () => {
    await registerDevice(cloud, gateway, 'press-2');
    const category = await cloud.administrator.get('/v1/devices/press-2');
    const { name } = category.body.category.signals[0];
    const buckets = await cloud.administrator.get(`/v1/devices/press-2/readings?signal=${name}&${day}`);
    expect([buckets.status, buckets.body.buckets]).toEqual([200, []]);
    const raw = await cloud.administrator.get(`/v1/devices/press-2/readings/raw?signal=${name}&${day}`);
    expect(raw.body).toEqual({ items: [], nextCursor: null });
  });

  test('that the edge thinned come back in the buckets with what is left of them, and gaps with their device and signals', async () => {
    const summary = {
      type: 'summary' as const,
      deviceId: 'press-1',
      signal: 'level',
      from: baseTime,
      to: baseTime + 9000,
      count: 10,
      badCount: 1,
      numericCount: 9,
      minimum: 1,
      maximum: 9,
      mean: 4,
      last: 6,
      clockState: 'SYNCHRONIZED' as const,
    };
    const gap = { type: 'gap' as const, reason: 'evicted', from: baseTime, to: baseTime + 60_000 };
    const sent = await gateway.send('readings', [
      summary,
      { ...gap, deviceId: 'press-1', signals: ['level', 'speed'], count: 7 },
      { ...gap, count: 3 },
      at('level', 5, 14),
      { ...at('level', 12, 8), clockState: 'CORRECTED', originalTime: 12_000 },
    ]);
    expect(sent.status).toBe(200);
    const range = 'from=2026-03-02T08:00:00Z&to=2026-03-02T08:00:20Z';
    const { body } = await get(`readings?signal=level&${range}&buckets=2`);
    expect(body.buckets).toEqual([
      { start: '2026-03-02T08:00:00.000Z', count: 11, min: 1, max: 14, mean: 5, last: 6, badCount: 1 },
      { start: '2026-03-02T08:00:10.000Z', count: 1, min: 8, max: 8, mean: 8, last: 8, badCount: 0 },
    ]);
    const gaps = await get(`gaps?${range}`);
    expect(gaps.body.items).toMatchObject([
      { deviceId: null, count: 3, signals: null },
      { deviceId: 'press-1', count: 7, signals: ['level', 'speed'] },
    ]);
    expect((await get('gaps?from=2026-03-02T09:00:00Z')).body.items).toEqual([]);
    const raw = await get(`readings/raw?signal=level&${range}`);
    expect(raw.body.items).toMatchObject([
      { value: 14, originalTime: null },
      { value: 8, clockState: 'CORRECTED', originalTime: '1970-01-01T00:00:12.000Z' },
    ]);
  });

  test('of all signals are a table by their time, over as many pages as it takes, and replay reads it', async () => {
    await registerDevice(cloud, gateway, 'press-3');
    const of3 = (signal: string, seconds: number, value: unknown, more = {}) => ({
      ...at(signal, seconds, value, more),
      deviceId: 'press-3',
    });
    const fast = Array.from({ length: 2300 }, (_, index) => of3('fast', index, -index));
    for (let sent = 0; sent < fast.length; sent += 500) {
      await gateway.send('readings', fast.slice(sent, sent + 500));
    }
    await gateway.send('readings', [
      of3('slow', 1, 'one, "two"'),
      of3('slow', 2200, true),
      of3('slow', 2250, 7, { quality: 'BAD', qualityReason: 'out-of-range' }),
      of3('slow', 90_000, 1),
    ]);
    const path = '/v1/devices/press-3/readings.csv';
    const { status, headers, text } = await cloud.administrator.get(`${path}?${day}`);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).toBe('attachment; filename="press-3.csv"');
    const lines = text.trimEnd().split('\r\n');
    expect(lines.slice(0, 4)).toEqual([
      'time,device,signal,value,quality',
      '2026-03-02T08:00:00.000Z,press-3,fast,0,GOOD',
      '2026-03-02T08:00:01.000Z,press-3,fast,-1,GOOD',
      '2026-03-02T08:00:01.000Z,press-3,slow,"one, ""two""",GOOD',
    ]);
    expect(lines).toHaveLength(1 + 2300 + 3);
    expect(lines).toContain('2026-03-02T08:36:40.000Z,press-3,slow,true,GOOD');
    expect(lines).toContain('2026-03-02T08:37:30.000Z,press-3,slow,7,BAD');
    const times = lines.slice(1).map((line) => line.slice(0, 24));
    expect(times).toEqual(times.toSorted());

    const unnamed = { device: undefined, signal: undefined, time: undefined, value: undefined };
    const reader = new RecordingReader(unnamed, [{ id: 'press-3' }]);
    const rows = lines.map((line) => reader.take(line)).filter((row) => row !== undefined);
    expect([reader.refusals(), reader.warnings(), rows.length]).toEqual([{}, [], 2303]);
    expect(rows[2]).toEqual({
      deviceId: 'press-3',
      sourceTime: baseTime + 1000,
      values: [{ signal: 'slow', value: 'one, "two"' }],
    });
    const page = await cloud.administrator.get(`/v1/devices/press-3/readings/raw?signal=slow&${day}`);
    const asked = { device: undefined, signal: 'slow' };
    expect(readJsonRecording(page.text, asked, [{ id: 'press-3' }]).rows).toEqual(
      rows
        .filter(({ values }) => values[0]?.signal === 'slow')
        .map((row) => ({ ...row, values: row.values.map(withReason) })),
    );

    const one = await cloud.administrator.get(`${path}?signal=slow&${day}`);
    expect(one.text.trimEnd().split('\r\n')).toHaveLength(4);
    const statusOf = async (of: string) => (await cloud.administrator.get(`/v1/devices/${of}`)).status;
    expect(await statusOf(`press-3/readings.csv?signal=none&${day}`)).toBe(404);
    expect(await statusOf('absent/readings.csv')).toBe(404);
    expect(await statusOf('press-3/readings.csv?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z')).toBe(
      422,
    );
    const empty = await cloud.administrator.get(`${path}?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z`);
    expect(empty.text.trim()).toBe('time,device,signal,value,quality');
  });

  test('two of the same time are both kept, and pages hold each once', async () => {
    const readings = Array.from({ length: 25 }, (_, index) => at('twins', Math.floor(index / 10), index));
    await gateway.send('readings', readings);
    const values: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await get(
        `readings/raw?signal=twins&${day}&limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      expect(page.status).toBe(200);
      values.push(...page.body.items.map((item: { value: number }) => item.value));
      cursor = page.body.nextCursor;
    }
    expect(values).toEqual(readings.map((reading) => reading.value));
  });

  test('the latest value goes forward in time only, and a date in the future does not hold it up', async () => {
    const latest = async () => {
      const { body } = await get('signals');
      return body.items.find((item: { signal: string }) => item.signal === 'level');
    };
    const now = (cloud.clock.now() - baseTime) / 1000;
    await gateway.send('readings', [at('level', now - 10, 1, { unit: 'm' }), at('level', now - 20, 2)]);
    expect(await latest()).toMatchObject({ value: 1, quality: 'GOOD' });
    await gateway.send('readings', [at('level', now - 15, 3, { unit: 'm' })]);
    expect(await latest()).toMatchObject({ value: 1, unit: 'm' });
    await gateway.send('readings', [at('level', now + 86_400, 4)]);
    expect(await latest()).toMatchObject({ value: 4 });
    await gateway.send('readings', [at('level', now, null, { quality: 'BAD', qualityReason: 'timeout' })]);
    expect(await latest()).toMatchObject({ value: null, quality: 'BAD', qualityReason: 'timeout' });
  });

  test('a device may have a thousand signals, and readings of further ones are refused and counted', async () => {
    await registerDevice(cloud, gateway, 'chatter-1');
    const many = (first: number, count: number) =>
      Array.from({ length: count }, (_, index) =>
        readingOf({ deviceId: 'chatter-1', signal: `s${String(first + index).padStart(5, '0')}` }),
      );
    await gateway.send('readings', many(0, 990));
    expect((await gateway.send('readings', many(990, 30))).status).toBe(200);
    const { body } = await cloud.administrator.get('/v1/devices/chatter-1/signals');
    expect(body.items).toHaveLength(1000);
    const rejections = await cloud.administrator.get('/v1/gateways/line-1/rejections?deviceId=chatter-1');
    expect(rejections.body.items).toMatchObject([{ reason: 'too-many-signals', count: 20 }]);
  });

  test('are forgotten so many days after they arrived, whatever their own date is', async () => {
    const old = Date.parse('2013-12-02T21:15:00.000Z');
    const send = (value: number) =>
      gateway.send('readings', [readingOf({ deviceId: 'press-1', signal: 'kept', value, sourceTime: old })]);
    await send(1);
    await cloud.pool.query(
      `update readings set received_at = received_at - interval '401 days'
       where signal_id = (select id from telemetry_signals where name = 'kept')`,
    );
    await send(2);
    // The cloud's own work may have been first.
    await keepHouse(cloud.platform, keptDefault);
    const raw = await get('readings/raw?signal=kept&from=2013-01-01T00:00:00Z&to=2014-01-01T00:00:00Z');
    expect(raw.body.items.map((item: { value: number }) => item.value)).toEqual([2]);
  });

  test('what makes no sense in a query is refused, and the field is named', async () => {
    await gateway.send('readings', [at('asked', 0, 1)]);
    const cases: [string, number, string][] = [
      ['readings', 422, 'signal'],
      ['readings?signal=%00', 422, 'signal'],
      ['readings?signal=nothing', 404, 'signal'],
      ['readings?signal=asked&buckets=0', 422, 'buckets'],
      ['readings?signal=asked&buckets=1e9', 422, 'buckets'],
      ['readings?signal=asked&from=yesterday', 422, 'from'],
      ['readings?signal=asked&from=2026-03-02T08:00:00Z&to=2026-03-02T08:00:00Z', 422, 'from'],
      ['readings?signal=asked&to=0000-01-01T00:00:00Z', 422, 'to'],
      ['readings?signal=asked&to=2026-02-30T00:00:00Z', 422, 'to'],
      ['readings?signal=asked&fro=1', 422, 'fro'],
      ['readings/raw?signal=asked&limit=1001', 422, 'limit'],
      ['readings/raw?signal=asked&cursor=bm9uZQ', 422, 'cursor'],
      [`readings/raw?signal=asked&cursor=${Buffer.from('["x",1]').toString('base64url')}`, 422, 'cursor'],
      [
        `readings/raw?signal=asked&cursor=${Buffer.from('["2026-03-02T08:00:00.000000Z",1e300]').toString('base64url')}`,
        422,
        'cursor',
      ],
    ];
    for (const [path, status, field] of cases) {
      const answer = await get(path);
      expect([path, answer.status, answer.body.errors?.[0]?.field]).toEqual([path, status, field]);
    }
    expect((await cloud.administrator.get('/v1/devices/none/signals')).status).toBe(404);
    expect((await cloud.administrator.get('/v1/devices/%00/signals')).status).toBe(404);
    const widest = await get('readings?signal=asked&from=1970-01-01T00:00:00Z&to=9999-12-31T23:59:59Z');
    expect(widest.body.buckets).toHaveLength(1);
  });
});

test('signals keep their numbers, also where more of them are heard of than are remembered', async () => {
  const numbers = createSignalNumbers(4);
  const numberOf = async (index: number) => {
    const key = { deviceId: 'press-1', name: `channel-${index}` };
    const found = await cloud.platform.database
      .transaction()
      .execute((transaction) =>
        numbers.numbersOf(transaction, new Map([[keyOf(key.deviceId, key.name), key]])),
      );
    return found.get(keyOf(key.deviceId, key.name));
  };
  const first: (number | undefined)[] = [];
  for (let index = 0; index < 12; index += 1) first.push(await numberOf(index));
  expect(new Set(first).size).toBe(12);
  expect(first).not.toContain(undefined);
  for (const index of [11, 10, 9, 0, 5, 11, 0, 1, 2, 3, 4, 11]) {
    expect(await numberOf(index)).toBe(first[index]);
  }
});

test('a signal whose transaction was rolled back gets a number anew, though that asked for it twice', async () => {
  const numbers = createSignalNumbers();
  const key = keyOf('press-1', 'short-lived');
  const wanted = new Map([[key, { deviceId: 'press-1', name: 'short-lived' }]]);
  const rolledBack = cloud.platform.database.transaction().execute(async (transaction) => {
    const first = await numbers.numbersOf(transaction, wanted);
    expect(await numbers.numbersOf(transaction, wanted)).toEqual(first);
    throw new Error('another gateway failed');
  });
  await expect(rolledBack).rejects.toThrow('another gateway failed');
  const kept = await cloud.platform.database
    .transaction()
    .execute((transaction) => numbers.numbersOf(transaction, wanted));
  const { rows } = await cloud.pool.query("select id from telemetry_signals where name = 'short-lived'");
  expect(rows).toEqual([{ id: kept.get(key) }]);
});
