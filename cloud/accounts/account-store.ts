import { AndonError } from '@andon/shared/kernel';
import { type Database, sql, staleVersion, type Transaction } from '../platform/index.ts';
import type { Account, AccountInput } from './schemas.ts';

export type AccountTables = {
  accounts: {
    id: string;
    name: string;
    parent_id: string | null;
    created_at: Date;
    updated_at: Date;
    version: number;
  };
};
type AccountRow = AccountTables['accounts'];

/** Changes of the tree wait for each other, so that two of them at once cannot close a circle. */
const treeLockKey = 4_201_010;

export function toAccount(row: AccountRow): Account {
  return {
    id: row.id,
    name: row.name,
    parentId: row.parent_id,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

export async function insertAccount(
  transaction: Transaction,
  account: { id: string; input: AccountInput; now: Date },
): Promise<Account> {
  if (account.input.parentId) {
    await requireParent(transaction, account.input.parentId);
  }
  const row = await transaction
    .withTables<AccountTables>()
    .insertInto('accounts')
    .values({
      id: account.id,
      name: account.input.name,
      parent_id: account.input.parentId ?? null,
      created_at: account.now,
      updated_at: account.now,
      version: 1,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toAccount(row);
}

export async function updateAccount(
  transaction: Transaction,
  change: { id: string; expectedVersion: number; input: AccountInput; now: Date },
): Promise<Account> {
  const parentId = change.input.parentId ?? null;
  if (parentId !== null) {
    await sql`select pg_advisory_xact_lock(${treeLockKey})`.execute(transaction);
    await requireParent(transaction, parentId);
    await refuseCircle(transaction, change.id, parentId);
  }
  const row = await transaction
    .withTables<AccountTables>()
    .updateTable('accounts')
    .set((expression) => ({
      name: change.input.name,
      parent_id: parentId,
      updated_at: change.now,
      version: expression('version', '+', 1),
    }))
    .where('id', '=', change.id)
    .where('version', '=', change.expectedVersion)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) {
    const present = await requireAccount(transaction, change.id);
    throw staleVersion(change.expectedVersion, present.version);
  }
  return toAccount(row);
}

export async function findAccount(database: Database, id: string): Promise<Account | undefined> {
  const row = await database
    .withTables<AccountTables>()
    .selectFrom('accounts')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toAccount(row);
}

export async function requireAccount(database: Database, id: string): Promise<Account> {
  const account = await findAccount(database, id);
  if (account === undefined) {
    throw new AndonError({
      code: 'accounts.no-such-account',
      message: 'There is no such account.',
      nextStep: 'Look for it in GET /v1/accounts.',
      status: 404,
    });
  }
  return account;
}

export async function listAccounts(
  database: Database,
  filter: { q?: string | undefined; parentId?: string | undefined; beforeId?: string; limit: number },
): Promise<AccountRow[]> {
  let query = database.withTables<AccountTables>().selectFrom('accounts').selectAll();
  if (filter.q !== undefined) {
    query = query.where(sql<boolean>`position(lower(${filter.q}) in lower(name)) > 0`);
  }
  if (filter.parentId !== undefined) {
    query = query.where('parent_id', '=', filter.parentId);
  }
  if (filter.beforeId !== undefined) {
    query = query.where('id', '<', filter.beforeId);
  }
  return query
    .orderBy('id', 'desc')
    .limit(filter.limit + 1)
    .execute();
}

async function requireParent(transaction: Transaction, parentId: string): Promise<void> {
  if ((await findAccount(transaction, parentId)) === undefined) {
    throw new AndonError({
      code: 'accounts.no-such-parent',
      message: `The parent account does not exist: ${parentId}.`,
      nextStep: 'Name an account that exists, or none.',
      field: 'parentId',
      status: 422,
    });
  }
}

/** Each of these accounts with all above it, by account. */
export async function findLines(
  database: Database,
  accountIds: readonly string[],
): Promise<Map<string, string[]>> {
  const found = await sql<{ of_id: string; line: string[] }>`
    with recursive line (of_id, id, parent_id) as (
      select id, id, parent_id from accounts where id = any(${[...accountIds]}::uuid[])
      union
      select of_id, accounts.id, accounts.parent_id from accounts join line on accounts.id = line.parent_id)
    select of_id, array_agg(id) as line from line group by of_id`.execute(database);
  return new Map(found.rows.map((row) => [row.of_id, row.line]));
}

async function refuseCircle(transaction: Transaction, id: string, parentId: string): Promise<void> {
  const found = await sql<{ id: string }>`
    with recursive ancestors (id, parent_id) as (
      select id, parent_id from accounts where id = ${parentId}
      union
      select accounts.id, accounts.parent_id from accounts join ancestors on accounts.id = ancestors.parent_id)
    select id from ancestors where id = ${id}`.execute(transaction);
  if (found.rows.length > 0) {
    throw new AndonError({
      code: 'accounts.own-ancestor',
      message: 'An account cannot be above itself.',
      nextStep: 'Name a parent that does not belong to this account.',
      field: 'parentId',
      status: 422,
    });
  }
}
