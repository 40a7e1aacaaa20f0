import { AndonError } from '@andon/shared/kernel';
import type { AccountTables, SiteTables } from '../accounts/index.ts';
import { type Database, sql, staleVersion, type Transaction, violates } from '../platform/index.ts';
import { requireRelations } from './relations.ts';
import type { Asset, AssetInput, AssetsQuery } from './schemas.ts';

export type AssetTables = {
  assets: {
    id: string;
    account_id: string;
    name: string;
    asset_number: string | null;
    product: string | null;
    serial_number: string | null;
    category_id: string | null;
    site_id: string | null;
    parent_id: string | null;
    manufactured_on: string | null;
    warranty_until: string | null;
    created_at: Date;
    updated_at: Date;
    version: number;
  };
};
export type AssetRow = AssetTables['assets'] & { account_name: string; site_name: string | null };

export function toAsset(row: AssetRow): Asset {
  return {
    id: row.id,
    accountId: row.account_id,
    accountName: row.account_name,
    name: row.name,
    assetNumber: row.asset_number,
    product: row.product,
    serialNumber: row.serial_number,
    categoryId: row.category_id,
    siteId: row.site_id,
    siteName: row.site_name,
    parentId: row.parent_id,
    manufacturedOn: row.manufactured_on,
    warrantyUntil: row.warranty_until,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

function columnsOf(input: AssetInput) {
  return {
    account_id: input.accountId,
    name: input.name,
    asset_number: input.assetNumber ?? null,
    product: input.product ?? null,
    serial_number: input.serialNumber ?? null,
    category_id: input.categoryId ?? null,
    site_id: input.siteId ?? null,
    parent_id: input.parentId ?? null,
    manufactured_on: input.manufacturedOn ?? null,
    warranty_until: input.warrantyUntil ?? null,
  };
}

export async function insertAsset(
  transaction: Transaction,
  asset: { id: string; input: AssetInput; now: Date },
): Promise<Asset> {
  await requireRelations(transaction, asset.id, asset.input);
  try {
    await transaction
      .withTables<AssetTables>()
      .insertInto('assets')
      .values({
        id: asset.id,
        ...columnsOf(asset.input),
        created_at: asset.now,
        updated_at: asset.now,
        version: 1,
      })
      .execute();
  } catch (error) {
    throw conflictOf(error, asset.input);
  }
  return requireAsset(transaction, asset.id);
}

export async function updateAsset(
  transaction: Transaction,
  change: { id: string; expectedVersion: number; input: AssetInput; now: Date },
): Promise<Asset> {
  const present = await requireAsset(transaction, change.id);
  await requireRelations(transaction, change.id, change.input);
  try {
    const updated = await transaction
      .withTables<AssetTables>()
      .updateTable('assets')
      .set((expression) => ({
        ...columnsOf(change.input),
        updated_at: change.now,
        version: expression('version', '+', 1),
      }))
      .where('id', '=', change.id)
      .where('version', '=', change.expectedVersion)
      .executeTakeFirst();
    if (updated.numUpdatedRows === 0n) {
      throw staleVersion(change.expectedVersion, present.version);
    }
  } catch (error) {
    throw conflictOf(error, change.input);
  }
  return requireAsset(transaction, change.id);
}

function conflictOf(error: unknown, { accountId }: AssetInput): unknown {
  if (violates(error, 'assets_asset_number')) {
    return new AndonError({
      code: 'assets.asset-number-taken',
      message: 'The account has another asset of this number.',
      nextStep: 'Give it another number, or edit the asset that has it.',
      field: 'assetNumber',
      status: 409,
    });
  }
  if (violates(error, 'assets_serial_number')) {
    return new AndonError({
      code: 'assets.serial-number-taken',
      message: 'There is an asset of this product and serial number already.',
      nextStep: 'Look at the label again, or edit the asset that has it.',
      field: 'serialNumber',
      status: 409,
    });
  }
  if (violates(error, 'assets_account')) {
    return new AndonError({
      code: 'assets.no-such-account',
      message: `The account of the asset does not exist: ${accountId}.`,
      nextStep: 'Name an account of GET /v1/accounts.',
      field: 'accountId',
      status: 422,
    });
  }
  return error;
}

function selectAssets(database: Database) {
  return database
    .withTables<AssetTables & AccountTables & SiteTables>()
    .selectFrom('assets')
    .innerJoin('accounts', 'accounts.id', 'assets.account_id')
    .leftJoin('sites', 'sites.id', 'assets.site_id')
    .selectAll('assets')
    .select(['accounts.name as account_name', 'sites.name as site_name']);
}

export async function findAsset(database: Database, id: string): Promise<Asset | undefined> {
  const row = await selectAssets(database).where('assets.id', '=', id).executeTakeFirst();
  return row && toAsset(row);
}

export async function requireAsset(database: Database, id: string): Promise<Asset> {
  const asset = await findAsset(database, id);
  if (asset === undefined) {
    throw new AndonError({
      code: 'assets.no-such-asset',
      message: 'There is no such asset.',
      nextStep: 'Look for it in GET /v1/assets.',
      status: 404,
    });
  }
  return asset;
}

export async function listAssets(
  database: Database,
  filter: AssetsQuery & { beforeId?: string; limit: number },
): Promise<AssetRow[]> {
  let query = selectAssets(database);
  if (filter.q !== undefined) {
    query = query.where(
      sql<boolean>`position(lower(${filter.q}) in lower(concat_ws(' ', assets.name, asset_number, product,
        serial_number, accounts.name))) > 0`,
    );
  }
  if (filter.accountId !== undefined) {
    query = query.where('assets.account_id', '=', filter.accountId);
  }
  if (filter.categoryId !== undefined) {
    query = query.where('assets.category_id', '=', filter.categoryId);
  }
  if (filter.siteId !== undefined) {
    query = query.where('assets.site_id', '=', filter.siteId);
  }
  if (filter.parentId !== undefined) {
    query = query.where('assets.parent_id', '=', filter.parentId);
  }
  if (filter.serialNumber !== undefined) {
    query = query.where('assets.serial_number', '=', filter.serialNumber);
  }
  if (filter.beforeId !== undefined) {
    query = query.where('assets.id', '<', filter.beforeId);
  }
  return query
    .orderBy('assets.id', 'desc')
    .limit(filter.limit + 1)
    .execute();
}
