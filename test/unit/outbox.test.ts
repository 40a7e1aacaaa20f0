import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LogSync, lockDataDirectory, type SetAside } from '../../gateway/outbox/index.ts';
import { numberedReading, openOutbox, temporaryFolder } from '../support/outbox.ts';
import { eventually } from '../support/wait.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const appendMany = (outbox: ReturnType<typeof openOutbox>, from: number, count: number, padding = 0) =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      outbox.commit((append) => append('readings', numberedReading(from + index, padding))),
    ),
  );

/** Records that are not packed, and so fill many pages. */
const appendLarge = (outbox: ReturnType<typeof openOutbox>, count: number) =>
  outbox.commit((append) => {
    for (let index = 1; index <= count; index += 1) {
      append('alerts', {
        type: 'rejection',
        source: 'test',
        reason: 'x'.repeat(200),
        count: index,
        lastAt: 1_700_000_000_000,
      });
    }
  });

const bodiesOf = (outbox: ReturnType<typeof openOutbox>, lane: 'alerts' | 'readings') =>
  (outbox.batch(lane, 1000)?.records ?? []).map(({ body }) => JSON.parse(body));

test('Commits that are asked for in one turn of the event loop share a transaction', async () => {
  const outbox = openOutbox(folder.path);
  const groups: number[] = [];
  outbox.onCommit((commits) => groups.push(commits));
  await appendMany(outbox, 0, 100);
  expect(groups).toEqual([100]);
  outbox.close();
});

test('What is patient waits a little for more, until something comes that is not, and then goes with it', async () => {
  // Time that stands still: what waits would wait for all of its patience.
  const outbox = openOutbox(folder.path, { clock: { now: () => 1, monotonic: () => 1 } });
  const groups: number[] = [];
  outbox.onCommit((commits) => groups.push(commits));
  const nothing = () => undefined;
  await outbox.commit(nothing);
  const patient = outbox.commit(nothing, true);
  const urgent = outbox.commit(nothing);
  expect(urgent).toBe(patient);
  await urgent;
  const alone = outbox.commit(nothing, true);
  outbox.hasten();
  await alone;
  await outbox.commit(nothing, true);
  expect(groups).toEqual([1, 2, 1, 1]);
  outbox.close();
});

test('When one piece of work in a transaction fails, all of it fails and nothing of it stays', async () => {
  const outbox = openOutbox(folder.path);
  const told: string[] = [];
  outbox.onRollback(() => told.push('rolled back'));
  const good = outbox.commit((append) => append('readings', numberedReading(1)));
  const bad = outbox.commit(() => {
    throw new Error('no');
  });
  good.catch(() => told.push('rejected'));
  await expect(Promise.all([good, bad])).rejects.toMatchObject({ code: 'outbox.write-failed' });
  expect(told[0]).toBe('rolled back');
  expect(outbox.batch('readings', 10)).toBeUndefined();
  await outbox.commit((append) => append('readings', numberedReading(2)));
  expect(outbox.batch('readings', 10)).toMatchObject({ firstSeq: 1, records: [{}] });
  outbox.close();
});

test('Beyond the byte budget the oldest readings give way to one gap, alerts stay, and what may be under way stays', async () => {
  const outbox = openOutbox(folder.path, { bytesMax: 65_536, readings: { whenFull: 'drop' } });
  await outbox.commit((append) => append('alerts', numberedReading(-1)));
  await appendMany(outbox, 0, 8000);
  const { evicted } = outbox.losses('readings');
  expect(evicted).toBeGreaterThan(1000);
  expect(outbox.losses('alerts').evicted).toBe(0);
  expect(outbox.status('readings').bytes).toBeLessThanOrEqual(65_536);
  const first = outbox.batch('readings', 1000);
  expect(first?.records.map(({ body }) => JSON.parse(body).value)).toEqual(
    Array.from({ length: 1000 }, (_, index) => index),
  );
  await outbox.acknowledge('readings', 1000);
  const next = outbox.batch('readings', 1000);
  expect(next?.firstSeq).toBe(1001);
  const [gap, after] = (next?.records ?? []).map(({ body }) => JSON.parse(body));
  expect(gap).toMatchObject({ type: 'gap', reason: expect.stringContaining('byte budget'), count: evicted });
  expect(after.value).toBe(1000 + evicted);
  outbox.close();
});

