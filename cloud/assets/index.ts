/**
 * What customers own: a press, a pump, an oven.
 *
 * Actors: service staff and technicians keep them; `devices` registers one as a device that speaks for itself.
 * Invariants: an asset belongs to one account; its number is unique within the account and its serial number
 * within the product (unique indexes; empty ones do not count); an edit names the version it is based on; its site and
 * its parent are of the same account, and none is a part of itself. They come and go as a table (`platform/tables`).
 */
import {
  type Capability,
  type Database,
  type Platform,
  type Transaction,
  tableDoors,
} from '../platform/index.ts';
import { findAsset } from './asset-store.ts';
import { assetTable } from './asset-table.ts';
import { takeAsset, type WantedAsset } from './for-devices.ts';
import { assetRoutes } from './routes.ts';
import type { Asset } from './schemas.ts';

export type { AssetTables } from './asset-store.ts';
export type { WantedAsset } from './for-devices.ts';
export { Asset } from './schemas.ts';

export interface Assets extends Capability {
  findAsset(database: Database, id: string): Promise<Asset | undefined>;
  /** The asset of this account and number, or a new one. */
  takeAsset(transaction: Transaction, wanted: WantedAsset, actor: string): Promise<Asset>;
}

export function createAssets(platform: Platform): Assets {
  return {
    name: 'assets',
    findAsset,
    takeAsset: (transaction, wanted, actor) => takeAsset(platform, transaction, wanted, actor),
    routes(app) {
      tableDoors(app, platform, assetTable);
      assetRoutes(app, platform);
    },
  };
}
