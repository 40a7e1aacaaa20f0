import { type Database, sql, type Transaction } from '../platform/index.ts';

/** What a store of numbers cannot say of a reading that it keeps. Times in epoch milliseconds. */
export interface ReadingNote {
  readonly signalId: number;
  readonly sourceTime: number;
  /** 0 but for further readings of the same time. */
  readonly ordinal: number;
  readonly text: string | null;
  readonly qualityReason: string | null;
  readonly originalTime: number | null;
}

/** Keeps notes; of a reading that is stored again the later one counts. */
export async function keepNotes(
  transaction: Transaction,
  notes: readonly ReadingNote[],
  receivedAt: Date,
): Promise<void> {
  if (notes.length === 0) {
    return;
  }
  const rows = notes.map((note) => ({
    signal_id: note.signalId,
    source_time: new Date(note.sourceTime).toISOString(),
    ordinal: note.ordinal,
    text_value: note.text,
    quality_reason: note.qualityReason,
    original_time: note.originalTime === null ? null : new Date(note.originalTime).toISOString(),
  }));
  await sql`
    insert into reading_notes as kept (signal_id, source_time, ordinal, received_at, text_value, quality_reason,
      original_time)
    select distinct on (signal_id, source_time, ordinal) signal_id, source_time, ordinal, ${receivedAt}::timestamptz,
      text_value, quality_reason, original_time
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (signal_id integer, source_time timestamptz,
      ordinal integer, text_value text, quality_reason text, original_time timestamptz)
    on conflict (signal_id, source_time, ordinal) do update set received_at = excluded.received_at,
      text_value = excluded.text_value, quality_reason = excluded.quality_reason,
      original_time = excluded.original_time`.execute(transaction);
}

/** The notes on readings of a signal in [from, to). */
export async function findNotes(
  database: Database,
  signalId: number,
  { from, to }: { from: number; to: number },
): Promise<ReadingNote[]> {
  const { rows } = await sql<{
    source_time: Date;
    ordinal: number;
    text_value: string | null;
    quality_reason: string | null;
    original_time: Date | null;
  }>`
    select source_time, ordinal, text_value, quality_reason, original_time from reading_notes
    where signal_id = ${signalId} and source_time >= ${new Date(from)} and source_time < ${new Date(to)}`.execute(
    database,
  );
  return rows.map((row) => ({
    signalId,
    sourceTime: row.source_time.getTime(),
    ordinal: row.ordinal,
    text: row.text_value,
    qualityReason: row.quality_reason,
    originalTime: row.original_time?.getTime() ?? null,
  }));
}