test('A full disk rejects the commit with a reason, and commits succeed again when there is room', async () => {
  const outbox = openOutbox(folder.path, { pagesMax: 120 });
  let stored = 0;
  let refused: unknown;
  while (refused === undefined) {
    await outbox
      .commit((append) => append('readings', numberedReading(stored, 150)))
      .then(
        () => {
          stored += 1;
        },
        (error: unknown) => {
          refused = error;
        },
      );
  }
  expect(refused).toMatchObject({ code: 'outbox.disk-full', status: 503 });
  expect(outbox.lastError()?.code).toBe('outbox.disk-full');
  expect(outbox.status('readings').queued).toBe(stored);
  await outbox.acknowledge('readings', stored);
  await outbox.commit((append) => append('readings', numberedReading(stored)));
  expect(outbox.lastError()).toBeUndefined();
  expect(outbox.batch('readings', 10)).toMatchObject({ firstSeq: stored + 1 });
  outbox.close();
});

test('What was delivered gives its room back to the file system', async () => {
  const outbox = openOutbox(folder.path);
  await appendLarge(outbox, 30_000);
  outbox.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const file = join(folder.path, 'outbox.sqlite');
  const before = statSync(file).size;
  await outbox.acknowledge('alerts', 30_000);
  for (let round = 0; round < 10; round += 1) {
    outbox.reclaimSpace();
  }
  outbox.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  expect(statSync(file).size).toBeLessThan(before / 1.5);
  outbox.close();
});

test('A file that is no database is set aside under a dated name, and both lanes begin with a gap that says so', () => {
  const file = join(folder.path, 'outbox.sqlite');
  writeFileSync(file, 'this is not a database at all, and it is long enough to be seen as none'.repeat(20));
  const outbox = openOutbox(folder.path);
  expect(outbox.setAside?.file).toMatch(/outbox\.sqlite\.damaged-\d{8}T\d{9}Z$/);
  expect(readFileSync(outbox.setAside?.file ?? '', 'utf8')).toContain('not a database at all');
  for (const lane of ['alerts', 'readings'] as const) {
    expect(bodiesOf(outbox, lane)).toMatchObject([
      { type: 'gap', reason: expect.stringMatching(/^outbox-damaged: /) },
    ]);
  }
  outbox.close();
});

test('A file that was damaged on a page within is found when it is opened, and what can be read of it is kept', async () => {
  const before = openOutbox(folder.path);
  await appendLarge(before, 5000);
  const { epoch } = before.status('readings');
  before.close();
  const file = join(folder.path, 'outbox.sqlite');
  const bytes = readFileSync(file);
  bytes.fill(0x5a, 4096 * 30, 4096 * 60);
  writeFileSync(file, bytes);
  const after = openOutbox(folder.path);
  expect(after.setAside).toBeDefined();
  const saved = bodiesOf(after, 'alerts').filter(({ type }) => type !== 'gap').length;
  expect(saved).toBeGreaterThan(0);
  expect(after.status('readings').epoch).toBe(epoch);
  after.close();
});

test('A file that turns out to be damaged while it is open is set aside, and the next outbox says what was lost', async () => {
  const outbox = openOutbox(folder.path);
  await appendMany(outbox, 0, 5000);
  outbox.database.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA cache_size = 1; PRAGMA shrink_memory');
  const moved: SetAside[] = [];
  outbox.onDamage((what) => moved.push(what));
  const file = join(folder.path, 'outbox.sqlite');
  const bytes = readFileSync(file);
  bytes.fill(0x5a, 4096, bytes.length);
  // In place, so that the open file is the one that changes.
  execFileSync('dd', [`of=${file}`, 'conv=notrunc', 'status=none'], { input: bytes });
  await expect(
    (async () => {
      outbox.batch('readings', 1000);
      await outbox.acknowledge('readings', 1000);
    })(),
  ).rejects.toMatchObject({ code: 'outbox.damaged' });
  expect(moved).toHaveLength(1);
  expect(existsSync(moved[0]?.file ?? '')).toBe(true);
  const next = openOutbox(folder.path);
  expect(next.setAside?.file).toBe(moved[0]?.file);
  expect(bodiesOf(next, 'readings')).toMatchObject([{ type: 'gap', count: 5000 }]);
  next.close();
  const after = openOutbox(folder.path);
  expect(after.setAside).toBeUndefined();
  after.close();
  expect(readdirSync(folder.path).filter((name) => name.includes('damaged')).length).toBeGreaterThan(0);
  next.close();
});

