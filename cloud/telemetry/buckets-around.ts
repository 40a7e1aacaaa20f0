import type { Database } from '../platform/index.ts';
import { type BucketPart, mergeParts } from './bucket-merge.ts';
import { completenessOf, readParts } from './bucket-query.ts';
import { planRange, type RangePlan } from './range-plan.ts';
import type { BucketAnswer, BucketQuery } from './reading-store.ts';

/**
 * Buckets of a signal whose readings are in a store elsewhere: roll-ups from our database, and what is finer from there.
 * `partsIn` gives what the readings of [from, to) are, in the buckets of the plan.
 */
export async function readBucketsAround(
  database: Database,
  query: BucketQuery,
  partsIn: (range: { from: number; to: number }, plan: RangePlan) => Promise<readonly BucketPart[]>,
): Promise<BucketAnswer> {
  // Readings that wait for their roll-up are in our database and not in that store.
  const known = { ...(await completenessOf(database, query.signal.id)), isInBacklog: false };
  const plan = planRange(query, known);
  const parts = await readParts(database, query.signal.id, plan, 'elsewhere');
  for (const segment of plan.segments) {
    if (segment.source === 'readings') {
      parts.push(...(await partsIn(segment, plan)));
    }
  }
  return { bucketMilliseconds: plan.bucketMilliseconds, buckets: mergeParts(parts) };
}
