import { createHash } from 'node:crypto';
import { AndonError, randomSecret } from '@andon/shared/kernel';
import type { Assets } from '../assets/index.ts';
import type { Gateways } from '../gateways/index.ts';
import {
  appendEvent,
  type Database,
  inTransaction,
  type Platform,
  sql,
  staleVersion,
  type Transaction,
  violates,
} from '../platform/index.ts';
import { sendDefinition } from './definitions.ts';
import { type LockedDevice, lockDevice, noSuchDevice } from './device-store.ts';
import { judgeRegistration, mayBecome } from './registration-status.ts';
import { type RegistrationChange, takeRegistrationSteps } from './registration-steps.ts';
import type { DeviceEdit, Registration } from './schemas.ts';

export interface Dependencies {
  readonly platform: Platform;
  readonly assets: Assets;
  readonly gateways: Gateways;
}

/** The MQTT sign-in of a device, shown once. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

function newPassword(platform: Platform): { password: string; passwordSha256: string } {
  const password = randomSecret(platform.random);
  return { password, passwordSha256: createHash('sha256').update(password).digest('hex') };
}

/** Makes a device of an asset and tells its gateway. Throws where a name is taken or points nowhere. */
export async function register(
  { platform, assets, gateways }: Dependencies,
  transaction: Transaction,
  request: { assetId: string; registration: Registration; actor: string },
): Promise<Credentials> {
  const { assetId, registration, actor } = request;
  const now = new Date(platform.clock.now());
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
  const { password, passwordSha256 } = newPassword(platform);
  const row = { ...registration, name: registration.name ?? asset.name, assetId, passwordSha256, now };
  await writeDevice(transaction, row);
  const step: RegistrationChange = {
    deviceId,
    from: former?.registration_status ?? 'unregistered',
    to: 'in-progress',
    actor,
    detail: `Its definition and credentials were sent to the gateway ${registration.gatewayId}.`,
  };
  try {
    await takeRegistrationSteps(transaction, [step], now);
  } catch (error) {
    throw assetHasDevice(error);
  }
  await sendDefinition(transaction, gateways, deviceId, now);
  return { username: deviceId, password };
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
  row: Registration & { name: string; assetId: string; passwordSha256: string; now: Date },
): Promise<void> {
  let written: bigint | undefined;
  try {
    // The status is the former one, or unregistered: the step to in-progress is taken where all steps are.
    const result = await sql`
      insert into devices (id, name, asset_id, category_id, gateway_id, registration_status, password_sha256,
        password_issued_at, simulated, created_at, updated_at)
      values (${row.deviceId}, ${row.name}, ${row.assetId}, ${row.categoryId}, ${row.gatewayId}, 'unregistered',
        ${row.passwordSha256}, ${row.now}, ${row.simulated ?? false}, ${row.now}, ${row.now})
      on conflict on constraint devices_id do update set name = excluded.name, category_id = excluded.category_id,
        gateway_id = excluded.gateway_id, password_sha256 = excluded.password_sha256,
        password_issued_at = excluded.password_issued_at, simulated = excluded.simulated,
        reported_connected = false, connected = false, version = devices.version + 1
      where devices.asset_id = excluded.asset_id and devices.registration_status in ('unregistered', 'error')
      `.execute(transaction);
    written = result.numAffectedRows;
  } catch (error) {
    throw pointsNowhere(error);
  }
  if (written !== 1n) {
    throw idTaken(row.deviceId);
  }
}

