import { announcementsOf, type Database, sql, type Transaction, tellCommitted } from './database.ts';

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

const orderLockKey = 4_201_968;

/** Appends events to the log, in the caller's transaction; subscribers wake when it commits. */
export async function appendEvents(transaction: Transaction, events: readonly NewEvent[]): Promise<number[]> {
  if (events.length === 0) {
    return [];
  }
  const rows = await sql<{ id: number }>`
    with appended as (
      insert into events (type, key, payload, actor, caused_by, occurred_at)
      select type, key, payload, actor, caused_by, occurred_at
      from jsonb_to_recordset(${JSON.stringify(events.map(toRow))}::jsonb)
        as row (number int, type text, key text, payload jsonb, actor text, caused_by bigint, occurred_at timestamptz)
      order by number
      returning id, type
    ), queued as (
      insert into events_to_order (event_id, type) select id, type from appended
    )
    select id from appended order by id`.execute(transaction);
  for (const { type } of events) {
    tellCommitted(transaction, type);
  }
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

const eventsPerOrderingMax = 5_000;

/**
 * Gives committed events their positions; `more` where there may be others, `soon` where another replica is at it. One at a time does it, each time for all that its snapshot
 * shows: so positions become visible in order, and an event that was written after another had been committed comes
 * after it, for a snapshot that shows the later one shows the earlier one, too, or finds it placed. (Ids alone do not
 * promise the first, nor transaction numbers the second.)
 */
export async function orderEvents(database: Database): Promise<'more' | 'soon' | 'caught-up'> {
  const { rows } = await sql<{ mine: boolean | null; ordered: number; types: string[] | null }>`
    with waiting as materialized (
      select event_id from events_to_order order by event_id limit ${eventsPerOrderingMax}
    ), turn as materialized (
      select pg_try_advisory_xact_lock(${orderLockKey}) as mine where exists (select from waiting)
    ), taken as (
      delete from events_to_order
      where (select mine from turn) and event_id in (select event_id from waiting)
      returning event_id, type
    ), placed as (
      insert into event_order (event_id, type) select event_id, type from taken order by event_id returning type
    ), types as (
      select count(*) as ordered, array_agg(distinct type) as types from placed
    )
    select (select mine from turn) as mine, ordered, types from types`.execute(database);
  announcementsOf(database).announce('ordered', rows[0]?.types ?? []);
  if (rows[0]?.mine === false) {
    return 'soon';
  }
  return (rows[0]?.ordered ?? 0) < eventsPerOrderingMax ? 'caught-up' : 'more';
}

export interface PositionedEvent extends StoredEvent {
  /** Its place in the log; readers go on after it. */
  readonly position: number;
}

interface EventRow {
  position: number;
  id: number;
  type: string;
  key: string;
  payload: Record<string, unknown>;
  actor: string;
  caused_by: number | null;
  occurred_at: Date;
}

function toEvent(row: EventRow): PositionedEvent {
  return {
    position: row.position,
    id: row.id,
    type: row.type,
    key: row.key,
    payload: row.payload,
    actor: row.actor,
    causedBy: row.caused_by,
    occurredAt: row.occurred_at,
  };
}

/** Events of all types after a position, in the log's order. */
export async function readEvents(
  database: Database,
  after: number,
  limit: number,
): Promise<PositionedEvent[]> {
  const { rows } = await sql<EventRow>`
    select position, id, events.type, key, payload, actor, caused_by, occurred_at
    from event_order join events on events.id = event_order.event_id
    where position > ${after} order by position limit ${limit}`.execute(database);
  return rows.map(toEvent);
}

/** The position of the last event, for a reader who begins now. */
export async function endOfLog(database: Database): Promise<number> {
  const { rows } = await sql<{ position: number | null }>`
    select max(position) as position from event_order`.execute(database);
  return rows[0]?.position ?? 0;
}

/** What lies in the log after a position, for a reader of some types. */
export interface Scan {
  /** The position of the cursor. */
  readonly from: number;
  /** The first events of these types, in order. */
  readonly events: readonly PositionedEvent[];
  /** How many events of whatever type were passed. */
  readonly scanned: number;
  /** The position up to which this scan looked. */
  readonly end: number;
}

/**
 * Looks at the next `limit` events of whatever type after a subscriber's cursor, and reads the first `eventsMax` of those
 * that are of the wanted types.
 */
export async function scanFromCursor(
  database: Database,
  subscriber: string,
  options: { types: readonly string[]; limit: number; eventsMax: number },
): Promise<Scan> {
  const { rows } = await sql<
    { from: number; scanned: number; last: number | null } & (EventRow | { position: null })
  >`
    with reached as materialized (select position from event_cursors where subscriber = ${subscriber}),
    scanned as materialized (
      select position, event_id, type from event_order
      where position > coalesce((select position from reached), 0) order by position limit ${options.limit}
    ), head as (
      select coalesce((select position from reached), 0) as from, count(*) as scanned, max(position) as last
      from scanned
    ), wanted as (
      select scanned.position, id, events.type, key, payload, actor, caused_by, occurred_at
      from scanned join events on events.id = scanned.event_id
      where scanned.type = any(${options.types}::text[]) order by scanned.position limit ${options.eventsMax}
    )
    select * from head left join wanted on true order by position`.execute(database);
  const [head] = rows;
  if (head === undefined) {
    throw new Error(`the log gave no answer to the subscriber ${subscriber}`);
  }
  return {
    from: head.from,
    events: rows.flatMap((row) => (row.position === null ? [] : [toEvent(row)])),
    scanned: head.scanned,
    end: head.last ?? head.from,
  };
}
