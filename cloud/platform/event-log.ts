import { type Database, sql, type Transaction } from './database.ts';

/** A change that was committed. `id` rises, though not in the order of commits. */
export interface StoredEvent {
  readonly id: number;
  readonly type: string;
  readonly key: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly actor: string;
  readonly causedBy: number | null;
  readonly occurredAt: Date;
}

export interface NewEvent {
  /** Dotted: capability's record and what happened, `alert.raised`. */
  readonly type: string;
  readonly key: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly actor: string;
  readonly causedBy?: number;
  readonly occurredAt: Date;
}

/** What committed transactions notify on. */
export const eventChannel = 'andon_events';

/** Appends events to the log, in the caller's transaction; subscribers wake when it commits. */
export async function appendEvents(transaction: Transaction, events: readonly NewEvent[]): Promise<number[]> {
  if (events.length === 0) {
    return [];
  }
  const rows = await sql<{ id: number }>`
    insert into events (type, key, payload, actor, caused_by, occurred_at)
    select type, key, payload, actor, caused_by, occurred_at
    from jsonb_to_recordset(${JSON.stringify(events.map(toRow))}::jsonb)
      as row (type text, key text, payload jsonb, actor text, caused_by bigint, occurred_at timestamptz, number bigint)
    order by number
    returning id`.execute(transaction);
  await sql`select pg_notify(${eventChannel}, '')`.execute(transaction);
  return rows.rows.map((row) => row.id);
}

export async function appendEvent(transaction: Transaction, event: NewEvent): Promise<number> {
  const [id] = await appendEvents(transaction, [event]);
  if (id === undefined) {
    throw new Error('the event log gave no id');
  }
  return id;
}

function toRow(event: NewEvent, number: number) {
  return {
    number,
    type: event.type,
    key: event.key,
    payload: event.payload,
    actor: event.actor,
    caused_by: event.causedBy ?? null,
    occurred_at: event.occurredAt.toISOString(),
  };
}

/**
 * A place in the log: after the event `eventId` of the transaction `transactionId`. The log is ordered by the
 * transaction's number first, for only below the oldest running transaction is it certain that nothing more appears.
 */
export interface Position {
  readonly transactionId: string;
  readonly eventId: number;
}

export const beginningOfLog: Position = { transactionId: '0', eventId: 0 };

export interface PositionedEvent extends StoredEvent {
  readonly position: Position;
}

interface EventRow {
  id: number;
  transaction_id: string;
  type: string;
  key: string;
  payload: Record<string, unknown>;
  actor: string;
  caused_by: number | null;
  occurred_at: Date;
}

/** Events after a position, of all types, never past the oldest transaction still running, in the log's order. */
export async function readEvents(
  database: Database,
  after: Position,
  limit: number,
): Promise<PositionedEvent[]> {
  const { rows } = await sql<EventRow>`
    select id, transaction_id::text as transaction_id, type, key, payload, actor, caused_by, occurred_at
    from events
    where (transaction_id, id) > (${after.transactionId}::xid8, ${after.eventId}::bigint)
      and transaction_id < pg_snapshot_xmin(pg_current_snapshot())
    order by transaction_id, id limit ${limit}`.execute(database);
  return rows.map(toEvent);
}

/** The events of these ids, in the log's order. */
export async function readEventsById(database: Database, ids: readonly number[]): Promise<PositionedEvent[]> {
  const { rows } = await sql<EventRow>`
    select id, transaction_id::text as transaction_id, type, key, payload, actor, caused_by, occurred_at
    from events where id = any(${ids}::bigint[])
    order by events.transaction_id, id`.execute(database);
  return rows.map(toEvent);
}

function toEvent(row: EventRow): PositionedEvent {
  return {
    id: row.id,
    type: row.type,
    key: row.key,
    payload: row.payload,
    actor: row.actor,
    causedBy: row.caused_by,
    occurredAt: row.occurred_at,
    position: { transactionId: row.transaction_id, eventId: row.id },
  };
}

/** Where the log ends for a reader who begins now. */
export async function endOfLog(database: Database): Promise<Position> {
  const { rows } = await sql<{ transaction_id: string }>`
    select pg_snapshot_xmin(pg_current_snapshot())::text as transaction_id`.execute(database);
  return { transactionId: rows[0]?.transaction_id ?? '0', eventId: 0 };
}

/** What lies in the log after a position, for a reader of some types. */
export interface Scan {
  /** Ids of the events of these types, in order. */
  readonly matching: readonly number[];
  /** How many events of whatever type were passed. */
  readonly scanned: number;
  /** The place up to which this scan looked. */
  readonly end: Position;
}

/** Looks at the next `limit` events of whatever type, and says which of them are of the wanted types. */
export async function scanEvents(
  database: Database,
  after: Position,
  options: { types: readonly string[]; limit: number },
): Promise<Scan> {
  const { rows } = await sql<{ transaction_id: string; id: number; matching: boolean; scanned: number }>`
    with scanned as materialized (
      select transaction_id, id, type = any(${options.types}::text[]) as matching
      from events
      where (transaction_id, id) > (${after.transactionId}::xid8, ${after.eventId}::bigint)
        and transaction_id < pg_snapshot_xmin(pg_current_snapshot())
      order by transaction_id, id limit ${options.limit}
    ), numbered as (
      select *, count(*) over () as scanned,
        row_number() over (order by transaction_id desc, id desc) = 1 as is_last
      from scanned
    )
    select transaction_id::text as transaction_id, id, matching, scanned from numbered
    where matching or is_last order by numbered.transaction_id, id`.execute(database);
  const last = rows.at(-1);
  return {
    matching: rows.filter((row) => row.matching).map((row) => row.id),
    scanned: last?.scanned ?? 0,
    end: last ? { transactionId: last.transaction_id, eventId: last.id } : after,
  };
}

/** Is there a committed event that a reader may not take yet, because an older transaction still runs? */
export async function hasEventsBehindOlderTransaction(database: Database): Promise<boolean> {
  const { rows } = await sql<{ waiting: boolean }>`
    select exists (
      select 1 from events where transaction_id >= pg_snapshot_xmin(pg_current_snapshot())
    ) as waiting`.execute(database);
  return rows[0]?.waiting ?? false;
}
