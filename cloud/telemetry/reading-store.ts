import { type Database, sql, type Transaction } from '../platform/index.ts';
import {
  columnsOfValue,
  futureToleranceMilliseconds,
  type NumberedReading,
  qualities,
  toArrays,
} from './reading-columns.ts';

/** Stores all readings of a batch by one statement. Two of one time are two. */
export async function insertReadings(
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

/** Moves the latest reading of each signal forward in time, all by one statement. */
export async function updateLatest(
  transaction: Transaction,
  latest: readonly NumberedReading[],
  receivedAt: Date,
): Promise<void> {
  const columns = latest.map(({ reading }) => columnsOfValue(reading.value));
  const horizon = new Date(receivedAt.getTime() + futureToleranceMilliseconds);
  await sql`
    update telemetry_signals as signal
    set unit = coalesce(news.unit, signal.unit), value = news.value, text_value = news.text_value,
      quality = news.quality, quality_reason = news.quality_reason,
      source_time = to_timestamp(news.source_time / 1000), gateway_time = to_timestamp(news.gateway_time / 1000)
    from unnest(${latest.map(({ signalId }) => signalId)}::integer[],
      ${latest.map(({ reading }) => reading.unit ?? null)}::text[],
      ${columns.map(({ value }) => value)}::float8[], ${columns.map(({ text }) => text)}::text[],
      ${latest.map(({ reading }) => qualities.indexOf(reading.quality))}::smallint[],
      ${latest.map(({ reading }) => reading.qualityReason ?? null)}::text[],
      ${latest.map(({ reading }) => reading.sourceTime)}::float8[],
      ${latest.map(({ reading }) => reading.gatewayTime)}::float8[])
      as news (id, unit, value, text_value, quality, quality_reason, source_time, gateway_time)
    where signal.id = news.id and (signal.source_time is null
      or signal.source_time <= to_timestamp(news.source_time / 1000)
      or signal.source_time > ${horizon})`.execute(transaction);
}

export interface SignalRow {
  id: number;
  name: string;
  unit: string | null;
  value: number | null;
  text_value: string | null;
  quality: number | null;
  quality_reason: string | null;
  source_time: Date | null;
  gateway_time: Date | null;
}

export async function listSignals(database: Database, deviceId: string): Promise<SignalRow[]> {
  const found = await sql<SignalRow>`
    select id, name, unit, value, text_value, quality, quality_reason, source_time, gateway_time
    from telemetry_signals where device_id = ${deviceId} order by name`.execute(database);
  return found.rows;
}

export async function findSignal(
  database: Database,
  deviceId: string,
  name: string,
): Promise<SignalRow | undefined> {
  const found = await sql<SignalRow>`
    select id, name, unit, value, text_value, quality, quality_reason, source_time, gateway_time
    from telemetry_signals where device_id = ${deviceId} and name = ${name}`.execute(database);
  return found.rows[0];
}

export interface BucketRow {
  start: Date;
  count: number;
  min: number | null;
  max: number | null;
  mean: number | null;
  last: number | null;
  bad_count: number;
}

/**
 * Readings of [from, to) in buckets that begin at `from`; empty ones are left out. BAD readings are counted and
 * not computed with. The last one is looked up by the index: sorting all of a bucket for it costs more than all the
 * rest. The mean leaves out what is too large to be squared, which PostgreSQL would stumble over.
 */
export async function readBuckets(
  transaction: Transaction,
  query: { signalId: number; from: Date; to: Date; bucketMilliseconds: number },
): Promise<BucketRow[]> {
  const { signalId, from, to } = query;
  const width = sql`${query.bucketMilliseconds} * interval '1 millisecond'`;
  const found = await sql<BucketRow>`
    with parts as (
      select date_bin(${width}, source_time, ${from}) as start,
        count(*) as count, min(value) filter (where quality < 2) as min, max(value) filter (where quality < 2) as max,
        avg(value) filter (where quality < 2 and abs(value) < 1e150) as mean,
        count(*) filter (where quality < 2 and abs(value) < 1e150) as averaged,
        count(*) filter (where quality = 2) as bad_count
      from readings where signal_id = ${signalId} and source_time >= ${from} and source_time < ${to}
      group by start
      union all
      select date_bin(${width}, from_time, ${from}) as start, count, minimum, maximum, mean, numeric_count, bad_count
      from reading_summaries where signal_id = ${signalId} and from_time >= ${from} and from_time < ${to}
    ), buckets as (
      select start, sum(count)::bigint as count, min(min) as min, max(max) as max,
        sum(mean * averaged) / nullif(sum(averaged) filter (where mean is not null), 0) as mean,
        sum(bad_count)::bigint as bad_count
      from parts group by start)
    select buckets.*, latest.value as last
    from buckets left join lateral (
      (select source_time as at, value from readings
        where signal_id = ${signalId} and source_time >= start and source_time < least(start + ${width}, ${to})
          and quality < 2
        order by source_time desc, id desc limit 1)
      union all
      (select to_time as at, last_value as value from reading_summaries
        where signal_id = ${signalId} and from_time >= start and from_time < least(start + ${width}, ${to})
        order by from_time desc, id desc limit 1)
      order by at desc limit 1) as latest on true
    order by start`.execute(transaction);
  return found.rows;
}

export interface RawRow {
  id: number;
  /** The device's time to the microsecond, as a cursor needs it. */
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

export async function listReadings(
  database: Database,
  query: { signalId: number; from: Date; to: Date; after?: readonly [string, number]; limit: number },
): Promise<RawRow[]> {
  const found = await sql<RawRow>`
    select id, to_char(source_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as position, source_time,
      gateway_time, received_at, original_time, value, text_value, quality, clock_state, historical, quality_reason
    from readings
    where signal_id = ${query.signalId} and source_time >= ${query.from} and source_time < ${query.to}
      ${query.after ? sql`and (source_time, id) > (${query.after[0]}::timestamptz, ${query.after[1]}::bigint)` : sql``}
    order by source_time, id limit ${query.limit + 1}`.execute(database);
  return found.rows;
}
