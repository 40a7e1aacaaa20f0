import {
  type BrokenLine,
  belowLeftOut,
  type Cells,
  type Database,
  inCircles,
  inPages,
  type NewEvent,
  type Reading,
  type ReadLine,
  type ReadRecords,
  readLines,
  shortCell,
  sql,
  type TableKind,
  type Tell,
  type Transaction,
  textOf,
  type Writing,
} from '../../platform/index.ts';
import type { CustomerHours } from '../customer-hours.ts';
import { clearNames } from '../named-accounts.ts';
import type { WeeklyHours } from '../weekly-hours.ts';
import { accountKind, labelOf, type NamedRecord } from './account-kind.ts';
import { hoursAsCells, hoursColumns, hoursOfLine, sameHours, writeHours } from './hours-cells.ts';

const columns = ['id', 'name', 'parent', ...hoursColumns] as const;
type Column = (typeof columns)[number];
const nameCharactersMax = 200;

interface StoredAccount {
  readonly id: string;
  readonly name: string;
  readonly parentId: string | null;
  readonly hours: CustomerHours | null;
}

interface ReadAccount extends NamedRecord, StoredAccount {
  readonly isOther: boolean;
  readonly hasOtherHours: boolean;
}

/** A line by itself: its parent may be made by another line. */
interface Draft extends Omit<StoredAccount, 'parentId'> {
  readonly line: number;
  readonly stored: StoredAccount | undefined;
  readonly parent: string | null | undefined;
}

/** Accounts: known by id, else by name; the parent by its name or id, in the table or there already. */
export const accountTable: TableKind<Column, ReadAccount> = {
  ...accountKind,
  plural: 'accounts',
  columns,
  required: ['name'],
  label: labelOf('name'),
  read: readAccounts,
  write: writeAccounts,
  open: (database, filter) => ({ columns, lines: linesOf(database, filter.accountId) }),
};

async function readAccounts(
  transaction: Transaction,
  { table, newId }: Reading<Column>,
): Promise<ReadRecords<Column, ReadAccount>> {
  const stored = await storedAccounts(transaction, table.lines);
  const byId = new Map(stored.map((account) => [account.id, account]));
  const byName = Map.groupBy(stored, ({ name }) => name);
  const { items: drafts, mistakes } = readLines(table, (line, tell: Tell<Column>) =>
    readLine(line, { byId, byName, has: table.columns, newId }, tell),
  );
  const items = withParents(drafts, stored, mistakes);
  const parents = await sql<{ id: string; parent_id: string }>`
    select id, parent_id from accounts where parent_id is not null`.execute(transaction);
  const parentOf = new Map(parents.rows.map((row) => [row.id, row.parent_id]));
  return { items, mistakes, check: (kept, leftOut) => checkTogether(kept, leftOut, parentOf) };
}

/** Those that the table names, by id or by name, as themselves or as parents. */
async function storedAccounts(
  database: Database,
  lines: readonly ReadLine<Column>[],
): Promise<StoredAccount[]> {
  const names = [
    ...new Set(lines.flatMap(({ id, name, parent }) => [id ?? [], name ?? [], parent ?? []].flat())),
  ];
  const { rows } = await sql<StoredRow>`${selectAccounts}
    where accounts.name = any(${names}::text[]) or accounts.id::text = any(${names}::text[])`.execute(
    database,
  );
  return rows.map(({ id, name, parent_id, hours }) => ({ id, name, parentId: parent_id, hours }));
}

interface StoredRow {
  readonly id: string;
  readonly name: string;
  readonly parent_id: string | null;
  readonly parent_name: string | null;
  readonly hours: { readonly timeZone: string; readonly weekly: WeeklyHours } | null;
}

const selectAccounts = sql`
  select accounts.id, accounts.name, accounts.parent_id, above.name as parent_name,
    case when customer_hours.id is not null then
      jsonb_build_object('timeZone', customer_hours.time_zone, 'weekly', customer_hours.weekly) end as hours
  from accounts left join accounts above on above.id = accounts.parent_id
    left join customer_hours on customer_hours.account_id = accounts.id`;

function readLine(
  line: ReadLine<Column>,
  context: {
    readonly byId: ReadonlyMap<string, StoredAccount>;
    readonly byName: ReadonlyMap<string, readonly StoredAccount[]>;
    readonly has: ReadonlySet<string>;
    readonly newId: () => string;
  },
  tell: Tell<Column>,
): Draft | undefined {
  const { has } = context;
  if (line.name === undefined) {
    tell('name', 'It is empty.');
    return undefined;
  }
  if (line.name.length > nameCharactersMax) {
    tell('name', `It is longer than ${nameCharactersMax} characters.`);
  }
  const named = context.byName.get(line.name) ?? [];
  const byItsId = line.id === undefined ? undefined : context.byId.get(line.id);
  if (byItsId === undefined && named.length > 1) {
    tell(
      'name',
      `There are several accounts "${shortCell(line.name)}"; give the id of the one that is meant.`,
    );
    return undefined;
  }
  const stored = byItsId ?? named[0];
  return {
    line: line.line,
    id: stored?.id ?? context.newId(),
    stored,
    name: textOf(true, line.name, stored?.name) ?? line.name,
    parent: has.has('parent') ? (line.parent ?? null) : undefined,
    hours: hoursOfLine(line, { has, stored: stored?.hours ?? null, timeZone: null, tell }),
  };
}

