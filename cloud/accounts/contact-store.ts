import { AndonError } from '@andon/shared/kernel';
import { type Database, sql, staleVersion, type Transaction } from '../platform/index.ts';
import type { AccountTables } from './account-store.ts';
import { phoneNumberOf } from './phone-number.ts';
import type { Contact, ContactInput, Language } from './schemas.ts';

export type ContactTables = {
  contacts: {
    id: string;
    account_id: string;
    full_name: string;
    email: string | null;
    phone: string | null;
    language: Language;
    is_primary: boolean;
    created_at: Date;
    updated_at: Date;
    version: number;
  };
};
export type ContactRow = ContactTables['contacts'] & { account_name: string };

export function toContact(row: ContactRow): Contact {
  return {
    id: row.id,
    accountId: row.account_id,
    accountName: row.account_name,
    fullName: row.full_name,
    email: row.email,
    phone: row.phone,
    language: row.language,
    primary: row.is_primary,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

function columnsOf(input: ContactInput) {
  return {
    account_id: input.accountId,
    full_name: input.fullName,
    email: input.email ?? null,
    phone: input.phone ? phoneNumberOf(input.phone) : null,
    language: input.language ?? 'en',
    is_primary: input.primary ?? false,
  };
}

export async function insertContact(
  transaction: Transaction,
  contact: { id: string; input: ContactInput; now: Date },
): Promise<Contact> {
  const columns = columnsOf(contact.input);
  await makeRoom(transaction, columns, contact.id, contact.now);
  await transaction
    .withTables<ContactTables>()
    .insertInto('contacts')
    .values({ id: contact.id, ...columns, created_at: contact.now, updated_at: contact.now, version: 1 })
    .execute();
  return requireContact(transaction, contact.id);
}

export async function updateContact(
  transaction: Transaction,
  change: { id: string; expectedVersion: number; input: ContactInput; now: Date },
): Promise<Contact> {
  const present = await requireContact(transaction, change.id);
  const columns = columnsOf(change.input);
  await makeRoom(transaction, columns, change.id, change.now);
  const updated = await transaction
    .withTables<ContactTables>()
    .updateTable('contacts')
    .set((expression) => ({ ...columns, updated_at: change.now, version: expression('version', '+', 1) }))
    .where('id', '=', change.id)
    .where('version', '=', change.expectedVersion)
    .executeTakeFirst();
  if (updated.numUpdatedRows === 0n) {
    throw staleVersion(change.expectedVersion, present.version);
  }
  return requireContact(transaction, change.id);
}

/** Locks the account, and takes primary from the contact that has it, if this one wants it. */
async function makeRoom(
  transaction: Transaction,
  columns: { account_id: string; is_primary: boolean },
  contactId: string,
  now: Date,
): Promise<void> {
  const account = await transaction
    .withTables<AccountTables>()
    .selectFrom('accounts')
    .select('id')
    .where('id', '=', columns.account_id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (account === undefined) {
    throw new AndonError({
      code: 'accounts.contact-without-account',
      message: `The account of the contact does not exist: ${columns.account_id}.`,
      nextStep: 'Name an account of GET /v1/accounts.',
      field: 'accountId',
      status: 422,
    });
  }
  if (columns.is_primary) {
    await transaction
      .withTables<ContactTables>()
      .updateTable('contacts')
      .set((expression) => ({
        is_primary: false,
        updated_at: now,
        version: expression('version', '+', 1),
      }))
      .where('account_id', '=', columns.account_id)
      .where('is_primary', '=', true)
      .where('id', '<>', contactId)
      .execute();
  }
}

function selectContacts(database: Database) {
  return database
    .withTables<ContactTables & AccountTables>()
    .selectFrom('contacts')
    .innerJoin('accounts', 'accounts.id', 'contacts.account_id')
    .selectAll('contacts')
    .select('accounts.name as account_name');
}

export async function findContact(database: Database, id: string): Promise<Contact | undefined> {
  const row = await selectContacts(database).where('contacts.id', '=', id).executeTakeFirst();
  return row && toContact(row);
}

export async function requireContact(database: Database, id: string): Promise<Contact> {
  const contact = await findContact(database, id);
  if (contact === undefined) {
    throw new AndonError({
      code: 'accounts.no-such-contact',
      message: 'There is no such contact.',
      nextStep: 'Look for it in GET /v1/contacts.',
      status: 404,
    });
  }
  return contact;
}

/** The primary contact of each account, or of the nearest account above it that has one; by account. */
export async function findPrimaryContactIds(
  database: Database,
  accountIds: readonly string[],
): Promise<Map<string, string>> {
  const found = await sql<{ of_id: string; id: string }>`
    with recursive line (of_id, id, parent_id, distance) as (
      select id, id, parent_id, 0 from accounts where id = any(${[...accountIds]}::uuid[])
      union all
      select of_id, accounts.id, accounts.parent_id, distance + 1
      from accounts join line on accounts.id = line.parent_id)
    select distinct on (of_id) of_id, contacts.id
    from line join contacts on contacts.account_id = line.id and contacts.is_primary
    order by of_id, distance`.execute(database);
  return new Map(found.rows.map((row) => [row.of_id, row.id]));
}

export async function listContacts(
  database: Database,
  filter: { q?: string | undefined; accountId?: string | undefined; beforeId?: string; limit: number },
): Promise<ContactRow[]> {
  let query = selectContacts(database);
  if (filter.q !== undefined) {
    query = query.where(
      sql<boolean>`position(lower(${filter.q}) in
        lower(concat_ws(' ', full_name, email, contacts.phone, accounts.name))) > 0`,
    );
  }
  if (filter.accountId !== undefined) {
    query = query.where('contacts.account_id', '=', filter.accountId);
  }
  if (filter.beforeId !== undefined) {
    query = query.where('contacts.id', '<', filter.beforeId);
  }
  return query
    .orderBy('contacts.id', 'desc')
    .limit(filter.limit + 1)
    .execute();
}
