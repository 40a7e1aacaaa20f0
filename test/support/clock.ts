import { type Clock, systemClock } from '@andon/shared/kernel';

/** A clock in a test's hand. */
export interface TestClock extends Clock {
  /** Goes forward by so many milliseconds at once. */
  advance(milliseconds: number): void;
  /** Jumps to a time, an ISO text or epoch milliseconds. */
  set(time: string | number): void;
}

/** Runs as the machine's clock does, from wherever it was set. */
export function runningClock(): TestClock {
  let offset = 0;
  return {
    now: () => Math.trunc(systemClock.now() + offset),
    monotonic: () => systemClock.monotonic() + offset,
    advance(milliseconds) {
      offset += milliseconds;
    },
    set(time) {
      offset = new Date(time).getTime() - systemClock.now();
    },
  };
}

/** Stands still until it is told to move. */
export function standingClock(start: string | number = '2026-03-02T08:00:00.000Z'): TestClock {
  let now = new Date(start).getTime();
  return {
    now: () => now,
    monotonic: () => now,
    advance(milliseconds) {
      now += milliseconds;
    },
    set(time) {
      now = new Date(time).getTime();
    },
  };
}

/** A machine's two clocks, apart: the wall clock can be set without the steady one noticing. */
export interface MachineClock extends Clock {
  /** Time passes, on both. */
  pass(milliseconds: number): void;
  /** Somebody sets the wall clock. */
  setWall(time: string | number): void;
}

export function machineClock(wall: string | number): MachineClock {
  let now = new Date(wall).getTime();
  let steady = 5000;
  return {
    now: () => now,
    monotonic: () => steady,
    pass(milliseconds) {
      now += milliseconds;
      steady += milliseconds;
    },
    setWall(time) {
      now = new Date(time).getTime();
    },
  };
}

/** Machine clocks whose time goes on by itself. */
export function runningMachineClock(wall: string | number): MachineClock {
  const began = systemClock.monotonic();
  const stepped = machineClock(wall);
  const passed = () => systemClock.monotonic() - began;
  return {
    now: () => Math.trunc(stepped.now() + passed()),
    monotonic: () => stepped.monotonic() + passed(),
    pass: (milliseconds) => stepped.pass(milliseconds),
    setWall: (time) => stepped.setWall(new Date(time).getTime() - passed()),
  };
}
