import type { GatewayConfiguration } from '../contracts/index.ts';
import type { KeyPath, Tell } from './mistakes.ts';

const secretKey = /(password|passphrase|secret|token|apikey|privatekey)$/i;
const addressWithPassword = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:[^/@\s]+@/i;
/** Keys whose value is the name of a file. */
const fileKey = /(File|^map)$/;
const upwards = /(^|\/)\.\.(\/|$)/;

/** Tells every secret that stands in the text itself where the name of a file could stand. */
export function checkNoSecrets(configuration: GatewayConfiguration, tell: Tell): void {
  walk(configuration, [], (path, key, value) => {
    if (secretKey.test(key)) {
      tell(path, `is a secret in clear: put it into a file at the gateway, and name that with ${key}File`);
    } else if (addressWithPassword.test(value)) {
      tell(path, 'holds a password in clear: put it into a file at the gateway');
    }
  });
}

/**
 * Tells every file that lies elsewhere than with the gateway's own configuration: the cloud is not to reach for
 * other files of the gateway's machine.
 */
export function checkFilesStayInside(configuration: GatewayConfiguration, tell: Tell): void {
  walk(configuration, [], (path, key, value) => {
    if (fileKey.test(key) && !staysInside(value)) {
      tell(path, "must name a file in the folder of the gateway's configuration, without .. and without /");
    }
  });
}

/** The name of a file, relative to a folder, that does not lead out of it by its own words. */
export const staysInside = (path: string): boolean =>
  !path.startsWith('/') && !upwards.test(path.replaceAll('\\', '/'));

/** Every text in the value, with its key. */
function walk(
  value: unknown,
  path: KeyPath,
  visit: (path: KeyPath, key: string, value: string) => void,
): void {
  if (typeof value === 'string') {
    visit(path, String(path.findLast((part) => typeof part === 'string') ?? ''), value);
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      walk(item, [...path, index], visit);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      walk(item, [...path, key], visit);
    }
  }
}
