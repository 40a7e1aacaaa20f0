import {
  type Database,
  type StoredEvent,
  type Subscription,
  sql,
  type Transaction,
} from '../platform/index.ts';
import { type MomentKind, momentKinds, momentOf } from './moments.ts';

/** Pins what happens to devices; the first time it reads the whole log. */
export const momentSubscription: Subscription = {
  name: 'telemetry.moments',
  isUnhurried: true,
  types: Object.keys(momentKinds),
  handle: (transaction: Transaction, event: StoredEvent) => insertMoments(transaction, [event]),
  async handleTogether(transaction, events) {
    await insertMoments(transaction, events);
    return new Set(events.map(({ id }) => id));
  },
};

async function insertMoments(transaction: Transaction, events: readonly StoredEvent[]): Promise<void> {
  const rows = events
    .map(momentOf)
    .filter((moment) => moment !== undefined)
    .map(({ eventId, deviceId, at, kind, recordId, signal, severity, state, title }) => ({
      event_id: eventId,
      device_id: deviceId,
      at,
      kind,
      record_id: recordId,
      signal,
      severity,
      state,
      title,
    }));
  if (rows.length > 0) {
    await sql`
      insert into device_moments (event_id, device_id, at, kind, record_id, signal, severity, state, title)
      select event_id, device_id, at, kind, record_id, signal, severity, state, title
      from jsonb_populate_recordset(null::device_moments, ${JSON.stringify(rows)}::jsonb)
      on conflict (event_id) do nothing`.execute(transaction);
  }
}

export interface MomentRow {
  event_id: number;
  /** To the microsecond, as a cursor needs it. */
  position: string;
  at: Date;
  kind: MomentKind;
  record_id: string | null;
  signal: string | null;
  severity: string | null;
  state: string | null;
  title: string | null;
}

export interface MomentQuery {
  readonly deviceId: string;
  readonly kinds: readonly MomentKind[];
  readonly from: Date;
  readonly to: Date;
  readonly before?: readonly [string, number];
  readonly limit: number;
}

/** Those of [from, to), newest first. */
export async function listMoments(database: Database, query: MomentQuery): Promise<MomentRow[]> {
  const { before } = query;
  const found = await sql<MomentRow>`
    select event_id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as position, at, kind, record_id,
      signal, severity, state, title
    from device_moments
    where device_id = ${query.deviceId} and kind = any(${query.kinds}::text[])
      and at >= ${query.from} and at < ${query.to}
      ${before ? sql`and (at, event_id) < (${before[0]}::timestamptz, ${before[1]}::bigint)` : sql``}
    order by at desc, event_id desc limit ${query.limit + 1}`.execute(database);
  return found.rows;
}
