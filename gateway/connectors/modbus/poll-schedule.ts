import { backoffMilliseconds } from '@andon/shared/kernel';
import { TimeoutBudget } from './timeout-budget.ts';

/** When a slave is dead: so many polls in a row without an answer, */
export const failuresUntilDead = 3;
/** or so long without one since the first that failed, where there was no time for as many. */
export const silenceUntilDeadMilliseconds = 10_000;
export const deadPolling = { baseMilliseconds: 1000, capMilliseconds: 60_000 };
/** One that did not answer is asked again soon, also where it is polled rarely. */
const retryMilliseconds = 1000;

/** A slave as the schedule sees it: the periods of its rates, `Infinity` for those of cron. */
export interface ScheduledSlave {
  readonly periodsMilliseconds: readonly number[];
  readonly timeoutMilliseconds: number;
}

/** A slave to be asked now, for these of its rates. */
export interface DuePoll {
  readonly slave: number;
  readonly rates: readonly number[];
}

interface Entry {
  readonly periods: readonly number[];
  /** When each of its rates is due. */
  readonly due: number[];
  /** Not before then, whatever is due. */
  notBefore: number;
  failures: number;
  failingSince: number;
  dead: boolean;
  underWay: boolean;
}

/**
 * Who is polled next: a queue by deadline. Each rate of a slave keeps its rhythm, and what it missed it does not
 * catch up on; rates that are due at the same time are one poll. A slave that does not answer is polled ever more
 * rarely, and within the `TimeoutBudget` of the bus, so that waiting for it does not slow its neighbours. Times are
 * monotonic milliseconds that the caller gives.
 */
export class PollSchedule {
  readonly #entries: readonly Entry[];
  readonly #random: () => number;
  readonly #burstMilliseconds: number;
  #budget: TimeoutBudget;

