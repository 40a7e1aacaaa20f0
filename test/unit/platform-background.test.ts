import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { restMillisecondsOf } from '../../cloud/platform/background.ts';
import { createLoop } from '../../cloud/platform/loop.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const wakeEveryMilliseconds = 10;

/** How often a subscriber runs that is woken forty times within 400 ms, and whether it then has seen the last wake. */
async function runsOf(subscription: { readonly isUnhurried?: boolean }) {
  let now = 0;
  let woken = 0;
  const seen: number[] = [];
  const loop = createLoop({
    name: 'test',
    everyMilliseconds: 60_000,
    restMilliseconds: restMillisecondsOf(subscription),
    run: async () => {
      seen.push(woken);
      return 'caught-up';
    },
    clock: { now: () => now, monotonic: () => now },
    onError: (_name, error) => {
      throw error;
    },
  });
  const pass = async (milliseconds: number) => {
    now += milliseconds;
    await vi.advanceTimersByTimeAsync(milliseconds);
  };
  loop.start();
  await pass(0);
  for (woken = 1; woken <= 40; woken += 1) {
    loop.wake();
    await pass(wakeEveryMilliseconds);
  }
  await pass(restMillisecondsOf(subscription));
  await loop.stop();
  return { count: seen.length, last: seen.at(-1) };
}

test('a subscriber for whose effect nobody waits takes in one run what another takes in many, and misses nothing', async () => {
  const hurried = await runsOf({});
  const unhurried = await runsOf({ isUnhurried: true });
  expect(hurried.count).toBeGreaterThan(20);
  expect(unhurried.count).toBeLessThanOrEqual(4);
  expect(hurried.last).toBeGreaterThanOrEqual(40);
  expect(unhurried.last).toBeGreaterThanOrEqual(40);
});
