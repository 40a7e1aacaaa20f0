import type { Gap, Reading, UplinkRecord } from '@andon/shared/contracts';
import type { AlertAction, AlertStateChange, Evaluation } from '../alerts/index.ts';
import { type Append, gapsOf } from '../outbox/index.ts';

const retryMilliseconds = 1000;
/**
 * Evaluations are kept in memory as they are while they take no more than this as JSON; of older ones their states and
 * actions remain, and a gap.
 */
const evaluationBytesMax = 16 * 1024 * 1024;
/** So much is folded at once, so that it is not done for each. */
const foldedBytes = evaluationBytesMax / 8;
/** Readings that are lost are summed up in gaps as often as this. */
const readingsAtOnceMax = 1000;
const reason = 'not-stored: the disk was full, or failed';

/** What a commit would have kept. */
export interface Uncommitted {
  readonly evaluation: Evaluation;
  /** Readings that will not come again: nobody sends them twice. */
  readonly lost: readonly Reading[];
}

export interface OwedOptions {
  readonly commit: (work: (append: Append) => void) => Promise<void>;
  /** Of a commit that failed: is it in the file all the same, and must not be asked for again? */
  readonly isInFile: (transaction: Promise<void>) => boolean;
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
  #debt = new Debt();
  #lost: Reading[] = [];
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
    if (!isNothing(evaluation)) {
      this.#debt.add(evaluation);
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
    this.#debt.lose('readings', this.#lost);
    this.#lost = [];
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
    const debt = this.#debt;
    this.#debt = new Debt();
    const committed = this.#options.commit((append) => debt.write(this.#options.write, append));
    try {
      await committed;
    } catch {
      // Still no room; the outbox shows the error.
      if (!this.#options.isInFile(committed)) {
        debt.take(this.#debt);
        this.#debt = debt;
      }
      this.#askRetry();
      return;
    }
    if (!this.#debt.isEmpty || this.#lost.length > 0) {
      this.#askRetry();
      return;
    }
    this.#isOwing = false;
    this.#options.onSettled();
  }
}

/** Evaluations in order, and what remains of those before them. */
class Debt {
  #evaluations: { readonly evaluation: Evaluation; readonly bytes: number }[] = [];
  #bytes = 0;
  /** Of those before: the latest state of each rule is enough to go on from, and each action is done once more. */
  readonly #states = new Map<string, AlertStateChange>();
  readonly #actions = new Map<string, AlertAction>();
  readonly #gaps: Record<'alerts' | 'readings', Gap[]> = { alerts: [], readings: [] };

  get isEmpty(): boolean {
    const { alerts, readings } = this.#gaps;
    const folded = this.#states.size + this.#actions.size;
    return folded + this.#evaluations.length + alerts.length + readings.length === 0;
  }

  add(evaluation: Evaluation): void {
    const bytes = JSON.stringify(evaluation).length;
    this.#evaluations.push({ evaluation, bytes });
    this.#bytes += bytes;
    if (this.#bytes > evaluationBytesMax) {
      this.#foldDownTo(evaluationBytesMax - foldedBytes);
    }
  }

  lose(lane: 'alerts' | 'readings', records: readonly UplinkRecord[]): void {
    this.#gaps[lane] = gapsOf([...this.#gaps[lane], ...records], reason);
  }

  /** Takes over what came after. */
  take(later: Debt): void {
    if (later.#states.size + later.#actions.size > 0) {
      // What came before those that were folded is older still.
      this.#foldDownTo(0);
      this.#remember([...later.#states.values()], [...later.#actions.values()]);
    }
    for (const { evaluation } of later.#evaluations) {
      this.add(evaluation);
    }
    this.lose('alerts', later.#gaps.alerts);
    this.lose('readings', later.#gaps.readings);
  }

  write(writeEvaluation: OwedOptions['write'], append: Append): void {
    for (const lane of ['alerts', 'readings'] as const) {
      for (const gap of this.#gaps[lane]) {
        append(lane, gap);
      }
    }
    const states = [...this.#states.values()];
    const actions = [...this.#actions.values()];
    writeEvaluation({ transitions: [], shelvings: [], recordings: [], states, actions }, append);
    for (const { evaluation } of this.#evaluations) {
      writeEvaluation(evaluation, append);
    }
  }

  /** The oldest, until those that are left take no more than so much. */
  #foldDownTo(bytesMax: number): void {
    let many = 0;
    while (this.#bytes > bytesMax) {
      this.#bytes -= this.#evaluations[many]?.bytes ?? this.#bytes;
      many += 1;
    }
    const lost: UplinkRecord[] = [];
    for (const { evaluation } of this.#evaluations.splice(0, many)) {
      this.#remember(evaluation.states, evaluation.actions);
      lost.push(...evaluation.transitions, ...evaluation.shelvings, ...evaluation.recordings);
    }
    this.lose('alerts', lost);
  }

  #remember(states: readonly AlertStateChange[], actions: readonly AlertAction[]): void {
    for (const change of states) {
      this.#states.set(change.key, change);
    }
    for (const action of actions) {
      // It moves to the end, so that the last word on a point stays the last one.
      const key = JSON.stringify([action.deviceId, action.action]);
      this.#actions.delete(key);
      this.#actions.set(key, action);
    }
  }
}

export const isNothing = ({ transitions, states, actions, shelvings, recordings }: Evaluation): boolean =>
  transitions.length + states.length + actions.length + shelvings.length + recordings.length === 0;
