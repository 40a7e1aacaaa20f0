import { sql, type Transaction } from '../platform/index.ts';
import { changeArrays, MinuteChanges } from './reading-changes.ts';
import type { NumberedReading } from './reading-columns.ts';
import type { NumberedSummary } from './summary-store.ts';

/** What is new of a batch. */
export interface NewReadings {
  readonly readings?: readonly NumberedReading[];
  readonly summaries?: readonly NumberedSummary[];
}

/** The statement that writes down what they add to the minutes of their signals. */
export function insertChanges({ readings = [], summaries = [] }: NewReadings, receivedAt: Date) {
  const collected = new MinuteChanges();
  for (const reading of readings) {
    collected.addReading(reading);
  }
  for (const summary of summaries) {
    collected.addSummary(summary);
  }
  const changes = changeArrays(collected.all());
  return sql`
    insert into reading_changes (received_at, signal_ids, minutes, counts, bad_counts, numeric_counts, totals, minima,
      maxima, last_times, lasts)
    values (${receivedAt}, ${changes.signalIds}, ${changes.minutes}, ${changes.counts}, ${changes.badCounts},
      ${changes.numericCounts}, ${changes.totals}, ${changes.minima}, ${changes.maxima}, ${changes.lastTimes},
      ${changes.lasts})`;
}

/** Has them rolled up; once for each transaction that commits. */
export async function noteChanges(
  transaction: Transaction,
  news: NewReadings,
  receivedAt: Date,
): Promise<void> {
  await insertChanges(news, receivedAt).execute(transaction);
}
