import type { AlertRecording, AlertShelving } from '@andon/shared/contracts';
import { type Database, sql, type Transaction } from '../platform/index.ts';

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** Keeps recordings of alerts that are kept; gives those whose alert is not known, or is another device's. */
export async function storeRecordings(
  transaction: Transaction,
  recordings: readonly AlertRecording[],
  now: Date,
): Promise<AlertRecording[]> {
  if (recordings.length === 0) {
    return [];
  }
  const ids = [...new Set(recordings.map((recording) => recording.alertId))];
  const found = await sql<{ id: string; device_id: string }>`
    select id, device_id from alerts where id = any(${ids}::uuid[])`.execute(transaction);
  const deviceOf = new Map(found.rows.map((row) => [row.id, row.device_id]));
  const isKnown = ({ alertId, deviceId }: AlertRecording) => deviceOf.get(alertId) === deviceId;
  const rows = recordings.filter(isKnown).map((recording) => ({
    alert_id: recording.alertId,
    part: recording.part,
    from_time: iso(recording.from),
    to_time: iso(recording.to),
    truncated: recording.truncated,
    frames_truncated: recording.framesTruncated ?? false,
    reason: recording.reason ?? null,
    signals: recording.signals,
    frames: recording.frames,
    received_at: now,
  }));
  await sql`insert into alert_recordings
    select * from jsonb_populate_recordset(null::alert_recordings, ${JSON.stringify(rows)}::jsonb)
    on conflict (alert_id, part) do nothing`.execute(transaction);
  return recordings.filter((recording) => !isKnown(recording));
}

export async function storeShelvings(
  transaction: Transaction,
  shelvings: readonly AlertShelving[],
  now: Date,
): Promise<void> {
  if (shelvings.length === 0) {
    return;
  }
  const rows = shelvings.map((shelving) => ({
    device_id: shelving.deviceId,
    rule: shelving.rule,
    at: iso(shelving.at),
    shelved: shelving.shelved,
    rule_version: shelving.ruleVersion,
    kind: shelving.kind,
    until_time: iso(shelving.until),
    shelved_by: shelving.by,
    reason: shelving.reason,
    received_at: now,
  }));
  await sql`insert into alert_shelvings
    select * from jsonb_populate_recordset(null::alert_shelvings, ${JSON.stringify(rows)}::jsonb)
    on conflict do nothing`.execute(transaction);
}

export interface RecordingRow {
  readonly part: AlertRecording['part'];
  readonly from_time: Date;
  readonly to_time: Date;
  readonly truncated: boolean;
  readonly frames_truncated: boolean;
  readonly reason: string | null;
  readonly signals: AlertRecording['signals'];
  readonly frames: AlertRecording['frames'];
}

/** `before` first. */
export async function findRecordings(database: Database, alertId: string): Promise<RecordingRow[]> {
  const found = await sql<RecordingRow>`
    select part, from_time, to_time, truncated, frames_truncated, reason, signals, frames from alert_recordings
    where alert_id = ${alertId} order by part desc`.execute(database);
  return found.rows;
}

export interface ShelvingRow {
  readonly device_id: string;
  readonly rule: string;
  readonly rule_version: number;
  readonly shelved: boolean;
  readonly kind: AlertShelving['kind'];
  readonly at: Date;
  readonly until_time: Date;
  readonly shelved_by: string;
  readonly reason: string;
}

const shelvingsMax = 200;

/** The latest word on each rule, newest first. */
export async function listShelvings(
  database: Database,
  deviceId: string | undefined,
): Promise<ShelvingRow[]> {
  const found = await sql<ShelvingRow>`
    select * from (
      select distinct on (device_id, rule) * from alert_shelvings
      where ${deviceId ?? null}::text is null or device_id = ${deviceId ?? null}
      order by device_id, rule, at desc, shelved
    ) as latest order by at desc limit ${shelvingsMax}`.execute(database);
  return found.rows;
}
