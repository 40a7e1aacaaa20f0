/** Waits until `probe` gives a value that is not undefined, null or false, or fails at the deadline saying what it waited for. */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  deadlineMilliseconds = 10_000,
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + deadlineMilliseconds;
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
    if (performance.now() > deadline) {
      throw new Error(`waited ${deadlineMilliseconds} ms for ${what}`, { cause: lastError });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
