/**
 * A first-order lag: after `timeConstantSeconds` about 63 % of the way from `value` to `target` is done. The exact
 * solution is used, so that the result does not depend on the size of the step.
 */
export function approach(
  value: number,
  target: number,
  timeConstantSeconds: number,
  seconds: number,
): number {
  return target + (value - target) * Math.exp(-seconds / timeConstantSeconds);
}

/** Rounds to so many decimals, as an instrument's display does. */
export function rounded(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}

/** How long a condition has held without a break, in seconds; a diagnosis waits for it. */
export class HoldTimer {
  #heldSeconds = 0;

  advance(holds: boolean, seconds: number): void {
    this.#heldSeconds = holds ? this.#heldSeconds + seconds : 0;
  }

  heldFor(seconds: number): boolean {
    return this.#heldSeconds >= seconds;
  }
}
