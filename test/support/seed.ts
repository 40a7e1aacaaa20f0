import { systemClock } from '@andon/shared/kernel';

/** Random numbers in [0, 1), the same for the same seed. (The generator is mulberry32.) */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * A source of random numbers in [0, 1) that can be had again: the seed is printed, and taken from ANDON_TEST_SEED
 * where that is set.
 */
export function seededRandom(what: string): () => number {
  const seed = Number(process.env.ANDON_TEST_SEED ?? systemClock.now() % 2 ** 31);
  console.info(`${what}: ANDON_TEST_SEED=${seed}`);
  return randomFrom(seed);
}
