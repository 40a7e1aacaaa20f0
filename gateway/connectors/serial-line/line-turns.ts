import { AndonError } from '@andon/shared/kernel';

const urgentWaitingMax = 64;

/** One at a time on a line: a command before the requests that wait, each kind in its order. */
export class LineTurns {
  readonly #line: string;
  readonly #urgent: (() => void)[] = [];
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  constructor(line: string) {
    this.#line = line;
  }

  async run<T>(urgent: boolean, act: () => Promise<T>): Promise<T> {
    if (this.#taken) {
      if (urgent && this.#urgent.length >= urgentWaitingMax) {
        throw new AndonError({
          code: 'serial-line.busy',
          message: `Too many commands wait for their turn on the line ${this.#line}.`,
          nextStep: 'Try again later.',
        });
      }
      await new Promise<void>((resolve) => (urgent ? this.#urgent : this.#waiting).push(resolve));
    }
    this.#taken = true;
    try {
      return await act();
    } finally {
      const next = this.#urgent.shift() ?? this.#waiting.shift();
      if (next === undefined) {
        this.#taken = false;
      } else {
        next();
      }
    }
  }
}
