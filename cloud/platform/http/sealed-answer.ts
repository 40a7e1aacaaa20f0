import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { RandomSource } from '@andon/shared/kernel';

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;
const sealingKey = (key: string) => Buffer.from(hkdfSync('sha256', key, '', 'andon idempotency answer', 32));

/** Encrypts an answer with a key that is derived from the caller's Idempotency-Key: nonce, tag, ciphertext. */
export function seal(random: RandomSource, key: string, text: string): Buffer {
  const nonce = random(nonceBytes);
  const sealing = createCipheriv(cipher, sealingKey(key), nonce);
  const sealed = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()]);
  return Buffer.concat([nonce, sealing.getAuthTag(), sealed]);
}

export function unseal(key: string, sealed: Buffer): Buffer {
  const opening = createDecipheriv(cipher, sealingKey(key), sealed.subarray(0, nonceBytes));
  opening.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([opening.update(sealed.subarray(nonceBytes + tagBytes)), opening.final()]);
}
