import { Slug } from '@andon/shared/contracts';
import { Value } from 'typebox/value';
import { type Database, sql } from '../platform/index.ts';
import type { Column, Line } from './asset-table.ts';

export interface ImportMistake {
  readonly line: number;
  readonly column: Column;
  readonly message: string;
}

/** An asset as the table wants it. */
export interface ReadAsset {
  readonly line: number;
  readonly is: 'new' | 'changed' | 'unchanged';
  readonly id: string | undefined;
  readonly accountId: string;
  readonly assetNumber: string | null;
  readonly name: string;
  readonly product: string | null;
  readonly serialNumber: string | null;
  readonly categoryId: string | null;
  readonly siteId: string | null;
  /** The number of the parent, or where that has none its id. */
  readonly parentAssetNumber: string | null;
  readonly manufacturedOn: string | null;
  readonly warrantyUntil: string | null;
}

export const mistakesMax = 200;
const labelCharactersMax = 100;
const charactersMax = { name: 200, assetNumber: labelCharactersMax, product: labelCharactersMax } as const;

/** What is in the database and touched by the table. */
interface Known {
  readonly accounts: ReadonlyMap<string, string | 'several'>;
  readonly sites: ReadonlyMap<string, string>;
  /** By account and number, and by account and id. */
  readonly assets: ReadonlyMap<string, StoredAsset>;
}

interface StoredAsset extends Omit<ReadAsset, 'is' | 'id' | 'line'> {
  readonly id: string;
}

/** As a cell is read: spaces around it, and how its lines end, are no part of it. */
export const asCell = (text: string): string => text.trim().replaceAll(/\r\n?/g, '\n');
const keyOf = (...parts: readonly string[]): string => parts.map(asCell).join('\u0000');
/** How others name it as their parent. */
const referenceOf = (asset: {
  readonly assetNumber: string | null;
  readonly id: string | undefined;
}): string => asset.assetNumber ?? asset.id ?? '';

/** Reads the lines against what is there: each is new, changed or unchanged, or has mistakes. */
export async function readAssets(
  database: Database,
  lines: readonly Line[],
): Promise<{ assets: ReadAsset[]; mistakes: ImportMistake[] }> {
  const known = await lookUp(database, lines);
  const mistakes: ImportMistake[] = [];
  const tell = (line: number, column: Column, message: string): void => {
    mistakes.push({ line, column, message });
  };
  const assets = lines.flatMap(
    (line) => readLine(line, known, (column, message) => tell(line.line, column, message)) ?? [],
  );
  checkNumbers(assets, known, tell);
  await checkSerialNumbers(database, assets, tell);
  checkParents(assets, known, tell);
  return { assets, mistakes };
}

type Tell = (column: Column, message: string) => void;
type TellLine = (line: number, column: Column, message: string) => void;

function readLine(line: Line, known: Known, tell: Tell): ReadAsset | undefined {
  const accountId = accountOf(line, known, tell);
  checkTexts(line, tell);
  if (line.name === undefined) {
    tell('name', 'It is empty.');
  }
  if (accountId === undefined || line.name === undefined) {
    return undefined;
  }
  const stored = [line.id, line.assetNumber]
    .map((one) => (one === undefined ? undefined : known.assets.get(keyOf(accountId, one))))
    .find((one) => one !== undefined);
  if (line.assetNumber === undefined && stored === undefined) {
    tell('assetNumber', line.id === undefined ? 'It is empty.' : 'It is empty, and the id is not known.');
    return undefined;
  }
  const parent =
    line.parentAssetNumber === undefined
      ? undefined
      : known.assets.get(keyOf(accountId, line.parentAssetNumber));
  const wanted = {
    accountId,
    assetNumber: line.assetNumber ?? null,
    name: line.name,
    product: line.product ?? null,
    serialNumber: line.serialNumber ?? null,
    categoryId: line.categoryId ?? null,
    siteId: siteOf(line, accountId, known, tell),
    parentAssetNumber: parent === undefined ? (line.parentAssetNumber ?? null) : referenceOf(parent),
    manufacturedOn: dayOf(line, 'manufacturedOn', tell),
    warrantyUntil: dayOf(line, 'warrantyUntil', tell),
  };
  const is = stored === undefined ? 'new' : isSame(wanted, stored) ? 'unchanged' : 'changed';
  return { line: line.line, is, id: stored?.id, ...wanted };
}

/** The same limits as at the other doors. */
function checkTexts(line: Line, tell: Tell): void {
  for (const column of ['name', 'assetNumber', 'product', 'serialNumber'] as const) {
    const most = column === 'serialNumber' ? labelCharactersMax : charactersMax[column];
    if ((line[column]?.length ?? 0) > most) {
      tell(column, `It is longer than ${most} characters.`);
    }
  }
  if (line.categoryId !== undefined && !Value.Check(Slug, line.categoryId)) {
    tell('categoryId', 'It is not the id of a category, such as press-500.');
  }
}

