import { expect, test } from 'vitest';
import { toData } from '../../cloud/console/src/charts/series-data.ts';

const begin = Date.parse('2026-03-02T08:00:00.000Z');
const hour = 3_600_000;

const seriesOf = (starts: readonly number[], bucketMilliseconds: number) => ({
  bucketMilliseconds,
  buckets: starts.map((start) => ({
    start: new Date(begin + start).toISOString(),
    ...{ min: 1, max: 3, mean: 2, last: 2, count: 9, badCount: 0 },
  })),
});
const meansOf = (starts: readonly number[], bucketMilliseconds: number) =>
  toData(seriesOf(starts, bucketMilliseconds))[1];

test('one empty bucket of a dense signal breaks the line, where it lies', () => {
  const width = 29 * hour;
  const starts = [0, 1, 2, 4, 5].map((index) => index * width);
  const [times, ...values] = toData(seriesOf(starts, width));
  expect(times).toEqual([0, 1, 2, 3, 4, 5].map((index) => (begin + index * width) / 1000));
  expect(values).toEqual([2, 1, 3].map((value) => [value, value, value, null, value, value]));
});

test('the pace of a signal that is slower than the buckets is no gap, and its silence is one', () => {
  const steps = [0, 10, 20, 31, 40, 60, 70, 100, 110].map((seconds) => seconds * 1000);
  expect(meansOf(steps, 1000)).toEqual([2, 2, 2, 2, 2, 2, 2, null, 2, 2]);
});

test('no bucket, and one alone, are drawn as they are', () => {
  expect(meansOf([], 1000)).toEqual([]);
  expect(meansOf([5000], 1000)).toEqual([2]);
});
