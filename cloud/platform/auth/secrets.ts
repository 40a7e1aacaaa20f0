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

export function hashPassword(password: string, random: RandomSource): Promise<string> {
  return hash(password, { ...argon2id, salt: random(16) });
}

let hashOfNobody: Promise<string> | undefined;

/** Takes as long for an account that does not exist (`stored` undefined) as for one that does. */
export async function passwordMatches(
  stored: string | undefined,
  password: string,
  random: RandomSource,
): Promise<boolean> {
  hashOfNobody ??= hashPassword(newToken(random), random);
  const matches = await verify(stored ?? (await hashOfNobody), password);
  return matches && stored !== undefined;
}
