/**
 * Exponential back-off with full jitter: the n-th delay (n from 0) is random between half and the whole of
 * `baseMilliseconds * 2^n`, capped at `capMilliseconds`.
 */
export function backoffMilliseconds(
  attempt: number,
  options: { baseMilliseconds: number; capMilliseconds: number },
  random: () => number,
): number {
  const ceiling = Math.min(options.capMilliseconds, options.baseMilliseconds * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}

/** Randomness in [0, 1) for jitter, never for secrets. */
export const jitter = (): number => Math.random();
