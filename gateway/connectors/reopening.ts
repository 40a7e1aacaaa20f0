import { backoffMilliseconds } from '@andon/shared/kernel';
import type { ConnectorState } from './connector.ts';

export interface ReopeningOptions<Loss> {
  /** For the status page, before the first try. */
  readonly detail: string;
  readonly delays: { readonly baseMilliseconds: number; readonly capMilliseconds: number };
  readonly jitter: () => number;
  /** Opens, lives until it is `ended`, and closes; gives whether it lived, so that the next try comes soon. */
  tryOnce(ended: PromiseWithResolvers<Loss>): Promise<boolean>;
}

/** What is opened again and again until it is stopped, with longer and longer pauses while that fails. */
export class Reopening<Loss> {
  state: ConnectorState = 'starting';
  detail: string;
  readonly #options: ReopeningOptions<Loss>;
  #lose: (loss: Loss) => void = () => undefined;
  #wake: () => void = () => undefined;
  #running: Promise<void> | undefined;

  constructor(options: ReopeningOptions<Loss>) {
    this.#options = options;
    this.detail = options.detail;
  }

  get isStopped(): boolean {
    return this.state === 'stopped';
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends what is open with this loss, and resolves when it is closed. */
  async stop(loss: Loss): Promise<void> {
    this.state = 'stopped';
    this.detail = 'stopped';
    this.#lose(loss);
    this.#wake();
    await this.#running;
  }

  /** Ends what is open; it is opened anew. */
  lose(loss: Loss): void {
    this.#lose(loss);
  }

  async #run(): Promise<void> {
    const { delays, jitter, tryOnce } = this.#options;
    let attempt = 0;
    while (!this.isStopped) {
      const ended = Promise.withResolvers<Loss>();
      this.#lose = ended.resolve;
      attempt = (await tryOnce(ended)) ? 0 : attempt + 1;
      if (this.isStopped) {
        return;
      }
      this.state = 'waiting';
      await this.#pause(backoffMilliseconds(attempt, delays, jitter));
    }
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
