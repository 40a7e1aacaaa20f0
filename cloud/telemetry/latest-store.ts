import { type Database, sql, type Transaction } from '../platform/index.ts';
import {
  columnsOfValue,
  futureToleranceMilliseconds,
  type NumberedReading,
  qualities,
} from './reading-columns.ts';

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

/** Those of several devices. */
export async function listSignalsOf(
  database: Database,
  deviceIds: readonly string[],
): Promise<(SignalRow & { device_id: string })[]> {
  const found = await sql<SignalRow & { device_id: string }>`
    select device_id, id, name, unit, value, text_value, quality, quality_reason, source_time, gateway_time
    from telemetry_signals where device_id = any(${[...deviceIds]}) order by device_id, name`.execute(
    database,
  );
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
