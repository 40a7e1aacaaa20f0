import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Gap, type Reading, UplinkBatch } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Outbox } from '../../gateway/outbox/index.ts';
import { setAside } from '../../gateway/outbox/recovery.ts';
import { numberedReading, openOutbox, temporaryFolder } from '../support/outbox.ts';

const pageBytes = 4096;
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

async function fill(outbox: Outbox, count: number): Promise<void> {
  for (let value = 0; value < count; value += 50) {
    await outbox.commit((append) => {
      for (let index = value; index < value + 50; index += 1) {
        append('readings', numberedReading(index));
        append('alerts', numberedReading(index, 100));
      }
    });
  }
}

async function drain(outbox: Outbox, lane: 'alerts' | 'readings'): Promise<(Reading | Gap)[]> {
  const records: (Reading | Gap)[] = [];
  for (let batch = outbox.batch(lane, 1000); batch; batch = outbox.batch(lane, 1000)) {
    records.push(...batch.records.map(({ body }): Reading | Gap => JSON.parse(body)));
    await outbox.acknowledge(lane, batch.firstSeq + batch.records.length - 1);
  }
  return records;
}

function damage(pages: readonly number[]): void {
  const file = join(folder.path, 'outbox.sqlite');
  const bytes = readFileSync(file);
  for (const page of pages) {
    bytes.fill(0x5a, page * pageBytes, (page + 1) * pageBytes);
  }
  writeFileSync(file, bytes);
}

test('Of a damaged file the records of both ends are saved, in order, with a gap for those between', async () => {
  const before = openOutbox(folder.path);
  await fill(before, 20_000);
  await before.acknowledge('alerts', 70);
  before.close();
  const pages = Math.floor(readFileSync(join(folder.path, 'outbox.sqlite')).length / pageBytes);
  damage([Math.floor(pages / 2)]);
  const after = openOutbox(folder.path);
  expect(after.setAside?.reason).toBeDefined();
  expect(after.memoryLostAt).toBeUndefined();
  const alerts = await drain(after, 'alerts');
  const gaps = alerts.filter((record): record is Gap => record.type === 'gap');
  const values = alerts.flatMap((record) => (record.type === 'reading' ? [Number(record.value)] : []));
  expect(values[0]).toBe(70);
  expect(values.at(-1)).toBe(19_999);
  expect(values).toEqual([...values].sort((one, other) => one - other));
  expect(gaps).toHaveLength(1);
  expect(values.length + (gaps[0]?.count ?? 0)).toBe(19_930);
  expect(values.length).toBeGreaterThan(10_000);
  after.close();
});

test('Whichever page is damaged, every record is saved or counted by a gap, and nothing is there twice', async () => {
  const before = openOutbox(folder.path);
  await fill(before, 3000);
  before.close();
  const file = join(folder.path, 'outbox.sqlite');
  const sound = readFileSync(file);
  const pages = Math.floor(sound.length / pageBytes);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: pages - 1 }),
      fc.integer({ min: 1, max: 3 }),
      async (first, count) => {
        folder.remove();
        folder = temporaryFolder();
        writeFileSync(join(folder.path, 'outbox.sqlite'), sound);
        damage(Array.from({ length: count }, (_, index) => Math.min(pages - 1, first + index)));
        const after = openOutbox(folder.path);
        for (const lane of ['alerts', 'readings'] as const) {
          const records = await drain(after, lane);
          const values = records.flatMap((record) => (record.type === 'reading' ? [record.value] : []));
          expect(new Set(values).size).toBe(values.length);
          if (values.length < 3000) {
            expect(records.some(({ type }) => type === 'gap')).toBe(true);
          }
        }
        after.close();
      },
    ),
    { numRuns: 25 },
  );
});

test('A torn last page of the log loses only what was acknowledged to nobody', async () => {
  const before = openOutbox(folder.path);
  await fill(before, 1000);
  const wal = readFileSync(join(folder.path, 'outbox.sqlite-wal'));
  const sound = readFileSync(join(folder.path, 'outbox.sqlite'));
  before.close();
  const torn = temporaryFolder();
  writeFileSync(join(torn.path, 'outbox.sqlite'), sound);
  writeFileSync(join(torn.path, 'outbox.sqlite-wal'), Buffer.concat([wal, wal.subarray(32, 32 + 24 + 1500)]));
  const after = openOutbox(torn.path);
  expect(after.setAside).toBeUndefined();
  expect(after.status('readings').queued).toBe(1000);
  after.close();
  torn.remove();
});

test('Of a file that cannot be read at all each lane says so in a batch that the cloud takes, though nothing waited in it', async () => {
  const before = openOutbox(folder.path);
  await fill(before, 50);
  await before.acknowledge('alerts', 50);
  await before.acknowledge('readings', 50);
  // The log is in the file.
  before.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const size = readFileSync(join(folder.path, 'outbox.sqlite')).length;
  before.close();
  damage(Array.from({ length: size / pageBytes - 1 }, (_, page) => page + 1));
  // What was known of it when it was found.
  const { file, at, reason } = setAside(join(folder.path, 'outbox.sqlite'), 'malformed', systemClock, {
    alerts: 0,
    readings: 0,
    history: 0,
  });
  const after = openOutbox(folder.path);
  expect(after.setAside).toEqual({ file, at, reason, records: { alerts: 0, readings: 0, history: 0 } });
  expect(after.memoryLostAt).toBe(at);
  for (const lane of ['alerts', 'readings'] as const) {
    const batch = after.batch(lane, 10);
    const records = batch?.records.map(({ body }) => JSON.parse(body)) ?? [];
    expect(records).toMatchObject([{ type: 'gap', count: 1, reason: 'outbox-damaged: malformed' }]);
    expect(Value.Check(UplinkBatch, { lane, epoch: batch?.epoch, firstSeq: 1, records })).toBe(true);
  }
  after.close();
});
