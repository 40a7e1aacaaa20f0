/**
 * A digest of 53 bits, so that it is a number: two lanes of MurmurHash3 (Austin Appleby, public domain) with constants
 * of their own. It tells messages apart that come by chance, and is no protection against who wants two to be alike.
 */
export function digestOfBytes(bytes: Uint8Array, seed: number): number {
  let one = seed | 0;
  let two = ~seed;
  const { length } = bytes;
  const wholeWords = length - (length % 4);
  for (let index = 0; index < wholeWords; index += 4) {
    const word =
      (bytes[index] ?? 0) |
      ((bytes[index + 1] ?? 0) << 8) |
      ((bytes[index + 2] ?? 0) << 16) |
      ((bytes[index + 3] ?? 0) << 24);
    one = mixOne(one, word);
    two = mixTwo(two, word);
  }
  let rest = 0;
  for (let index = wholeWords; index < length; index += 1) {
    rest = (rest << 8) | (bytes[index] ?? 0);
  }
  return joined(mixOne(one, rest), mixTwo(two, rest), length);
}

export function digestOfText(text: string): number {
  let one = 0;
  let two = ~0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    one = mixOne(one, unit);
    two = mixTwo(two, unit);
  }
  return joined(one, two, text.length);
}

function mixOne(lane: number, word: number): number {
  const scrambled = Math.imul(rotated(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
  return (Math.imul(rotated(lane ^ scrambled, 13), 5) + 0xe6546b64) | 0;
}

function mixTwo(lane: number, word: number): number {
  const scrambled = Math.imul(rotated(Math.imul(word, 0x239b961b), 16), 0xab0e9789);
  return (Math.imul(rotated(lane ^ scrambled, 17), 5) + 0x561ccd1b) | 0;
}

const rotated = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

function finished(lane: number, length: number): number {
  let hash = lane ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const joined = (one: number, two: number, length: number): number =>
  finished(one, length) + (finished(two, length) & 0x1f_ffff) * 2 ** 32;
