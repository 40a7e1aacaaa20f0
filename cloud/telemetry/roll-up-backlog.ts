import { type Database, sql, type Transaction } from '../platform/index.ts';
import { summableMax } from './reading-columns.ts';
import { addMinutesAndHours, withRollUpLock } from './roll-up.ts';

/** A transaction takes a slice of so many signals, and of each so many readings: some tenths of a second of work. */
const signalsAtOnceMax = 50;
const readingsOfSignalMax = 1000;

/**
 * Adds a slice of the readings from before there were roll-ups; answers of how many signals, 0 where none is left or
 * another replica is at it. A signal is read from its readings alone until it is off the list, which the commit of its
 * last slice does: so nobody sees it half done, and whoever is killed has lost a slice that is taken again.
 */
export async function rollUpBacklog(database: Database): Promise<number> {
  return withRollUpLock(database, rollUpSlice);
}

/** What gateways thinned of a signal is few, and comes with its last slice. */
async function rollUpSlice(transaction: Transaction): Promise<number> {
  const { rows } = await sql<{ taken: number }>`
    with chosen as materialized (
      select * from reading_backlog order by signal_id limit ${signalsAtOnceMax}
    ), slices as materialized (
      select slice.* from chosen cross join lateral (
        select signal_id, source_time, id, received_at, quality, value from readings
        where readings.signal_id = chosen.signal_id and id < reading_id_end
          and (source_time, id) > (done_time, done_id)
        order by source_time, id limit ${readingsOfSignalMax}) as slice
    ), ends as (
      select signal_id, max(source_time) as time, (array_agg(id order by source_time desc, id desc))[1] as id
      from slices group by signal_id having count(*) = ${readingsOfSignalMax}
    ), moved as (
      update reading_backlog set done_time = ends.time, done_id = ends.id
      from ends where reading_backlog.signal_id = ends.signal_id
    ), finished as (
      delete from reading_backlog using chosen
      where reading_backlog.signal_id = chosen.signal_id
        and chosen.signal_id not in (select signal_id from ends)
      returning reading_backlog.*
    ), parts as (
      select signal_id, date_bin('1 minute', source_time, 'epoch') as start, 1 as count,
        (quality = 2)::int as bad_count, (quality < 2 and abs(value) < ${summableMax})::int as numeric_count,
        case when quality < 2 and abs(value) < ${summableMax} then value end as total,
        case when quality < 2 then value end as minimum, case when quality < 2 then value end as maximum,
        case when quality < 2 and value is not null then source_time end as last_time, value as last, id, received_at
      from slices
      union all
      select summary.signal_id, date_bin('1 minute', from_time, 'epoch'), count, bad_count,
        case when mean is null then 0 else numeric_count end, mean * numeric_count, minimum, maximum,
        case when last_value is not null then to_time end, last_value, id, received_at
      from reading_summaries as summary join finished using (signal_id) where id < summary_id_end
    ), minutes as materialized (
      select signal_id, start, sum(count)::bigint as count, sum(bad_count)::bigint as bad_count,
        coalesce(sum(numeric_count), 0)::bigint as numeric_count, coalesce(sum(total), 0) as total,
        min(minimum) as minimum, max(maximum) as maximum, max(last_time) as last_time,
        (array_agg(last order by last_time desc, id desc) filter (where last_time is not null))[1] as last,
        max(received_at) as arrived_at
      from parts group by signal_id, start
    ), ${addMinutesAndHours}
    select count(*) as taken from chosen`.execute(transaction);
  return rows[0]?.taken ?? 0;
}
