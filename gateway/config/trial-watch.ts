import type { Clock } from '@andon/shared/kernel';
import { type GatewayHealth, judgeTrial, missingHealth, type TrialTerms } from './trial.ts';

const watchMilliseconds = 250;
/** Health must last this long to count. */
const healthyForMilliseconds = 2000;

/** Looks after one version that is on trial, until it says what is to be done. */
export class TrialWatch {
  readonly number: number;
  readonly terms: TrialTerms;
  /** What it lacks to be healthy, for people. */
  missing: readonly string[] = [];
  /** Of the monotonic clock. */
  readonly #deadline: number;
  readonly #parts: { readonly clock: Clock; health(): GatewayHealth };
  #healthySince: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    number: number,
    terms: TrialTerms,
    deadline: number,
    parts: { readonly clock: Clock; health(): GatewayHealth },
  ) {
    this.number = number;
    this.terms = terms;
    this.#deadline = deadline;
    this.#parts = parts;
  }

  /** Tells its verdict once. */
  start(tell: (verdict: 'confirm' | 'revert', reason: string) => void): void {
    this.#timer = setTimeout(() => this.#look(tell), watchMilliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #look(tell: (verdict: 'confirm' | 'revert', reason: string) => void): void {
    const now = this.#parts.clock.monotonic();
    this.missing = missingHealth(this.terms, this.#parts.health());
    this.#healthySince = this.missing.length === 0 ? (this.#healthySince ?? now) : undefined;
    const verdict = judgeTrial(this.terms, {
      now,
      deadline: this.#deadline,
      healthySince: this.#healthySince,
      healthyFor: healthyForMilliseconds,
    });
    if (verdict === 'wait') {
      this.start(tell);
    } else {
      tell(verdict, `it was not confirmed in time: ${this.missing[0] ?? 'nobody confirmed it'}`);
    }
  }
}