/** A parent is named as it is called once the table is imported. */
function withParents(
  drafts: readonly Draft[],
  stored: readonly StoredAccount[],
  mistakes: BrokenLine<Column>[],
): ReadAccount[] {
  const inTable = new Set(drafts.map(({ id }) => id));
  const all = [...drafts, ...stored.filter(({ id }) => !inTable.has(id))];
  const ids = new Set(all.map(({ id }) => id));
  const named = Map.groupBy(all, ({ name }) => name);
  return drafts.map(({ stored: before, parent, ...draft }) => {
    let parentId = before?.parentId ?? null;
    if (parent !== undefined) {
      const meant = parent === null ? [] : ids.has(parent) ? [{ id: parent }] : (named.get(parent) ?? []);
      parentId = meant[0]?.id ?? null;
      if (parent !== null && meant.length !== 1) {
        const message =
          meant.length === 0
            ? `There is no account "${shortCell(parent)}".`
            : `There are several accounts "${shortCell(parent)}"; give the id of the one that is meant.`;
        mistakes.push({ line: draft.line, column: 'parent', message });
      }
    }
    const isOther = draft.name !== before?.name || parentId !== before.parentId;
    const hasOtherHours = !sameHours(draft.hours, before?.hours ?? null);
    const is = before === undefined ? 'new' : isOther || hasOtherHours ? 'changed' : 'unchanged';
    return { ...draft, parentId, isOther, hasOtherHours, is };
  });
}

function checkTogether(
  items: readonly ReadAccount[],
  leftOut: readonly ReadAccount[],
  parentOf: ReadonlyMap<string, string>,
): BrokenLine<Column>[] {
  const mistakes: BrokenLine<Column>[] = [];
  const lineOfId = new Map<string, number>();
  const ofName = Map.groupBy(items, ({ name }) => name);
  for (const { id, line, name, is } of items) {
    const same = lineOfId.get(id);
    const namesake = is === 'new' ? ofName.get(name)?.find((other) => other.line !== line) : undefined;
    if (same !== undefined) {
      mistakes.push({ line, column: 'id', message: `Line ${same} is about the same account.` });
    } else if (namesake !== undefined) {
      mistakes.push({ line, column: 'name', message: `Line ${namesake.line} has the same name.` });
    }
    lineOfId.set(id, same ?? line);
  }
  for (const { item, parent } of belowLeftOut(items, leftOut)) {
    const message = `Its parent is on line ${parent.line}, which has a mistake.`;
    mistakes.push({ line: item.line, column: 'parent', message });
  }
  for (const { line } of inCircles(items, (id) => parentOf.get(id) ?? null)) {
    mistakes.push({ line, column: 'parent', message: 'It would be above itself.' });
  }
  return mistakes;
}

async function writeAccounts(
  transaction: Transaction,
  items: readonly ReadAccount[],
  writing: Writing,
): Promise<NewEvent[]> {
  const { now, actor } = writing;
  const others = items.filter(({ isOther }) => isOther);
  // One statement: a parent may be on a later line.
  await sql`
    insert into accounts (id, name, parent_id, created_at, updated_at)
    select id, name, "parentId", ${now}, ${now}
    from jsonb_to_recordset(${JSON.stringify(others)}::jsonb) as line (id uuid, name text, "parentId" uuid)
    on conflict (id) do update set name = excluded.name, parent_id = excluded.parent_id,
      updated_at = excluded.updated_at, version = accounts.version + 1`.execute(transaction);
  const owner = { column: 'account_id', key: 'accountId' } as const;
  const ofHours = await writeHours(
    transaction,
    owner,
    items.filter(({ hasOtherHours }) => hasOtherHours),
    writing,
  );
  const told = others.map(
    ({ id, name, is }): NewEvent => ({
      type: is === 'new' ? 'account.created' : 'account.changed',
      key: id,
      payload: { accountId: id, name },
      actor,
      occurredAt: now,
    }),
  );
  return [...told, ...ofHours];
}

async function* linesOf(database: Database, accountId: string | undefined): AsyncGenerator<Cells> {
  const isClear = await clearNames(database);
  const pages = inPages(async (beforeId, limit) => {
    const { rows } = await sql<StoredRow>`${selectAccounts}
      where accounts.id < ${beforeId} and (${accountId ?? null}::uuid is null or accounts.id = ${accountId ?? null})
      order by accounts.id desc limit ${limit}`.execute(database);
    return rows;
  });
  for await (const rows of pages) {
    for (const { id, name, parent_id, parent_name, hours } of rows) {
      const parent = parent_name !== null && isClear(parent_name) ? parent_name : parent_id;
      yield { id, name, parent, ...hoursAsCells(hours) };
    }
  }
}
