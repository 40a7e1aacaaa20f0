import {
  type BrokenLine,
  type Cells,
  type Database,
  inPages,
  type NewEvent,
  type Principal,
  type Reading,
  type ReadRecords,
  readLines,
  sql,
  type TableKind,
  type Tell,
  type Transaction,
  type Writing,
} from '../../platform/index.ts';
import { accountsNamed, clearNames } from '../named-accounts.ts';
import { accountKind, labelOf, type NamedRecord } from './account-kind.ts';
import { type Column, columns, recordColumns } from './contact-columns.ts';
import { checkConsents, consentCells, readConsents, type WantedConsent } from './contact-consent-cells.ts';
import type { ContactConsents } from './contact-consents.ts';
import { type ContactDraft, readContactLine, type StoredContact } from './contact-lines.ts';

interface ReadContact extends NamedRecord, StoredContact {
  readonly isOther: boolean;
  readonly consents: readonly WantedConsent[];
}

/** Contacts, with what their contact points agreed to where whoever asks may see that. */
export function contactTable(consents: ContactConsents): TableKind<Column, ReadContact> {
  return {
    ...accountKind,
    plural: 'contacts',
    columns,
    required: ['account', 'fullName'],
    label: labelOf('fullName'),
    read: (transaction, reading) => readContacts(transaction, consents, reading),
    write: (transaction, items, writing) => writeContacts(transaction, consents, items, writing),
    open(database, filter, principal) {
      const hasConsents = principal.permissions.has('consents:read');
      return {
        columns: hasConsents ? columns : recordColumns,
        lines: linesOf(database, hasConsents ? consents : undefined, filter.accountId),
      };
    },
  };
}

const selectContacts = sql`
  select contacts.id, contacts.account_id as "accountId", accounts.name as account, contacts.full_name as "fullName",
    contacts.email, contacts.phone, contacts.language, contacts.is_primary as "primary"
  from contacts join accounts on accounts.id = contacts.account_id`;

async function readContacts(
  transaction: Transaction,
  consents: ContactConsents,
  { table, newId, principal }: Reading<Column>,
): Promise<ReadRecords<Column, ReadContact>> {
  const accounts = await accountsNamed(
    transaction,
    table.lines.flatMap(({ account }) => account ?? []),
  );
  const ids = [...new Set(accounts.values())].filter((id) => id !== 'several');
  const { rows } = await sql<StoredContact>`${selectContacts}
    where contacts.account_id = any(${ids}::uuid[])`.execute(transaction);
  const contacts = Map.groupBy(rows, ({ accountId }) => accountId);
  const { items: drafts, mistakes } = readLines(table, (line, tell: Tell<Column>) =>
    readContactLine(line, { accounts, contacts, has: table.columns, newId }, tell),
  );
  const wishes = await readConsents(transaction, consents, drafts, table.lines);
  const items = drafts.map((draft) => settle(draft, wishes.wanted.get(draft.line) ?? []));
  mistakes.push(...wishes.mistakes, ...refusedConsents(items, principal));
  return { items, mistakes, check: checkTogether };
}

const comparedColumns = ['fullName', 'email', 'phone', 'language', 'primary'] as const;

function settle({ stored, ...draft }: ContactDraft, wishes: readonly WantedConsent[]): ReadContact {
  const consents = wishes.filter(({ state, before }) => state !== before);
  const isOther = stored === undefined || comparedColumns.some((column) => draft[column] !== stored[column]);
  const is = stored === undefined ? 'new' : isOther || consents.length > 0 ? 'changed' : 'unchanged';
  return { ...draft, name: draft.fullName, isOther, consents, is };
}

/** Who keeps contacts and not consents leaves these as they are. */
function refusedConsents(items: readonly ReadContact[], { permissions }: Principal): BrokenLine<Column>[] {
  return permissions.has('consents:write')
    ? []
    : items.flatMap(({ line, consents }) =>
        consents.map(({ column }) => ({ line, column, message: 'You may not change consents.' })),
      );
}

function checkTogether(items: readonly ReadContact[]): BrokenLine<Column>[] {
  const mistakes = checkConsents(items);
  const lineOfId = new Map<string, number>();
  const primaryOf = new Map<string, number>();
  for (const { id, line, accountId, primary } of items) {
    const [same, first] = [lineOfId.get(id), primaryOf.get(accountId)];
    if (same !== undefined) {
      mistakes.push({ line, column: 'line', message: `Line ${same} is about the same contact.` });
    } else if (primary && first !== undefined) {
      mistakes.push({ line, column: 'primary', message: `Line ${first} is the primary contact already.` });
    }
    lineOfId.set(id, same ?? line);
    if (primary) {
      primaryOf.set(accountId, first ?? line);
    }
  }
  return mistakes;
}

async function writeContacts(
  transaction: Transaction,
  consents: ContactConsents,
  items: readonly ReadContact[],
  { now, actor }: Writing,
): Promise<NewEvent[]> {
  const others = items.filter(({ isOther }) => isOther);
  const primary = others.filter((item) => item.primary);
  // Each takes it from the one before, as at the other doors.
  await sql`
    update contacts set is_primary = false, updated_at = ${now}, version = version + 1
    where is_primary and account_id = any(${primary.map(({ accountId }) => accountId)}::uuid[])
      and id <> all(${primary.map(({ id }) => id)}::uuid[])`.execute(transaction);
  await sql`
    insert into contacts (id, account_id, full_name, email, phone, language, is_primary, created_at, updated_at)
    select id, "accountId", "fullName", email, phone, language, "primary", ${now}, ${now}
    from jsonb_to_recordset(${JSON.stringify(others)}::jsonb) as line (id uuid, "accountId" uuid, "fullName" text,
      email text, phone text, language text, "primary" boolean)
    order by "primary"
    on conflict (id) do update set full_name = excluded.full_name, email = excluded.email, phone = excluded.phone,
      language = excluded.language, is_primary = excluded.is_primary, updated_at = excluded.updated_at,
      version = contacts.version + 1`.execute(transaction);
  await consents.setMany(
    transaction,
    items.flatMap((item) => item.consents),
    actor,
  );
  return others.map(({ id, accountId, is }) => ({
    type: is === 'new' ? 'contact.created' : 'contact.changed',
    key: id,
    payload: { contactId: id, accountId },
    actor,
    occurredAt: now,
  }));
}

async function* linesOf(
  database: Database,
  consents: ContactConsents | undefined,
  accountId: string | undefined,
): AsyncGenerator<Cells> {
  const isClear = await clearNames(database);
  const pages = inPages(async (beforeId, limit) => {
    const { rows } = await sql<StoredContact & { readonly account: string }>`${selectContacts}
      where contacts.id < ${beforeId}
        and (${accountId ?? null}::uuid is null or contacts.account_id = ${accountId ?? null})
      order by contacts.id desc limit ${limit}`.execute(database);
    return rows;
  });
  for await (const rows of pages) {
    const cells = consents === undefined ? [] : await consentCells(database, consents, rows);
    for (const [index, { accountId: ofAccount, account, primary, ...contact }] of rows.entries()) {
      yield {
        ...contact,
        account: isClear(account) ? account : ofAccount,
        primary: primary ? 'yes' : 'no',
        ...cells[index],
      };
    }
  }
}
