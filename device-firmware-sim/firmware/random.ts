/** Numbers in [0, 1), the same sequence for the same seed. For physics and noise, never for secrets. */
export interface Randomness {
  next(): number;
  /** A draw from the normal distribution of mean 0 and this standard deviation. */
  gaussian(standardDeviation: number): number;
}

/** Mulberry32: 32 bits of state, which is plenty for sensor noise. */
export function seededRandomness(seed: number): Randomness {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const gaussian = (standardDeviation: number): number => {
    const radius = Math.sqrt(-2 * Math.log(1 - next()));
    return standardDeviation * radius * Math.cos(2 * Math.PI * next());
  };
  return { next, gaussian };
}
