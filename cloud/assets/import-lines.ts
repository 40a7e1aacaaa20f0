import { type Database, sql } from '../platform/index.ts';
import type { Column, Line } from './asset-table.ts';

export interface ImportMistake {
  readonly line: number;
  readonly column: Column;
  readonly message: string;
}

/** An asset as the table wants it. */
export interface ReadAsset {
  readonly is: 'new' | 'changed' | 'unchanged';
  readonly id: string | undefined;
  readonly accountId: string;
  readonly assetNumber: string;
  readonly name: string;
  readonly product: string | null;
  readonly serialNumber: string | null;
  readonly categoryId: string | null;
  readonly siteId: string | null;
  readonly parentAssetNumber: string | null;
  readonly manufacturedOn: string | null;
  readonly warrantyUntil: string | null;
}

export const mistakesMax = 200;

/** What is in the database and touched by the table. */
interface Known {
  readonly accounts: ReadonlyMap<string, string | 'several'>;
  readonly sites: ReadonlyMap<string, string>;
  readonly assets: ReadonlyMap<string, StoredAsset>;
  readonly serialNumbers: ReadonlyMap<string, string>;
}

interface StoredAsset extends Omit<ReadAsset, 'is' | 'id'> {
  readonly id: string;
}

const keyOf = (...parts: readonly string[]): string => parts.join('\u0000');

/** Reads the lines against what is there: each is new, changed or unchanged, or has mistakes. */
export async function readAssets(
  database: Database,
  lines: readonly Line[],
): Promise<{ assets: ReadAsset[]; mistakes: ImportMistake[] }> {
  const known = await lookUp(database, lines);
  const mistakes: ImportMistake[] = [];
  const assets: ReadAsset[] = [];
  const seen = { numbers: new Map<string, number>(), serials: new Map<string, number>() };
  for (const line of lines) {
    const tell = (column: Column, message: string): void => {
      mistakes.push({ line: line.line, column, message });
    };
    const asset = readLine(line, known, seen, tell);
    if (asset !== undefined) {
      assets.push(asset);
    }
  }
  checkParents(assets, lines, known, (line, message) =>
    mistakes.push({ line, column: 'parentAssetNumber', message }),
  );
  return { assets, mistakes };
}

type Tell = (column: Column, message: string) => void;
interface Seen {
  readonly numbers: Map<string, number>;
  readonly serials: Map<string, number>;
}

function readLine(line: Line, known: Known, seen: Seen, tell: Tell): ReadAsset | undefined {
  const accountId = accountOf(line, known, tell);
  for (const column of ['assetNumber', 'name'] as const) {
    if (line[column] === undefined) {
      tell(column, 'It is empty.');
    }
  }
  if (accountId === undefined || line.assetNumber === undefined || line.name === undefined) {
    return undefined;
  }
  const number = keyOf(accountId, line.assetNumber);
  const stored = known.assets.get(number);
  const siteId = line.site === undefined ? null : (known.sites.get(keyOf(accountId, line.site)) ?? null);
  if (line.site !== undefined && siteId === null) {
    tell('site', `The account has no site "${line.site}".`);
  }
  tellRepeated(seen.numbers, number, line.line, (earlier) =>
    tell('assetNumber', `Line ${earlier} has the same number.`),
  );
  if (line.serialNumber !== undefined && line.product !== undefined) {
    const serial = keyOf(line.product, line.serialNumber);
    const owner = known.serialNumbers.get(serial);
    if (owner !== undefined && owner !== stored?.id) {
      tell('serialNumber', 'Another asset of this product has it already.');
    }
    tellRepeated(seen.serials, serial, line.line, (earlier) =>
      tell('serialNumber', `Line ${earlier} has the same product and serial number.`),
    );
  }
  const wanted = {
    accountId,
    assetNumber: line.assetNumber,
    name: line.name,
    product: line.product ?? null,
    serialNumber: line.serialNumber ?? null,
    categoryId: line.categoryId ?? null,
    siteId,
    parentAssetNumber: line.parentAssetNumber ?? null,
    manufacturedOn: dayOf(line, 'manufacturedOn', tell),
    warrantyUntil: dayOf(line, 'warrantyUntil', tell),
  };
  const is = stored === undefined ? 'new' : isSame(wanted, stored) ? 'unchanged' : 'changed';
  return { is, id: stored?.id, ...wanted };
}

function accountOf(line: Line, known: Known, tell: Tell): string | undefined {
  if (line.account === undefined) {
    tell('account', 'It is empty.');
    return undefined;
  }
  const found = known.accounts.get(line.account);
  if (found === undefined) {
    tell('account', `There is no account "${line.account}".`);
  } else if (found === 'several') {
    tell('account', `There are several accounts "${line.account}"; give the id of the one that is meant.`);
  } else {
    return found;
  }
  return undefined;
}