  constructor(slaves: readonly ScheduledSlave[], now: number, random: () => number) {
    this.#entries = slaves.map(({ periodsMilliseconds }) => ({
      periods: periodsMilliseconds,
      due: periodsMilliseconds.map(() => now),
      notBefore: now,
      failures: 0,
      failingSince: now,
      dead: false,
      underWay: false,
    }));
    const timeouts = slaves.map(({ timeoutMilliseconds }) => timeoutMilliseconds);
    this.#burstMilliseconds = failuresUntilDead * Math.max(0, ...timeouts);
    this.#budget = new TimeoutBudget(this.#burstMilliseconds, now);
    this.#random = random;
  }

  /** The slave whose deadline is the earliest and has come. It is under way until one of the outcomes is told. */
  next(now: number): DuePoll | undefined {
    const earliest = this.#earliest(now);
    if (earliest === undefined || earliest.at > now) {
      return undefined;
    }
    const { slave, entry } = earliest;
    entry.underWay = true;
    return { slave, rates: [...entry.due.keys()].filter((rate) => (entry.due[rate] ?? Infinity) <= now) };
  }

  /** Milliseconds until there is something to do: somebody is due, or has not answered for too long. */
  idleFor(now: number): number {
    const giveUps = this.#entries.map((entry) => this.#givenUpAt(entry));
    return Math.max(0, Math.min(this.#earliest(now)?.at ?? Infinity, ...giveUps) - now);
  }

  isDead(slave: number): boolean {
    return this.#entries[slave]?.dead === true;
  }

  /** How many polls in a row it did not answer. */
  failuresOf(slave: number): number {
    return this.#entries[slave]?.failures ?? 0;
  }

  /** Those who have just been silent for too long, though they were not asked often enough to be dead by that. */
  takeSilent(now: number): number[] {
    return [...this.#entries.entries()]
      .filter(([, entry]) => this.#givenUpAt(entry) <= now)
      .map(([slave, entry]) => {
        entry.dead = true;
        return slave;
      });
  }

  /** It answered. Gives how many of its polls were due meanwhile and are left out. */
  answered({ slave, rates }: DuePoll, now: number): number {
    const entry = this.#end(slave);
    if (entry === undefined) {
      return 0;
    }
    entry.failures = 0;
    entry.dead = false;
    entry.notBefore = now;
    return rates.reduce((missed, rate) => missed + advance(entry, rate, now), 0);
  }

  /** It did not answer, and waiting for it took so long. It is left alone until then at least. */
  failed({ slave, rates }: DuePoll, now: number, spentMilliseconds: number, leaveAloneUntil: number): void {
    this.spent(spentMilliseconds, now);
    const entry = this.#end(slave);
    if (entry === undefined) {
      return;
    }
    entry.failingSince = entry.failures === 0 ? now : entry.failingSince;
    entry.failures += 1;
    entry.dead ||= entry.failures >= failuresUntilDead;
    const attempt = Math.max(0, entry.failures - failuresUntilDead);
    const delay = entry.dead ? backoffMilliseconds(attempt, deadPolling, this.#random) : 0;
    entry.notBefore = Math.max(now + delay, leaveAloneUntil);
    for (const rate of rates) {
      advance(entry, rate, now);
      entry.due[rate] = Math.min(entry.due[rate] ?? Infinity, now + retryMilliseconds);
    }
  }

  /** Time went on a request without an answer, though others of the same slave were answered. */
  spent(milliseconds: number, now: number): void {
    this.#budget.spend(milliseconds, now);
  }

  /** When time may be lost again on something that failed so many times in a row. */
  readyAt(failures: number, now: number): number {
    if (failures === 0) {
      return now;
    }
    return failures === 1 ? this.#budget.creditReadyAt(now) : this.#budget.readyAt(now);
  }

  /** The poll came to nothing because the line went; it says nothing of the slave. */
  interrupted({ slave }: DuePoll, leaveAloneUntil: number): void {
    const entry = this.#end(slave);
    if (entry !== undefined) {
      entry.notBefore = leaveAloneUntil;
    }
  }

  /** Polls all of it as soon as the bus is free. */
  hasten(slave: number, now: number): void {
    for (const rate of this.#entries[slave]?.due.keys() ?? []) {
      this.hastenRate(slave, rate, now);
    }
  }

  hastenRate(slave: number, rate: number, now: number): void {
    const due = this.#entries[slave]?.due;
    if (due?.[rate] !== undefined) {
      due[rate] = Math.min(due[rate], now);
    }
  }

  /** The line was away: everybody is asked now, the dead ones once. */
  hastenAll(now: number): void {
    this.#budget = new TimeoutBudget(this.#burstMilliseconds, now);
    for (const [slave, entry] of this.#entries.entries()) {
      this.hasten(slave, now);
      entry.notBefore = Math.min(entry.notBefore, now);
    }
  }

  #end(slave: number): Entry | undefined {
    const entry = this.#entries[slave];
    if (entry !== undefined) {
      entry.underWay = false;
    }
    return entry;
  }

  #givenUpAt({ dead, failures, failingSince }: Entry): number {
    return failures > 0 && !dead ? failingSince + silenceUntilDeadMilliseconds : Infinity;
  }

  #earliest(now: number): { slave: number; entry: Entry; at: number } | undefined {
    let earliest: { slave: number; entry: Entry; at: number } | undefined;
    for (const [slave, entry] of this.#entries.entries()) {
      const due = Math.max(Math.min(...entry.due), entry.notBefore);
      const at = entry.failures > 0 ? Math.max(due, this.readyAt(entry.failures, now)) : due;
      if (!entry.underWay && at !== Infinity && (earliest === undefined || at < earliest.at)) {
        earliest = { slave, entry, at };
      }
    }
    return earliest;
  }
}

/** To the next beat of its rhythm after now; gives how many beats are left out. */
function advance(entry: Entry, rate: number, now: number): number {
  const period = entry.periods[rate] ?? Infinity;
  const due = entry.due[rate] ?? now;
  if (period === Infinity) {
    entry.due[rate] = Infinity;
    return 0;
  }
  const missed = Math.max(0, Math.floor((now - due) / period));
  entry.due[rate] = due + (missed + 1) * period;
  return missed;
}
