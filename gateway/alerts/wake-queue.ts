/** What can wait in a `WakeQueue`. The queue alone writes these two. */
export interface Sleeper {
  /** When it is woken, in milliseconds since the epoch; Infinity outside of the queue. */
  wakeAt: number;
  /** Its place in the queue; -1 outside of it. */
  queueIndex: number;
}

/**
 * A binary heap that knows where each sleeper stands, so that none is in it twice and each can be moved: a rule
 * that chatters for a week still has one place.
 */
export class WakeQueue<T extends Sleeper> {
  readonly #heap: T[] = [];

  /** The earliest; it stays in the queue. */
  peek(): T | undefined {
    return this.#heap[0];
  }

  /** Puts a sleeper in, moves it, or (with undefined) takes it out. */
  schedule(sleeper: T, wakeAt: number | undefined): void {
    if (wakeAt === undefined) {
      this.#remove(sleeper);
      return;
    }
    if (sleeper.queueIndex === -1) {
      sleeper.queueIndex = this.#heap.length;
      this.#heap.push(sleeper);
    }
    sleeper.wakeAt = wakeAt;
    this.#settle(sleeper);
  }

  clear(): void {
    for (const sleeper of this.#heap) {
      sleeper.queueIndex = -1;
      sleeper.wakeAt = Infinity;
    }
    this.#heap.length = 0;
  }

  #remove(sleeper: T): void {
    if (sleeper.queueIndex === -1) return;
    const last = this.#heap.pop();
    if (last !== undefined && last !== sleeper) {
      this.#place(last, sleeper.queueIndex);
      this.#settle(last);
    }
    sleeper.queueIndex = -1;
    sleeper.wakeAt = Infinity;
  }

  /** Moves a sleeper up or down until its neighbours are in order. */
  #settle(sleeper: T): void {
    for (;;) {
      const parent = this.#heap[(sleeper.queueIndex - 1) >> 1];
      if (sleeper.queueIndex === 0 || parent === undefined || parent.wakeAt <= sleeper.wakeAt) break;
      this.#swap(sleeper, parent);
    }
    for (;;) {
      const left = this.#heap[2 * sleeper.queueIndex + 1];
      const right = this.#heap[2 * sleeper.queueIndex + 2];
      const child = right !== undefined && left !== undefined && right.wakeAt < left.wakeAt ? right : left;
      if (child === undefined || child.wakeAt >= sleeper.wakeAt) break;
      this.#swap(sleeper, child);
    }
  }

  #swap(one: T, other: T): void {
    const index = one.queueIndex;
    this.#place(one, other.queueIndex);
    this.#place(other, index);
  }

  #place(sleeper: T, index: number): void {
    sleeper.queueIndex = index;
    this.#heap[index] = sleeper;
  }
}
