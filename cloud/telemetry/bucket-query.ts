import type { RawBuilder } from 'kysely';
import { type Database, sql } from '../platform/index.ts';
import type { BucketPart } from './bucket-merge.ts';
import type { Completeness, RangePlan, Segment } from './range-plan.ts';
import { summableMax } from './reading-columns.ts';

interface PartRow {
  start: Date;
  count: number;
  bad_count: number;
  numeric_count: number;
  total: number;
  minimum: number | null;
  maximum: number | null;
  last_time: Date | null;
  last: number | null;
}

interface Buckets {
  readonly signalId: number;
  readonly plan: Pick<RangePlan, 'origin' | 'bucketMilliseconds'>;
}

/** Readings are in our database, or in a store elsewhere, which is asked for its part. */
export type ReadingsPlace = 'here' | 'elsewhere';

/**
 * What a plan says to read, by one statement, so that what is rolled up meanwhile is seen once. Answers one row for
 * each bucket and source.
 */
export function bucketsQuery(
  signalId: number,
  plan: RangePlan,
  place: ReadingsPlace = 'here',
): RawBuilder<PartRow> {
  const parts = plan.segments.flatMap((segment) => partsOf({ signalId, plan }, segment, place));
  return sql<PartRow>`${sql.join(parts, sql` union all `)}`;
}

export async function readParts(
  database: Database,
  signalId: number,
  plan: RangePlan,
  place: ReadingsPlace,
): Promise<BucketPart[]> {
  return plan.segments.length === 0
    ? []
    : (await bucketsQuery(signalId, plan, place).execute(database)).rows.map(toPart);
}

function toPart(row: PartRow): BucketPart {
  return {
    start: row.start.getTime(),
    count: row.count,
    badCount: row.bad_count,
    numericCount: row.numeric_count,
    total: row.total,
    minimum: row.minimum,
    maximum: row.maximum,
    lastTime: row.last_time?.getTime() ?? null,
    last: row.last,
  };
}

function partsOf(buckets: Buckets, segment: Segment, place: ReadingsPlace): RawBuilder<unknown>[] {
  switch (segment.source) {
    case 'readings':
      return [...(place === 'here' ? [readingParts(buckets, segment)] : []), summaryParts(buckets, segment)];
    case 'minutes':
      return [rollUpParts(buckets, segment, 'reading_minutes'), changeParts(buckets, segment, '1 minute')];
    case 'hours':
      return [rollUpParts(buckets, segment, 'reading_hours'), changeParts(buckets, segment, '1 hour')];
  }
}

function binOf({ plan }: Buckets, time: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`date_bin(${plan.bucketMilliseconds} * interval '1 millisecond', ${time}, ${new Date(plan.origin)})`;
}

const within = (column: string, { from, to }: Segment): RawBuilder<unknown> =>
  sql`${sql.ref(column)} >= ${new Date(from)}::timestamptz and ${sql.ref(column)} < ${new Date(to)}::timestamptz`;

/**
 * The last one is looked up by its time afterwards: sorting all of a bucket for it costs more than all the rest. The
 * total leaves out what is too large to be added up, which PostgreSQL would stumble over.
 */
function readingParts(buckets: Buckets, segment: Segment): RawBuilder<unknown> {
  const { signalId } = buckets;
  const chosen = sql`signal_id = ${signalId} and ${within('source_time', segment)}`;
  return sql`
    (with found as (
      select ${binOf(buckets, sql`source_time`)} as start, count(*) as count,
        count(*) filter (where quality = 2) as bad_count,
        count(*) filter (where quality < 2 and abs(value) < ${summableMax}) as numeric_count,
        coalesce(sum(value) filter (where quality < 2 and abs(value) < ${summableMax}), 0) as total,
        min(value) filter (where quality < 2) as minimum, max(value) filter (where quality < 2) as maximum,
        max(source_time) filter (where quality < 2 and value is not null) as last_time
      from readings where ${chosen} group by 1
    ), lasts as (
      select distinct on (source_time) source_time, value from readings
      where ${chosen} and source_time in (select last_time from found) and quality < 2 and value is not null
      order by source_time, id desc
    )
    select found.*, lasts.value as last from found left join lasts on source_time = last_time)`;
}

