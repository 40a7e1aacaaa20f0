import { createHash } from 'node:crypto';
import type { RandomSource } from '@andon/shared/kernel';

/** Digits and letters without those that look like others (Crockford's base 32). */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const characters = 16;
const groupCharacters = 4;

/** A code of 80 random bits that a person types: `7Q2M-K9XD-01HB-VWZ4`. */
export function newTypedCode(random: RandomSource): string {
  const letters = [...random(characters)].map((byte) => alphabet[byte % alphabet.length] ?? '');
  const groups: string[] = [];
  for (let start = 0; start < characters; start += groupCharacters) {
    groups.push(letters.slice(start, start + groupCharacters).join(''));
  }
  return groups.join('-');
}

/** SHA-256 of the code, however it was typed: in small letters, with other gaps, with O for 0. */
export function sha256OfTypedCode(typed: string): string {
  const code = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return createHash('sha256').update(code).digest('hex');
}
