import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';

/** Gives a new UUID each time. */
export type IdentifierSource = () => string;
/** Gives so many random bytes. */
export type RandomSource = (bytes: number) => Uint8Array;

export const systemRandom: RandomSource = (bytes) => randomBytes(bytes);

/** UUID version 7 (RFC 9562, 5.7): 48 bits of milliseconds, then 74 random bits. */
export function uuidv7Source(
  clock: Clock = systemClock,
  random: RandomSource = systemRandom,
): IdentifierSource {
  return () => {
    const bytes = Buffer.from(random(16));
    bytes.writeUIntBE(clock.now(), 0, 6);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
}

/** 24 random bytes as 32 URL-safe characters: a secret that needs no slow hash. */
export function randomSecret(random: RandomSource = systemRandom): string {
  return Buffer.from(random(24)).toString('base64url');
}
