const retryMilliseconds = 5000;

/** Work that is tried again after a while, unless something came between. */
export class Retry {
  #timer: NodeJS.Timeout | undefined;

  /** Takes the place of what was armed before. */
  arm(work: () => void): void {
    this.disarm();
    this.#timer = setTimeout(work, retryMilliseconds);
  }

  disarm(): void {
    clearTimeout(this.#timer);
  }
}
