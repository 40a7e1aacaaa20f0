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

/** Whom a gateway speaks of. */
export interface SpokenOf {
  readonly gatewayId: string;
  readonly deviceIds: readonly string[];
}

/** Those of the devices that the gateway which speaks of them speaks for, by the gateway's id and then theirs. */
export async function findDevicesOfGateways(
  transaction: Transaction,
  spokenOf: readonly SpokenOf[],
): Promise<(gatewayId: string) => ReadonlyMap<string, DeviceOfGateway>> {
  const ids = [...new Set(spokenOf.flatMap(({ deviceIds }) => deviceIds))];
  const found = await sql<DeviceOfGateway>`
    select devices.id, gateway_id as "gatewayId", account_id as "accountId", asset_id as "assetId",
      site_id as "siteId", devices.category_id as "categoryId", registration_status as "registrationStatus",
      connected, last_activity_at as "lastActivityAt"
    from devices join assets on assets.id = devices.asset_id
    where devices.id = any(${ids}) and gateway_id = any(${spokenOf.map(({ gatewayId }) => gatewayId)})
      and in_service`.execute(transaction);
  const byGateway = new Map<string, Map<string, DeviceOfGateway>>();
  for (const device of found.rows) {
    const own = byGateway.get(device.gatewayId) ?? new Map();
    byGateway.set(device.gatewayId, own.set(device.id, device));
  }
  return (gatewayId) => byGateway.get(gatewayId) ?? none;
}

const none: ReadonlyMap<string, DeviceOfGateway> = new Map();
