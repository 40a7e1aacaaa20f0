import type { Clock } from '@andon/shared/kernel';
import pg from 'pg';
import { type Database, inTransaction, isDatabaseAway, sql, type Transaction } from './database.ts';
import { type PositionedEvent, readEventsAt, type Scan, type StoredEvent, scanEvents } from './event-log.ts';

/** A subscriber: its effect and its cursor are committed together, so each event has its effect once. */
export interface Subscription {
  /** Stable: the cursor is kept under it. */
  readonly name: string;
  readonly types: readonly string[];
  /**
   * Called in order, inside the transaction that also moves the cursor. Effects outside of the database belong
   * elsewhere. What it throws is tried again five times, then the event is set aside in `event_failures`.
   */
  handle(transaction: Transaction, event: StoredEvent): Promise<void>;
  /**
   * Handles what it can of many events by few statements, and answers the ids of those; called before `handle` gets the
   * others, so it must leave alone whatever depends on one of them. If it throws, `handle` gets them all. Where `handle` fails on
   * an earlier event, what was taken here after that one is given again: taking it twice must do nothing more.
   */
  handleTogether?(transaction: Transaction, events: readonly StoredEvent[]): Promise<ReadonlySet<number>>;
}

/** Handles what is new. `more`: look again at once; `soon`: another replica is at work on it. */
export interface Subscriber {
  advance(): Promise<'more' | 'soon' | 'caught-up'>;
}

const eventsPerTransactionMax = 100;
const eventsPerScanMax = 2000;
/** Passing so many events of other types is worth a write; fewer are simply passed again. */
const passedEventsWorthKeeping = 500;
const attemptsMax = 5;

/**
 * One subscriber. Two replicas may run it: the one that locks the cursor works, the other looks again soon. Errors of
 * the moment (a deadlock, the database away) are not held against the event.
 */
export function createSubscriber(
  database: Database,
  subscription: Subscription,
  clock: Clock,
  onSetAside: (error: Error) => void,
): Subscriber {
  const failures = new Map<number, number>();
  let introduced = false;
  return {
    async advance() {
      if (!introduced) {
        await introduce(database, subscription);
        introduced = true;
      }
      const from = await readCursor(database, subscription.name);
      const scan = await scanEvents(database, from, { types: subscription.types, limit: eventsPerScanMax });
      if (scan.matching.length > 0) {
        return handleAll(database, subscription, { from, scan, clock, failures, onSetAside });
      }
      if (scan.scanned >= passedEventsWorthKeeping) {
        await inTransaction(database, (transaction) =>
          moveCursor(transaction, subscription.name, from, scan.end),
        );
      }
      return scan.scanned === eventsPerScanMax ? 'more' : 'caught-up';
    },
  };
}

async function introduce(database: Database, subscription: Subscription): Promise<void> {
  await sql`insert into event_cursors (subscriber, types, position)
    values (${subscription.name}, ${subscription.types}::text[], 0)
    on conflict (subscriber) do update set types = excluded.types`.execute(database);
}

async function readCursor(database: Database, subscriber: string): Promise<number> {
  const { rows } = await sql<{ position: number }>`
    select position from event_cursors where subscriber = ${subscriber}`.execute(database);
  return rows[0]?.position ?? 0;
}

/** Locks the cursor if it still stands where it was read; false where another replica works or has worked. */
async function lockCursor(transaction: Transaction, subscriber: string, at: number): Promise<boolean> {
  const { rows } = await sql`
    select 1 from event_cursors where subscriber = ${subscriber} and position = ${at}
    for update skip locked`.execute(transaction);
  return rows.length === 1;
}

async function moveCursor(
  transaction: Transaction,
  subscriber: string,
  from: number,
  to: number,
): Promise<void> {
  await sql`update event_cursors set position = ${to}
    where subscriber = ${subscriber} and position = ${from}`.execute(transaction);
}

interface Work {
  readonly from: number;
  readonly scan: Scan;
  readonly clock: Clock;
  readonly failures: Map<number, number>;
  readonly onSetAside: (error: Error) => void;
}

async function handleAll(
  database: Database,
  subscription: Subscription,
  work: Work,
): Promise<'more' | 'soon'> {
  const { from, scan } = work;
  const failed: { error?: unknown } = {};
  const answer = await inTransaction(database, async (transaction) => {
    if (!(await lockCursor(transaction, subscription.name, from))) {
      return 'soon';
    }
    const events = await readEventsAt(transaction, scan.matching.slice(0, eventsPerTransactionMax));
    const handled = await handleTogether(transaction, subscription, events);
    let reached = from;
    for (const event of events) {
      if (handled.has(event.id)) {
        reached = event.position;
        continue;
      }
      const outcome = await handleOne(transaction, subscription, event, work);
      if ('error' in outcome) {
        failed.error = outcome.error;
        await moveCursor(transaction, subscription.name, from, reached);
        return 'more';
      }
      reached = event.position;
    }
    // Beyond the last event of ours lie only events of others, as far as the scan went.
    const end = scan.matching.length > eventsPerTransactionMax ? reached : scan.end;
    await moveCursor(transaction, subscription.name, from, end);
    return 'more';
  });
  if ('error' in failed) {
    // What came before is committed. Whoever runs us waits a little before it tries this event again.
    throw failed.error;
  }
  return answer;
}

const none: ReadonlySet<number> = new Set();

/** Behind a savepoint: what fails together is handled one by one, where its failure is one event's own. */
async function handleTogether(
  transaction: Transaction,
  subscription: Subscription,
  events: readonly PositionedEvent[],
): Promise<ReadonlySet<number>> {
  if (subscription.handleTogether === undefined || events.length < 2) {
    return none;
  }
  await sql`savepoint together`.execute(transaction);
  try {
    const handled = await subscription.handleTogether(transaction, events);
    await sql`release savepoint together`.execute(transaction);
    return handled;
  } catch (error) {
    if (isOfTheMoment(error)) {
      throw error;
    }
    await sql`rollback to savepoint together`.execute(transaction);
    return none;
  }
}

/** Handles one event behind a savepoint, so that its failure spoils neither what came before nor the transaction. */
async function handleOne(
  transaction: Transaction,
  subscription: Subscription,
  event: PositionedEvent,
  work: Work,
): Promise<{ handled: true } | { error: unknown }> {
  await sql`savepoint one_event`.execute(transaction);
  try {
    await subscription.handle(transaction, event);
    await sql`release savepoint one_event`.execute(transaction);
    work.failures.delete(event.id);
    return { handled: true };
  } catch (error) {
    if (isOfTheMoment(error)) {
      throw error;
    }
    await sql`rollback to savepoint one_event`.execute(transaction);
    const attempts = (work.failures.get(event.id) ?? 0) + 1;
    work.failures.set(event.id, attempts);
    if (attempts < attemptsMax) {
      return { error };
    }
    await sql`insert into event_failures (subscriber, event_id, attempts, error, failed_at)
      values (${subscription.name}, ${event.id}, ${attempts}, ${String(error)}, ${new Date(work.clock.now())})
      on conflict do nothing`.execute(transaction);
    work.failures.delete(event.id);
    work.onSetAside(
      new Error(`event ${event.id} (${event.type}) was set aside after ${attempts} tries`, { cause: error }),
    );
    return { handled: true };
  }
}

/** Serialisation failure, deadlock, lock not available (SQLSTATE class 40, 55P03): the same may succeed next time. */
export function isOfTheMoment(error: unknown): boolean {
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
  return code.startsWith('40') || code === '55P03' || isDatabaseAway(error);
}
