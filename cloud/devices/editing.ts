import type { DeviceProperties } from '@andon/shared/contracts';
import { appendEvent, sql, staleVersion, type Transaction } from '../platform/index.ts';
import { sendDefinition } from './definitions.ts';
import type { Dependencies } from './dependencies.ts';
import { lockDevice, noSuchDevice } from './device-store.ts';
import { checkPlace } from './place.ts';
import { pointsNowhere, tagsOf } from './placing.ts';
import { checkProperties } from './properties.ts';
import type { DeviceEdit } from './schemas.ts';

/** Changes what people keep of a device. What is left out stays as it is. */
export async function editDevice(
  { platform, gateways }: Dependencies,
  transaction: Transaction,
  change: { deviceId: string; expectedVersion: number; edit: DeviceEdit; actor: string },
): Promise<void> {
  const { deviceId, expectedVersion, edit, actor } = change;
  checkPlace(edit);
  const device = await lockDevice(transaction, deviceId);
  if (device === undefined) {
    throw noSuchDevice();
  }
  if (device.version !== expectedVersion) {
    throw staleVersion(expectedVersion, device.version);
  }
  const now = new Date(platform.clock.now());
  const { tags, timeZone, latitude, longitude, simulated } = edit;
  try {
    await sql`
      update devices set name = ${edit.name}, category_id = ${edit.categoryId}, updated_at = ${now},
        version = version + 1
        ${tags === undefined ? sql`` : sql`, tags = ${tagsOf(tags)}::text[]`}
        ${timeZone === undefined ? sql`` : sql`, time_zone = ${timeZone}`}
        ${latitude === undefined ? sql`` : sql`, latitude = ${latitude}, longitude = ${longitude ?? null}`}
        ${simulated === undefined ? sql`` : sql`, simulated = ${simulated}`}
      where id = ${deviceId}`.execute(transaction);
  } catch (error) {
    throw pointsNowhere(error, edit);
  }
  await sendDefinition(transaction, gateways, deviceId, now);
  await appendEvent(transaction, {
    type: 'device.changed',
    key: deviceId,
    payload: { deviceId, ...edit },
    actor,
    occurredAt: now,
  });
}

/** Says what the device is to be set to, and tells its gateway. */
export async function setDesired(
  { platform, gateways }: Dependencies,
  transaction: Transaction,
  change: { deviceId: string; expectedVersion: number; properties: DeviceProperties; actor: string },
): Promise<void> {
  const { deviceId, expectedVersion, properties, actor } = change;
  checkProperties(properties);
  const device = await lockDevice(transaction, deviceId);
  if (device === undefined) {
    throw noSuchDevice();
  }
  if (device.desired_version !== expectedVersion) {
    throw staleVersion(expectedVersion, device.desired_version);
  }
  const now = new Date(platform.clock.now());
  await sql`
    update devices set desired = ${JSON.stringify(properties)}::jsonb, desired_version = desired_version + 1,
      desired_at = ${now}, desired_by = ${actor}
    where id = ${deviceId}`.execute(transaction);
  await sendDefinition(transaction, gateways, deviceId, now);
  await appendEvent(transaction, {
    type: 'device.desired-changed',
    key: deviceId,
    payload: { deviceId, version: expectedVersion + 1 },
    actor,
    occurredAt: now,
  });
}
