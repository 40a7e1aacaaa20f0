/** What a stretch of time holds of one signal, as far as one source knows it. Parts of one bucket add up. */
export interface BucketPart {
  /** Where the bucket begins, epoch milliseconds. */
  readonly start: number;
  readonly count: number;
  readonly badCount: number;
  /** How many the total is over. */
  readonly numericCount: number;
  readonly total: number;
  readonly minimum: number | null;
  readonly maximum: number | null;
  /** When the last number was that is not BAD, epoch milliseconds. */
  readonly lastTime: number | null;
  readonly last: number | null;
}

/** Readings in [start, start + width); BAD ones are counted and not computed with. */
export interface Bucket {
  readonly start: number;
  readonly count: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly last: number | null;
  readonly badCount: number;
}

export function mergeParts(parts: Iterable<BucketPart>): Bucket[] {
  const byStart = new Map<number, BucketPart>();
  for (const part of parts) {
    const before = byStart.get(part.start);
    byStart.set(part.start, before === undefined ? part : mergeTwo(before, part));
  }
  return [...byStart.values()].sort((one, other) => one.start - other.start).map(toBucket);
}

function mergeTwo(one: BucketPart, other: BucketPart): BucketPart {
  const later = (other.lastTime ?? Number.NEGATIVE_INFINITY) >= (one.lastTime ?? Number.NEGATIVE_INFINITY);
  return {
    start: one.start,
    count: one.count + other.count,
    badCount: one.badCount + other.badCount,
    numericCount: one.numericCount + other.numericCount,
    total: one.total + other.total,
    minimum: extreme(Math.min, one.minimum, other.minimum),
    maximum: extreme(Math.max, one.maximum, other.maximum),
    lastTime: later ? other.lastTime : one.lastTime,
    last: later ? other.last : one.last,
  };
}

function extreme(
  of: (one: number, other: number) => number,
  one: number | null,
  other: number | null,
): number | null {
  if (one === null || other === null) {
    return one ?? other;
  }
  return of(one, other);
}

function toBucket(part: BucketPart): Bucket {
  return {
    start: part.start,
    count: part.count,
    min: part.minimum,
    max: part.maximum,
    mean: part.numericCount === 0 ? null : part.total / part.numericCount,
    last: part.last,
    badCount: part.badCount,
  };
}
