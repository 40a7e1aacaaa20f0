import { systemRandom, uuidv7Source } from '@andon/shared/kernel';
import { expect, test } from 'vitest';

const clockAt = (time: { now: number }) => ({ now: () => time.now, monotonic: () => time.now });

test('Of two identifiers of one source the later one sorts later, within a millisecond too, and though the clock is set back a little', () => {
  const time = { now: 1_700_000_000_000 };
  const newId = uuidv7Source(clockAt(time));
  const ids: string[] = [];
  for (let step = 0; step < 20_000; step += 1) {
    time.now += step % 5000 === 0 ? 1 : 0;
    time.now -= step % 7000 === 6999 ? 50 : 0;
    ids.push(newId());
  }
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});

test('An identifier begins with its time, also after the clock was set back by a year', () => {
  const time = { now: 1_700_000_000_000 };
  const newId = uuidv7Source(clockAt(time));
  const millisecondsOf = (id: string) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
  expect(millisecondsOf(newId())).toBe(time.now);
  time.now -= 365 * 86_400_000;
  expect(millisecondsOf(newId())).toBe(time.now);
});

test('Random bytes are given once, also where the system is asked for many together', () => {
  const given = Array.from({ length: 4000 }, (_, round) => Buffer.from(systemRandom(8 + (round % 60))));
  const beginnings = given.map((bytes) => bytes.toString('hex', 0, 8));
  expect(new Set(beginnings).size).toBe(given.length);
  expect(given.map((bytes) => bytes.length)).toEqual(given.map((_, round) => 8 + (round % 60)));
  // What somebody holds does not change by what others get.
  const first = Buffer.from(systemRandom(16));
  const kept = systemRandom(16);
  const before = Buffer.from(kept).toString('hex');
  systemRandom(5000);
  expect(Buffer.from(kept).toString('hex')).toBe(before);
  expect(first.toString('hex')).not.toBe(before);
});
