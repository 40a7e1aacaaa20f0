/** Time comes in from outside: shells read the clock once and pass `now` to the pure cores. */
export interface Clock {
  /** Wall-clock time, in milliseconds since the epoch. It may jump. */
  now(): number;
  /** Milliseconds since an arbitrary start; never jumps, never goes back. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
