import { backoffMilliseconds, type Clock, jitter } from '@andon/shared/kernel';

const soonBackoff = { baseMilliseconds: 5, capMilliseconds: 250 };
const errorBackoff = { baseMilliseconds: 100, capMilliseconds: 5_000 };

export interface LoopOptions {
  readonly name: string;
  /** How long it may lie until it looks again by itself. */
  readonly everyMilliseconds: number;
  /** Between two runs of a loop that is woken: what comes in a rush is taken together. */
  readonly restMilliseconds: number;
  run(): Promise<'more' | 'soon' | 'caught-up'>;
  readonly clock: Clock;
  readonly onError: (name: string, error: Error) => void;
}

export interface Loop {
  start(): void;
  /** Runs it now, or after its rest. */
  wake(): void;
  /** Ends after the run that is under way. */
  stop(): Promise<void>;
}

/** Runs something again and again, one at a time: when it is woken, and by itself now and then. */
export function createLoop({
  name,
  everyMilliseconds,
  restMilliseconds: rest,
  run,
  clock,
  onError,
}: LoopOptions): Loop {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let wokenWhileRunning = false;
  let stopped = true;
  let waitsInARow = 0;
  let failuresInARow = 0;
  let restsUntil = 0;
  let dueAt = Number.POSITIVE_INFINITY;

  const schedule = (milliseconds: number): void => {
    clearTimeout(timer);
    dueAt = clock.monotonic() + milliseconds;
    timer = setTimeout(() => {
      wokenWhileRunning = false;
      running = once().then((next) => {
        running = undefined;
        restsUntil = clock.monotonic() + rest;
        if (!stopped) {
          schedule(wokenWhileRunning ? Math.min(next, rest) : next);
        }
      });
    }, milliseconds);
  };

  /** Runs it once; gives the milliseconds to wait before the next time. */
  const once = async (): Promise<number> => {
    try {
      const answer = await run();
      failuresInARow = 0;
      waitsInARow = answer === 'soon' ? waitsInARow + 1 : 0;
      if (answer === 'soon') {
        return backoffMilliseconds(waitsInARow - 1, soonBackoff, jitter);
      }
      return answer === 'more' ? 0 : everyMilliseconds;
    } catch (error) {
      failuresInARow += 1;
      wokenWhileRunning = false;
      onError(name, error instanceof Error ? error : new Error(String(error)));
      return backoffMilliseconds(failuresInARow - 1, errorBackoff, jitter);
    }
  };

  return {
    start() {
      stopped = false;
      schedule(0);
    },
    wake() {
      if (running !== undefined) {
        wokenWhileRunning = true;
      } else if (!stopped && failuresInARow === 0) {
        const now = clock.monotonic();
        const rested = Math.max(0, restsUntil - now);
        if (dueAt <= now) {
          schedule(0);
        } else if (now + rested < dueAt) {
          schedule(rested);
        }
      }
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
