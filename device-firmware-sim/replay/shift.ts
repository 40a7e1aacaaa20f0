import type { RecordedValue } from './recording.ts';

/** The rows with all times later by so much that the newest is of `now`. `open` begins to read from the start. */
export async function* shiftedToNow(
  open: () => AsyncIterable<RecordedValue>,
  now: number,
): AsyncGenerator<RecordedValue, void> {
  let newest = Number.NEGATIVE_INFINITY;
  for await (const { ts } of open()) {
    newest = Math.max(newest, ts);
  }
  for await (const row of open()) {
    yield { ...row, ts: row.ts + now - newest };
  }
}
