import type { Gap, Lane, Reading, ReadingSummary } from '@andon/shared/contracts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Outbox, OutboxOptions } from '../../gateway/outbox/index.ts';
import { numberedReading, openOutbox, temporaryFolder } from '../support/outbox.ts';

let folder: ReturnType<typeof temporaryFolder>;
let outbox: Outbox;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  outbox.close();
  folder.remove();
});

const open = (options: Partial<OutboxOptions>) => {
  outbox = openOutbox(folder.path, options);
};
/** Each in a transaction of its own, as a slow trickle makes them. */
async function trickle(from: number, count: number): Promise<void> {
  for (let value = from; value < from + count; value += 100) {
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        outbox.commit((append) => append('readings', numberedReading(value + index))),
      ),
    );
  }
}

type Stored = Reading | ReadingSummary | Gap;
async function drain(lane: Lane): Promise<Stored[]> {
  const stored: Stored[] = [];
  for (let batch = outbox.batch(lane, 1000); batch; batch = outbox.batch(lane, 1000)) {
    stored.push(...batch.records.map(({ body }): Stored => JSON.parse(body)));
    await outbox.acknowledge(lane, batch.firstSeq + batch.records.length - 1);
  }
  return stored;
}
const countOf = (records: readonly Stored[]) =>
  records.reduce((sum, record) => sum + (record.type === 'reading' ? 1 : record.count), 0);

test('Beyond the byte budget readings are thinned, and none is dropped while that is enough', async () => {
  open({ bytesMax: 65_536 });
  await trickle(0, 40_000);
  expect(outbox.status('readings').bytes).toBeLessThanOrEqual(65_536);
  const { evicted, thinned } = outbox.losses('readings');
  expect(evicted).toBe(0);
  expect(thinned).toBeGreaterThan(20_000);
  const stored = await drain('readings');
  expect(countOf(stored)).toBe(40_000);
  const summary = stored.find((record): record is ReadingSummary => record.type === 'summary');
  expect(summary).toMatchObject({ deviceId: 'press-1', signal: 'count', badCount: 0 });
  expect(summary?.maximum).toBe((summary?.minimum ?? 0) + (summary?.count ?? 0) - 1);
  expect(summary?.last).toBe(summary?.maximum);
});

test('Alerts stay while there is a reading that could give way, and what goes is told by device and signal', async () => {
  open({ bytesMax: 65_536 });
  await trickle(0, 5000);
  for (let number = 0; number < 400; number += 1) {
    await outbox.commit((append) => append('alerts', numberedReading(number, 100)));
  }
  expect(outbox.losses('alerts').evicted).toBe(0);
  expect(outbox.losses('readings').evicted).toBeGreaterThan(0);
  const alerts = await drain('alerts');
  expect(alerts).toHaveLength(400);
  const stored = await drain('readings');
  expect(countOf(stored)).toBe(5000);
  expect(stored.find(({ type }) => type === 'gap')).toMatchObject({
    deviceId: 'press-1',
    signals: ['count'],
    reason: expect.stringContaining('byte budget'),
  });
});

test('What is older than its lane keeps is dropped, however the clock was set meanwhile, and told', async () => {
  let steady = 1_000_000;
  open({ readings: { timeToLiveMilliseconds: 60_000 }, steadyNow: () => steady });
  await trickle(0, 2000);
  steady += 59_000;
  await trickle(2000, 1000);
  await outbox.expire();
  expect(outbox.losses('readings').expired).toBe(0);
  steady += 2000;
  await outbox.expire();
  expect(outbox.losses('readings').expired).toBe(1000);
  const stored = await drain('readings');
  expect(countOf(stored)).toBe(3000);
  expect(stored.filter(({ type }) => type === 'gap')).toMatchObject([
    { count: 1000, reason: expect.stringContaining('time to live') },
  ]);
});

test('A lane that is told to refuse takes no more until there is room', async () => {
  open({ readings: { bytesMax: 4096, whenFull: 'refuse' } });
  await trickle(0, 2000);
  expect(outbox.refusal()).toMatchObject({ code: 'outbox.full', status: 503 });
  expect(countOf(await drain('readings'))).toBe(2000);
  expect(outbox.refusal()).toBeUndefined();
  expect(outbox.losses('readings')).toMatchObject({ evicted: 0, thinned: 0 });
});

test('A backlog goes to the history lane with its order, and the live lane goes on with the next number, also after a restart', async () => {
  open({});
  await trickle(0, 3000);
  await outbox.acknowledge('readings', 150);
  await outbox.demote();
  await trickle(3000, 200);
  expect(outbox.status('readings')).toMatchObject({ front: 151, queued: 200 });
  expect(outbox.status('history')).toMatchObject({ front: 1, queued: 2850 });
  outbox.close();
  open({});
  await trickle(3200, 100);
  await outbox.demote();
  await trickle(3300, 100);
  const values = (records: Stored[]) =>
    records.map((record) => (record.type === 'reading' ? record.value : record));
  expect(values(await drain('readings'))).toEqual(Array.from({ length: 100 }, (_, index) => 3300 + index));
  expect(values(await drain('history'))).toEqual(Array.from({ length: 3150 }, (_, index) => 150 + index));
  outbox.close();
  open({});
  await trickle(3400, 100);
  expect(outbox.batch('readings', 10)).toMatchObject({ firstSeq: 251 });
  expect(outbox.batch('history', 10)).toBeUndefined();
});
