import { AndonError } from '@andon/shared/kernel';
import type { Gateways } from '../gateways/index.ts';
import { sql, type Transaction, violates } from '../platform/index.ts';
import { sendDefinition } from './definitions.ts';
import type { Dependencies } from './dependencies.ts';
import { type LockedDevice, lockDevice } from './device-store.ts';
import { checkPlace } from './place.ts';
import { mayBecome } from './registration-status.ts';
import { type RegistrationChange, takeRegistrationSteps } from './registration-steps.ts';
import type { Registration } from './schemas.ts';

/** What becomes a device, and how. */
export interface Placing {
  readonly assetId: string;
  readonly registration: Registration;
  readonly actor: string;
  /** SHA-256 of its MQTT password; null: it signs in nowhere, such as one on a serial line. */
  readonly passwordSha256: string | null;
  /** `unknown`: it came by itself. */
  readonly origin?: 'unknown' | 'unregistered';
  /** One sentence for people. */
  readonly detail?: string;
}

/** A tag stands once, in the order in which people gave them. */
export const tagsOf = (tags: readonly string[] | undefined): string[] => [...new Set(tags)];

/** Makes a device of an asset and tells its gateway. Throws where a name is taken or points nowhere. */
export async function placeDevice(
  { platform, assets, gateways }: Dependencies,
  transaction: Transaction,
  placing: Placing,
): Promise<void> {
  const { assetId, registration, actor, passwordSha256, origin = 'unregistered' } = placing;
  const now = new Date(platform.clock.now());
  checkPlace(registration);
  const asset = await assets.findAsset(transaction, assetId);
  if (asset === undefined) {
    throw new AndonError({
      code: 'devices.no-such-asset',
      message: 'There is no such asset.',
      nextStep: 'Look for it in GET /v1/assets.',
      status: 404,
    });
  }
  const { deviceId } = registration;
  const former = await lockDevice(transaction, deviceId);
  if (former !== undefined) {
    refuseBusy(former, assetId);
    await removeFromFormerGateway(transaction, gateways, former, registration.gatewayId);
  }
  const row = {
    ...registration,
    name: registration.name ?? asset.name,
    assetId,
    origin,
    passwordSha256,
    now,
  };
  await writeDevice(transaction, row);
  const step: RegistrationChange = {
    deviceId,
    action: 'register',
    from: former?.registration_status ?? origin,
    to: 'in-progress',
    actor,
    detail:
      placing.detail ?? `Its definition and credentials were sent to the gateway ${registration.gatewayId}.`,
  };
  try {
    await takeRegistrationSteps(transaction, [step], now);
  } catch (error) {
    throw assetHasDevice(error);
  }
  await sendDefinition(transaction, gateways, deviceId, now);
}

/** A device keeps its id: another asset cannot take it, and one that is being registered is not begun anew. */
function refuseBusy(former: LockedDevice, assetId: string): void {
  if (former.asset_id !== assetId || !mayBecome(former.registration_status, 'in-progress')) {
    throw idTaken(former.id);
  }
}

function idTaken(deviceId: string): AndonError {
  return new AndonError({
    code: 'devices.device-id-taken',
    message: `There is a device ${deviceId} already.`,
    nextStep: "Choose another id; if it is this asset's own device, unregister it first to register it anew.",
    field: 'deviceId',
    status: 409,
  });
}

async function removeFromFormerGateway(
  transaction: Transaction,
  gateways: Gateways,
  former: LockedDevice,
  gatewayId: string,
): Promise<void> {
  if (former.registration_status !== 'unregistered' && former.gateway_id !== gatewayId) {
    await gateways.downlink.send(transaction, former.gateway_id, {
      type: 'device-removed',
      deviceId: former.id,
    });
  }
}

async function writeDevice(
  transaction: Transaction,
  row: Registration & {
    name: string;
    assetId: string;
    origin: 'unknown' | 'unregistered';
    passwordSha256: string | null;
    now: Date;
  },
): Promise<void> {
  let written: bigint | undefined;
  try {
    // The status is the former one, or how it began: the step to in-progress is taken where all steps are.
    const result = await sql`
      insert into devices (id, name, asset_id, category_id, gateway_id, registration_status, password_sha256,
        password_issued_at, simulated, tags, time_zone, latitude, longitude, created_at, updated_at)
      values (${row.deviceId}, ${row.name}, ${row.assetId}, ${row.categoryId}, ${row.gatewayId}, ${row.origin},
        ${row.passwordSha256}, ${row.passwordSha256 === null ? null : row.now}, ${row.simulated ?? false},
        ${tagsOf(row.tags)}::text[], ${row.timeZone ?? null}, ${row.latitude ?? null}, ${row.longitude ?? null},
        ${row.now}, ${row.now})
      on conflict on constraint devices_id do update set name = excluded.name, category_id = excluded.category_id,
        gateway_id = excluded.gateway_id, password_sha256 = excluded.password_sha256,
        password_issued_at = excluded.password_issued_at, simulated = excluded.simulated, active = true,
        tags = excluded.tags, time_zone = excluded.time_zone, latitude = excluded.latitude,
        longitude = excluded.longitude, reported_connected = false, connected = false,
        definition_running = null, definition_running_at = null, definition_refused = null,
        definition_refused_at = null, definition_refused_reason = null, version = devices.version + 1
      where devices.asset_id = excluded.asset_id and devices.registration_status in ('unregistered', 'error')
      `.execute(transaction);
    written = result.numAffectedRows;
  } catch (error) {
    throw pointsNowhere(error, row);
  }
  if (written !== 1n) {
    throw idTaken(row.deviceId);
  }
}

export function pointsNowhere(
  error: unknown,
  given: { readonly categoryId: string; readonly gatewayId?: string },
): unknown {
  const fields = { devices_category: 'categoryId', devices_gateway: 'gatewayId' } as const;
  for (const [constraint, field] of Object.entries(fields)) {
    if (violates(error, constraint)) {
      return new AndonError({
        code: 'devices.reference-unknown',
        message: `There is nothing under the ${field} ${given[field] ?? ''}.`,
        nextStep: 'Name one that exists.',
        field,
        status: 422,
      });
    }
  }
  return error;
}

/** The asset may have one device at a time; told where the database found two. */
function assetHasDevice(error: unknown): unknown {
  if (violates(error, 'devices_one_for_asset')) {
    return new AndonError({
      code: 'devices.asset-has-device',
      message: 'The asset is registered as another device.',
      nextStep: 'Unregister that device first.',
      field: 'assetId',
      status: 409,
    });
  }
  return error;
}
