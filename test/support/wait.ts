const pauseMilliseconds = { min: 20, max: 250 };
/** Looking again is work for the machine that is waited for: it is done the more rarely the longer it takes. */
const pauseShareOfWait = 0.2;

/** Waits until `probe` gives a value that is not undefined, null or false, or fails at the deadline saying what it waited for. */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  deadlineMilliseconds = 10_000,
): Promise<Exclude<T, undefined | null | false>> {
  const began = performance.now();
  const deadline = began + deadlineMilliseconds;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) {
        return value as Exclude<T, undefined | null | false>;
      }
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    const now = performance.now();
    if (now > deadline) {
      throw new Error(`waited ${deadlineMilliseconds} ms for ${what}`, { cause: lastError });
    }
    const { min, max } = pauseMilliseconds;
    const pause = Math.min(max, Math.max(min, (now - began) * pauseShareOfWait));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
