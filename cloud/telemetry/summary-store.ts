import type { ReadingSummary } from '@andon/shared/contracts';
import { sql, type Transaction } from '../platform/index.ts';
import { clockStates, columnsOfValue, summableMax } from './reading-columns.ts';

/** A summary and the number of its signal. */
export interface NumberedSummary {
  readonly signalId: number;
  readonly summary: ReadingSummary;
}

/** Stores all summaries of a batch by one statement. */
export async function insertSummaries(
  transaction: Transaction,
  summaries: readonly NumberedSummary[],
  receivedAt: Date,
): Promise<void> {
  const rows = summaries.map(({ signalId, summary }) => {
    const last = columnsOfValue(summary.last);
    return {
      signal_id: signalId,
      from_time: new Date(summary.from).toISOString(),
      to_time: new Date(summary.to).toISOString(),
      count: summary.count,
      bad_count: summary.badCount,
      numeric_count: summary.numericCount,
      minimum: summary.minimum ?? null,
      maximum: summary.maximum ?? null,
      mean: summary.mean === undefined || Math.abs(summary.mean) >= summableMax ? null : summary.mean,
      last_value: last.value,
      last_text: last.text,
      clock_state: clockStates.indexOf(summary.clockState),
    };
  });
  await sql`
    insert into reading_summaries (signal_id, from_time, to_time, received_at, count, bad_count, numeric_count, minimum,
      maximum, mean, last_value, last_text, clock_state)
    select signal_id, from_time, to_time, ${receivedAt}::timestamptz, count, bad_count, numeric_count, minimum, maximum,
      mean, last_value, last_text, clock_state
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (signal_id integer, from_time timestamptz,
      to_time timestamptz, count bigint, bad_count bigint, numeric_count bigint, minimum float8, maximum float8,
      mean float8, last_value float8, last_text text, clock_state smallint)`.execute(transaction);
}
