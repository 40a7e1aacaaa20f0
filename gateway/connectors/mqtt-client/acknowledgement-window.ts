interface Entry {
  /** Undefined for QoS 0, which nobody acknowledges. */
  readonly packetId: number | undefined;
  committed: boolean;
}

export interface AcknowledgementWindowOptions {
  readonly inFlightMax: number;
  acknowledge(packetIds: readonly number[]): void;
  failed(error: unknown): void;
}

/**
 * Publications between arrival and commit, so that many share a commit. They are acknowledged in the order in which
 * they came (MQTT 3.1.1, 4.6); after one that could not be committed nothing is.
 */
export class AcknowledgementWindow {
  readonly #options: AcknowledgementWindowOptions;
  readonly #entries: Entry[] = [];
  #broken = false;
  #goOn: (() => void) | undefined;

  constructor(options: AcknowledgementWindowOptions) {
    this.#options = options;
  }

  /** `goOn` is called when the next publication may be read. */
  add(packetId: number | undefined, commit: Promise<void>, goOn: () => void): void {
    const entry: Entry = { packetId, committed: false };
    this.#entries.push(entry);
    commit.then(
      () => {
        entry.committed = true;
        this.#flush();
      },
      (error: unknown) => {
        if (!this.#broken) {
          this.#broken = true;
          this.#options.failed(error);
        }
      },
    );
    if (this.#entries.length < this.#options.inFlightMax) {
      goOn();
    } else {
      this.#goOn = goOn;
    }
  }

  #flush(): void {
    const waiting = this.#entries.findIndex(({ committed }) => !committed);
    const settled = this.#entries.splice(0, waiting < 0 ? this.#entries.length : waiting);
    if (this.#broken || settled.length === 0) {
      return;
    }
    this.#options.acknowledge(settled.flatMap(({ packetId }) => (packetId === undefined ? [] : [packetId])));
    const goOn = this.#goOn;
    this.#goOn = undefined;
    goOn?.();
  }
}
