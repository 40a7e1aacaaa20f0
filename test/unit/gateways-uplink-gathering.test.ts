import { type Reading, uplinkBatchRecordsMax } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import pg from 'pg';
import { describe, expect, test, vi } from 'vitest';
import type { UplinkHandler, UplinkRecords } from '../../cloud/gateways/ports.ts';
import { roundsOf, type UplinkPost } from '../../cloud/gateways/uplink.ts';
import { createUplinkGathering, type GatheringLimits } from '../../cloud/gateways/uplink-gathering.ts';
import { numberedId } from '../support/alert-records.ts';
import { readingOf } from '../support/edge-gateway.ts';
import { eventually } from '../support/wait.ts';

const readings = (count: number): Reading[] =>
  Array.from({ length: count }, (_, index) =>
    readingOf({ deviceId: 'press-1', signal: 'a', value: index, sourceTime: index }),
  );
const postOf = (gatewayId: string, count = 1, lane: 'alerts' | 'readings' = 'alerts'): UplinkPost => ({
  gatewayId,
  batch: { lane, epoch: numberedId(1), firstSeq: 1, records: readings(count) },
});

type Answers = (number | AndonError)[];

const deadlock = (): Error =>
  Object.assign(new pg.DatabaseError('deadlock detected', 0, 'error'), { code: '40P01' });

/** A gathering whose stores end when the test says so. */
function held(limits: Partial<GatheringLimits> = {}) {
  const stores: {
    posts: readonly UplinkPost[];
    gateways: string;
    end: (answers?: Answers) => void;
    fail: (error: Error) => void;
  }[] = [];
  const take = createUplinkGathering(
    (_lane, posts) => {
      const { promise, resolve, reject } = Promise.withResolvers<Answers>();
      stores.push({
        posts,
        gateways: posts.map(({ gatewayId }) => gatewayId).join(),
        end: (answers = posts.map(({ batch }) => batch.records.length)) => resolve(answers),
        fail: reject,
      });
      return promise;
    },
    {
      storers: { alerts: 1, readings: 2, history: 1 },
      storingMillisecondsMax: 60_000,
      postsMax: 100,
      ...limits,
    },
  );
  const begun = (count: number) =>
    eventually('the store to begin', async () => stores.length >= count && stores[count - 1], 2000);
  return { stores, take, begun };
}