test('A row that does not hold what it says is damage, also to a file that SQLite finds sound, and its records become a gap', async () => {
  for (const look of ['batch', 'refusal'] as const) {
    const outbox = openOutbox(folder.path);
    await appendMany(outbox, 0, 3);
    await appendMany(outbox, 3, 2);
    // A pack of a format that nobody knows, and a pack that holds fewer.
    const packed = look === 'batch' ? "x'09'" : "x'01'";
    outbox.database.exec(
      `UPDATE readings_records SET packed = ${packed} WHERE id = (SELECT min(id) FROM readings_records)`,
    );
    const moved: SetAside[] = [];
    outbox.onDamage((what) => moved.push(what));
    if (look === 'batch') {
      expect(() => outbox.batch('readings', 10)).toThrow('cannot be read');
    } else {
      await expect(outbox.refuseFront('readings', 'no')).rejects.toMatchObject({ code: 'outbox.damaged' });
    }
    expect(moved).toHaveLength(1);
    const next = openOutbox(folder.path);
    const [gap, ...rest] = bodiesOf(next, 'readings');
    expect(gap).toMatchObject({ type: 'gap', count: 3, reason: expect.stringContaining('cannot be read') });
    expect(rest.map(({ value }) => value)).toEqual([3, 4]);
    await next.acknowledge('readings', 100);
    next.close();
  }
});

/** A disk that brings nothing home until it is told to. */
function heldSync() {
  const waiting: ((error: Error | null) => void)[] = [];
  const sync = {
    get waiting() {
      return waiting.length;
    },
    end: (error: Error | null) => waiting.shift()?.(error),
  };
  const openLogSync = (): LogSync => ({
    start: (done) => waiting.push(done),
    now: () => undefined,
    close: () => undefined,
  });
  return { sync, openLogSync };
}

/** Overwrites pages of the file in place, as a failing disk would; pages count from 1. */
function damage(file: string, fromPage: number, pages: number): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(4096 * pages, 0x5a), 0, undefined, 4096 * (fromPage - 1));
  closeSync(descriptor);
}

test('What waits to be kept when the file is found damaged is rejected, and the loss of memory stays known', async () => {
  const outbox = openOutbox(folder.path);
  await appendMany(outbox, 0, 5000);
  expect(outbox.memoryLostAt).toBeUndefined();
  outbox.database.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA cache_size = 1; PRAGMA shrink_memory');
  const moved: SetAside[] = [];
  outbox.onDamage((what) => moved.push(what));
  const file = join(folder.path, 'outbox.sqlite');
  damage(file, 2, statSync(file).size / 4096 - 1);
  const waiting = outbox.commit((append) => append('alerts', numberedReading(1)));
  expect(() => outbox.batch('readings', 1000)).toThrow(/damaged/);
  await expect(waiting).rejects.toMatchObject({ code: 'outbox.damaged' });
  expect(() => outbox.read(() => 1)).toThrow(/closed/);
  outbox.close();
  for (let start = 1; start <= 2; start += 1) {
    const next = openOutbox(folder.path);
    expect(next.memoryLostAt).toBe(moved[0]?.at);
    next.close();
  }
});

test('Of a file too large to be checked as a whole, everything but the backlog is', async () => {
  const before = openOutbox(folder.path, { bytesMax: 1024 * 1024 * 1024 });
  for (let megabytes = 0; megabytes < 80; megabytes += 10) {
    await appendMany(before, megabytes, 100, 100_000);
  }
  const page = before.database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'commands'").get();
  before.close();
  damage(join(folder.path, 'outbox.sqlite'), Number(page?.rootpage), 1);
  const after = openOutbox(folder.path);
  expect(after.setAside).toBeDefined();
  after.close();
});

test('A transaction that could not even begin changes no number', async () => {
  const outbox = openOutbox(folder.path);
  await appendMany(outbox, 0, 3);
  outbox.database.exec('PRAGMA busy_timeout = 0');
  const other = new DatabaseSync(join(folder.path, 'outbox.sqlite'));
  other.exec('BEGIN IMMEDIATE');
  await expect(appendMany(outbox, 3, 1)).rejects.toMatchObject({ code: 'outbox.write-failed' });
  other.close();
  expect(outbox.status('readings')).toMatchObject({ front: 1, queued: 3 });
  await appendMany(outbox, 3, 1);
  expect(outbox.status('readings')).toMatchObject({ front: 1, queued: 4 });
  outbox.close();
});

