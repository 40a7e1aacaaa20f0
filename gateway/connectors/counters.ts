/** Named counters since the start, for the status page and the metrics. */
export class Counters {
  readonly #values = new Map<string, number>();

  add(name: string, amount = 1): void {
    this.#values.set(name, (this.#values.get(name) ?? 0) + amount);
  }

  get(name: string): number {
    return this.#values.get(name) ?? 0;
  }

  all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#values);
  }
}
