import { commandReason } from '@andon/shared/contracts';
import { AndonError, jitter } from '@andon/shared/kernel';
import { messageOf } from '../../message-of.ts';
import type { ConnectorState } from '../connector.ts';
import type { Counters } from '../counters.ts';
import { Reopening } from '../reopening.ts';
import type { ConnectorShell } from '../shell.ts';
import type { BytePipe } from './byte-pipe.ts';

/** Why there are no bytes, as the quality reason of the signals behind the line. */
export type LossReason = 'port-closed' | 'no-data';

type Loss = readonly [LossReason, string];

export interface SerialLinkOptions {
  /** For messages, for example the port's path. */
  readonly label: string;
  readonly openPipe: () => BytePipe;
  /** Opens anew after this long without a byte; 0 never. */
  readonly silenceMilliseconds: number;
  readonly shell: ConnectorShell;
  readonly counters: Counters;
  opened(): void;
  data(bytes: Uint8Array): void;
  /** Told after each try that failed or ended, except by `stop`. */
  lost(reason: LossReason, detail: string): void;
}

const lineClosed = 'connectors.line-closed';
const openTimeoutMilliseconds = 10_000;
const writeTimeoutMilliseconds = 5_000;
const closeTimeoutMilliseconds = 2_000;
const reopening = { baseMilliseconds: 250, capMilliseconds: 15_000 };

/** A serial line that comes back by itself. */
export class SerialLink {
  readonly #options: SerialLinkOptions;
  readonly #reopening: Reopening<Loss>;
  #pipe: BytePipe | undefined;
  #lastByteAt = 0;

  constructor(options: SerialLinkOptions) {
    this.#options = options;
    this.#reopening = new Reopening<Loss>({
      detail: 'not opened yet',
      delays: reopening,
      jitter: options.shell.jitter ?? jitter,
      tryOnce: (ended) => this.#tryOnce(ended),
    });
  }

  get state(): ConnectorState {
    return this.#reopening.state;
  }

  get detail(): string {
    return `${this.#options.label}: ${this.#reopening.detail}`;
  }

  get isOpen(): boolean {
    return this.#pipe !== undefined;
  }

  start(): void {
    this.#reopening.start();
  }

  stop(): Promise<void> {
    return this.#reopening.stop(['port-closed', 'stopped']);
  }

  /**
   * Rejects where the line is not open (`isLineClosed`, and nothing was sent), or does not take the bytes in time; then
   * it is opened anew.
   */
  async write(bytes: Uint8Array): Promise<void> {
    const pipe = this.#pipe;
    if (pipe === undefined) {
      throw new AndonError({
        code: lineClosed,
        message: commandReason('line-closed', { line: this.#options.label, failure: this.#reopening.detail }),
        nextStep: 'Look at the cable and at the path of the port; it is tried again by itself.',
      });
    }
    try {
      await within(pipe.write(bytes), writeTimeoutMilliseconds, 'the port takes no bytes');
    } catch (error) {
      if (this.#pipe === pipe) {
        this.#reopening.lose(['port-closed', messageOf(error)]);
      }
      throw error;
    }
  }

  /** Opens, lives and closes once; true where bytes came. */
  async #tryOnce(ended: PromiseWithResolvers<Loss>): Promise<boolean> {
    const { opened, counters, silenceMilliseconds, shell } = this.#options;
    let heard = false;
    let over = false;
    const pipe = this.#options.openPipe();
    const opening = pipe.open({
      data: (bytes) => {
        if (!over) {
          heard = true;
          this.#lastByteAt = shell.clock.monotonic();
          this.#options.data(bytes);
        }
      },
      closed: (reason) => ended.resolve(['port-closed', reason]),
    });
    let watchdog: NodeJS.Timeout | undefined;
    try {
      await Promise.race([
        within(opening, openTimeoutMilliseconds, 'the port does not open'),
        ended.promise.then(([, detail]) => Promise.reject(new Error(detail))),
      ]);
      this.#opened(pipe);
      opened();
      watchdog = silenceMilliseconds > 0 ? this.#watch(silenceMilliseconds) : undefined;
    } catch (error) {
      counters.add(this.#reopening.isStopped ? 'opensAborted' : 'openFailures');
      ended.resolve(['port-closed', messageOf(error)]);
    }
    const [reason, detail] = await ended.promise;
    over = true;
    clearInterval(watchdog);
    this.#pipe = undefined;
    await this.#release(pipe);
    if (!this.#reopening.isStopped) {
      counters.add('linesLost');
      this.#reopening.detail = detail;
      this.#options.lost(reason, detail);
    }
    return heard;
  }

  #opened(pipe: BytePipe): void {
    if (this.#reopening.isStopped) {
      return;
    }
    this.#pipe = pipe;
    this.#reopening.state = 'connected';
    this.#reopening.detail = 'open';
    this.#lastByteAt = this.#options.shell.clock.monotonic();
    this.#options.counters.add('linesOpened');
  }

  #watch(silenceMilliseconds: number): NodeJS.Timeout {
    const { clock } = this.#options.shell;
    return setInterval(
      () => {
        if (clock.monotonic() - this.#lastByteAt >= silenceMilliseconds) {
          this.#options.counters.add('silences');
          this.#reopening.lose(['no-data', `no byte for ${silenceMilliseconds} ms`]);
        }
      },
      Math.max(10, silenceMilliseconds / 4),
    );
  }

  async #release(pipe: BytePipe): Promise<void> {
    try {
      await within(pipe.close(), closeTimeoutMilliseconds, 'the port does not close');
    } catch (error) {
      this.#options.counters.add('closeFailures');
      this.#options.shell.logger?.warn({ error }, `The port ${this.#options.label} could not be closed.`);
    }
  }
}

/** Did a write fail before a single byte was sent? */
export function isLineClosed(error: unknown): boolean {
  return error instanceof AndonError && error.code === lineClosed;
}

function within<T>(promise: Promise<T>, milliseconds: number, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} within ${milliseconds} ms`)), milliseconds);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
