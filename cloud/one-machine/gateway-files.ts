import { createHash } from 'node:crypto';
import type { Places } from './config.ts';
import { type GatewayConfigurationValues, gatewayConfiguration } from './gateway-configuration.ts';
import { readIfThere, writeSecretFile } from './secret-file.ts';

export const gatewayId = 'line-1';

/** What a start before has left: enough to start the gateway while the cloud is still starting. */
export const hasGatewayKey = (places: Places): boolean => Boolean(readIfThere(places.gatewayKey)?.trim());

/**
 * Writes the gateway's YAML where it is absent or still as we wrote it. What a person has changed stays; then the
 * answer is false if it does not name the cloud's present address.
 */
export function ensureGatewayConfiguration(places: Places, values: GatewayConfigurationValues): boolean {
  const markFile = `${places.gatewayConfiguration}.sha256`;
  const present = readIfThere(places.gatewayConfiguration);
  const wanted = gatewayConfiguration(values);
  if (present !== undefined && present !== wanted && readIfThere(markFile) !== sha256(present)) {
    return present.includes(values.cloudUrl);
  }
  // The mark goes first: killed in between, the file does not fit it and is taken for one that a person changed.
  if (present !== wanted) {
    writeSecretFile(markFile, sha256(wanted));
    writeSecretFile(places.gatewayConfiguration, wanted);
  }
  return true;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
