import { backoffMilliseconds } from '@andon/shared/kernel';

/** When a slave is dead: so many polls in a row without an answer. */
export const failuresUntilDead = 3;
export const deadPolling = { baseMilliseconds: 1000, capMilliseconds: 60_000 };

interface Entry {
  readonly periodMilliseconds: number;
  due: number;
  failures: number;
}

/**
 * Who is polled next: a queue by deadline. A slave keeps its rhythm, and what it missed it does not catch up on.
 * One that does not answer is polled ever more rarely, so that waiting for it does not slow its neighbours.
 * Times are monotonic milliseconds that the caller gives.
 */
export class PollSchedule {
  readonly #entries: Entry[];
  readonly #random: () => number;

  constructor(periodsMilliseconds: readonly number[], now: number, random: () => number) {
    this.#entries = periodsMilliseconds.map((periodMilliseconds) => ({
      periodMilliseconds,
      due: now,
      failures: 0,
    }));
    this.#random = random;
  }

  /** The index of the slave whose deadline is the earliest and has come. */
  next(now: number): number | undefined {
    const earliest = this.#earliest();
    return earliest !== undefined && (this.#entries[earliest]?.due ?? Infinity) <= now ? earliest : undefined;
  }

  /** Milliseconds until somebody is due. */
  idleFor(now: number): number {
    const earliest = this.#earliest();
    return earliest === undefined ? Infinity : Math.max(0, (this.#entries[earliest]?.due ?? Infinity) - now);
  }

  isDead(index: number): boolean {
    return (this.#entries[index]?.failures ?? 0) >= failuresUntilDead;
  }

  /** It answered. Gives how many of its polls were due meanwhile and are left out. */
  answered(index: number, now: number): number {
    const entry = this.#entries[index];
    if (entry === undefined) {
      return 0;
    }
    entry.failures = 0;
    return this.#advance(entry, now);
  }

  /** It did not answer. */
  failed(index: number, now: number): void {
    const entry = this.#entries[index];
    if (entry === undefined) {
      return;
    }
    entry.failures += 1;
    if (entry.failures < failuresUntilDead) {
      this.#advance(entry, now);
      return;
    }
    const delay = backoffMilliseconds(entry.failures - failuresUntilDead, deadPolling, this.#random);
    entry.due = now + Math.max(delay, entry.periodMilliseconds);
  }

  /** Polls it as soon as the bus is free. */
  hasten(index: number, now: number): void {
    const entry = this.#entries[index];
    if (entry !== undefined) {
      entry.due = Math.min(entry.due, now);
    }
  }

  /** Not before then, where its late answer could be taken for another. */
  postpone(index: number, until: number): void {
    const entry = this.#entries[index];
    if (entry !== undefined) {
      entry.due = Math.max(entry.due, until);
    }
  }

  /** The line was away: everybody is asked now, the dead ones once. */
  hastenAll(now: number): void {
    for (const index of this.#entries.keys()) {
      this.hasten(index, now);
    }
  }

  #advance(entry: Entry, now: number): number {
    const missed = Math.max(0, Math.floor((now - entry.due) / entry.periodMilliseconds));
    entry.due += (missed + 1) * entry.periodMilliseconds;
    return missed;
  }

  #earliest(): number | undefined {
    let earliest: number | undefined;
    for (const [index, entry] of this.#entries.entries()) {
      if (earliest === undefined || entry.due < (this.#entries[earliest]?.due ?? Infinity)) {
        earliest = index;
      }
    }
    return earliest;
  }
}