/** Takes the file back to what the first version of the program made, with three readings in it. */
const firstVersion = `
  DROP TABLE memory_loss; DROP TABLE damage_told; DROP TABLE redelivery_log; DROP TABLE redelivery_rings;
  ALTER TABLE alerts_records DROP COLUMN records; ALTER TABLE alerts_records DROP COLUMN packed;
  ALTER TABLE readings_records DROP COLUMN records; ALTER TABLE readings_records DROP COLUMN packed;
  ALTER TABLE lanes DROP COLUMN skipped; DELETE FROM lanes WHERE name = 'history';
  ALTER TABLE lanes DROP COLUMN after_id; ALTER TABLE lanes DROP COLUMN through_id;
  ALTER TABLE lanes DROP COLUMN thinned_id; ALTER TABLE lanes DROP COLUMN coarse_id;
  CREATE TABLE redelivery_keys (
    device_id TEXT NOT NULL, slot INTEGER NOT NULL, key TEXT NOT NULL, serial INTEGER NOT NULL,
    PRIMARY KEY (device_id, slot)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = 1;
`;

test('A file of an older program is taken over with what it holds, and goes on with the next numbers', async () => {
  const before = openOutbox(folder.path);
  before.database.exec(firstVersion);
  const insert = before.database.prepare('INSERT INTO readings_records (id, at, body) VALUES (?, ?, ?)');
  for (const number of [7, 8, 9]) {
    insert.run(number, 1_700_000_000_000, JSON.stringify(numberedReading(number)));
  }
  before.database.exec("UPDATE lanes SET front = 7, records = 3, bytes = 700 WHERE name = 'readings'");
  before.close();
  const after = openOutbox(folder.path);
  await appendMany(after, 10, 3);
  expect(after.status('readings')).toMatchObject({ front: 7, queued: 6 });
  expect(bodiesOf(after, 'readings').map(({ value }) => value)).toEqual([7, 8, 9, 10, 11, 12]);
  await after.acknowledge('readings', 11);
  expect(after.batch('readings', 10)).toMatchObject({ firstSeq: 12, records: [{}] });
  after.close();
});

test('What is not on the disk yet is promised to nobody, and sent to nobody', async () => {
  const { sync, openLogSync } = heldSync();
  const outbox = openOutbox(folder.path, { openLogSync });
  const told: string[] = [];
  outbox.onAppended((lane) => told.push(lane));
  const kept = outbox.commit((append) => append('readings', numberedReading(1)));
  kept.then(() => told.push('kept'));
  await eventually('a sync that is asked for', () => sync.waiting > 0);
  expect(outbox.batch('readings', 10)).toBeUndefined();
  expect(told).toEqual([]);
  sync.end(null);
  await kept;
  expect(told).toContain('kept');
  expect(outbox.batch('readings', 10)).toMatchObject({ firstSeq: 1, records: [{}] });
  outbox.close();
});

/** A disk that takes as long as it is told, and counts how it was asked: by a thread, or at once. */
function timedSync() {
  const time = { now: 1_700_000_000_000 };
  const disk = { takes: 0, byThread: 0, atOnce: 0 };
  const openLogSync = (): LogSync => ({
    start: (done) => {
      disk.byThread += 1;
      time.now += disk.takes;
      setImmediate(done, null);
    },
    now: () => {
      disk.atOnce += 1;
      time.now += disk.takes;
    },
    close: () => undefined,
  });
  return { time, disk, openLogSync, clock: { now: () => time.now, monotonic: () => time.now } };
}

test('What is urgent is synced at once where the disk is quick, now and then; a slow disk, and what may wait, have a thread', async () => {
  const { time, disk, openLogSync, clock } = timedSync();
  const outbox = openOutbox(folder.path, { openLogSync, clock });
  const keep = async (isPatient: boolean) => {
    const before = { ...disk };
    time.now += 100;
    await outbox.commit((append) => append('readings', numberedReading(time.now)), isPatient);
    return disk.atOnce > before.atOnce ? 'at once' : 'by a thread';
  };
  disk.takes = 0.5;
  expect(await keep(false), 'how quick it is was not known yet').toBe('by a thread');
  expect(await keep(false)).toBe('at once');
  expect(await keep(true)).toBe('by a thread');
  expect(await keep(false)).toBe('at once');
  time.now -= 100;
  expect(await keep(false), 'right after the one before').toBe('by a thread');
  disk.takes = 40;
  expect(await keep(false), 'it was quick so far').toBe('at once');
  expect(await keep(false)).toBe('by a thread');
  disk.takes = 0.5;
  for (let again = 0; again < 20; again += 1) {
    await keep(true);
  }
  expect(await keep(false)).toBe('at once');
  outbox.close();
});

