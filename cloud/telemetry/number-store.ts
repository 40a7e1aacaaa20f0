import type { Lane } from '@andon/shared/contracts';
import { type Database, sql, type Transaction } from '../platform/index.ts';

/** What one lane of a gateway has brought of a signal. */
export interface NumberedLane {
  readonly signalId: number;
  readonly gatewayId: string;
  readonly lane: Lane;
  /** 0 for the first gateway that brought the signal, 1 for the next one that its device was moved to. */
  readonly gatewayNumber: number;
  /** In their order: from, to (epoch milliseconds, inclusive), how many readings there may be at each time between. */
  readonly pieces: readonly (readonly [number, number, number])[];
}

/** What every lane has brought of these signals. */
export async function findNumberedLanes(
  database: Database,
  signalIds: readonly number[],
): Promise<NumberedLane[]> {
  const { rows } = await sql<{
    signal_id: number;
    gateway_id: string;
    lane: Lane;
    gateway_number: number;
    pieces: [number, number, number][];
  }>`
    select signal_id, gateway_id, lane, gateway_number, pieces from reading_numbers
    where signal_id = any(${signalIds}::integer[])`.execute(database);
  return rows.map((row) => ({
    signalId: row.signal_id,
    gatewayId: row.gateway_id,
    lane: row.lane,
    gatewayNumber: row.gateway_number,
    pieces: row.pieces,
  }));
}

export async function keepNumberedLanes(
  transaction: Transaction,
  lanes: readonly NumberedLane[],
): Promise<void> {
  const rows = lanes.map((one) => ({
    signal_id: one.signalId,
    gateway_id: one.gatewayId,
    lane: one.lane,
    gateway_number: one.gatewayNumber,
    pieces: one.pieces,
  }));
  await sql`
    insert into reading_numbers (signal_id, gateway_id, lane, gateway_number, pieces)
    select signal_id, gateway_id, lane, gateway_number, pieces
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (signal_id integer, gateway_id text, lane text,
      gateway_number integer, pieces jsonb)
    on conflict (signal_id, gateway_id, lane) do update set pieces = excluded.pieces`.execute(transaction);
}
