import { AndonError } from '@andon/shared/kernel';
import { type Database, sql, staleVersion, type Transaction, violates } from '../platform/index.ts';
import type { AccountTables } from './account-store.ts';
import type { Site, SiteInput } from './schemas.ts';
import { isTimeZone } from './time-zone.ts';

export type SiteTables = {
  sites: {
    id: string;
    account_id: string;
    name: string;
    address: string | null;
    latitude: number | null;
    longitude: number | null;
    time_zone: string | null;
    created_at: Date;
    updated_at: Date;
    version: number;
  };
};
type SiteRow = SiteTables['sites'] & { account_name: string };

export function toSite(row: SiteRow): Site {
  return {
    id: row.id,
    accountId: row.account_id,
    accountName: row.account_name,
    name: row.name,
    address: row.address,
    latitude: row.latitude,
    longitude: row.longitude,
    timeZone: row.time_zone,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

function columnsOf(input: SiteInput) {
  return {
    account_id: input.accountId,
    name: input.name,
    address: input.address ?? null,
    latitude: input.latitude ?? null,
    longitude: input.longitude ?? null,
    time_zone: input.timeZone ?? null,
  };
}

export async function insertSite(
  transaction: Transaction,
  site: { id: string; input: SiteInput; now: Date },
): Promise<Site> {
  requirePlace(site.input);
  try {
    await transaction
      .withTables<SiteTables>()
      .insertInto('sites')
      .values({
        id: site.id,
        ...columnsOf(site.input),
        created_at: site.now,
        updated_at: site.now,
        version: 1,
      })
      .execute();
    return await requireSite(transaction, site.id);
  } catch (error) {
    throw conflictOf(error, site.input);
  }
}

export async function updateSite(
  transaction: Transaction,
  change: { id: string; expectedVersion: number; input: SiteInput; now: Date },
): Promise<Site> {
  requirePlace(change.input);
  try {
    const updated = await transaction
      .withTables<SiteTables>()
      .updateTable('sites')
      .set((expression) => ({
        ...columnsOf(change.input),
        updated_at: change.now,
        version: expression('version', '+', 1),
      }))
      .where('id', '=', change.id)
      .where('version', '=', change.expectedVersion)
      .executeTakeFirst();
    const present = await requireSite(transaction, change.id);
    if (updated.numUpdatedRows === 0n) {
      throw staleVersion(change.expectedVersion, present.version);
    }
    return present;
  } catch (error) {
    throw conflictOf(error, change.input);
  }
}

function requirePlace({ latitude, longitude, timeZone }: SiteInput): void {
  if (((latitude ?? null) === null) !== ((longitude ?? null) === null)) {
    throw new AndonError({
      code: 'accounts.half-a-place',
      message: 'A place has a latitude and a longitude.',
      nextStep: 'Give both, or none.',
      field: (latitude ?? null) === null ? 'latitude' : 'longitude',
      status: 422,
    });
  }
  if (timeZone && !isTimeZone(timeZone)) {
    throw new AndonError({
      code: 'accounts.no-such-time-zone',
      message: `There is no time zone ${timeZone}.`,
      nextStep: 'Give one of the IANA database, such as America/Bogota.',
      field: 'timeZone',
      status: 422,
    });
  }
}

function conflictOf(error: unknown, { accountId }: SiteInput): unknown {
  if (violates(error, 'sites_name')) {
    return new AndonError({
      code: 'accounts.site-name-taken',
      message: 'The account has another site of this name.',
      nextStep: 'Give it another name, or edit the site that has it.',
      field: 'name',
      status: 409,
    });
  }
  if (violates(error, 'sites_account')) {
    return new AndonError({
      code: 'accounts.no-such-account-of-site',
      message: `The account of the site does not exist: ${accountId}.`,
      nextStep: 'Name an account of GET /v1/accounts.',
      field: 'accountId',
      status: 422,
    });
  }
  return error;
}

function selectSites(database: Database) {
  return database
    .withTables<SiteTables & AccountTables>()
    .selectFrom('sites')
    .innerJoin('accounts', 'accounts.id', 'sites.account_id')
    .selectAll('sites')
    .select('accounts.name as account_name');
}

export async function findSite(database: Database, id: string): Promise<Site | undefined> {
  const row = await selectSites(database).where('sites.id', '=', id).executeTakeFirst();
  return row && toSite(row);
}

export async function requireSite(database: Database, id: string): Promise<Site> {
  const site = await findSite(database, id);
  if (site === undefined) {
    throw new AndonError({
      code: 'accounts.no-such-site',
      message: 'There is no such site.',
      nextStep: 'Look for it in GET /v1/sites.',
      status: 404,
    });
  }
  return site;
}

export async function listSites(
  database: Database,
  filter: { q?: string | undefined; accountId?: string | undefined; beforeId?: string; limit: number },
): Promise<SiteRow[]> {
  let query = selectSites(database);
  if (filter.q !== undefined) {
    query = query.where(
      sql<boolean>`position(lower(${filter.q}) in lower(concat_ws(' ', sites.name, address, accounts.name))) > 0`,
    );
  }
  if (filter.accountId !== undefined) {
    query = query.where('sites.account_id', '=', filter.accountId);
  }
  if (filter.beforeId !== undefined) {
    query = query.where('sites.id', '<', filter.beforeId);
  }
  return query
    .orderBy('sites.id', 'desc')
    .limit(filter.limit + 1)
    .execute();
}
