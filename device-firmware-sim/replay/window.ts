/** How many messages are in flight, and who waits for that to change. */
export class FlightWindow {
  readonly #inFlightMax: number;
  #inFlight = 0;
  #waiting: { inFlightBelow: number; resolve: () => void } | undefined;

  constructor(inFlightMax: number) {
    this.#inFlightMax = inFlightMax;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  take(): void {
    this.#inFlight += 1;
  }

  giveBack(): void {
    this.#inFlight -= 1;
    if (this.#waiting && this.#inFlight < this.#waiting.inFlightBelow) {
      this.#waiting.resolve();
      this.#waiting = undefined;
    }
  }

  /** Resolves when one more may be sent. One caller at a time. */
  async room(): Promise<void> {
    await this.#below(this.#inFlightMax);
  }

  /** Resolves when nothing is in flight. */
  async empty(): Promise<void> {
    await this.#below(1);
  }

  #below(inFlightBelow: number): Promise<void> | undefined {
    if (this.#inFlight < inFlightBelow) return undefined;
    return new Promise((resolve) => {
      this.#waiting = { inFlightBelow, resolve };
    });
  }
}
