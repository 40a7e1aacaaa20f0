import type { Clock } from '@andon/shared/kernel';
import type pg from 'pg';
import { type Database, inTransaction, sql, type Transaction } from './database.ts';

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

/** A subscriber: its effect and its cursor are committed together, so each event has its effect once. */
export interface Subscription {
  /** Stable: the cursor is kept under it. */
  readonly name: string;
  readonly types: readonly string[];
  /** Called in order, inside the transaction that also moves the cursor. */
  handle(transaction: Transaction, event: StoredEvent): Promise<void>;
}

const channel = 'andon_events';
const eventsPerTransactionMax = 100;
const attemptsMax = 5;

interface EventTables {
  events: {
    id: number;
    transaction_id: string;
    type: string;
    key: string;
    payload: Record<string, unknown>;
    actor: string;
    caused_by: number | null;
    occurred_at: Date;
  };
}

/** Appends events to the log, in the caller's transaction; subscribers wake when it commits. */
export async function appendEvents(transaction: Transaction, events: readonly NewEvent[]): Promise<number[]> {
  if (events.length === 0) {
    return [];
  }
  const rows = await sql<{ id: number }>`
    insert into events (type, key, payload, actor, caused_by, occurred_at)
    select * from jsonb_to_recordset(${JSON.stringify(events.map(toRow))}::jsonb)
      as row (type text, key text, payload jsonb, actor text, caused_by bigint, occurred_at timestamptz)
    returning id`.execute(transaction);
  await sql`select pg_notify(${channel}, '')`.execute(transaction);
  return rows.rows.map((row) => row.id);
}

export async function appendEvent(transaction: Transaction, event: NewEvent): Promise<number> {
  const [id] = await appendEvents(transaction, [event]);
  if (id === undefined) {
    throw new Error('the event log gave no id');
  }
  return id;
}

function toRow(event: NewEvent) {
  return {
    type: event.type,
    key: event.key,
    payload: event.payload,
    actor: event.actor,
    caused_by: event.causedBy ?? null,
    occurred_at: event.occurredAt.toISOString(),
  };
}

interface Position {
  transaction_id: string;
  event_id: number;
}

type EventRow = EventTables['events'];

/** Events after a position, never past the oldest transaction still running, in the log's order. */
export async function readEvents(
  database: Database,
  after: Position,
  options: { types?: readonly string[]; limit: number },
): Promise<{ events: StoredEvent[]; last: Position }> {
  const rows = await sql<EventRow>`
    select id, transaction_id::text as transaction_id, type, key, payload, actor, caused_by, occurred_at
    from events
    where (transaction_id, id) > (${after.transaction_id}::xid8, ${after.event_id}::bigint)
      and transaction_id < pg_snapshot_xmin(pg_current_snapshot())
      ${options.types ? sql`and type = any(${options.types})` : sql``}
    order by transaction_id, id limit ${options.limit}`.execute(database);
  const lastRow = rows.rows.at(-1);
  return {
    events: rows.rows.map(fromRow),
    last: lastRow ? { transaction_id: lastRow.transaction_id, event_id: lastRow.id } : after,
  };
}

function fromRow(row: EventRow): StoredEvent {
  return {
    id: row.id,
    type: row.type,
    key: row.key,
    payload: row.payload,
    actor: row.actor,
    causedBy: row.caused_by,
    occurredAt: row.occurred_at,
  };
}

/**
 * Handles the next events of one subscription. Returns how many; 0 when it has caught up. Two replicas may run
 * it: the cursor's row lock lets one work and the other skip. An event whose handling keeps failing is set
 * aside in `event_failures` after five tries, so that one bad event does not stop the rest.
 */
export async function advanceSubscription(
  database: Database,
  subscription: Subscription,
  clock: Clock,
  failures: Map<number, number>,
): Promise<number> {
  await sql`insert into event_cursors (subscriber, transaction_id, event_id) values (${subscription.name}, '0', 0)
    on conflict do nothing`.execute(database);
  return inTransaction(database, async (transaction) => {
    const cursor = await sql<Position>`
      select transaction_id::text as transaction_id, event_id from event_cursors
      where subscriber = ${subscription.name} for update skip locked`.execute(transaction);
    const from = cursor.rows[0];
    if (from === undefined) {
      return 0;
    }
    const { events, last } = await readEvents(transaction, from, {
      types: subscription.types,
      limit: eventsPerTransactionMax,
    });
    for (const event of events) {
      await handleOne(transaction, subscription, event, clock, failures);
    }
    if (events.length > 0) {
      await sql`update event_cursors set transaction_id = ${last.transaction_id}::xid8, event_id = ${last.event_id}
        where subscriber = ${subscription.name}`.execute(transaction);
    }
    return events.length;
  });
}

async function handleOne(
  transaction: Transaction,
  subscription: Subscription,
  event: StoredEvent,
  clock: Clock,
  failures: Map<number, number>,
): Promise<void> {
  const attempts = (failures.get(event.id) ?? 0) + 1;
  await sql`savepoint one_event`.execute(transaction);
  try {
    await subscription.handle(transaction, event);
    await sql`release savepoint one_event`.execute(transaction);
    failures.delete(event.id);
  } catch (error) {
    if (attempts < attemptsMax) {
      failures.set(event.id, attempts);
      throw error;
    }
    await sql`rollback to savepoint one_event`.execute(transaction);
    await sql`insert into event_failures (subscriber, event_id, attempts, error, failed_at)
      values (${subscription.name}, ${event.id}, ${attempts}, ${String(error)}, ${new Date(clock.now())})
      on conflict do nothing`.execute(transaction);
    failures.delete(event.id);
  }
}

/** Calls `wake` whenever events were committed, until the returned function is called. Reconnects by itself. */
export function listenForEvents(
  pool: pg.Pool,
  wake: () => void,
  onError: (error: Error) => void,
): () => Promise<void> {
  let stopped = false;
  let client: pg.PoolClient | undefined;
  const connect = async (): Promise<void> => {
    if (stopped) {
      return;
    }
    try {
      client = await pool.connect();
      client.on('notification', wake);
      client.once('error', (error) => {
        client?.release(true);
        client = undefined;
        onError(error);
        setTimeout(() => void connect(), 500);
      });
      await client.query(`listen ${channel}`);
      wake();
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
      setTimeout(() => void connect(), 500);
    }
  };
  void connect();
  return async () => {
    stopped = true;
    client?.release(true);
    client = undefined;
  };
}