function siteOf(line: Line, accountId: string, known: Known, tell: Tell): string | null {
  if (line.site === undefined) {
    return null;
  }
  const siteId = known.sites.get(keyOf(accountId, line.site));
  if (siteId === undefined) {
    tell('site', `The account has no site "${line.site.slice(0, labelCharactersMax)}".`);
  }
  return siteId ?? null;
}

function checkNumbers(assets: readonly ReadAsset[], known: Known, tell: TellLine): void {
  const seen = new Map<string, number>();
  for (const asset of assets) {
    const key = keyOf(asset.accountId, referenceOf(asset));
    tellRepeated(seen, key, asset.line, (earlier) =>
      tell(asset.line, 'assetNumber', `Line ${earlier} has the same number.`),
    );
    const owner = known.assets.get(key);
    if (owner !== undefined && owner.id !== asset.id) {
      tell(asset.line, 'assetNumber', 'Another asset of the account has it already.');
    }
  }
}

async function checkSerialNumbers(
  database: Database,
  assets: readonly ReadAsset[],
  tell: TellLine,
): Promise<void> {
  const found = await sql<{ id: string; product: string; serial_number: string }>`
    select id, product, serial_number from assets
    where (product, serial_number) in (
      select * from unnest(${assets.map(({ product }) => product)}::text[],
        ${assets.map(({ serialNumber }) => serialNumber)}::text[]))`.execute(database);
  const owners = new Map(found.rows.map((row) => [keyOf(row.product, row.serial_number), row.id]));
  const seen = new Map<string, number>();
  for (const { line, id, product, serialNumber } of assets) {
    if (product === null || serialNumber === null) {
      continue;
    }
    const key = keyOf(product, serialNumber);
    const owner = owners.get(key);
    if (owner !== undefined && owner !== id) {
      tell(line, 'serialNumber', 'Another asset of this product has it already.');
    }
    tellRepeated(seen, key, line, (earlier) =>
      tell(line, 'serialNumber', `Line ${earlier} has the same product and serial number.`),
    );
  }
}

function accountOf(line: Line, known: Known, tell: Tell): string | undefined {
  if (line.account === undefined) {
    tell('account', 'It is empty.');
    return undefined;
  }
  const found = known.accounts.get(line.account);
  if (found === undefined) {
    tell('account', `There is no account "${line.account.slice(0, labelCharactersMax)}".`);
  } else if (found === 'several') {
    tell(
      'account',
      `There are several accounts "${line.account.slice(0, labelCharactersMax)}"; give the id of the one that is meant.`,
    );
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
    tell(column, `"${text.slice(0, labelCharactersMax)}" is no day such as 2026-03-02.`);
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

function isSame(wanted: Omit<ReadAsset, 'is' | 'id' | 'line'>, stored: StoredAsset): boolean {
  const names = Object.keys(wanted) as (keyof typeof wanted)[];
  return names.every((name) => asCell(wanted[name] ?? '') === asCell(stored[name] ?? ''));
}

/** A parent is in the table or in the account already, and nothing is a part of itself. */
function checkParents(assets: readonly ReadAsset[], known: Known, tell: TellLine): void {
  const inTable = new Map(assets.map((asset) => [keyOf(asset.accountId, referenceOf(asset)), asset]));
  const parentOf = (key: string, accountId: string): string | undefined => {
    const reference = (inTable.get(key) ?? known.assets.get(key))?.parentAssetNumber;
    return reference ? keyOf(accountId, reference) : undefined;
  };
  for (const asset of assets) {
    if (asset.parentAssetNumber === null) {
      continue;
    }
    const first = keyOf(asset.accountId, asset.parentAssetNumber);
    if (!inTable.has(first) && !known.assets.has(first)) {
      const name = asset.parentAssetNumber.slice(0, labelCharactersMax);
      tell(asset.line, 'parentAssetNumber', `The account has no asset ${name}.`);
      continue;
    }
    const passed = new Set<string>();
    const own = keyOf(asset.accountId, referenceOf(asset));
    for (let key: string | undefined = own; key !== undefined; key = parentOf(key, asset.accountId)) {
      if (passed.has(key)) {
        tell(asset.line, 'parentAssetNumber', 'It would be a part of itself.');
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
      assets.site_id as "siteId", coalesce(parents.asset_number, parents.id::text) as "parentAssetNumber",
      assets.manufactured_on as "manufacturedOn", assets.warranty_until as "warrantyUntil"
    from assets left join assets as parents on parents.id = assets.parent_id
    where assets.account_id = any(${ids}::uuid[])`.execute(database);
  return {
    accounts,
    sites: new Map(sites.rows.map((site) => [keyOf(site.account_id, site.name), site.id])),
    assets: new Map(
      assets.rows.flatMap((asset) =>
        [asset.id, ...(asset.assetNumber === null ? [] : [asset.assetNumber])].map(
          (name) => [keyOf(asset.accountId, name), asset] as const,
        ),
      ),
    ),
  };
}
