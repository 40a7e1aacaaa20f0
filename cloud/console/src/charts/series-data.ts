import type { AlignedData } from 'uplot';
import type { ReadingSeries } from '../api/types.ts';

type Drawn = Pick<ReadingSeries, 'bucketMilliseconds' | 'buckets'>;

/** Longer than so many of its own steps, a slow signal is silent. */
const slowSteps = 2.5;
/** One empty bucket of a signal that fills them all; with half a bucket for starts that are not to the millisecond. */
const denseSteps = 1.5;

/** Times, means, minima and maxima; where buckets are missing stands a null, which breaks the line. */
export function toData(series: Drawn): AlignedData {
  const times: number[] = [];
  const means: (number | null)[] = [];
  const minima: (number | null)[] = [];
  const maxima: (number | null)[] = [];
  const { step, stepsMax } = paceOf(series);
  let previous: number | undefined;
  for (const bucket of series.buckets) {
    const at = new Date(bucket.start).getTime() / 1000;
    if (previous !== undefined && at - previous > step * stepsMax) {
      times.push(previous + step);
      means.push(null);
      minima.push(null);
      maxima.push(null);
    }
    times.push(at);
    means.push(bucket.mean);
    minima.push(bucket.min);
    maxima.push(bucket.max);
    previous = at;
  }
  return [times, means, minima, maxima];
}

/**
 * The median distance of filled buckets, in seconds, and how many of it are no gap yet. A signal that fills one bucket
 * after the other has a gap wherever one is empty; the own pace of one that is slower than the buckets is none.
 */
function paceOf({ bucketMilliseconds, buckets }: Drawn): { step: number; stepsMax: number } {
  const starts = buckets.map(({ start }) => new Date(start).getTime());
  const steps = starts
    .slice(1)
    .map((start, index) => start - (starts[index] ?? start))
    .sort((a, b) => a - b);
  const median = steps[Math.floor(steps.length / 2)] ?? bucketMilliseconds;
  return median <= bucketMilliseconds
    ? { step: bucketMilliseconds / 1000, stepsMax: denseSteps }
    : { step: median / 1000, stepsMax: slowSteps };
}
