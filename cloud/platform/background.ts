import type { Clock } from '@andon/shared/kernel';
import type pg from 'pg';
import type { Database } from './database.ts';
import { advanceSubscription, listenForEvents, type Subscription } from './event-log.ts';

/**
 * Work that takes no input and rescans the truth: what is due is found in the tables, so that a wake-up that
 * was lost costs time and never work. `run` answers how much it did; while that is not 0 it is called again.
 */
export interface BackgroundTask {
  readonly name: string;
  /** How long it may lie until it looks again by itself. */
  readonly everyMilliseconds: number;
  run(): Promise<number>;
}

export interface BackgroundRunner {
  start(): void;
  /** Ends after the tasks that are running now. */
  stop(): Promise<void>;
  /** Looks at everything now. */
  wake(): void;
}

/** Runs subscriptions and rescanning tasks, each one at a time within itself, all side by side. */
export function createBackgroundRunner(options: {
  database: Database;
  pool: pg.Pool;
  clock: Clock;
  subscriptions: readonly Subscription[];
  tasks: readonly BackgroundTask[];
  onError: (name: string, error: Error) => void;
}): BackgroundRunner {
  const loops = [
    ...options.subscriptions.map((subscription) => {
      const failures = new Map<number, number>();
      return createLoop(
        {
          name: subscription.name,
          everyMilliseconds: 1000,
          run: () => advanceSubscription(options.database, subscription, options.clock, failures),
        },
        options.onError,
      );
    }),
    ...options.tasks.map((task) => createLoop(task, options.onError)),
  ];
  let stopListening: (() => Promise<void>) | undefined;
  const wake = (): void => {
    for (const loop of loops) {
      loop.wake();
    }
  };
  return {
    wake,
    start() {
      for (const loop of loops) {
        loop.start();
      }
      stopListening = listenForEvents(options.pool, wake, (error) => options.onError('listen', error));
    },
    async stop() {
      await stopListening?.();
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

const retryAfterErrorMilliseconds = 250;

function createLoop(task: BackgroundTask, onError: (name: string, error: Error) => void) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let wokenWhileRunning = false;
  let stopped = true;

  const schedule = (milliseconds: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = once().finally(() => {
        running = undefined;
      });
    }, milliseconds);
  };

  const once = async (): Promise<void> => {
    let next = task.everyMilliseconds;
    wokenWhileRunning = false;
    try {
      if ((await task.run()) > 0) {
        next = 0;
      }
    } catch (error) {
      next = retryAfterErrorMilliseconds;
      onError(task.name, error instanceof Error ? error : new Error(String(error)));
    }
    if (!stopped) {
      schedule(wokenWhileRunning ? 0 : next);
    }
  };

  return {
    start() {
      stopped = false;
      schedule(0);
    },
    wake() {
      if (stopped) {
        return;
      }
      if (running) {
        wokenWhileRunning = true;
      } else {
        schedule(0);
      }
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
