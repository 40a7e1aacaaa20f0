import { type BucketPart, columnsOfValue, type StoredReading } from '../../telemetry/index.ts';
import { measurement } from './points.ts';
import type { Series } from './query-api.ts';

/** What is asked of the values in a window, by the name that the answer carries. */
const ofValues = {
  minimum: 'min_over_time',
  maximum: 'max_over_time',
  total: 'sum_over_time',
  numericCount: 'count_over_time',
  last: 'last_over_time',
  lastTime: 'tlast_over_time',
} as const;
const label = 'andon_part';

/** One expression for all that a bucket holds, over windows of that length. */
export function rollUps(labels: string, windowMilliseconds: number): string {
  const window = `[${windowMilliseconds}ms]`;
  const values = `${measurement}_value{${labels}}${window}`;
  const qualities = `${measurement}_quality{${labels}}${window}`;
  const parts = [
    ...Object.entries(ofValues).map(([name, roll]) => [name, `${roll}(${values})`]),
    ['count', `count_over_time(${qualities})`],
    ['badCount', `count_gt_over_time(${qualities}, 1)`],
  ];
  return `union(${parts.map(([name, part]) => `label_set(${part}, "${label}", "${name}")`).join(', ')})`;
}

const millisecondsPerSecond = 1000;

/** The parts that an answer tells of: one for each point of time and series of a signal. */
export function partsOfSeries(series: readonly Series[], startOf: (time: number) => number): BucketPart[] {
  const parts = new Map<string, Map<string, number>>();
  for (const { labels, points } of series) {
    for (const [time, value] of points) {
      const key = `${startOf(time)} ${labels.n ?? ''}`;
      const numbers = parts.get(key) ?? new Map<string, number>();
      parts.set(key, numbers.set(labels[label] ?? '', value));
    }
  }
  return [...parts].flatMap(([key, numbers]) => {
    const count = numbers.get('count') ?? 0;
    const lastTime = numbers.get('lastTime');
    return count === 0
      ? []
      : [
          {
            start: Number(key.split(' ')[0]),
            count,
            badCount: numbers.get('badCount') ?? 0,
            numericCount: numbers.get('numericCount') ?? 0,
            total: numbers.get('total') ?? 0,
            minimum: numbers.get('minimum') ?? null,
            maximum: numbers.get('maximum') ?? null,
            lastTime: lastTime === undefined ? null : Math.round(lastTime * millisecondsPerSecond),
            last: numbers.get('last') ?? null,
          },
        ];
  });
}

/** The parts of buckets that are so short that their readings were fetched: each reading is one. */
export function partsOfReadings(
  readings: readonly StoredReading[],
  { from, bucketMilliseconds }: { from: number; bucketMilliseconds: number },
): BucketPart[] {
  return readings.map((reading) => {
    const time = reading.sourceTime.getTime();
    const isBad = reading.quality === 'BAD';
    const value = isBad ? null : columnsOfValue(reading.value).value;
    return {
      start: from + Math.floor((time - from) / bucketMilliseconds) * bucketMilliseconds,
      count: 1,
      badCount: isBad ? 1 : 0,
      numericCount: value === null ? 0 : 1,
      total: value ?? 0,
      minimum: value,
      maximum: value,
      lastTime: value === null ? null : time,
      last: value,
    };
  });
}
