const samplesMax = 20_000;

/** Numbers of which quantiles are asked. Of very many every second is kept, then every fourth, and so on. */
export class Samples {
  #kept: number[] = [];
  #stride = 1;
  #seen = 0;

  add(value: number): void {
    if (!Number.isFinite(value)) return;
    if (this.#seen % this.#stride === 0) this.#kept.push(value);
    this.#seen += 1;
    if (this.#kept.length >= samplesMax) {
      this.#kept = this.#kept.filter((_, index) => index % 2 === 0);
      this.#stride *= 2;
    }
  }

  get count(): number {
    return this.#seen;
  }

  /** NaN where there is none. */
  median(): number {
    const sorted = this.#kept.toSorted((one, other) => one - other);
    const middle = Math.floor(sorted.length / 2);
    const [below, above] = [sorted[middle - 1], sorted[middle]];
    if (above === undefined) return Number.NaN;
    return sorted.length % 2 === 1 || below === undefined ? above : (below + above) / 2;
  }

  /** How many are at or below this; of very many, about as many. */
  countUpTo(limit: number): number {
    return Math.round(
      (this.#kept.filter((value) => value <= limit).length / this.#kept.length) * this.#seen || 0,
    );
  }
}