describe('posts of many gateways', () => {
  test('one that comes alone is stored at once; what comes meanwhile is stored together, one of each gateway', async () => {
    const { stores, take, begun } = held();
    const answers = ['a', 'b', 'c', 'b', 'a'].map((gatewayId, index) => take(postOf(gatewayId, index + 1)));
    expect(stores.map(({ gateways }) => gateways)).toEqual(['a']);
    stores[0]?.end();
    (await begun(2))?.end();
    (await begun(3))?.end();
    expect(stores.map(({ gateways }) => gateways)).toEqual(['a', 'b,c,a', 'b']);
    expect(await Promise.all(answers)).toEqual([1, 2, 3, 4, 5]);
  });

  test('no more records are stored together than one gateway may send', async () => {
    const { stores, take, begun } = held();
    const answers = [
      take(postOf('a')),
      take(postOf('b', uplinkBatchRecordsMax)),
      take(postOf('c', 2)),
      take(postOf('d', 3)),
    ];
    stores[0]?.end();
    (await begun(2))?.end();
    (await begun(3))?.end();
    expect(stores.map(({ gateways }) => gateways)).toEqual(['a', 'b', 'c,d']);
    await Promise.all(answers);
  });

  test('lanes do not wait for each other, and no gateway is stored twice at once', async () => {
    const { stores, take, begun } = held();
    const answers = [
      take(postOf('a', 1, 'alerts')),
      take(postOf('a', 1, 'readings')),
      take(postOf('a', 2, 'readings')),
      take(postOf('b', 1, 'readings')),
    ];
    expect(stores.map(({ gateways }) => gateways)).toEqual(['a', 'a', 'b']);
    stores[1]?.end();
    (await begun(4))?.end();
    stores[0]?.end();
    stores[2]?.end();
    await Promise.all(answers);
  });

  test('where the database is away all hear so at once; after a deadlock they are tried together again', async () => {
    const { stores, take, begun } = held();
    const settled = Promise.allSettled(['a', 'b', 'c'].map((gatewayId) => take(postOf(gatewayId))));
    const away = Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
    stores[0]?.end();
    (await begun(2))?.fail(deadlock());
    (await begun(3))?.fail(away);
    expect(stores.map(({ gateways }) => gateways)).toEqual(['a', 'b,c', 'b,c']);
    expect(
      (await settled).map((one) => (one.status === 'fulfilled' ? one.value : one.reason.message)),
    ).toEqual([1, 'away', 'away']);
  });

  test('where one is refused the others are kept; where all fail each is tried by itself', async () => {
    const { stores, take, begun } = held();
    const refusal = new AndonError({ code: 'test.refused', message: 'No.', nextStep: 'Nothing.' });
    const settled = Promise.allSettled(['a', 'b', 'c', 'b'].map((gatewayId) => take(postOf(gatewayId))));
    stores[0]?.end();
    (await begun(2))?.fail(new Error('one of them is bad'));
    await begun(4);
    stores[2]?.end([refusal]);
    stores[3]?.fail(new Error('it is this one'));
    (await begun(5))?.end();
    expect(stores.map(({ gateways }) => gateways)).toEqual(['a', 'b,c', 'b', 'c', 'b']);
    expect(
      (await settled).map((one) => (one.status === 'fulfilled' ? one.value : one.reason.message)),
    ).toEqual([1, 'No.', 'it is this one', 1]);
  });

  test('one that is late is told when to come back: stored no more where it waits, not twice where it is being stored', async () => {
    vi.useFakeTimers();
    try {
      const { stores, take } = held({ storingMillisecondsMax: 10_000 });
      const late = Promise.allSettled([take(postOf('a')), take(postOf('b')), take(postOf('c'))]);
      await vi.advanceTimersByTimeAsync(9_000);
      const again = take(postOf('a', 2));
      const other = take(postOf('d', 3));
      await vi.advanceTimersByTimeAsync(1_000);
      for (const one of await late) {
        expect(one).toMatchObject({
          reason: { code: 'gateways.uplink-slow', status: 503, details: { retryAfterSeconds: 2 } },
        });
      }
      expect(stores.map(({ gateways }) => gateways)).toEqual(['a']);
      stores[0]?.end();
      await vi.advanceTimersByTimeAsync(0);
      expect(stores.map(({ gateways }) => gateways)).toEqual(['a', 'a,d']);
      stores[1]?.end();
      expect(await Promise.all([again, other])).toEqual([2, 3]);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('what has to be done before a post is stored counts as its time, and once it is late it is stored no more', async () => {
    vi.useFakeTimers();
    try {
      const { stores, take } = held({ storingMillisecondsMax: 10_000 });
      const slow = Promise.withResolvers<void>();
      const late = Promise.allSettled([take(postOf('a'), () => slow.promise)]);
      const other = take(postOf('b'), () => Promise.resolve());
      const failed = Promise.allSettled([take(postOf('c'), () => Promise.reject(new Error('away')))]);
      await vi.advanceTimersByTimeAsync(0);
      stores[0]?.end();
      expect(await other).toBe(1);
      expect(await failed).toMatchObject([{ reason: { message: 'away' } }]);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await late).toMatchObject([{ reason: { code: 'gateways.uplink-slow', status: 503 } }]);
      slow.resolve();
      await vi.advanceTimersByTimeAsync(0);
      expect(stores.map(({ gateways }) => gateways)).toEqual(['b']);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('what was late while it was stored together is not tried by itself', async () => {
    vi.useFakeTimers();
    try {
      const { stores, take } = held({ storingMillisecondsMax: 10_000 });
      const first = take(postOf('a'));
      const late = Promise.allSettled([take(postOf('b')), take(postOf('c'))]);
      stores[0]?.end();
      await first;
      await vi.advanceTimersByTimeAsync(10_000);
      expect((await late).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      stores[1]?.fail(new Error('it took too long'));
      await vi.advanceTimersByTimeAsync(0);
      expect(stores.map(({ gateways }) => gateways)).toEqual(['a', 'b,c']);
    } finally {
      vi.useRealTimers();
    }
  });

  test('no more wait than the limit says', async () => {
    const { stores, take, begun } = held({ postsMax: 2 });
    const answers = ['a', 'b', 'c'].map((gatewayId) => take(postOf(gatewayId)));
    await expect(take(postOf('d'))).rejects.toMatchObject({
      code: 'gateways.uplink-line-full',
      status: 503,
      details: { limit: 2, retryAfterSeconds: 1 },
    });
    stores[0]?.end();
    (await begun(2))?.end();
    expect(await Promise.all(answers)).toEqual([1, 1, 1]);
  });

  test('a handler gets what belongs to it of all gateways at once, in the order of each lane', () => {
    const handlerOf = (...recordTypes: UplinkHandler['recordTypes'][number][]): UplinkHandler => ({
      recordTypes,
      handle: () => Promise.resolve(),
    });
    const [readingHandler, gapHandler] = [handlerOf('reading'), handlerOf('gap')];
    const [reading] = readings(1);
    const gap = { type: 'gap', reason: 'thinned', count: 1, from: 1, to: 2 } as const;
    const batchOf = (gatewayId: string, ...types: string[]): UplinkRecords => ({
      gatewayId,
      records: types.map((type) => (type === 'gap' || reading === undefined ? gap : reading)),
    });
    const rounds = roundsOf(
      [batchOf('a', 'reading', 'reading', 'gap'), batchOf('b', 'gap', 'reading'), batchOf('c', 'reading')],
      [readingHandler, gapHandler],
    );
    expect(
      rounds.map(({ handler, batches }) => [
        handler === gapHandler ? 'gap' : 'reading',
        ...batches.map(({ gatewayId, records }) => `${gatewayId}${records.length}`),
      ]),
    ).toEqual([
      ['reading', 'a2', 'c1'],
      ['gap', 'b1'],
      ['gap', 'a1'],
      ['reading', 'b1'],
    ]);
  });
});
