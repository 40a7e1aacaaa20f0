type Turn = { readonly begin: () => void; readonly cancel: (error: Error) => void };

/**
 * Who may use a line: as many at once as it takes, what is urgent before what is not, each in the order in which it
 * came. What has begun is never interrupted.
 */
export class RequestSlots {
  readonly #urgent: Turn[] = [];
  readonly #waiting: Turn[] = [];
  #free: number;

  constructor(slots: number) {
    this.#free = slots;
  }

  get urgentWaiting(): number {
    return this.#urgent.length;
  }

  async run<T>(urgent: boolean, use: () => Promise<T>): Promise<T> {
    await this.#turn(urgent ? this.#urgent : this.#waiting);
    try {
      return await use();
    } finally {
      const next = this.#urgent.shift() ?? this.#waiting.shift();
      if (next === undefined) {
        this.#free += 1;
      } else {
        next.begin();
      }
    }
  }

  /** Rejects everything urgent that has not begun. */
  cancelUrgent(error: Error): void {
    for (const { cancel } of this.#urgent.splice(0)) {
      cancel(error);
    }
  }

  #turn(queue: Turn[]): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      queue.push({ begin: resolve, cancel: reject });
    });
  }
}
