import type { Failure, Outcome } from '../transport.ts';

/** So many round trips are kept of each slave; what comes later is only counted. */
const samplesMax = 100_000;

/** What was seen of one slave. Times in milliseconds. */
export class SlaveMeasurements {
  readonly #roundTrips: number[] = [];
  readonly #failures = new Map<Failure, number>();
  #heldMilliseconds = 0;
  #requests = 0;
  #answers = 0;
  #exceptions = 0;

  add(outcome: Outcome, milliseconds: number): void {
    this.#requests += 1;
    this.#heldMilliseconds += milliseconds;
    if ('failure' in outcome) {
      this.#failures.set(outcome.failure, this.failures(outcome.failure) + 1);
      return;
    }
    this.#answers += 1;
    this.#exceptions += outcome.response.kind === 'exception' ? 1 : 0;
    if (this.#roundTrips.length < samplesMax) {
      this.#roundTrips.push(milliseconds);
    }
  }

  get requests(): number {
    return this.#requests;
  }

  /** Good answers and exceptions. */
  get answers(): number {
    return this.#answers;
  }

  get exceptions(): number {
    return this.#exceptions;
  }

  /** How long the bus was held for it. */
  get heldMilliseconds(): number {
    return this.#heldMilliseconds;
  }

  failures(failure: Failure): number {
    return this.#failures.get(failure) ?? 0;
  }

  /** These percentiles of its round trips (nearest rank); undefined where it never answered. */
  percentiles<Keys extends number>(...percents: readonly Keys[]): number[] | undefined {
    const sorted = this.#roundTrips.toSorted((one, other) => one - other);
    return sorted.length === 0
      ? undefined
      : percents.map((share) => sorted[Math.max(0, Math.ceil((share / 100) * sorted.length) - 1)] ?? 0);
  }
}

/** How old values were just before their next ones came, at the worst, by device and rate. */
export class ObservedAges {
  readonly #lastAt = new Map<string, number>();
  readonly #oldest = new Map<string, number>();

  /** A good value of this rate came now. */
  came(key: string, now: number): void {
    const before = this.#lastAt.get(key);
    if (before !== undefined) {
      this.#oldest.set(key, Math.max(this.#oldest.get(key) ?? 0, now - before));
    }
    this.#lastAt.set(key, now);
  }

  /** Undefined where fewer than two came. */
  oldest(key: string): number | undefined {
    return this.#oldest.get(key);
  }
}
