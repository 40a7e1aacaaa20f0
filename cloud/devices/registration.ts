import { createHash } from 'node:crypto';
import { AndonError, randomSecret } from '@andon/shared/kernel';
import { appendEvent, type Platform, sql, type Transaction } from '../platform/index.ts';
import { sendDefinition } from './definitions.ts';
import type { Dependencies } from './dependencies.ts';
import { lockDevice, noSuchDevice } from './device-store.ts';
import { placeDevice } from './placing.ts';
import { takeRegistrationSteps } from './registration-steps.ts';
import type { Registration } from './schemas.ts';

/** The MQTT sign-in of a device, shown once. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export function newPassword(platform: Platform): { password: string; passwordSha256: string } {
  const password = randomSecret(platform.random);
  return { password, passwordSha256: createHash('sha256').update(password).digest('hex') };
}

/** Makes a device of an asset, with an MQTT password of its own, and tells its gateway. */
export async function register(
  dependencies: Dependencies,
  transaction: Transaction,
  request: { assetId: string; registration: Registration; actor: string },
): Promise<Credentials> {
  const { password, passwordSha256 } = newPassword(dependencies.platform);
  await placeDevice(dependencies, transaction, { ...request, passwordSha256 });
  return { username: request.registration.deviceId, password };
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
  const step = {
    deviceId,
    action: 'unregister',
    from,
    to: 'unregistered',
    actor,
    detail: 'It was taken out of service.',
  } as const;
  await takeRegistrationSteps(transaction, [step], now);
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

/** Takes a registered device out of service for a while, or back into it. What is so already stays so. */
export async function setActive(
  { platform, gateways }: Dependencies,
  transaction: Transaction,
  request: { deviceId: string; active: boolean; actor: string },
): Promise<void> {
  const { deviceId, active, actor } = request;
  const device = await lockDevice(transaction, deviceId);
  if (device === undefined) {
    throw noSuchDevice();
  }
  if (device.registration_status === 'unregistered') {
    throw new AndonError({
      code: 'devices.not-in-service',
      message: 'The device is not registered, so it can be neither activated nor deactivated.',
      nextStep: 'Register its asset first.',
      status: 409,
    });
  }
  if (device.active === active) {
    return;
  }
  const now = new Date(platform.clock.now());
  await sql`update devices set active = ${active}, reported_connected = false, connected = false
    where id = ${deviceId}`.execute(transaction);
  const status = device.registration_status;
  const step = {
    deviceId,
    action: active ? 'activate' : 'deactivate',
    from: status,
    to: status,
    actor,
    detail: active
      ? `Its definition was sent to the gateway ${device.gateway_id} again.`
      : `The gateway ${device.gateway_id} was told to serve it no longer.`,
  } as const;
  await takeRegistrationSteps(transaction, [step], now);
  if (active) {
    await sendDefinition(transaction, gateways, deviceId, now);
  } else {
    await gateways.downlink.send(transaction, device.gateway_id, { type: 'device-removed', deviceId });
  }
}