function pointsNowhere(error: unknown): unknown {
  const fields = { devices_category: 'categoryId', devices_gateway: 'gatewayId' } as const;
  for (const [constraint, field] of Object.entries(fields)) {
    if (violates(error, constraint)) {
      return new AndonError({
        code: 'devices.reference-unknown',
        message: `There is nothing under the ${field} given.`,
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

/** Takes a device out of service: its gateway forgets it, its records stay. */
export async function unregister(
  { platform, gateways }: Dependencies,
  transaction: Transaction,
  request: { deviceId: string; actor: string },
): Promise<void> {
  const { deviceId, actor } = request;
  const device = await lockDevice(transaction, deviceId);
  if (device === undefined) {
    throw noSuchDevice();
  }
  if (device.registration_status === 'unregistered') {
    return;
  }
  const now = new Date(platform.clock.now());
  const from = device.registration_status;
  const detail = 'It was taken out of service.';
  await takeRegistrationSteps(transaction, [{ deviceId, from, to: 'unregistered', actor, detail }], now);
  await sql`update devices set password_sha256 = null, reported_connected = false, connected = false
    where id = ${deviceId}`.execute(transaction);
  await gateways.downlink.send(transaction, device.gateway_id, { type: 'device-removed', deviceId });
}

/** A new MQTT password; the former one ends as soon as the gateway has heard of it. */
export async function rotateCredentials(
  { platform, gateways }: Dependencies,
  transaction: Transaction,
  deviceId: string,
  actor: string,
): Promise<Credentials> {
  const device = await lockDevice(transaction, deviceId);
  if (device === undefined) {
    throw noSuchDevice();
  }
  if (device.registration_status === 'unregistered') {
    throw new AndonError({
      code: 'devices.not-registered',
      message: 'The device is not registered, so it has no credentials.',
      nextStep: 'Register its asset first.',
      status: 409,
    });
  }
  const now = new Date(platform.clock.now());
  const { password, passwordSha256 } = newPassword(platform);
  await sql`update devices set password_sha256 = ${passwordSha256}, password_issued_at = ${now}, updated_at = ${now}
    where id = ${deviceId}`.execute(transaction);
  await sendDefinition(transaction, gateways, deviceId, now);
  await appendEvent(transaction, {
    type: 'device.credentials-rotated',
    key: deviceId,
    payload: { deviceId },
    actor,
    occurredAt: now,
  });
  return { username: deviceId, password };
}

export async function editDevice(
  { platform, gateways }: Dependencies,
  transaction: Transaction,
  change: { deviceId: string; expectedVersion: number; edit: DeviceEdit; actor: string },
): Promise<void> {
  const { deviceId, expectedVersion, edit, actor } = change;
  const device = await lockDevice(transaction, deviceId);
  if (device === undefined) {
    throw noSuchDevice();
  }
  if (device.version !== expectedVersion) {
    throw staleVersion(expectedVersion, device.version);
  }
  const now = new Date(platform.clock.now());
  try {
    await sql`update devices set name = ${edit.name}, category_id = ${edit.categoryId}, updated_at = ${now},
      version = version + 1 where id = ${deviceId}`.execute(transaction);
  } catch (error) {
    throw pointsNowhere(error);
  }
  if (device.registration_status !== 'unregistered') {
    await sendDefinition(transaction, gateways, deviceId, now);
  }
  await appendEvent(transaction, {
    type: 'device.changed',
    key: deviceId,
    payload: { deviceId, ...edit },
    actor,
    occurredAt: now,
  });
}

const registrationsPerRoundMax = 1000;

/** Looks at registrations in progress: which has its gateway taken, which will it never take? Answers how many. */
export async function judgeRegistrations({ platform, gateways }: Dependencies): Promise<number> {
  const waiting = await findWaiting(platform.database);
  if (waiting.length === 0) {
    return 0;
  }
  return inTransaction(platform.database, async (transaction) => {
    let judged = 0;
    for (const deviceId of waiting) {
      judged += (await judgeOne(transaction, gateways, deviceId, platform.clock.now())) ? 1 : 0;
    }
    return judged;
  });
}

async function findWaiting(database: Database): Promise<string[]> {
  const found = await sql<{ id: string }>`
    select id from devices where registration_status = 'in-progress' and definition_number is not null
    order by id limit ${registrationsPerRoundMax}`.execute(database);
  return found.rows.map((row) => row.id);
}

async function judgeOne(
  transaction: Transaction,
  gateways: Gateways,
  deviceId: string,
  now: number,
): Promise<boolean> {
  const found = await sql<{ gateway_id: string; definition_number: number; definition_sent_at: Date }>`
    select gateway_id, definition_number, definition_sent_at from devices
    where id = ${deviceId} and registration_status = 'in-progress' for no key update skip locked`.execute(
    transaction,
  );
  const device = found.rows[0];
  const gateway = device && (await gateways.findGateway(transaction, device.gateway_id));
  const verdict =
    device &&
    gateway &&
    judgeRegistration({
      definitionNumber: device.definition_number,
      definitionSentAt: device.definition_sent_at.getTime(),
      gateway,
      now,
    });
  if (verdict === undefined) {
    return false;
  }
  const step = { deviceId, from: 'in-progress', actor: 'system:devices', ...verdict } as const;
  await takeRegistrationSteps(transaction, [step], new Date(now));
  return true;
}
