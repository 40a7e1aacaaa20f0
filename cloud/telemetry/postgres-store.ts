import { type Database, sql, type Transaction } from '../platform/index.ts';
import { mergeParts } from './bucket-merge.ts';
import { areReadingsWhole, completenessOf, readParts } from './bucket-query.ts';
import { insertChanges } from './change-store.ts';
import { type Completeness, planRange } from './range-plan.ts';
import { clockStates, type NumberedReading, qualities, toArrays, valueOfColumns } from './reading-columns.ts';
import type { BucketQuery, ReadingQuery, ReadingStore, StoredReading } from './reading-store.ts';

/** Readings in our own database, with roll-ups of a minute and of an hour. */
export function createPostgresStore(): ReadingStore {
  return {
    name: 'postgresql',
    async keep(transaction, readings, receivedAt) {
      await insertReadings(transaction, readings, receivedAt);
    },
    async readBuckets(database, query) {
      const known = await completenessOf(database, query.signal.id);
      const plan = planRange(query, await withRecordings(database, query, known));
      const parts = await readParts(database, query.signal.id, plan, 'here');
      return { bucketMilliseconds: plan.bucketMilliseconds, buckets: mergeParts(parts) };
    },
    listReadings,
  };
}

/** A recording of long ago is read as it is where all of it is still here and a chart wants it finer than minutes. */
async function withRecordings(
  database: Database,
  query: BucketQuery,
  known: Completeness,
): Promise<Completeness> {
  const isFine = planRange(query, { ...known, readingsFrom: undefined }).segments[0]?.source === 'readings';
  const isBefore = known.readingsFrom !== undefined && query.to <= known.readingsFrom;
  return isFine && isBefore && (await areReadingsWhole(database, query.signal.id, query))
    ? { ...known, readingsFrom: undefined }
    : known;
}

/** Stores all readings of a batch, and what they add to the roll-ups, by one statement. Two of one time are two. */
async function insertReadings(
  transaction: Transaction,
  readings: readonly NumberedReading[],
  receivedAt: Date,
): Promise<void> {
  const arrays = toArrays(readings);
  const texts = arrays.texts === undefined ? sql`null::text` : sql`unnest(${arrays.texts}::text[])`;
  const reasons = arrays.reasons === undefined ? sql`null::text` : sql`unnest(${arrays.reasons}::text[])`;
  const originals =
    arrays.originalTimes === undefined
      ? sql`null::timestamptz`
      : sql`to_timestamp(unnest(${arrays.originalTimes}::float8[]) / 1000)`;
  await sql`
    with changed as (${insertChanges({ readings }, receivedAt)})
    insert into readings (signal_id, source_time, gateway_time, received_at, value, text_value, quality,
      clock_state, historical, quality_reason, original_time)
    select unnest(${arrays.signalIds}::integer[]),
      to_timestamp(unnest(${arrays.sourceTimes}::float8[]) / 1000),
      to_timestamp(unnest(${arrays.gatewayTimes}::float8[]) / 1000),
      ${receivedAt}::timestamptz,
      unnest(${arrays.values}::float8[]), ${texts},
      unnest(${arrays.qualities}::smallint[]),
      unnest(${arrays.clockStates}::smallint[]),
      unnest(${arrays.historical}::boolean[]), ${reasons}, ${originals}`.execute(transaction);
}

interface ReadingRow {
  id: number;
  /** The device's time to the microsecond. */
  position: string;
  source_time: Date;
  gateway_time: Date;
  received_at: Date;
  original_time: Date | null;
  value: number | null;
  text_value: string | null;
  quality: number;
  clock_state: number;
  historical: boolean;
  quality_reason: string | null;
}

async function listReadings(database: Database, query: ReadingQuery): Promise<StoredReading[]> {
  const { signal, from, to, after, limit } = query;
  const found = await sql<ReadingRow>`
    select id, to_char(source_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as position, source_time,
      gateway_time, received_at, original_time, value, text_value, quality, clock_state, historical, quality_reason
    from readings
    where signal_id = ${signal.id} and source_time >= ${new Date(from)} and source_time < ${new Date(to)}
      ${after ? sql`and (source_time, id) > (${after[0]}::timestamptz, ${after[1]}::bigint)` : sql``}
    order by source_time, id limit ${limit + 1}`.execute(database);
  return found.rows.map(toReading);
}

function toReading(row: ReadingRow): StoredReading {
  return {
    id: row.id,
    position: row.position,
    sourceTime: row.source_time,
    gatewayTime: row.gateway_time,
    receivedAt: row.received_at,
    originalTime: row.original_time,
    value: valueOfColumns(row.value, row.text_value),
    quality: qualities[row.quality] ?? 'BAD',
    qualityReason: row.quality_reason,
    clockState: clockStates[row.clock_state] ?? 'UNSYNCHRONIZED',
    historical: row.historical,
  };
}
