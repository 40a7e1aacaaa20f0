import { asCell, type Database, shortCell, sql } from '../platform/index.ts';

/** The id of an account by its name, or by its id, as a table names it. */
export type NamedAccounts = ReadonlyMap<string, string | 'several'>;

/** Those of these names and ids that there are. */
export async function accountsNamed(database: Database, names: readonly string[]): Promise<NamedAccounts> {
  const asked = new Set(names);
  const found = await sql<{ id: string; name: string }>`
    select id, name from accounts
    where name = any(${[...asked]}::text[]) or id::text = any(${[...asked]}::text[])`.execute(database);
  const accounts = new Map<string, string | 'several'>();
  for (const { id, name } of found.rows) {
    if (asked.has(name)) {
      accounts.set(name, accounts.has(name) ? 'several' : id);
    }
  }
  for (const { id } of found.rows) {
    if (asked.has(id)) {
      accounts.set(id, id);
    }
  }
  return accounts;
}

/** The account that a cell names; where there is none such, `tell` is told why. */
export function accountOfCell(
  cell: string | undefined,
  accounts: NamedAccounts,
  tell: (message: string) => void,
): string | undefined {
  if (cell === undefined) {
    tell('It is empty.');
    return undefined;
  }
  const found = accounts.get(cell);
  if (found === undefined) {
    tell(`There is no account "${shortCell(cell)}".`);
  } else if (found === 'several') {
    tell(`There are several accounts "${shortCell(cell)}"; give the id of the one that is meant.`);
  } else {
    return found;
  }
  return undefined;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Does the name say which account is meant, and is it found by the cell? Else it goes by its id. */
export async function clearNames(database: Database): Promise<(name: string) => boolean> {
  const { rows } = await sql<{ name: string }>`
    select name from accounts group by name having count(*) > 1`.execute(database);
  const shared = new Set(rows.map(({ name }) => name));
  return (name) => asCell(name) === name && !uuid.test(name) && !shared.has(name);
}
