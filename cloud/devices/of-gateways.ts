import type { SentRecords } from '../gateways/index.ts';
import { sql, type Transaction } from '../platform/index.ts';
import type { RegistrationStatus } from './registration-status.ts';

/** A device as its gateway's records are stored under it. */
export interface DeviceOfGateway {
  readonly id: string;
  readonly gatewayId: string;
  readonly accountId: string;
  readonly assetId: string;
  readonly siteId: string | null;
  readonly categoryId: string;
  readonly registrationStatus: RegistrationStatus;
  readonly connected: boolean;
  readonly lastActivityAt: Date | null;
}

/** Those of the devices in the records that the gateway which sent them speaks for, by the gateway's id and then theirs. */
export async function findDevicesOfGateways(
  transaction: Transaction,
  sent: readonly SentRecords<{ readonly deviceId: string }>[],
): Promise<(gatewayId: string) => ReadonlyMap<string, DeviceOfGateway>> {
  const ids = new Set(sent.flatMap(({ records }) => records.map(({ deviceId }) => deviceId)));
  const found = await sql<DeviceOfGateway>`
    select devices.id, gateway_id as "gatewayId", account_id as "accountId", asset_id as "assetId",
      site_id as "siteId", devices.category_id as "categoryId", registration_status as "registrationStatus",
      connected, last_activity_at as "lastActivityAt"
    from devices join assets on assets.id = devices.asset_id
    where devices.id = any(${[...ids]}) and gateway_id = any(${sent.map(({ gatewayId }) => gatewayId)})
      and in_service`.execute(transaction);
  const byGateway = new Map<string, Map<string, DeviceOfGateway>>();
  for (const device of found.rows) {
    const own = byGateway.get(device.gatewayId) ?? new Map();
    byGateway.set(device.gatewayId, own.set(device.id, device));
  }
  return (gatewayId) => byGateway.get(gatewayId) ?? none;
}

const none: ReadonlyMap<string, DeviceOfGateway> = new Map();
