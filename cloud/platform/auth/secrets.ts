import { createHash } from 'node:crypto';
import type { RandomSource } from '@andon/shared/kernel';
import { hash, verify } from '@node-rs/argon2';

/** What is stored of a random token: nobody can come back from it, and equal tokens are found by index. */
export function sha256(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** 256 random bits, URL-safe. */
export function newToken(random: RandomSource): string {
  return Buffer.from(random(32)).toString('base64url');
}

/** Argon2id with 19 MiB and two passes (OWASP Password Storage Cheat Sheet). */
const argon2id = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** How a hash with these parameters begins (PHC string format). */
const presentPrefix = `$argon2id$v=19$m=${argon2id.memoryCost},t=${argon2id.timeCost},p=${argon2id.parallelism}$`;

export function hashPassword(password: string, random: RandomSource): Promise<string> {
  return hash(password, { ...argon2id, salt: random(16) });
}

/** Was it made with other parameters than those of today? Then it is made anew at the next sign-in. */
export function isOutdatedHash(stored: string): boolean {
  return !stored.startsWith(presentPrefix);
}

let hashOfNobody: Promise<string> | undefined;

/** Takes as long for an account that does not exist, or has no password, as for one that does. */
export async function passwordMatches(
  stored: string | null | undefined,
  password: string,
  random: RandomSource,
): Promise<boolean> {
  hashOfNobody ??= hashPassword(newToken(random), random);
  const matches = await verify(stored ?? (await hashOfNobody), password);
  return matches && typeof stored === 'string';
}
