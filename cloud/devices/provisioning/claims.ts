import { AndonError } from '@andon/shared/kernel';
import { newTypedCode, sha256OfTypedCode } from '../../gateways/index.ts';
import {
  appendEvent,
  appendEvents,
  type Database,
  sql,
  type Transaction,
  violates,
} from '../../platform/index.ts';
import type { Dependencies } from '../dependencies.ts';
import { findDevices } from '../device-store.ts';
import { placeDevice, tagsOf } from '../placing.ts';
import { newPassword } from '../registration.ts';
import type { Claim, ClaimInput, Claiming, ClaimState, IssuedClaim } from './claim-schemas.ts';

export const claimSecondsDefault = 90 * 86_400;

interface ClaimRow {
  device_id: string;
  name: string | null;
  category_id: string;
  simulated: boolean;
  tags: string[];
  password_sha256: string;
  expires_at: Date;
  created_at: Date;
  created_by: string;
  claimed_at: Date | null;
  claimed_by: string | null;
  asset_id: string | null;
}

export function toClaim(row: ClaimRow, now: number): Claim {
  const state = row.claimed_at !== null ? 'claimed' : row.expires_at.getTime() <= now ? 'expired' : 'open';
  return {
    deviceId: row.device_id,
    name: row.name,
    categoryId: row.category_id,
    simulated: row.simulated,
    tags: row.tags,
    state,
    expiresAt: row.expires_at.toISOString(),
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    claimedAt: row.claimed_at?.toISOString() ?? null,
    claimedBy: row.claimed_by,
    assetId: row.asset_id,
  };
}

/** Makes devices that wait to be claimed: all of them, or none. */
export async function issueClaims(
  { platform }: Dependencies,
  transaction: Transaction,
  request: { devices: readonly ClaimInput[]; expiresInSeconds: number; actor: string },
): Promise<IssuedClaim[]> {
  const now = new Date(platform.clock.now());
  const expiresAt = new Date(now.getTime() + request.expiresInSeconds * 1000);
  await refuseKnown(transaction, request.devices);
  const made = new Map<number, IssuedClaim>();
  // In the same order everywhere, so that two who make the same ones never wait for each other crosswise.
  const byId = [...request.devices.entries()].sort(([, one], [, other]) =>
    one.deviceId < other.deviceId ? -1 : 1,
  );
  for (const [index, device] of byId) {
    const code = newTypedCode(platform.random);
    const { password, passwordSha256 } = newPassword(platform);
    try {
      await sql`
        insert into device_claims (device_id, name, category_id, simulated, tags, password_sha256, code_sha256,
          expires_at, created_at, created_by)
        values (${device.deviceId}, ${device.name ?? null}, ${device.categoryId}, ${device.simulated ?? false},
          ${tagsOf(device.tags)}::text[], ${passwordSha256}, ${sha256OfTypedCode(code)}, ${expiresAt}, ${now},
          ${request.actor})`.execute(transaction);
    } catch (error) {
      throw refusalOf(error, index, device);
    }
    const mqtt = { username: device.deviceId, password };
    made.set(index, { deviceId: device.deviceId, code, expiresAt: expiresAt.toISOString(), mqtt });
  }
  const issued = [...made].sort(([one], [other]) => one - other).map(([, claim]) => claim);
  await appendEvents(
    transaction,
    issued.map(({ deviceId }) => ({
      type: 'device.claim-issued',
      key: deviceId,
      payload: { deviceId },
      actor: request.actor,
      occurredAt: now,
    })),
  );
  return issued;
}

async function refuseKnown(transaction: Transaction, devices: readonly ClaimInput[]): Promise<void> {
  const [known] = await findDevices(
    transaction,
    devices.map(({ deviceId }) => deviceId),
  );
  if (known !== undefined) {
    throw idTaken(
      devices.findIndex(({ deviceId }) => deviceId === known.id),
      known.id,
    );
  }
}

function refusalOf(error: unknown, index: number, { deviceId, categoryId }: ClaimInput): unknown {
  if (violates(error, 'device_claims_pkey')) {
    return idTaken(index, deviceId);
  }
  return violates(error, 'device_claims_category')
    ? new AndonError({
        code: 'devices.claim-of-no-category',
        message: `There is no device category ${categoryId}.`,
        nextStep: 'Name one of GET /v1/device-categories.',
        field: `devices.${index}.categoryId`,
        status: 422,
      })
    : error;
}

function idTaken(index: number, deviceId: string): AndonError {
  return new AndonError({
    code: 'devices.claim-id-taken',
    message: `There is a device ${deviceId} already, or one that waits to be claimed.`,
    nextStep: 'Choose another id; nothing was made.',
    field: `devices.${index}.deviceId`,
    status: 409,
  });
}

