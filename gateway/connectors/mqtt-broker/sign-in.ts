import { createHash, timingSafeEqual } from 'node:crypto';

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

/** CONNACK return codes (MQTT 3.1.1, table 3.1). */
const connackCode = { serverUnavailable: 3, notAuthorized: 5 } as const;

/** What aedes answers a refused CONNECT with. */
export function authenticationRefusal(reason: string): Error & { returnCode: number } {
  const returnCode =
    reason === 'connections-per-device' ? connackCode.serverUnavailable : connackCode.notAuthorized;
  return Object.assign(new Error(reason), { returnCode });
}
