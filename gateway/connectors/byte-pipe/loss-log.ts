import type { ConnectorLogger } from '../shell.ts';
import type { LossReason } from './serial-link.ts';

/** Writes to the log that a line went and that it is back: once for each change, however often it is tried between. */
export class LossLog {
  readonly #logger: ConnectorLogger | undefined;
  readonly #connector: string;
  #told: string | undefined;

  constructor(logger: ConnectorLogger | undefined, connector: string) {
    this.#logger = logger;
    this.#connector = connector;
  }

  lost(reason: LossReason, detail: string): void {
    // Silence is one thing, whoever noticed it; a port may fail for one cause after the other.
    const what = reason === 'no-data' ? reason : detail;
    if (what !== this.#told) {
      this.#told = what;
      this.#logger?.warn(
        { connector: this.#connector, detail },
        'The line gives nothing; it is tried again.',
      );
    }
  }

  heard(): void {
    if (this.#told !== undefined) {
      this.#told = undefined;
      this.#logger?.info({ connector: this.#connector }, 'The line is heard again.');
    }
  }
}
