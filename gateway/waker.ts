/**
 * Lets a loop sleep until something happens or a time has passed, whichever comes first. A wake that comes while
 * nobody sleeps is kept for the next sleep, so that none is missed.
 */
export class Waker {
  #awake = false;
  #wakeSleeper: (() => void) | undefined;

  wake(): void {
    this.#awake = true;
    this.#wakeSleeper?.();
  }

  /** Without `milliseconds` it sleeps until it is woken. */
  sleep(milliseconds?: number): Promise<void> {
    if (this.#awake) {
      this.#awake = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const timer =
        milliseconds === undefined ? undefined : setTimeout(() => this.#wakeSleeper?.(), milliseconds);
      this.#wakeSleeper = () => {
        clearTimeout(timer);
        this.#wakeSleeper = undefined;
        this.#awake = false;
        resolve();
      };
    });
  }
}
