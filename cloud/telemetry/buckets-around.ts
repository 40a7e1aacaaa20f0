import type { Database } from '../platform/index.ts';
import { type BucketPart, mergeParts } from './bucket-merge.ts';
import { completenessOf, readParts } from './bucket-query.ts';
import { planRange } from './range-plan.ts';
import { columnsOfValue, summableMax } from './reading-columns.ts';
import type { BucketAnswer, BucketQuery, StoredReading } from './reading-store.ts';

/**
 * Buckets of a signal whose readings are in a store elsewhere: roll-ups from our database, and the readings of what is
 * finer from there. `readingsIn` gives those of [from, to).
 */
export async function readBucketsAround(
  database: Database,
  query: BucketQuery,
  readingsIn: (range: { from: number; to: number }) => Promise<readonly StoredReading[]>,
): Promise<BucketAnswer> {
  // Readings that wait for their roll-up are in our database and not in that store.
  const known = { ...(await completenessOf(database, query.signal.id)), isInBacklog: false };
  const plan = planRange(query, known);
  const parts = await readParts(database, query.signal.id, plan, 'elsewhere');
  for (const segment of plan.segments) {
    if (segment.source === 'readings') {
      parts.push(...partsOfReadings(await readingsIn(segment), plan));
    }
  }
  return { bucketMilliseconds: plan.bucketMilliseconds, buckets: mergeParts(parts) };
}

/** Each reading is a part of its bucket. */
function partsOfReadings(
  readings: readonly StoredReading[],
  { origin, bucketMilliseconds }: { origin: number; bucketMilliseconds: number },
): BucketPart[] {
  return readings.map((reading) => {
    const time = reading.sourceTime.getTime();
    const isBad = reading.quality === 'BAD';
    const value = isBad ? null : columnsOfValue(reading.value).value;
    const isSummable = value !== null && Math.abs(value) < summableMax;
    return {
      start: origin + Math.floor((time - origin) / bucketMilliseconds) * bucketMilliseconds,
      count: 1,
      badCount: isBad ? 1 : 0,
      numericCount: isSummable ? 1 : 0,
      total: isSummable ? value : 0,
      minimum: value,
      maximum: value,
      lastTime: value === null ? null : time,
      last: value,
    };
  });
}
