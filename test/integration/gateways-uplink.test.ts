import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import {
  type EdgeGateway,
  edgeGateway,
  enrolGateway,
  readingOf,
  registerDevice,
} from '../support/edge-gateway.ts';

let cloud: TestApp;
let gateway: EdgeGateway;

beforeAll(async () => {
  cloud = await createTestApp();
  gateway = await enrolGateway(cloud, 'line-1');
  await registerDevice(cloud, gateway, 'press-1');
});
afterAll(() => cloud.close());

const baseTime = Date.parse('2026-03-02T08:00:00.000Z');
const valuesAt = (signal: string, first: number, count: number) =>
  Array.from({ length: count }, (_, index) =>
    readingOf({ deviceId: 'press-1', signal, value: first + index, sourceTime: baseTime + first + index }),
  );
async function storedValues(signal: string): Promise<number[]> {
  const raw = await cloud.administrator.get(
    `/v1/devices/press-1/readings/raw?signal=${signal}&from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z&limit=1000`,
  );
  return raw.status === 404 ? [] : raw.body.items.map((item: { value: number }) => item.value);
}

describe('the uplink', () => {
  test('stores a repeated batch once, skips what it has, and says what it expects where there is a hole', async () => {
    const epoch = randomUUID();
    const post = (firstSeq: number, count: number) =>
      gateway.post({ lane: 'readings', epoch, firstSeq, records: valuesAt('a', firstSeq, count) });
    expect((await post(1, 3)).body).toEqual({ acked: 3 });
    expect((await post(1, 3)).body).toEqual({ acked: 3 });
    const hole = await post(6, 2);
    expect([hole.status, hole.body.expected, hole.body.code]).toEqual([409, 4, 'gateways.uplink-hole']);
    expect((await post(2, 4)).body).toEqual({ acked: 5 });
    expect((await post(1, 2)).body).toEqual({ acked: 5 });
    expect(await storedValues('a')).toEqual([1, 2, 3, 4, 5]);
  });

  test('a new epoch begins at 1, and a late repetition of the former one is still known', async () => {
    const former = randomUUID();
    const later = randomUUID();
    const post = (epoch: string, firstSeq: number, first: number, count: number) =>
      gateway.post({ lane: 'readings', epoch, firstSeq, records: valuesAt('b', first, count) });
    await post(former, 1, 1, 2);
    const notFromOne = await post(later, 3, 3, 1);
    expect([notFromOne.status, notFromOne.body.expected]).toEqual([409, 1]);
    expect((await post(later, 1, 3, 2)).body).toEqual({ acked: 2 });
    expect((await post(former, 1, 1, 2)).body).toEqual({ acked: 2 });
    expect(await storedValues('b')).toEqual([1, 2, 3, 4]);
    const { lanes } = (await cloud.administrator.get('/v1/gateways/line-1')).body;
    expect(lanes.map((lane: { lane: string }) => lane.lane)).toEqual(['readings']);
  });

  test('of identical posts at the same moment one stores and all are acknowledged', async () => {
    const epoch = randomUUID();
    const batch = { lane: 'readings', epoch, firstSeq: 1, records: valuesAt('c', 1, 200) };
    const answers = await Promise.all([1, 2, 3, 4].map(() => gateway.post(batch)));
    expect(answers.map((answer) => [answer.status, answer.body.acked])).toEqual(
      [1, 2, 3, 4].map(() => [200, 200]),
    );
    expect(await storedValues('c')).toHaveLength(200);
  });

  test('lanes do not wait for each other', async () => {
    const epoch = randomUUID();
    const status = {
      type: 'device-status',
      deviceId: 'press-1',
      connected: true,
      at: cloud.clock.now(),
    };
    expect((await gateway.post({ lane: 'alerts', epoch, firstSeq: 1, records: [status] })).body).toEqual({
      acked: 1,
    });
    expect(
      (await gateway.post({ lane: 'readings', epoch, firstSeq: 1, records: valuesAt('d', 1, 1) })).body,
    ).toEqual({ acked: 1 });
  });

  test('takes a gzipped batch, and none that grows beyond the limit', async () => {
    const epoch = randomUUID();
    const gzip = { 'content-encoding': 'gzip' };
    const batch = { lane: 'readings', epoch, firstSeq: 1, records: valuesAt('e', 1, 50) };
    expect((await gateway.post(gzipSync(JSON.stringify(batch)), gzip)).body).toEqual({ acked: 50 });
    const bomb = await gateway.post(gzipSync(' '.repeat(20 * 1024 * 1024)), gzip);
    expect(bomb.status).toBe(413);
    const noGzip = await gateway.post('{}', gzip);
    expect(noGzip.status).toBe(400);
    const otherEncoding = await gateway.post('{}', { 'content-encoding': 'br' });
    expect(otherEncoding.status).toBe(415);
  });

  test('names the record and the field that are wrong, and stores nothing of that batch', async () => {
    const epoch = randomUUID();
    const post = (records: unknown[], rest: Record<string, unknown> = {}) =>
      gateway.post({ lane: 'readings', epoch, firstSeq: 1, records, ...rest });
    const good = valuesAt('f', 1, 2);
    const cases: [unknown[], string][] = [
      [[...good, { ...readingOf({ deviceId: 'press-1' }), value: { nested: true } }], 'records.2.value'],
      [[{ ...readingOf({ deviceId: 'press-1' }), sourceTime: -1 }], 'records.0.sourceTime'],
      [[...good, { ...readingOf({ deviceId: 'press-1' }), surprise: 1 }], 'records.2.surprise'],
      [[{ type: 'reading', deviceId: 'press-1' }], 'records.0.signal'],
      [[{ type: 'gossip' }], 'records.0.type'],
      [[null], 'records.0.type'],
      [[{ type: 'device-status', deviceId: 'press-1', connected: true, at: 1 }], 'records.0.type'],
    ];
    for (const [records, field] of cases) {
      const answer = await post(records);
      expect([answer.status, answer.body.errors?.[0]?.field]).toEqual([422, field]);
    }
    expect(await storedValues('f')).toEqual([]);
    const envelopes: [unknown, string][] = [
      [{ lane: 'readings', epoch, firstSeq: 1, records: [] }, 'records'],
      [{ lane: 'readings', epoch, firstSeq: 0, records: good }, 'firstSeq'],
      [{ lane: 'readings', epoch, firstSeq: 1e300, records: good }, 'firstSeq'],
      [{ lane: 'gossip', epoch, firstSeq: 1, records: good }, 'lane'],
      [{ lane: 'readings', epoch: 'one', firstSeq: 1, records: good }, 'epoch'],
      [{ lane: 'readings', epoch, firstSeq: 1, records: valuesAt('f', 1, 1001) }, 'records'],
      [{ lane: 'readings', epoch, firstSeq: 1, records: good, more: 1 }, 'more'],
      ['not json', 'body'],
      ['[]', 'body'],
      ['null', 'body'],
    ];
    for (const [batch, field] of envelopes) {
      const answer = await gateway.post(batch);
      expect([answer.status, answer.body.errors?.[0]?.field, JSON.stringify(batch).slice(0, 40)]).toEqual([
        422,
        field,
        JSON.stringify(batch).slice(0, 40),
      ]);
    }
  });

  test('keeps what is odd but legal: NUL in a text, half a surrogate pair, dates beyond reason, the largest numbers', async () => {
    const epoch = randomUUID();
    const odd = [
      readingOf({ deviceId: 'press-1', signal: 'odd', value: 'a\u0000b\ud800"\\' }),
      readingOf({
        deviceId: 'press-1',
        signal: 'odd',
        value: null,
        quality: 'BAD',
        qualityReason: 'x\u0000',
      }),
      readingOf({ deviceId: 'press-1', signal: 'odd', value: true, unit: '\u0000' }),
      readingOf({ deviceId: 'press-1', signal: 'odd', value: 1.7e308 }),
      readingOf({ deviceId: 'press-1', signal: 'odd', value: -1.7e308 }),
      readingOf({
        deviceId: 'press-1',
        signal: 'odd',
        value: 7,
        sourceTime: 8_640_000_000_000_000,
        gatewayTime: 8_640_000_000_000_000,
      }),
      { type: 'gap', reason: 'out\u0000of space', count: 2_147_483_647, from: 0, to: 8_640_000_000_000_000 },
    ];
    const answer = await gateway.post({ lane: 'readings', epoch, firstSeq: 1, records: odd });
    expect(answer.body).toEqual({ acked: 7 });
    const raw = await cloud.administrator.get(
      '/v1/devices/press-1/readings/raw?signal=odd&from=2026-03-02T00:00:00Z&to=9999-12-31T23:59:59.999Z',
    );
    expect(raw.body.items.map((item: { value: unknown }) => item.value)).toEqual([
      'a\ufffdb\ufffd"\\',
      null,
      true,
      1.7e308,
      -1.7e308,
    ]);
    const buckets = await cloud.administrator.get(
      '/v1/devices/press-1/readings?signal=odd&from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z',
    );
    expect(buckets.body.buckets).toMatchObject([{ count: 5, badCount: 1, min: -1.7e308, max: 1.7e308 }]);
    const { body } = await cloud.administrator.get('/v1/devices/press-1/signals');
    expect(body.items.find((item: { signal: string }) => item.signal === 'odd').value).toBe(-1.7e308);
    const gaps = await cloud.administrator.get('/v1/gateways/line-1/gaps');
    expect(gaps.body.items[0]).toMatchObject({
      reason: 'out\ufffdof space',
      lane: 'readings',
      deviceId: null,
    });
  });

  test('a record of a device that is not of this gateway is left out and counted, and the batch goes on', async () => {
    const other = await enrolGateway(cloud, 'line-2');
    const answer = await other.send('readings', [
      readingOf({ deviceId: 'press-1', signal: 'stolen' }),
      readingOf({ deviceId: 'nobody' }),
      readingOf({ deviceId: 'nobody' }),
    ]);
    expect(answer.body).toEqual({ acked: 3 });
    await other.send('alerts', [
      { type: 'device-status', deviceId: 'press-1', connected: false, at: 1 },
      {
        type: 'rejection',
        deviceId: 'press-9',
        source: 'mqtt',
        reason: 'not-json',
        count: 4,
        lastAt: cloud.clock.now(),
      },
    ]);
    await other.send('alerts', [
      { type: 'rejection', deviceId: 'press-9', source: 'mqtt', reason: 'not-json', count: 3, lastAt: 5 },
    ]);
    const { body } = await cloud.administrator.get('/v1/gateways/line-2/rejections');
    expect(
      body.items.map((item: { deviceId: string; source: string; reason: string; count: number }) => [
        item.deviceId,
        item.source,
        item.reason,
        item.count,
      ]),
    ).toEqual([
      ['press-9', 'mqtt', 'not-json', 7],
      ['press-1', 'cloud', 'unknown-device', 2],
      ['nobody', 'cloud', 'unknown-device', 2],
    ]);
    expect(await storedValues('stolen')).toEqual([]);
  });

  test('what many gateways send at once is each stored as its own, once, whatever the others sent', async () => {
    const fleet = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const one = await enrolGateway(cloud, `fleet-${index}`);
        await registerDevice(cloud, one, `fleet-press-${index}`);
        return one;
      }),
    );
    const epoch = randomUUID();
    const alertOf = (index: number) =>
      alertTransition({ alertId: randomUUID(), deviceId: `fleet-press-${index}`, errorCode: 7 });
    const answers = await Promise.all(
      fleet.flatMap((one, index) => {
        // The fourth leaves a hole; the sixth speaks of what is the first one's.
        const firstSeq = index === 3 ? 5 : 1;
        const of = index === 5 ? 0 : index;
        const readings = [1, 2].map((value) =>
          readingOf({ deviceId: `fleet-press-${of}`, signal: 'a', value }),
        );
        return [
          one.post({ lane: 'alerts', epoch, firstSeq, records: [alertOf(of)] }),
          one.post({ lane: 'readings', epoch, firstSeq, records: readings }),
          one.post({ lane: 'readings', epoch, firstSeq, records: readings }),
        ];
      }),
    );
    const wanted = fleet.flatMap((_, index) =>
      index === 3 ? ['expected 1', 'expected 1', 'expected 1'] : ['acked 1', 'acked 2', 'acked 2'],
    );
    expect(
      answers.map(({ body }) => ('acked' in body ? `acked ${body.acked}` : `expected ${body.expected}`)),
    ).toEqual(wanted);
    for (const [index, one] of fleet.entries()) {
      const alerts = (await cloud.administrator.get(`/v1/alerts?deviceId=fleet-press-${index}`)).body.items;
      const raw = await cloud.administrator.get(
        `/v1/devices/fleet-press-${index}/readings/raw?signal=a&from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z`,
      );
      const { items } = (await cloud.administrator.get(`/v1/gateways/${one.id}/rejections`)).body;
      const isBad = index === 3 || index === 5;
      expect([alerts.length, raw.body.items?.length ?? 0, items.length]).toEqual([
        isBad ? 0 : 1,
        isBad ? 0 : 2,
        index === 5 ? 1 : 0,
      ]);
    }
  });

  test('a post that takes too long to store is told when to come back, and is stored once when it does', async () => {
    const epoch = randomUUID();
    const post = (firstSeq: number, count: number) =>
      gateway.post({ lane: 'readings', epoch, firstSeq, records: valuesAt('slow', firstSeq, count) });
    expect((await post(1, 1)).body).toEqual({ acked: 1 });
    const other = await cloud.pool.connect();
    try {
      await other.query('begin');
      await other.query('select from gateway_lanes where epoch = $1 for update', [epoch]);
      const slow = await post(2, 2);
      expect([slow.status, slow.headers.get('retry-after'), slow.body.code]).toEqual([
        503,
        '2',
        'gateways.uplink-slow',
      ]);
      await other.query('rollback');
    } finally {
      other.release();
    }
    expect((await post(2, 2)).body).toEqual({ acked: 3 });
    expect(await storedValues('slow')).toEqual([1, 2, 3]);
  });

  test('a post is answered in time, too, where it cannot be noted that its gateway is there', async () => {
    const silent = await enrolGateway(cloud, 'line-4');
    const epoch = randomUUID();
    const post = (firstSeq: number) =>
      silent.post({ lane: 'readings', epoch, firstSeq, records: [readingOf({ deviceId: 'press-1' })] });
    expect((await post(1)).body).toEqual({ acked: 1 });
    // So that it is time to note it again.
    cloud.clock.advance(6000);
    const other = await cloud.pool.connect();
    try {
      await other.query('begin');
      await other.query("select from gateways where id = 'line-4' for no key update");
      const answers = await Promise.all([post(2), post(2)]);
      expect(
        answers.map(({ status, headers, body }) => [status, headers.get('retry-after'), body.code]),
      ).toEqual([1, 2].map(() => [503, '2', 'gateways.uplink-slow']));
      const { rows } = await other.query(`select pid from pg_stat_activity where datname = current_database()
        and wait_event_type = 'Lock' and query like 'update gateways%'`);
      expect(rows).toHaveLength(1);
      await other.query('rollback');
    } finally {
      other.release();
    }
    expect((await post(2)).body).toEqual({ acked: 2 });
  });

  test('only a gateway with a valid key may knock', async () => {
    const batch = { lane: 'readings', epoch: randomUUID(), firstSeq: 1, records: valuesAt('g', 1, 1) };
    expect((await cloud.anonymous.post('/v1/gateway/uplink', batch)).status).toBe(401);
    expect((await cloud.administrator.post('/v1/gateway/uplink', batch)).status).toBe(403);
    expect((await cloud.clientWithKey('andon_gw_guessed').post('/v1/gateway/uplink', batch)).status).toBe(
      401,
    );
    const third = await enrolGateway(cloud, 'line-3');
    const { key } = (await cloud.administrator.post('/v1/gateways/line-3/key?formerValidForSeconds=0')).body;
    expect((await third.client.post('/v1/gateway/uplink', batch)).status).toBe(401);
    const renewed = edgeGateway(cloud, 'line-3', key);
    expect((await renewed.post(batch)).status).toBe(200);
    expect((await renewed.client.get('/v1/gateways')).status).toBe(403);
    expect((await cloud.administrator.delete('/v1/gateways/line-3/key')).status).toBe(204);
    expect((await renewed.post(batch)).status).toBe(401);
  });

  test('too many posts at once are told the limit and when to come back', async () => {
    const epoch = randomUUID();
    const records = valuesAt('h', 1, 1000);
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => gateway.post({ lane: 'readings', epoch, firstSeq: 1, records })),
    );
    const refused = answers.filter((answer) => answer.status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.body).toMatchObject({ code: 'gateways.too-many-posts', limit: 6 });
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect(answers.filter((answer) => answer.status === 200).length + refused.length).toBe(12);
    expect(await storedValues('h')).toHaveLength(1000);
  });
});
