/** A trouble that lasts is told once, and then so often; a counter says how much of it there is. */
export const troubleTellingMilliseconds = 60_000;

/** Lets the first of many equal tellings through, and then one in each period, until it is told to begin anew. */
export class PacedTelling {
  readonly #periodMilliseconds: number;
  #next = Number.NEGATIVE_INFINITY;

  constructor(periodMilliseconds: number) {
    this.#periodMilliseconds = periodMilliseconds;
  }

  /** May it be told now? `now` is monotonic, in milliseconds. */
  due(now: number): boolean {
    if (now < this.#next) {
      return false;
    }
    this.#next = now + this.#periodMilliseconds;
    return true;
  }

  reset(): void {
    this.#next = Number.NEGATIVE_INFINITY;
  }
}