test('What is urgent does not wait for a sync that is under way, and what that was for is kept with it', async () => {
  const { time, disk, openLogSync: timed, clock } = timedSync();
  const held: ((error: Error | null) => void)[] = [];
  let isHeld = false;
  const openLogSync: typeof timed = () => ({
    ...timed(),
    start: (done) => (isHeld ? held.push(done) : timed().start(done)),
  });
  const outbox = openOutbox(folder.path, { openLogSync, clock });
  await outbox.commit((append) => append('readings', numberedReading(1)));
  isHeld = true;
  time.now += 100;
  const patient = outbox.commit((append) => append('readings', numberedReading(2)), true);
  await eventually('a sync that is asked for', () => held.length > 0);
  await Promise.all([patient, outbox.commit((append) => append('readings', numberedReading(3)))]);
  expect(disk.atOnce).toBe(2);
  // The thread comes back after all. What it failed with may have been pages that were written meanwhile.
  isHeld = false;
  held[0]?.(new Error('EIO: i/o error, fdatasync'));
  await expect(outbox.commit((append) => append('readings', numberedReading(4)))).rejects.toMatchObject({
    code: 'outbox.write-failed',
  });
  await outbox.commit((append) => append('readings', numberedReading(5)));
  expect(bodiesOf(outbox, 'readings').map(({ value }) => value)).toEqual([1, 2, 3, 4, 5]);
  outbox.close();
});

test('When the disk does not take what was written, nobody is promised anything until all of it was written once more', async () => {
  const { sync, openLogSync } = heldSync();
  const outbox = openOutbox(folder.path, { openLogSync });
  const rolledBack: string[] = [];
  outbox.onRollback((inFile) => rolledBack.push(inFile === first ? 'all but the first' : 'all'));
  const first = outbox.commit((append) => append('readings', numberedReading(1)));
  first.catch(() => rolledBack.push('rejected'));
  await eventually('a sync that is asked for', () => sync.waiting > 0);
  const second = outbox.commit((append) => append('readings', numberedReading(2)));
  sync.end(new Error('EIO: i/o error, fdatasync'));
  await expect(first).rejects.toMatchObject({ code: 'outbox.write-failed' });
  await expect(second).rejects.toMatchObject({ code: 'outbox.write-failed' });
  expect(rolledBack).toEqual(['all but the first', 'rejected']);
  expect(outbox.batch('readings', 10)).toBeUndefined();
  const reader = new DatabaseSync(join(folder.path, 'outbox.sqlite'));
  reader.exec('BEGIN; SELECT count(*) FROM lanes');
  outbox.database.exec('PRAGMA busy_timeout = 0');
  await expect(appendMany(outbox, 2, 1)).rejects.toMatchObject({ code: 'outbox.write-failed' });
  reader.close();
  const third = appendMany(outbox, 3, 1);
  await eventually('a sync that is asked for', () => sync.waiting > 0);
  sync.end(null);
  await third;
  expect(bodiesOf(outbox, 'readings').map(({ value }) => value)).toEqual([1, 3]);
  outbox.close();
});

test('The data directory has one owner, and the kernel gives it free when the owner is killed', async () => {
  const program = join(folder.path, 'owner.ts');
  const lockModule = new URL('../../gateway/outbox/lock.ts', import.meta.url).href;
  appendFileSync(
    program,
    `import { lockDataDirectory } from '${lockModule}';
     lockDataDirectory(process.argv[2]);
     process.send('locked');
     setInterval(() => {}, 1000);`,
  );
  const owner = fork(program, [folder.path], { execArgv: [] });
  await once(owner, 'message');
  expect(() => lockDataDirectory(folder.path)).toThrow(/Another gateway is running on the data directory/);
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  lockDataDirectory(folder.path).release();
});
