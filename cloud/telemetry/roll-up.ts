import type { RawBuilder } from 'kysely';
import { type Database, inTransaction, sql, type Transaction } from '../platform/index.ts';

const rollUpLockKey = 4_201_972;
const batchesAtOnceMax = 200;
const roundsMax = 500;

/**
 * Adds what batches changed to the minutes and hours, and takes it off the list, in one transaction: so whoever reads
 * both in one statement sees each reading once. One replica at a time; the other leaves it to that one. Answers how
 * many batches.
 */
export async function rollUpChanges(database: Database): Promise<number> {
  let total = 0;
  for (let round = 0; round < roundsMax; round += 1) {
    const taken = await withRollUpLock(database, rollUpSome);
    total += taken;
    if (taken < batchesAtOnceMax) {
      break;
    }
  }
  return total;
}

/** Does some work on roll-ups in a transaction; 0 where another replica is at it. */
export async function withRollUpLock(
  database: Database,
  work: (transaction: Transaction) => Promise<number>,
): Promise<number> {
  return inTransaction(database, async (transaction) => {
    const { rows } = await sql<{ mine: boolean }>`
      select pg_try_advisory_xact_lock(${rollUpLockKey}) as mine`.execute(transaction);
    if (!rows[0]?.mine) {
      return 0;
    }
    await sql`set local statement_timeout = 0`.execute(transaction);
    return work(transaction);
  });
}

async function rollUpSome(transaction: Transaction): Promise<number> {
  const { rows } = await sql<{ taken: number }>`
    with taken as (
      delete from reading_changes
      where id = any(array(select id from reading_changes order by id limit ${batchesAtOnceMax}))
      returning *
    ), parts as (
      select part.*, taken.id, taken.received_at
      from taken, unnest(signal_ids, minutes, counts, bad_counts, numeric_counts, totals, minima, maxima, last_times,
        lasts) as part (signal_id, minute, count, bad_count, numeric_count, total, minimum, maximum, last_at, last)
    ), minutes as materialized (
      select signal_id, to_timestamp(minute * 60) as start, sum(count)::bigint as count,
        sum(bad_count)::bigint as bad_count, sum(numeric_count)::bigint as numeric_count, sum(total) as total,
        min(minimum) as minimum, max(maximum) as maximum, to_timestamp(max(last_at) / 1000) as last_time,
        (array_agg(last order by last_at desc, id desc) filter (where last_at is not null))[1] as last,
        max(received_at) as arrived_at
      from parts group by signal_id, minute
    ), ${addMinutesAndHours}
    select count(*) as taken from taken`.execute(transaction);
  return rows[0]?.taken ?? 0;
}

const columns = sql`signal_id, start, count, bad_count, numeric_count, total, minimum, maximum, last_time, last,
  arrived_at`;

const addToWhatIsKept = sql`
  on conflict (signal_id, start) do update set count = kept.count + excluded.count,
    bad_count = kept.bad_count + excluded.bad_count,
    numeric_count = kept.numeric_count + excluded.numeric_count,
    total = kept.total + excluded.total,
    minimum = least(kept.minimum, excluded.minimum),
    maximum = greatest(kept.maximum, excluded.maximum),
    last = case when kept.last_time is null or excluded.last_time >= kept.last_time then excluded.last
      else kept.last end,
    last_time = greatest(kept.last_time, excluded.last_time),
    arrived_at = greatest(kept.arrived_at, excluded.arrived_at)`;

/** Takes the rows of a `minutes` of which each stands for one minute of one signal. */
export const addMinutesAndHours: RawBuilder<unknown> = sql`minutes_added as (
    insert into reading_minutes as kept (${columns}) select ${columns} from minutes order by signal_id, start
    ${addToWhatIsKept}
  ), hours_added as (
    insert into reading_hours as kept (${columns})
    select signal_id, date_bin('1 hour', start, 'epoch'), sum(count)::bigint, sum(bad_count)::bigint,
      sum(numeric_count)::bigint, sum(total), min(minimum), max(maximum), max(last_time),
      (array_agg(last order by last_time desc) filter (where last_time is not null))[1], max(arrived_at)
    from minutes group by 1, 2 order by 1, 2
    ${addToWhatIsKept}
  )`;
