import type { Clock } from '@andon/shared/kernel';
import pg from 'pg';
import { type Database, inTransaction, isDatabaseAway, sql, type Transaction } from './database.ts';
import { type PositionedEvent, type Scan, type StoredEvent, scanFromCursor } from './event-log.ts';

/** A subscriber: its effect and its cursor are committed together, so each event has its effect once. */
export interface Subscription {
  /** Stable: the cursor is kept under it. */
  readonly name: string;
  readonly types: readonly string[];
  /** Nobody waits for its effect: it rests a little longer between two runs, and so handles more events together. */
  readonly isUnhurried?: boolean;
  /**
   * Called in order, inside the transaction that also moves the cursor. Effects outside of the database belong
   * elsewhere. What it throws is tried again five times, then the event is set aside in `event_failures`.
   */
  handle(transaction: Transaction, event: StoredEvent): Promise<void>;
  /**
   * Handles what it can of many events by few statements, and answers the ids of those; called before `handle` gets the
   * others, so it must leave alone whatever depends on one of them. Where anything fails, nothing of all that is kept, and
   * `handle` gets every event, one by one.
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
      const scan = await scanFromCursor(database, subscription.name, {
        types: subscription.types,
        limit: eventsPerScanMax,
        eventsMax: eventsPerTransactionMax,
      });
      if (scan.events.length > 0) {
        return handleAll(database, subscription, { scan, clock, failures, onSetAside });
      }
      if (scan.scanned >= passedEventsWorthKeeping) {
        await moveCursor(database, subscription.name, scan.from, scan.end);
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

/** Locks the cursor if it still stands where it was read; false where another replica works or has worked. */
async function lockCursor(transaction: Transaction, subscriber: string, at: number): Promise<boolean> {
  const { rows } = await sql`
    select 1 from event_cursors where subscriber = ${subscriber} and position = ${at}
    for update skip locked`.execute(transaction);
  return rows.length === 1;
}

async function moveCursor(database: Database, subscriber: string, from: number, to: number): Promise<void> {
  await sql`update event_cursors set position = ${to}
    where subscriber = ${subscriber} and position = ${from}`.execute(database);
}

interface Work {
  readonly scan: Scan;
  readonly clock: Clock;
  readonly failures: Map<number, number>;
  readonly onSetAside: (error: Error) => void;
}

/** Where anything fails, nothing of all that is kept, and they are handled one by one: a failure is one event's own. */
async function handleAll(
  database: Database,
  subscription: Subscription,
  work: Work,
): Promise<'more' | 'soon' | 'caught-up'> {
  const { scan } = work;
  // Beyond the last event of ours lie only events of others, as far as the scan went.
  const isWhole = scan.events.length < eventsPerTransactionMax;
  const end = isWhole ? scan.end : (scan.events.at(-1)?.position ?? scan.end);
  const next = isWhole && scan.scanned < eventsPerScanMax ? 'caught-up' : 'more';
  try {
    const isOurs = await inTransaction(database, async (transaction) => {
      if (!(await lockCursor(transaction, subscription.name, scan.from))) {
        return false;
      }
      await handleTogether(transaction, subscription, scan.events);
      await moveCursor(transaction, subscription.name, scan.from, end);
      return true;
    });
    if (isOurs) {
      for (const { id } of scan.events) {
        work.failures.delete(id);
      }
    }
    return isOurs ? next : 'soon';
  } catch (error) {
    if (isOfTheMoment(error)) {
      throw error;
    }
  }
  const failed: { error?: unknown } = {};
  const isOurs = await inTransaction(database, async (transaction) => {
    if (!(await lockCursor(transaction, subscription.name, scan.from))) {
      return false;
    }
    const outcome = await handleOneByOne(transaction, subscription, scan.events, work);
    if (outcome !== undefined) {
      failed.error = outcome.error;
    }
    await moveCursor(transaction, subscription.name, scan.from, outcome?.reached ?? end);
    return true;
  });
  if ('error' in failed) {
    // What came before is committed. Whoever runs us waits a little before it tries this event again.
    throw failed.error;
  }
  return isOurs ? next : 'soon';
}

async function handleTogether(
  transaction: Transaction,
  subscription: Subscription,
  events: readonly PositionedEvent[],
): Promise<void> {
  const handled = await subscription.handleTogether?.(transaction, events);
  for (const event of events) {
    if (!handled?.has(event.id)) {
      await subscription.handle(transaction, event);
    }
  }
}

/** Gives the first failure that is to be tried again, and the position before it. */
async function handleOneByOne(
  transaction: Transaction,
  subscription: Subscription,
  events: readonly PositionedEvent[],
  work: Work,
): Promise<{ reached: number; error: unknown } | undefined> {
  let reached = work.scan.from;
  for (const event of events) {
    const outcome = await handleOne(transaction, subscription, event, work);
    if ('error' in outcome) {
      return { reached, error: outcome.error };
    }
    reached = event.position;
  }
  return undefined;
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
