/** The most of a bus's time that slaves which do not answer may take from those which do, in the long run. */
export const timeoutShareMax = 0.1;

/**
 * What time-outs may cost. Each is paid from a purse that fills with a tenth of the time that goes by; while it is
 * empty, nobody who did not answer is asked. So however many slaves are dead, or answer only now and then, the others
 * keep nine tenths of the bus. A slave that failed once may be asked again on credit: often it only misheard, for
 * example because it took the request to a dead neighbour for the beginning of a conversation. Times are monotonic
 * milliseconds that the caller gives.
 */
export class TimeoutBudget {
  readonly #millisecondsMax: number;
  #milliseconds: number;
  #at: number;

  /** `millisecondsMax`: how much may be spent at once, after a time without time-outs. */
  constructor(millisecondsMax: number, now: number) {
    this.#millisecondsMax = millisecondsMax;
    this.#milliseconds = millisecondsMax;
    this.#at = now;
  }

  spend(milliseconds: number, now: number): void {
    this.#milliseconds = this.#balance(now) - milliseconds;
    this.#at = now;
  }

  /** When somebody who did not answer may be asked. */
  readyAt(now: number): number {
    return this.#reaches(0, now);
  }

  /** When somebody who failed only once may be asked again: on credit, of as much as may be spent at once. */
  creditReadyAt(now: number): number {
    return this.#reaches(-this.#millisecondsMax, now);
  }

  #reaches(milliseconds: number, now: number): number {
    return now + Math.max(0, milliseconds - this.#balance(now)) / timeoutShareMax;
  }

  #balance(now: number): number {
    return Math.min(this.#millisecondsMax, this.#milliseconds + (now - this.#at) * timeoutShareMax);
  }
}
