import { randomBytes, randomFillSync } from 'node:crypto';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';

/** Gives a new UUID each time. */
export type IdentifierSource = () => string;
/** Gives so many random bytes. */
export type RandomSource = (bytes: number) => Uint8Array;

/** To ask the system takes long, so it is asked for so many bytes at once. */
const pool = Buffer.alloc(4096);
let taken = pool.length;

export const systemRandom: RandomSource = (bytes) => {
  if (bytes > pool.length / 8) {
    return randomBytes(bytes);
  }
  if (taken + bytes > pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  const given = Buffer.from(pool.subarray(taken, taken + bytes));
  // What was given may be a secret, and stays with whom it was given to.
  pool.fill(0, taken, taken + bytes);
  taken += bytes;
  return given;
};

/** A clock that was set back by more than this begins anew; by less, the order is worth more than the time. */
const setBackMillisecondsMax = 10_000;
const counterMax = 0xfff;

/**
 * UUID version 7 (RFC 9562, 5.7): 48 bits of milliseconds, 12 that count within one millisecond (6.2, method 1; they begin in
 * the lower half, at random), and 62 random bits. So of two of one source the later one sorts later.
 */
export function uuidv7Source(
  clock: Clock = systemClock,
  random: RandomSource = systemRandom,
): IdentifierSource {
  let latest = 0;
  let counter = 0;
  return () => {
    const bytes = Buffer.from(random(16));
    const now = clock.now();
    if (now > latest || now < latest - setBackMillisecondsMax) {
      latest = now;
      counter = bytes.readUInt16BE(6) & (counterMax >> 1);
    } else if (counter < counterMax) {
      counter += 1;
    } else {
      latest += 1;
      counter = 0;
    }
    bytes.writeUIntBE(latest, 0, 6);
    bytes.writeUInt16BE(0x7000 | counter, 6);
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
}

/** 24 random bytes as 32 URL-safe characters: a secret that needs no slow hash. */
export function randomSecret(random: RandomSource = systemRandom): string {
  return Buffer.from(random(24)).toString('base64url');
}
