import { AndonError } from '@andon/shared/kernel';
import { type Database, sql, type Transaction } from '../platform/index.ts';
import type { RegistrationStatus } from './registration-status.ts';
import type { Device, DevicesQuery } from './schemas.ts';

export interface DeviceRow {
  id: string;
  name: string;
  asset_id: string;
  asset_name: string;
  product: string | null;
  serial_number: string | null;
  account_id: string;
  account_name: string;
  category_id: string;
  category_name: string;
  gateway_id: string;
  gateway_connected: boolean;
  registration_status: RegistrationStatus;
  active: boolean;
  tags: string[];
  time_zone: string | null;
  password_issued_at: Date | null;
  simulated: boolean;
  reported_connected: boolean;
  connected: boolean;
  presence_at: Date | null;
  last_activity_at: Date | null;
  firmware: string | null;
  boot_id: string | null;
  last_boot_at: Date | null;
  created_at: Date;
  updated_at: Date;
  version: number;
}

export function toDevice(row: DeviceRow): Device {
  return {
    id: row.id,
    name: row.name,
    assetId: row.asset_id,
    assetName: row.asset_name,
    product: row.product,
    serialNumber: row.serial_number,
    accountId: row.account_id,
    accountName: row.account_name,
    categoryId: row.category_id,
    categoryName: row.category_name,
    gatewayId: row.gateway_id,
    gatewayConnected: row.gateway_connected,
    registrationStatus: row.registration_status,
    active: row.active,
    tags: row.tags,
    timeZone: row.time_zone,
    connected: row.connected,
    lastActivityAt: row.last_activity_at?.toISOString() ?? null,
    firmware: row.firmware,
    bootId: row.boot_id,
    lastBootAt: row.last_boot_at?.toISOString() ?? null,
    simulated: row.simulated,
    passwordIssuedAt: row.password_issued_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

/** A device with the names of what stands to the left of it; what it is set to is long, and seldom asked for. */
const selectDevices = sql`
  select devices.id, devices.name, devices.asset_id, devices.category_id, devices.gateway_id,
    registration_status, active, tags, time_zone, password_issued_at, simulated, reported_connected,
    devices.connected, presence_at, last_activity_at, firmware, boot_id, last_boot_at, devices.created_at,
    devices.updated_at, devices.version, assets.name as asset_name, assets.product, assets.serial_number, assets.account_id,
    accounts.name as account_name, device_categories.name as category_name,
    gateways.connected as gateway_connected
  from devices
    join assets on assets.id = devices.asset_id
    join accounts on accounts.id = assets.account_id
    join device_categories on device_categories.id = devices.category_id
    join gateways on gateways.id = devices.gateway_id`;

export async function findDevices(database: Database, ids: readonly string[]): Promise<DeviceRow[]> {
  const found = await sql<DeviceRow>`${selectDevices} where devices.id = any(${ids})`.execute(database);
  return found.rows;
}

export function noSuchDevice(): AndonError {
  return new AndonError({
    code: 'devices.no-such-device',
    message: 'There is no such device.',
    nextStep: 'Look for it in GET /v1/devices.',
    status: 404,
  });
}

export async function requireDevice(database: Database, id: string): Promise<DeviceRow> {
  const [row] = await findDevices(database, [id]);
  if (row === undefined) {
    throw noSuchDevice();
  }
  return row;
}

/** What a change of a registration needs of the row that it locks. */
export interface LockedDevice {
  id: string;
  asset_id: string;
  gateway_id: string;
  category_id: string;
  registration_status: RegistrationStatus;
  active: boolean;
  desired_version: number;
  version: number;
}

export async function lockDevice(transaction: Transaction, id: string): Promise<LockedDevice | undefined> {
  const found = await sql<LockedDevice>`
    select id, asset_id, gateway_id, category_id, registration_status, active, desired_version, version
    from devices
    where id = ${id} for no key update`.execute(transaction);
  return found.rows[0];
}

export async function countOfGateway(database: Database, gatewayId: string): Promise<number> {
  const found = await sql<{ count: number }>`
    select count(*) as count from devices
    where gateway_id = ${gatewayId} and registration_status <> 'unregistered'`.execute(database);
  return found.rows[0]?.count ?? 0;
}

export type DeviceFilter = DevicesQuery & { readonly afterId?: string; readonly limit: number };

export async function listDevices(database: Database, filter: DeviceFilter): Promise<DeviceRow[]> {
  return (await devicesWhere(filter).execute(database)).rows;
}

/** The query of a page; each way to narrow the list has an index that goes on by id. */
export function devicesWhere(filter: DeviceFilter) {
  const { q, gatewayId, categoryId, accountId, assetId, connected, registrationStatus, afterId } = filter;
  const { active, simulated, siteId } = filter;
  const tags = filter.tags?.split(',').flatMap((tag) => tag.trim() || []);
  return sql<DeviceRow>`
    ${selectDevices} where true
      ${
        q === undefined
          ? sql``
          : sql`and position(lower(${q}) in lower(concat_ws(' ', devices.id, devices.name, assets.name,
              assets.serial_number, accounts.name))) > 0`
      }
      ${gatewayId === undefined ? sql`` : sql`and devices.gateway_id = ${gatewayId}`}
      ${categoryId === undefined ? sql`` : sql`and devices.category_id = ${categoryId}`}
      ${accountId === undefined ? sql`` : sql`and assets.account_id = ${accountId}`}
      ${assetId === undefined ? sql`` : sql`and devices.asset_id = ${assetId}`}
      ${connected === undefined ? sql`` : sql`and devices.connected = ${connected}`}
      ${active === undefined ? sql`` : sql`and devices.active = ${active}`}
      ${simulated === undefined ? sql`` : sql`and devices.simulated = ${simulated}`}
      ${siteId === undefined ? sql`` : sql`and assets.site_id = ${siteId}`}
      ${tags === undefined ? sql`` : sql`and devices.tags @> ${tags}::text[]`}
      ${registrationStatus === undefined ? sql`` : sql`and devices.registration_status = ${registrationStatus}`}
      ${afterId === undefined ? sql`` : sql`and devices.id > ${afterId}`}
    order by devices.id limit ${filter.limit + 1}`;
}