function dayOf(line: Line, column: 'manufacturedOn' | 'warrantyUntil', tell: Tell): string | null {
  const text = line[column];
  if (text === undefined) {
    return null;
  }
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text) {
    tell(column, `"${text}" is no day such as 2026-03-02.`);
  }
  return text;
}

function tellRepeated(
  seen: Map<string, number>,
  key: string,
  line: number,
  tell: (earlier: number) => void,
): void {
  const earlier = seen.get(key);
  if (earlier !== undefined) {
    tell(earlier);
  } else {
    seen.set(key, line);
  }
}

function isSame(wanted: Omit<ReadAsset, 'is' | 'id'>, stored: StoredAsset): boolean {
  const names = Object.keys(wanted) as (keyof typeof wanted)[];
  return names.every((name) => wanted[name] === stored[name]);
}

/** A parent is in the table or in the account already, and nothing is a part of itself. */
function checkParents(
  assets: readonly ReadAsset[],
  lines: readonly Line[],
  known: Known,
  tell: (line: number, message: string) => void,
): void {
  const lineOf = new Map(lines.map((line) => [`${line.account}\u0000${line.assetNumber}`, line.line]));
  const inTable = new Map(assets.map((asset) => [keyOf(asset.accountId, asset.assetNumber), asset]));
  const parentOf = (key: string, accountId: string): string | undefined => {
    const number = (inTable.get(key) ?? known.assets.get(key))?.parentAssetNumber;
    return number ? keyOf(accountId, number) : undefined;
  };
  const names = new Map(
    [...known.accounts].filter(([, id]) => id !== 'several').map(([name, id]) => [id, name] as const),
  );
  for (const asset of assets) {
    if (asset.parentAssetNumber === null) {
      continue;
    }
    const own = keyOf(asset.accountId, asset.assetNumber);
    const line = lineOf.get(`${names.get(asset.accountId)}\u0000${asset.assetNumber}`) ?? 0;
    const first = keyOf(asset.accountId, asset.parentAssetNumber);
    if (!inTable.has(first) && !known.assets.has(first)) {
      tell(line, `The account has no asset ${asset.parentAssetNumber}.`);
      continue;
    }
    const passed = new Set<string>();
    for (let key: string | undefined = own; key !== undefined; key = parentOf(key, asset.accountId)) {
      if (passed.has(key)) {
        tell(line, 'It would be a part of itself.');
        break;
      }
      passed.add(key);
    }
  }
}

async function lookUp(database: Database, lines: readonly Line[]): Promise<Known> {
  const accountNames = [...new Set(lines.flatMap(({ account }) => account ?? []))];
  const found = await sql<{ id: string; name: string }>`
    select id, name from accounts
    where name = any(${accountNames}::text[]) or id::text = any(${accountNames}::text[])`.execute(database);
  const accounts = new Map<string, string | 'several'>();
  for (const { id, name } of found.rows) {
    accounts.set(name, accounts.has(name) ? 'several' : id);
    if (accountNames.includes(id)) {
      accounts.set(id, id);
    }
  }
  const ids = found.rows.map(({ id }) => id);
  const sites = await sql<{ id: string; account_id: string; name: string }>`
    select id, account_id, name from sites where account_id = any(${ids}::uuid[])`.execute(database);
  const assets = await sql<StoredAsset>`
    select assets.id, assets.account_id as "accountId", assets.asset_number as "assetNumber", assets.name,
      assets.product, assets.serial_number as "serialNumber", assets.category_id as "categoryId",
      assets.site_id as "siteId", parents.asset_number as "parentAssetNumber",
      assets.manufactured_on as "manufacturedOn", assets.warranty_until as "warrantyUntil"
    from assets left join assets as parents on parents.id = assets.parent_id
    where assets.account_id = any(${ids}::uuid[]) and assets.asset_number is not null`.execute(database);
  const serials = await sql<{ id: string; product: string; serial_number: string }>`
    select id, product, serial_number from assets
    where (product, serial_number) in (
      select * from unnest(${lines.map(({ product }) => product ?? null)}::text[],
        ${lines.map(({ serialNumber }) => serialNumber ?? null)}::text[]))`.execute(database);
  return {
    accounts,
    sites: new Map(sites.rows.map((site) => [keyOf(site.account_id, site.name), site.id])),
    assets: new Map(assets.rows.map((asset) => [keyOf(asset.accountId, asset.assetNumber), asset])),
    serialNumbers: new Map(serials.rows.map((row) => [keyOf(row.product, row.serial_number), row.id])),
  };
}
