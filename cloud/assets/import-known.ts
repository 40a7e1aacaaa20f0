import { accountsNamed, type NamedAccounts } from '../accounts/index.ts';
import { asCell, type Database, sql } from '../platform/index.ts';
import type { Line } from './asset-columns.ts';

export interface StoredAsset {
  readonly id: string;
  readonly accountId: string;
  readonly assetNumber: string | null;
  readonly name: string;
  readonly product: string | null;
  readonly serialNumber: string | null;
  readonly categoryId: string | null;
  readonly siteId: string | null;
  readonly parentId: string | null;
  readonly manufacturedOn: string | null;
  readonly warrantyUntil: string | null;
}

/** What is in the database and touched by the table. */
export interface Known {
  readonly accounts: NamedAccounts;
  readonly sites: ReadonlyMap<string, string>;
  /** By account and number, and by account and id. */
  readonly assets: ReadonlyMap<string, StoredAsset>;
  readonly assetsById: ReadonlyMap<string, StoredAsset>;
}

export const keyOf = (...parts: readonly string[]): string => parts.map(asCell).join('\u0000');

export async function lookUp(database: Database, lines: readonly Line[]): Promise<Known> {
  const accountNames = [...new Set(lines.flatMap(({ account }) => account ?? []))];
  const accounts = await accountsNamed(database, accountNames);
  const ids = [...accounts.values()].filter((id) => id !== 'several');
  const sites = await sql<{ id: string; account_id: string; name: string }>`
    select id, account_id, name from sites where account_id = any(${ids}::uuid[])`.execute(database);
  const assets = await sql<StoredAsset>`
    select id, account_id as "accountId", asset_number as "assetNumber", name, product,
      serial_number as "serialNumber", category_id as "categoryId", site_id as "siteId", parent_id as "parentId",
      manufactured_on as "manufacturedOn", warranty_until as "warrantyUntil"
    from assets where account_id = any(${ids}::uuid[])`.execute(database);
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
    assetsById: new Map(assets.rows.map((asset) => [asset.id, asset])),
  };
}

/** Whose these serial numbers are already, by product and serial number. */
export async function serialOwners(
  database: Database,
  assets: readonly { readonly product: string | null; readonly serialNumber: string | null }[],
): Promise<Map<string, string>> {
  const found = await sql<{ id: string; product: string; serial_number: string }>`
    select id, product, serial_number from assets
    where (product, serial_number) in (
      select * from unnest(${assets.map(({ product }) => product)}::text[],
        ${assets.map(({ serialNumber }) => serialNumber)}::text[]))`.execute(database);
  return new Map(found.rows.map((row) => [keyOf(row.product, row.serial_number), row.id]));
}
