import { AsyncLocalStorage } from 'node:async_hooks';
import { Kysely, type Transaction as KyselyTransaction, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { Announcements } from './announcements.ts';
import { isOutdatedPlan, preparingPool } from './prepared-statements.ts';

/**
 * The database as every capability sees it: no tables of its own, each store says which it means with
 * `database.withTables<CaseTables>()`. Dates are `Date`, bigint is a number (our counters stay below 2^53),
 * numeric is text.
 */
export type Database = Kysely<unknown>;
export type Transaction = KyselyTransaction<unknown>;

const int8Oid = 20;
const dateOid = 1082;

function parserOf(oid: number, format?: 'text' | 'binary') {
  if (oid === int8Oid && format !== 'binary') {
    return Number;
  }
  // A day is no instant: `2026-03-02`.
  if (oid === dateOid && format !== 'binary') {
    return String;
  }
  return pg.types.getTypeParser(oid, format === 'binary' ? 'text' : format);
}

export interface DatabaseConnection {
  readonly database: Database;
  /** For what Kysely does not do: LISTEN, COPY and health checks. */
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

/** Opens a pool. A connection lost while idle is reported to `onError` and replaced at its next use. */
export function connectDatabase(
  url: string,
  options: { connectionsMax: number; applicationName: string; onError: (error: Error) => void },
): DatabaseConnection {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connectionsMax,
    application_name: options.applicationName,
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: 60_000,
    statement_timeout: 60_000,
    keepAlive: true,
    types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
  });
  let closing = false;
  pool.on('error', (error) => {
    // Connections that are being closed may hear that the server stops.
    if (!closing) {
      options.onError(error);
    }
  });
  // While a client is checked out the pool does not listen, and an 'error' that nobody hears ends the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const database = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: preparingPool(pool) }) });
  const announcements = new Announcements(pool, (error) => {
    if (!closing) {
      options.onError(error);
    }
  });
  announcementsOfDatabases.set(database, announcements);
  return {
    database,
    pool,
    async close() {
      closing = true;
      await announcements.close();
      await database.destroy();
    },
  };
}

const announcementsOfDatabases = new WeakMap<Database, Announcements>();
const topicsOfTransactions = new WeakMap<Transaction, Set<string>>();

/** Where it is told what was committed to this database. */
export function announcementsOf(database: Database): Announcements {
  const announcements = announcementsOfDatabases.get(database);
  if (announcements === undefined) {
    throw new Error('this database was not opened by connectDatabase');
  }
  return announcements;
}

/** Wakes whoever waits for this topic, once the transaction is committed. */
export function tellCommitted(transaction: Transaction, topic: string): void {
  const topics = topicsOfTransactions.get(transaction) ?? new Set();
  topicsOfTransactions.set(transaction, topics.add(topic));
}

/** Takes part in the transactions of one request: so a request's key is claimed together with its effect. */
export interface TransactionCompanion {
  /** Runs first in the transaction; what it throws ends the transaction. */
  begin(transaction: Transaction): Promise<void>;
  committed(): void;
}

/** The companion of whatever runs now. */
export const transactionCompanions = new AsyncLocalStorage<TransactionCompanion>();

/** Runs `work` in one transaction. Effects outside of the database belong after it. */
export async function inTransaction<T>(
  database: Database,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const companion = transactionCompanions.getStore();
  let topics: ReadonlySet<string> | undefined;
  const result = await database.transaction().execute(async (transaction) => {
    await companion?.begin(transaction);
    const done = await work(transaction);
    topics = topicsOfTransactions.get(transaction);
    return done;
  });
  companion?.committed();
  if (topics !== undefined) {
    announcementsOf(database).announce('committed', topics);
  }
  return result;
}

/** Is this a violation of the named constraint or unique index? */
export function violates(error: unknown, constraint: string): boolean {
  return error instanceof pg.DatabaseError && error.constraint === constraint;
}

const awayCodes = new Set(['57P01', '57P02', '57P03', '53300']);
const awaySystemCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
const awayMessages =
  /^Connection terminated|timeout exceeded when trying to connect|not queryable|Client was closed|^Cannot use a pool after/;

/** Connection lost, refused, server starting or stopping (SQLSTATE class 08, 57P01 to 57P03), or pool time-out. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) {
    return (
      (error.code !== undefined && (error.code.startsWith('08') || awayCodes.has(error.code))) ||
      isOutdatedPlan(error)
    );
  }
  if (!(error instanceof Error)) {
    return false;
  }
  return ('code' in error && awaySystemCodes.has(String(error.code))) || awayMessages.test(error.message);
}

export { sql };
