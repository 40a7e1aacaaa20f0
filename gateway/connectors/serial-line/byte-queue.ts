const bytesAtFirst = 1024;

/** Bytes in the order in which they came, in one piece, without a copy of all of them for each byte that comes. */
export class ByteQueue {
  #buffer = Buffer.alloc(bytesAtFirst);
  #from = 0;
  #to = 0;

  get length(): number {
    return this.#to - this.#from;
  }

  append(bytes: Uint8Array): void {
    const length = this.length + bytes.length;
    if (this.#to + bytes.length > this.#buffer.length) {
      const target = length > this.#buffer.length ? Buffer.alloc(2 * length) : this.#buffer;
      this.#buffer.copy(target, 0, this.#from, this.#to);
      this.#buffer = target;
      this.#to = this.length;
      this.#from = 0;
    }
    this.#buffer.set(bytes, this.#to);
    this.#to += bytes.length;
  }

  /** Forgets the oldest. */
  drop(count: number): void {
    this.#from += Math.min(count, this.length);
    if (this.#from === this.#to) {
      this.#from = 0;
      this.#to = 0;
    }
  }

  /** All bytes; valid until the next `append`. */
  view(): Buffer {
    return this.#buffer.subarray(this.#from, this.#to);
  }
}
