import { clearNames } from '../accounts/index.ts';
import {
  type Cells,
  type Database,
  inPages,
  type NewEvent,
  sql,
  type TableKind,
  type Transaction,
  type Writing,
} from '../platform/index.ts';
import { type Column, columns, required } from './asset-columns.ts';
import { listAssets, toAsset } from './asset-store.ts';
import { type ReadAsset, readAssets } from './import-lines.ts';

/** Assets: known within their account by id, else by number. */
export const assetTable: TableKind<Column, ReadAsset> = {
  plural: 'assets',
  owner: 'assets',
  columns,
  required,
  cellCharactersMax: 500,
  label: { column: 'assetNumber', field: 'assetNumber', of: ({ assetNumber }) => assetNumber },
  read: readAssets,
  write: writeAssets,
  open: (database, filter) => ({ columns, lines: linesOf(database, filter.accountId) }),
};

async function writeAssets(
  transaction: Transaction,
  assets: readonly ReadAsset[],
  { now, actor }: Writing,
): Promise<NewEvent[]> {
  // One statement: a parent may be on a later line.
  await sql`
    insert into assets (id, account_id, asset_number, name, product, serial_number, category_id, site_id, parent_id,
      manufactured_on, warranty_until, created_at, updated_at)
    select id, "accountId", "assetNumber", name, product, "serialNumber", "categoryId", "siteId", "parentId",
      "manufacturedOn", "warrantyUntil", ${now}, ${now}
    from jsonb_to_recordset(${JSON.stringify(assets)}::jsonb) as line (id uuid, "accountId" uuid,
      "assetNumber" text, name text, product text, "serialNumber" text, "categoryId" text, "siteId" uuid,
      "parentId" uuid, "manufacturedOn" date, "warrantyUntil" date)
    on conflict (id) do update set asset_number = excluded.asset_number, name = excluded.name, product = excluded.product,
      serial_number = excluded.serial_number, category_id = excluded.category_id, site_id = excluded.site_id,
      parent_id = excluded.parent_id, manufactured_on = excluded.manufactured_on,
      warranty_until = excluded.warranty_until, updated_at = excluded.updated_at,
      version = assets.version + 1`.execute(transaction);
  return assets.map(({ id, accountId, name, is }) => ({
    type: is === 'new' ? 'asset.created' : 'asset.changed',
    key: id,
    payload: { assetId: id, accountId, name },
    actor,
    occurredAt: now,
  }));
}

async function* linesOf(database: Database, accountId: string | undefined): AsyncGenerator<Cells> {
  const isClear = await clearNames(database);
  const ofAccount = accountId === undefined ? {} : { accountId };
  // One more than is asked for comes, to tell whether there is a next page.
  const pages = inPages((beforeId, limit) =>
    listAssets(database, { ...ofAccount, beforeId, limit: limit - 1 }),
  );
  for await (const rows of pages) {
    const numbers = await numbersOf(database, rows);
    for (const asset of rows.map(toAsset)) {
      yield {
        ...asset,
        account: isClear(asset.accountName) ? asset.accountName : asset.accountId,
        site: asset.siteName,
        parentAssetNumber: asset.parentId === null ? null : (numbers.get(asset.parentId) ?? asset.parentId),
      };
    }
  }
}

async function numbersOf(
  database: Database,
  rows: readonly { parent_id: string | null }[],
): Promise<Map<string, string | null>> {
  const ids = rows.flatMap(({ parent_id }) => parent_id ?? []);
  if (ids.length === 0) {
    return new Map();
  }
  const found = await sql<{ id: string; asset_number: string | null }>`
    select id, asset_number from assets where id = any(${ids}::uuid[])`.execute(database);
  return new Map(found.rows.map((row) => [row.id, row.asset_number]));
}
