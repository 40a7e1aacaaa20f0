import type { Clock } from '@andon/shared/kernel';
import type { Counters } from '../counters.ts';
import type { LineTurns } from './line-turns.ts';

const timeoutMillisecondsDefault = 2000;

export interface ScheduledRequest {
  readonly bytes: Uint8Array;
  readonly everyMilliseconds: number;
  readonly timeoutMilliseconds: number | undefined;
}

export interface RequestLine {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly turns: LineTurns;
  /** Rejects where the line is not open. */
  send(bytes: Uint8Array): Promise<void>;
  /** No good frame followed a request in time. */
  unanswered(): void;
}

interface DueRequest {
  readonly request: ScheduledRequest;
  /** Monotonic. */
  at: number;
}

/**
 * Asks a machine that speaks only when it is asked. Each request has a deadline of its own; what could not be asked in
 * time, because the line was busy or away, is left out and not made up for.
 */
export class RequestSchedule {
  readonly #line: RequestLine;
  readonly #due: DueRequest[];
  #stopped = false;
  #wake: () => void = () => undefined;
  #heard: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(requests: readonly ScheduledRequest[], line: RequestLine) {
    this.#line = line;
    this.#due = requests.map((request) => ({ request, at: 0 }));
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    this.#heard?.();
    await this.#running;
  }

  /** The line was opened: everything is asked for at once. */
  opened(): void {
    for (const due of this.#due) {
      due.at = 0;
    }
    this.#wake();
  }

  /** A good frame came. */
  heard(): void {
    this.#heard?.();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const next = this.#due.reduce<DueRequest | undefined>(
        (first, due) => (first === undefined || due.at < first.at ? due : first),
        undefined,
      );
      if (next === undefined) {
        return;
      }
      await this.#until(next.at);
      if (this.#stopped) {
        return;
      }
      if (this.#line.clock.monotonic() >= next.at) {
        await this.#line.turns.run(false, () => this.#ask(next.request));
        const { everyMilliseconds } = next.request;
        const now = this.#line.clock.monotonic();
        const from = next.at === 0 ? now : next.at;
        next.at = from + everyMilliseconds * Math.max(1, Math.ceil((now - from) / everyMilliseconds));
      }
    }
  }

  async #ask({ bytes, timeoutMilliseconds = timeoutMillisecondsDefault }: ScheduledRequest): Promise<void> {
    const { counters } = this.#line;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#heard = () => resolve(true);
    try {
      await this.#line.send(bytes);
      counters.add('requestsSent');
    } catch {
      // The link says why, and opens the line anew; its signals are failed reads already.
      counters.add('requestsNotSent');
      this.#heard = undefined;
      return;
    }
    const timer = setTimeout(() => resolve(false), timeoutMilliseconds);
    const answered = await promise;
    clearTimeout(timer);
    this.#heard = undefined;
    if (!answered) {
      counters.add('requestsUnanswered');
      this.#line.unanswered();
    }
  }

  #until(at: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, at - this.#line.clock.monotonic()));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
