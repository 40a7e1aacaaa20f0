import type { Gap, Rejection } from '@andon/shared/contracts';
import { type Database, sql, type Transaction } from '../platform/index.ts';
import type { Refusal } from './ports.ts';
import type { CountedRejection, RecordedGap } from './schemas.ts';

interface RejectionCount {
  deviceId: string;
  source: string;
  reason: string;
  count: number;
  lastAt: Date;
}

/** The source under which the cloud counts what it refused itself. */
const cloudSource = 'cloud';

export async function storeGaps(
  transaction: Transaction,
  batch: { gatewayId: string; lane: string; receivedAt: Date },
  gaps: readonly Gap[],
): Promise<void> {
  if (gaps.length === 0) {
    return;
  }
  await sql`
    insert into gateway_gaps (gateway_id, lane, device_id, reason, count, from_time, to_time, signals, received_at)
    select ${batch.gatewayId}, ${batch.lane}, device_id, reason, count, from_time, to_time,
      case when jsonb_typeof(signals) = 'array' then array(select jsonb_array_elements_text(signals)) end,
      ${batch.receivedAt}
    from unnest(${gaps.map((gap) => gap.deviceId ?? null)}::text[], ${gaps.map((gap) => gap.reason)}::text[],
      ${gaps.map((gap) => gap.count)}::bigint[],
      ${gaps.map((gap) => new Date(gap.from).toISOString())}::timestamptz[],
      ${gaps.map((gap) => new Date(gap.to).toISOString())}::timestamptz[],
      ${gaps.map((gap) => JSON.stringify(gap.signals ?? null))}::jsonb[])
      as row (device_id, reason, count, from_time, to_time, signals)`.execute(transaction);
}

export function storeRejections(
  transaction: Transaction,
  batch: { gatewayId: string; receivedAt: Date },
  rejections: readonly Rejection[],
): Promise<void> {
  return addCounts(
    transaction,
    batch,
    rejections.map(({ deviceId, source, reason, count, lastAt }) => ({
      deviceId: deviceId ?? '',
      source,
      reason,
      count,
      lastAt: new Date(lastAt),
    })),
  );
}

export function countRefusals(
  transaction: Transaction,
  gatewayId: string,
  refusals: readonly Refusal[],
  now: Date,
): Promise<void> {
  return addCounts(
    transaction,
    { gatewayId, receivedAt: now },
    refusals.map((refusal) => ({ ...refusal, source: cloudSource, lastAt: now })),
  );
}

async function addCounts(
  transaction: Transaction,
  batch: { gatewayId: string; receivedAt: Date },
  counts: readonly RejectionCount[],
): Promise<void> {
  const rows = sumByKey(counts);
  if (rows.length === 0) {
    return;
  }
  const lastTimes = rows.map((row) => row.lastAt.toISOString());
  await sql`
    insert into gateway_rejections (gateway_id, device_id, source, reason, day, count, first_at, last_at)
    select ${batch.gatewayId}, device_id, source, reason, ${batch.receivedAt.toISOString().slice(0, 10)}::date,
      count, last_at, last_at
    from unnest(${rows.map((row) => row.deviceId)}::text[], ${rows.map((row) => row.source)}::text[],
      ${rows.map((row) => row.reason)}::text[], ${rows.map((row) => row.count)}::bigint[],
      ${lastTimes}::timestamptz[]) as row (device_id, source, reason, count, last_at)
    on conflict (gateway_id, device_id, source, reason, day) do update
    set count = gateway_rejections.count + excluded.count,
      first_at = least(gateway_rejections.first_at, excluded.first_at),
      last_at = greatest(gateway_rejections.last_at, excluded.last_at)`.execute(transaction);
}

/** One row for each key, in one order everywhere, so that two transactions never wait for each other crosswise. */
function sumByKey(counts: readonly RejectionCount[]): RejectionCount[] {
  const sums = new Map<string, RejectionCount>();
  for (const entry of counts) {
    const key = JSON.stringify([entry.deviceId, entry.source, entry.reason]);
    const sum = sums.get(key);
    if (sum === undefined) {
      sums.set(key, { ...entry });
    } else {
      sum.count += entry.count;
      sum.lastAt = new Date(Math.max(entry.lastAt.getTime(), sum.lastAt.getTime()));
    }
  }
  return [...sums.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, sum]) => sum);
}

interface GapRow {
  id: number;
  gateway_id: string;
  lane: string;
  device_id: string | null;
  reason: string;
  count: number;
  from_time: Date;
  to_time: Date;
  signals: string[] | null;
  received_at: Date;
}

export interface GapFilter {
  readonly gatewayId?: string;
  readonly deviceId?: string | undefined;
  /** Of the device itself, and of its gateway as a whole. */
  readonly concerning?: { readonly deviceId: string; readonly gatewayId: string };
  /** Those that reach into this time. */
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  readonly beforeId?: number;
  readonly limit: number;
}

export async function listGaps(database: Database, filter: GapFilter): Promise<GapRow[]> {
  const { gatewayId, deviceId, concerning, from, to } = filter;
  const rows = await sql<GapRow>`
    select * from gateway_gaps where true
      ${gatewayId === undefined ? sql`` : sql`and gateway_id = ${gatewayId}`}
      ${deviceId === undefined ? sql`` : sql`and device_id = ${deviceId}`}
      ${
        concerning === undefined
          ? sql``
          : sql`and (device_id = ${concerning.deviceId}
              or (device_id is null and gateway_id = ${concerning.gatewayId} and lane <> 'alerts'))`
      }
      ${from === undefined ? sql`` : sql`and to_time >= ${from}`}
      ${to === undefined ? sql`` : sql`and from_time < ${to}`}
      ${filter.beforeId === undefined ? sql`` : sql`and id < ${filter.beforeId}`}
    order by id desc limit ${filter.limit + 1}`.execute(database);
  return rows.rows;
}

export function toGap(row: GapRow): RecordedGap {
  return {
    id: row.id,
    gatewayId: row.gateway_id,
    lane: row.lane,
    deviceId: row.device_id,
    reason: row.reason,
    count: row.count,
    from: row.from_time.toISOString(),
    to: row.to_time.toISOString(),
    signals: row.signals,
    receivedAt: row.received_at.toISOString(),
  };
}

interface RejectionRow {
  id: number;
  gateway_id: string;
  device_id: string;
  source: string;
  reason: string;
  day: string;
  count: number;
  first_at: Date;
  last_at: Date;
}

export async function listRejections(
  database: Database,
  filter: { gatewayId: string; deviceId?: string | undefined; beforeId?: number; limit: number },
): Promise<RejectionRow[]> {
  const rows = await sql<RejectionRow>`
    select id, gateway_id, device_id, source, reason, day::text as day, count, first_at, last_at
    from gateway_rejections where gateway_id = ${filter.gatewayId}
      ${filter.deviceId === undefined ? sql`` : sql`and device_id = ${filter.deviceId}`}
      ${filter.beforeId === undefined ? sql`` : sql`and id < ${filter.beforeId}`}
    order by id desc limit ${filter.limit + 1}`.execute(database);
  return rows.rows;
}

export function toRejection(row: RejectionRow): CountedRejection {
  return {
    id: row.id,
    gatewayId: row.gateway_id,
    deviceId: row.device_id === '' ? null : row.device_id,
    source: row.source,
    reason: row.reason,
    day: row.day,
    count: row.count,
    firstAt: row.first_at.toISOString(),
    lastAt: row.last_at.toISOString(),
  };
}
