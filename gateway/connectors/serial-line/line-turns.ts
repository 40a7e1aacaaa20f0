import { AndonError } from '@andon/shared/kernel';
import { RequestSlots } from '../request-slots.ts';

const urgentWaitingMax = 64;

/** One at a time on a line: a command before the requests that wait, each kind in its order. */
export class LineTurns {
  readonly #line: string;
  readonly #slots = new RequestSlots(1);

  constructor(line: string) {
    this.#line = line;
  }

  async run<T>(urgent: boolean, act: () => Promise<T>): Promise<T> {
    if (urgent && this.#slots.urgentWaiting >= urgentWaitingMax) {
      throw new AndonError({
        code: 'serial-line.busy',
        message: `Too many commands wait for their turn on the line ${this.#line}.`,
        nextStep: 'Try again later.',
      });
    }
    return this.#slots.run(urgent, act);
  }
}
