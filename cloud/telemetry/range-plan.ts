/**
 * Where the buckets of a range are read from. The coarsest source that serves: hours for buckets of two hours and more,
 * minutes for those of a minute and more, readings for the rest. What lies at the edges of the range, before the first
 * whole hour or minute and after the last, is read from the next finer one, so that nothing outside of the range is in.
 * Where a finer source is no longer whole, the next coarser one stands in for it: then an hour counts where it begins.
 */
export type Source = 'readings' | 'minutes' | 'hours';

/** Times in epoch milliseconds; `from` included, `to` not. */
export interface Segment {
  readonly source: Source;
  readonly from: number;
  readonly to: number;
}

export interface RangePlan {
  /** Where the first bucket begins; it may lie before the range. */
  readonly origin: number;
  readonly bucketMilliseconds: number;
  /** In their order, without holes between them unless a coarser source stands in. */
  readonly segments: readonly Segment[];
}

export interface Range {
  readonly from: number;
  readonly to: number;
  /** At most so many buckets. */
  readonly buckets: number;
}

/** From when on the sources hold everything; undefined: from the beginning. The hours always do. */
export interface Completeness {
  readonly readingsFrom: number | undefined;
  readonly minutesFrom: number | undefined;
  /** Its older readings are not in the roll-ups yet. */
  readonly isInBacklog: boolean;
}

export const minuteMilliseconds = 60_000;
export const hourMilliseconds = 3_600_000;
/** Of buckets that are rounded up to whole hours at least so many fit, or a chart would get too few. */
const hoursPerBucketMin = 2;

const floorTo = (time: number, unit: number): number => Math.floor(time / unit) * unit;
const ceilTo = (time: number, unit: number): number => Math.ceil(time / unit) * unit;

export function planRange({ from, to, buckets }: Range, completeness: Completeness): RangePlan {
  const exact = Math.ceil((to - from) / buckets);
  const unit = unitOf(exact, completeness);
  if (unit === 1) {
    return {
      origin: from,
      bucketMilliseconds: exact,
      segments: readingsIn(from, to, completeness),
    };
  }
  const origin = floorTo(from, unit);
  const bucketMilliseconds = ceilTo(Math.ceil((to - origin) / buckets), unit);
  const segments =
    unit === hourMilliseconds ? hoursIn(from, to, completeness) : minutesIn(from, to, completeness);
  return { origin, bucketMilliseconds, segments };
}

function unitOf(bucketMilliseconds: number, { isInBacklog }: Completeness): number {
  if (isInBacklog || bucketMilliseconds < minuteMilliseconds) {
    return 1;
  }
  return bucketMilliseconds < hoursPerBucketMin * hourMilliseconds ? minuteMilliseconds : hourMilliseconds;
}

function hoursIn(from: number, to: number, completeness: Completeness): Segment[] {
  const [first, last] = [ceilTo(from, hourMilliseconds), floorTo(to, hourMilliseconds)];
  return first >= last
    ? minutesIn(from, to, completeness)
    : [
        ...minutesIn(from, first, completeness),
        { source: 'hours', from: first, to: last },
        ...minutesIn(last, to, completeness),
      ];
}

function minutesIn(from: number, to: number, completeness: Completeness): Segment[] {
  const whole = wholeFrom(completeness.minutesFrom, hourMilliseconds, from, to);
  const [first, last] = [ceilTo(whole, minuteMilliseconds), floorTo(to, minuteMilliseconds)];
  const instead: Segment = { source: 'hours', from, to: whole };
  const minutes: Segment[] =
    first >= last
      ? readingsIn(whole, to, completeness)
      : [
          ...readingsIn(whole, first, completeness),
          { source: 'minutes', from: first, to: last },
          ...readingsIn(last, to, completeness),
        ];
  return [instead, ...minutes].filter(isNotEmpty);
}

function readingsIn(from: number, to: number, { readingsFrom, isInBacklog }: Completeness): Segment[] {
  const whole = isInBacklog ? from : wholeFrom(readingsFrom, minuteMilliseconds, from, to);
  const segments: Segment[] = [
    { source: 'minutes', from, to: whole },
    { source: 'readings', from: whole, to },
  ];
  return segments.filter(isNotEmpty);
}

/** The part of [from, to) from which on a source can be used, cut where the unit that stands in for it ends. */
function wholeFrom(completeFrom: number | undefined, unit: number, from: number, to: number): number {
  return completeFrom === undefined ? from : Math.min(to, Math.max(from, ceilTo(completeFrom, unit)));
}

const isNotEmpty = (segment: Segment): boolean => segment.from < segment.to;
