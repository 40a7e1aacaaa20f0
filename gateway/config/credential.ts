import { createHash } from 'node:crypto';
import { type RandomSource, randomSecret } from '@andon/shared/kernel';

/** A new password for a device, and the line that stands for it in the configuration. */
export function newCredential(random?: RandomSource): { password: string; configurationLine: string } {
  const password = randomSecret(random);
  const hash = createHash('sha256').update(password).digest('hex');
  return { password, configurationLine: `mqttPasswordSha256: ${hash}` };
}
