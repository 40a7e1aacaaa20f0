import {
  asCell,
  type BrokenLine,
  type Cells,
  type Database,
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
import { accountOfCell, accountsNamed, clearNames, type NamedAccounts } from '../named-accounts.ts';
import { isTimeZone } from '../time-zone.ts';
import { accountKind, labelOf, type NamedRecord } from './account-kind.ts';
import { hoursAsCells, hoursColumns, hoursOfLine, sameHours, writeHours } from './hours-cells.ts';

const columns = [
  'id',
  'account',
  'name',
  'address',
  'latitude',
  'longitude',
  'timeZone',
  ...hoursColumns,
] as const;
type Column = (typeof columns)[number];

const charactersMax = { name: 200, address: 500 } as const;
const degreesMax = { latitude: 90, longitude: 180 } as const;

interface StoredSite {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly address: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly timeZone: string | null;
  readonly hours: CustomerHours | null;
}

interface ReadSite extends NamedRecord, StoredSite {
  readonly isOther: boolean;
  readonly hasOtherHours: boolean;
}

/** Sites: known within their account by id, else by name. */
export const siteTable: TableKind<Column, ReadSite> = {
  ...accountKind,
  plural: 'sites',
  columns,
  required: ['account', 'name'],
  label: labelOf('name'),
  read: readSites,
  write: writeSites,
  open: (database, filter) => ({ columns, lines: linesOf(database, filter.accountId) }),
};

const selectSites = sql`
  select sites.id, sites.account_id as "accountId", accounts.name as account, sites.name, sites.address,
    sites.latitude, sites.longitude, sites.time_zone as "timeZone",
    case when customer_hours.id is not null then
      jsonb_build_object('timeZone', customer_hours.time_zone, 'weekly', customer_hours.weekly) end as hours
  from sites join accounts on accounts.id = sites.account_id
    left join customer_hours on customer_hours.site_id = sites.id`;

interface Known {
  readonly accounts: NamedAccounts;
  /** By account and id, by account and name as a cell, and by account and name as it is. */
  readonly byId: ReadonlyMap<string, StoredSite>;
  readonly byCell: ReadonlyMap<string, StoredSite>;
  readonly byName: ReadonlyMap<string, StoredSite>;
}

const keyOf = (accountId: string, name: string): string => `${accountId}\u0000${name}`;

async function readSites(
  transaction: Transaction,
  { table, newId }: Reading<Column>,
): Promise<ReadRecords<Column, ReadSite>> {
  const accounts = await accountsNamed(
    transaction,
    table.lines.flatMap(({ account }) => account ?? []),
  );
  const ids = [...new Set(accounts.values())].filter((id) => id !== 'several');
  const { rows } = await sql<StoredSite>`${selectSites}
    where sites.account_id = any(${ids}::uuid[])`.execute(transaction);
  const known = {
    accounts,
    byId: new Map(rows.map((site) => [keyOf(site.accountId, site.id), site])),
    byCell: new Map(rows.map((site) => [keyOf(site.accountId, asCell(site.name)), site])),
    byName: new Map(rows.map((site) => [keyOf(site.accountId, site.name), site])),
  };
  const read = readLines(table, (line, tell: Tell<Column>) =>
    readLine(line, { known, has: table.columns, newId }, tell),
  );
  return { ...read, check: (kept) => checkTogether(kept, known) };
}

function readLine(
  line: ReadLine<Column>,
  { known, has, newId }: { known: Known; has: ReadonlySet<string>; newId: () => string },
  tell: Tell<Column>,
): ReadSite | undefined {
  const accountId = accountOfCell(line.account, known.accounts, (message) => tell('account', message));
  for (const column of ['name', 'address'] as const) {
    if ((line[column]?.length ?? 0) > charactersMax[column]) {
      tell(column, `It is longer than ${charactersMax[column]} characters.`);
    }
  }
  if (line.name === undefined) {
    tell('name', 'It is empty.');
  }
  if (accountId === undefined || line.name === undefined) {
    return undefined;
  }
  const stored =
    (line.id === undefined ? undefined : known.byId.get(keyOf(accountId, line.id))) ??
    known.byCell.get(keyOf(accountId, line.name));
  const timeZone = textOf(has.has('timeZone'), line.timeZone, stored?.timeZone);
  if (timeZone !== null && timeZone !== stored?.timeZone && !isTimeZone(timeZone)) {
    tell('timeZone', `There is no time zone ${shortCell(timeZone)}; give one like America/Bogota.`);
  }
  const degrees = (column: 'latitude' | 'longitude') =>
    has.has(column) ? degreesOf(line, column, tell) : (stored?.[column] ?? null);
  const wanted = {
    id: stored?.id ?? newId(),
    accountId,
    name: textOf(true, line.name, stored?.name) ?? line.name,
    address: textOf(has.has('address'), line.address, stored?.address),
    latitude: degrees('latitude'),
    longitude: degrees('longitude'),
    timeZone,
    hours: hoursOfLine(line, { has, stored: stored?.hours ?? null, timeZone, tell }),
  };
  if ((wanted.latitude === null) !== (wanted.longitude === null)) {
    const column = wanted.latitude === null ? 'latitude' : 'longitude';
    tell(column, 'A place has a latitude and a longitude: give both, or none.');
  }
  const isOther = stored === undefined || !isSame(wanted, stored);
  const hasOtherHours = !sameHours(wanted.hours, stored?.hours ?? null);
  const is = stored === undefined ? 'new' : isOther || hasOtherHours ? 'changed' : 'unchanged';
  return { ...wanted, line: line.line, isOther, hasOtherHours, is };
}

const comparedColumns = ['name', 'address', 'latitude', 'longitude', 'timeZone'] as const;
const isSame = (wanted: StoredSite, stored: StoredSite): boolean =>
  comparedColumns.every((column) => wanted[column] === stored[column]);

function degreesOf(
  line: ReadLine<Column>,
  column: 'latitude' | 'longitude',
  tell: Tell<Column>,
): number | null {
  const text = line[column];
  if (text === undefined) {
    return null;
  }
  const value = /^[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  const most = degreesMax[column];
  if (Number.isNaN(value) || Math.abs(value) > most) {
    tell(column, `"${shortCell(text)}" is no number of degrees from -${most} to ${most}, such as 4.6097.`);
    return 0;
  }
  return value;
}

function checkTogether(items: readonly ReadSite[], known: Known): BrokenLine<Column>[] {
  const mistakes: BrokenLine<Column>[] = [];
  const lineOfId = new Map<string, number>();
  const lineOfName = new Map<string, number>();
  for (const { id, accountId, line, name } of items) {
    const key = keyOf(accountId, name);
    const [sameSite, sameName] = [lineOfId.get(id), lineOfName.get(key)];
    const owner = known.byName.get(key);
    if (sameSite !== undefined) {
      mistakes.push({ line, column: 'id', message: `Line ${sameSite} is about the same site.` });
    } else if (sameName !== undefined) {
      mistakes.push({ line, column: 'name', message: `Line ${sameName} has the same name.` });
    } else if (owner !== undefined && owner.id !== id) {
      mistakes.push({ line, column: 'name', message: 'Another site of the account has it already.' });
    }
    lineOfId.set(id, sameSite ?? line);
    lineOfName.set(key, sameName ?? line);
  }
  return mistakes;
}

async function writeSites(
  transaction: Transaction,
  items: readonly ReadSite[],
  writing: Writing,
): Promise<NewEvent[]> {
  const { now, actor } = writing;
  const others = items.filter(({ isOther }) => isOther);
  await sql`
    insert into sites (id, account_id, name, address, latitude, longitude, time_zone, created_at, updated_at)
    select id, "accountId", name, address, latitude, longitude, "timeZone", ${now}, ${now}
    from jsonb_to_recordset(${JSON.stringify(others)}::jsonb) as line (id uuid, "accountId" uuid, name text,
      address text, latitude double precision, longitude double precision, "timeZone" text)
    on conflict (id) do update set name = excluded.name, address = excluded.address, latitude = excluded.latitude,
      longitude = excluded.longitude, time_zone = excluded.time_zone, updated_at = excluded.updated_at,
      version = sites.version + 1`.execute(transaction);
  const owner = { column: 'site_id', key: 'siteId' } as const;
  const ofHours = await writeHours(
    transaction,
    owner,
    items.filter(({ hasOtherHours }) => hasOtherHours),
    writing,
  );
  const told = others.map(
    ({ id, accountId, name, is }): NewEvent => ({
      type: is === 'new' ? 'site.created' : 'site.changed',
      key: id,
      payload: { siteId: id, accountId, name },
      actor,
      occurredAt: now,
    }),
  );
  return [...told, ...ofHours];
}

async function* linesOf(database: Database, accountId: string | undefined): AsyncGenerator<Cells> {
  const isClear = await clearNames(database);
  const pages = inPages(async (beforeId, limit) => {
    const { rows } = await sql<StoredSite & { readonly account: string }>`${selectSites}
      where sites.id < ${beforeId}
        and (${accountId ?? null}::uuid is null or sites.account_id = ${accountId ?? null})
      order by sites.id desc limit ${limit}`.execute(database);
    return rows;
  });
  for await (const rows of pages) {
    for (const { hours, accountId: ofAccount, account, ...site } of rows) {
      yield { ...site, account: isClear(account) ? account : ofAccount, ...hoursAsCells(hours) };
    }
  }
}