/** A summary counts where it begins. */
function summaryParts(buckets: Buckets, segment: Segment): RawBuilder<unknown> {
  return sql`
    (select ${binOf(buckets, sql`from_time`)} as start, sum(count)::bigint as count,
      sum(bad_count)::bigint as bad_count,
      coalesce(sum(numeric_count) filter (where mean is not null), 0)::bigint as numeric_count,
      coalesce(sum(mean * numeric_count), 0) as total, min(minimum) as minimum, max(maximum) as maximum,
      max(to_time) filter (where last_value is not null) as last_time,
      (array_agg(last_value order by to_time desc, id desc) filter (where last_value is not null))[1] as last
    from reading_summaries where signal_id = ${buckets.signalId} and ${within('from_time', segment)} group by 1)`;
}

function rollUpParts(
  buckets: Buckets,
  segment: Segment,
  table: 'reading_minutes' | 'reading_hours',
): RawBuilder<unknown> {
  const chosen = sql`signal_id = ${buckets.signalId} and ${within('start', segment)}`;
  return sql`
    (with found as (
      select ${binOf(buckets, sql`start`)} as start, sum(count)::bigint as count, sum(bad_count)::bigint as bad_count,
        sum(numeric_count)::bigint as numeric_count, sum(total) as total, min(minimum) as minimum,
        max(maximum) as maximum, max(last_time) as last_time
      from ${sql.table(table)} where ${chosen} group by 1
    ), lasts as (
      select distinct on (last_time) last_time, last from ${sql.table(table)}
      where ${chosen} and last_time in (select last_time from found) order by last_time, start desc
    )
    select found.*, lasts.last from found left join lasts using (last_time))`;
}

/** What is not rolled up yet. */
function changeParts(buckets: Buckets, segment: Segment, unit: '1 minute' | '1 hour'): RawBuilder<unknown> {
  const { signalId } = buckets;
  return sql`
    (select ${binOf(buckets, sql`at`)} as start, sum(count)::bigint, sum(bad_count)::bigint,
      sum(numeric_count)::bigint, sum(total), min(minimum), max(maximum), to_timestamp(max(last_at) / 1000),
      (array_agg(last order by last_at desc, id desc) filter (where last_at is not null))[1]
    from reading_changes,
      unnest(signal_ids, minutes, counts, bad_counts, numeric_counts, totals, minima, maxima, last_times, lasts)
        as change (signal_id, minute, count, bad_count, numeric_count, total, minimum, maximum, last_at, last),
      lateral (select date_bin(${sql.lit(unit)}::interval, to_timestamp(minute * 60), 'epoch') as at) as placed
    where signal_ids @> array[${signalId}::integer] and signal_id = ${signalId} and ${within('at', segment)}
    group by 1)`;
}

/** What is known of a signal's sources. */
export async function completenessOf(database: Database, signalId: number): Promise<Completeness> {
  const { rows } = await sql<{ readings: Date | null; minutes: Date | null; backlog: boolean }>`
    select (select complete_from from reading_sources where name = 'readings') as readings,
      (select complete_from from reading_sources where name = 'reading_minutes') as minutes,
      exists (select from reading_backlog where signal_id = ${signalId}) as backlog`.execute(database);
  const [row] = rows;
  return {
    readingsFrom: row?.readings?.getTime(),
    minutesFrom: row?.minutes?.getTime(),
    isInBacklog: row?.backlog ?? false,
  };
}

/**
 * Are the readings of a range whole, although it lies before the time from which on all are? So it is with a recording
 * of long ago that arrived lately: then as many are there as the minutes tell of.
 */
export async function areReadingsWhole(
  database: Database,
  signalId: number,
  range: { from: number; to: number },
): Promise<boolean> {
  const segment: Segment = { source: 'readings', ...range };
  const { rows } = await sql<{ here: number; told: number }>`
    select (select count(*) from readings where signal_id = ${signalId} and ${within('source_time', segment)}) as here,
      (select coalesce(sum(count), 0)::bigint from reading_minutes
        where signal_id = ${signalId} and ${within('start', segment)}) as told`.execute(database);
  const [row] = rows;
  return row !== undefined && row.here > 0 && row.here >= row.told;
}
