import { createHash, timingSafeEqual } from 'node:crypto';
import type { DeviceDefinition } from '@andon/shared/contracts';
import type { ClientCertificate } from './certificate.ts';

const noDevice = Buffer.alloc(32);

/**
 * Is this the password whose SHA-256 is `expectedHex`? Takes as long for a device that does not exist or has no
 * password (`expectedHex` undefined), and is then always false.
 */
export function isPassword(password: Uint8Array | undefined, expectedHex: string | undefined): boolean {
  const given = createHash('sha256')
    .update(password ?? new Uint8Array())
    .digest();
  const expected = expectedHex === undefined ? noDevice : Buffer.from(expectedHex, 'hex');
  const equal = timingSafeEqual(given, expected.length === given.length ? expected : noDevice);
  return equal && expectedHex !== undefined && password !== undefined;
}

export interface Identity {
  readonly deviceId: string;
  /** The hash that the password matched; undefined where a certificate spoke for the device. */
  readonly passwordSha256: string | undefined;
  readonly refusal: string | undefined;
}

/**
 * Who a client is, by its certificate or by user name and password. A certificate binds: with one of `press-1` nobody
 * is `lathe-1`, password or not. A password beside it may be left out, but if it is given it must be right.
 */
export function identify(
  userName: string | undefined,
  password: Buffer | undefined,
  certificate: ClientCertificate | undefined,
  device: (deviceId: string) => DeviceDefinition | undefined,
): Identity {
  if (certificate === undefined) {
    const deviceId = userName ?? '';
    const passwordSha256 = device(deviceId)?.mqttPasswordSha256;
    const right = isPassword(password, passwordSha256);
    const reason = device(deviceId) === undefined ? 'unknown-device' : 'wrong-password';
    return { deviceId, passwordSha256, refusal: right ? undefined : reason };
  }
  const { deviceIds, fault } = certificate;
  const deviceId = userName ?? deviceIds.find((id) => device(id) !== undefined) ?? deviceIds[0] ?? '';
  const refused = (refusal: string) => ({ deviceId, passwordSha256: undefined, refusal });
  if (fault !== undefined) {
    return refused('certificate-not-trusted');
  }
  if (!deviceIds.includes(deviceId)) {
    return refused('certificate-of-another');
  }
  const definition = device(deviceId);
  if (definition === undefined) {
    return refused('unknown-device');
  }
  if (password !== undefined && !isPassword(password, definition.mqttPasswordSha256)) {
    return refused('wrong-password');
  }
  return { deviceId, passwordSha256: undefined, refusal: undefined };
}

/** CONNACK return codes (MQTT 3.1.1, table 3.1). */
const connackCode = { serverUnavailable: 3, notAuthorized: 5 } as const;

/** What aedes answers a refused CONNECT with. */
export function authenticationRefusal(reason: string): Error & { returnCode: number } {
  const returnCode =
    reason === 'connections-per-device' ? connackCode.serverUnavailable : connackCode.notAuthorized;
  return Object.assign(new Error(reason), { returnCode });
}