export async function listClaims(
  database: Database,
  filter: { state?: ClaimState | undefined; afterId?: string; limit: number; now: Date },
): Promise<ClaimRow[]> {
  const { state, afterId, now } = filter;
  const stateIs = {
    open: sql`and claimed_at is null and expires_at > ${now}`,
    expired: sql`and claimed_at is null and expires_at <= ${now}`,
    claimed: sql`and claimed_at is not null`,
  };
  const found = await sql<ClaimRow>`
    select * from device_claims where true
      ${state === undefined ? sql`` : stateIs[state]}
      ${afterId === undefined ? sql`` : sql`and device_id > ${afterId}`}
    order by device_id limit ${filter.limit + 1}`.execute(database);
  return found.rows;
}

/** Another code for a device that still waits; the one before it is good no longer. */
export async function renewClaim(
  { platform }: Dependencies,
  transaction: Transaction,
  request: { deviceId: string; expiresInSeconds: number; actor: string },
): Promise<Omit<IssuedClaim, 'mqtt'>> {
  const { deviceId, actor } = request;
  const now = new Date(platform.clock.now());
  const expiresAt = new Date(now.getTime() + request.expiresInSeconds * 1000);
  const code = newTypedCode(platform.random);
  const updated = await sql`
    update device_claims set code_sha256 = ${sha256OfTypedCode(code)}, expires_at = ${expiresAt}
    where device_id = ${deviceId} and claimed_at is null`.execute(transaction);
  refuseNone(updated.numAffectedRows);
  const event = {
    type: 'device.claim-renewed',
    key: deviceId,
    payload: { deviceId },
    actor,
    occurredAt: now,
  };
  await appendEvent(transaction, event);
  return { deviceId, code, expiresAt: expiresAt.toISOString() };
}

export async function withdrawClaim(
  { platform }: Dependencies,
  transaction: Transaction,
  { deviceId, actor }: { deviceId: string; actor: string },
): Promise<void> {
  const deleted = await sql`
    delete from device_claims where device_id = ${deviceId} and claimed_at is null`.execute(transaction);
  refuseNone(deleted.numAffectedRows);
  await appendEvent(transaction, {
    type: 'device.claim-withdrawn',
    key: deviceId,
    payload: { deviceId },
    actor,
    occurredAt: new Date(platform.clock.now()),
  });
}

function refuseNone(affected: bigint | undefined): void {
  if (affected !== 1n) {
    throw new AndonError({
      code: 'devices.no-open-claim',
      message: 'No device of this id waits to be claimed.',
      nextStep: 'Look for it in GET /v1/device-claims.',
      status: 404,
    });
  }
}

/** The device becomes the asset's. Where that fails, the code stays good. Gives the device's id. */
export async function claimDevice(
  dependencies: Dependencies,
  transaction: Transaction,
  { claiming, actor }: { claiming: Claiming; actor: string },
): Promise<string> {
  const now = new Date(dependencies.platform.clock.now());
  const { code, assetId, gatewayId, name } = claiming;
  const found = await sql<ClaimRow>`
    select * from device_claims
    where code_sha256 = ${sha256OfTypedCode(code)} for update`.execute(transaction);
  const claim = found.rows[0];
  if (claim === undefined || claim.claimed_at !== null || claim.expires_at <= now) {
    throw codeNotGood(claim);
  }
  const deviceId = claim.device_id;
  const ownName = name ?? claim.name ?? undefined;
  await placeDevice(dependencies, transaction, {
    assetId,
    registration: {
      deviceId,
      categoryId: claim.category_id,
      gatewayId,
      simulated: claim.simulated,
      tags: claim.tags,
      ...(ownName === undefined ? {} : { name: ownName }),
    },
    actor,
    passwordSha256: claim.password_sha256,
    detail: `It was claimed with its code; its definition was sent to the gateway ${gatewayId}.`,
  });
  await sql`update device_claims set claimed_at = ${now}, claimed_by = ${actor}, asset_id = ${assetId}
    where device_id = ${deviceId}`.execute(transaction);
  return deviceId;
}

/** Whoever has the code may know what became of it. */
function codeNotGood(claim: ClaimRow | undefined): AndonError {
  const [message, nextStep] =
    claim === undefined
      ? [
          'The code is not known: it was mistyped, or another was made since.',
          'Type it again as it stands on the device, or have a new one made under Devices, Claim a device.',
        ]
      : claim.claimed_at !== null
        ? [
            `The code was used already, for the device ${claim.device_id}.`,
            `Look for the device ${claim.device_id}; a code is good once.`,
          ]
        : [
            `The code expired on ${claim.expires_at.toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
            `Press "New code" beside ${claim.device_id} under Devices, Claim a device, and type that one.`,
          ];
  return new AndonError({ code: 'devices.code-not-good', message, nextStep, field: 'code', status: 403 });
}
