import type { Reading } from '@andon/shared/contracts';
import type { Evaluation } from '../alerts/index.ts';
import { type Append, gapsOf } from '../outbox/index.ts';

const retryMilliseconds = 1000;
/** So many evaluations are kept in memory as they are; of older ones only the states of the rules remain. */
const evaluationsMax = 10_000;
/** Readings that are lost are summed up in gaps as often as this. */
const readingsAtOnceMax = 1000;
const reason = 'not-stored: the disk was full';

/** What a commit would have kept. */
export interface Uncommitted {
  readonly evaluation: Evaluation;
  /** Readings that will not come again: nobody sends them twice. */
  readonly lost: readonly Reading[];
}

export interface OwedOptions {
  readonly commit: (work: (append: Append) => void) => Promise<void>;
  /** Inside a transaction: keeps an evaluation. */
  readonly write: (evaluation: Evaluation, append: Append) => void;
  /** Carries local actions out though they are not journaled. */
  readonly act: (evaluation: Evaluation) => void;
  readonly onSettled: () => void;
}

/**
 * What alerts did while nothing could be kept. The rules go on in memory, local actions are carried out, and all of it
 * is kept when there is room again, before anything else. A power cut before that loses it, as it was promised to nobody.
 */
export class OwedEvaluations {
  readonly #options: OwedOptions;
  #evaluations: Evaluation[] = [];
  #lost: Reading[] = [];
  #gaps: ReturnType<typeof gapsOf> = [];
  #isOwing = false;
  #retryTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: OwedOptions) {
    this.#options = options;
  }

  /** Must everything go through here for now? */
  get isOwing(): boolean {
    return this.#isOwing;
  }

  /** Something else could be kept just now: so can this, perhaps. */
  tryNow(): void {
    if (this.#retryTimer !== undefined) {
      clearTimeout(this.#retryTimer);
      this.#retryTimer = undefined;
      void this.#retry();
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retryTimer);
  }

  add({ evaluation, lost }: Uncommitted): void {
    this.#isOwing = true;
    this.#evaluations.push(evaluation);
    if (this.#evaluations.length > evaluationsMax) {
      this.#foldOldest();
    }
    this.#lost.push(...lost);
    if (this.#lost.length >= readingsAtOnceMax) {
      this.#sumUp();
    }
    if (evaluation.actions.length > 0) {
      this.#options.act(evaluation);
    }
    this.#askRetry();
  }

  #sumUp(): void {
    this.#gaps = gapsOf([...this.#gaps, ...this.#lost], reason);
    this.#lost = [];
  }

  /** The latest state of a rule is enough to go on from; what was told in between is lost. */
  #foldOldest(): void {
    const [first, second, ...rest] = this.#evaluations;
    if (first && second) {
      const states = new Map([...first.states, ...second.states].map((change) => [change.key, change]));
      this.#evaluations = [{ ...second, states: [...states.values()] }, ...rest];
      this.#gaps = gapsOf([...this.#gaps, ...first.transitions], reason);
    }
  }

  #askRetry(): void {
    if (this.#retryTimer === undefined && !this.#stopped) {
      this.#retryTimer = setTimeout(() => {
        this.#retryTimer = undefined;
        void this.#retry();
      }, retryMilliseconds);
    }
  }

  async #retry(): Promise<void> {
    this.#sumUp();
    const evaluations = this.#evaluations;
    const gaps = this.#gaps;
    this.#evaluations = [];
    this.#gaps = [];
    try {
      await this.#options.commit((append) => {
        for (const evaluation of evaluations) {
          this.#options.write(evaluation, append);
        }
        for (const gap of gaps) {
          append('readings', gap);
        }
      });
    } catch {
      // Still no room; the outbox shows the error.
      this.#evaluations = [...evaluations, ...this.#evaluations];
      this.#gaps = gapsOf([...gaps, ...this.#gaps], reason);
      this.#askRetry();
      return;
    }
    if (this.#evaluations.length + this.#lost.length + this.#gaps.length > 0) {
      this.#askRetry();
      return;
    }
    this.#isOwing = false;
    this.#options.onSettled();
  }
}
