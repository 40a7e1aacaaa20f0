import type { Clock } from '@andon/shared/kernel';
import type pg from 'pg';
import { announcementsOf, type Database } from './database.ts';
import { listenForEvents } from './event-listener.ts';
import { orderEvents } from './event-log.ts';
import { createLoop } from './loop.ts';
import { createSubscriber, type Subscription } from './subscriptions.ts';

/**
 * Work that takes no input and rescans the truth: what is due is found in the tables, so that a wake-up that
 * was lost costs time and never work. `run` answers how much it did; while that is not 0 it is called again.
 */
export interface BackgroundTask {
  readonly name: string;
  /** How long it may lie until it looks again by itself. */
  readonly everyMilliseconds: number;
  /**
   * Beginnings of topics: whenever one is committed (an event by its type, or what `tellCommitted` names), it looks at
   * once. Without any it goes by the clock alone.
   */
  readonly wakesOn?: readonly string[];
  run(): Promise<number>;
}

export interface BackgroundRunner {
  start(): void;
  /** Ends after the tasks that are running now. */
  stop(): Promise<void>;
  /** Looks at everything now. */
  wake(): void;
}

const lookAgainMilliseconds = 1_000;
const restMilliseconds = 10;
/** The same for subscribers for whose effect nobody waits. */
const longRestMilliseconds = 200;

export const restMillisecondsOf = ({ isUnhurried = false }: Pick<Subscription, 'isUnhurried'>): number =>
  isUnhurried ? longRestMilliseconds : restMilliseconds;

/** Runs subscriptions and rescanning tasks, each one at a time within itself, all side by side. */
export function createBackgroundRunner(options: {
  database: Database;
  pool: pg.Pool;
  clock: Clock;
  subscriptions: readonly Subscription[];
  tasks: readonly BackgroundTask[];
  /** Told when there is something new to read in the log: the live stream. */
  onWake?: () => void;
  onError: (name: string, error: Error) => void;
}): BackgroundRunner {
  const ordering = createLoop({
    name: 'order-events',
    everyMilliseconds: lookAgainMilliseconds,
    restMilliseconds,
    run: () => orderEvents(options.database),
    clock: options.clock,
    onError: options.onError,
  });
  const subscribers = options.subscriptions.map((subscription) => {
    const subscriber = createSubscriber(options.database, subscription, options.clock, (error) =>
      options.onError(subscription.name, error),
    );
    const loop = createLoop({
      name: subscription.name,
      everyMilliseconds: lookAgainMilliseconds,
      restMilliseconds: restMillisecondsOf(subscription),
      run: () => subscriber.advance(),
      clock: options.clock,
      onError: options.onError,
    });
    return { loop, types: subscription.types };
  });
  const tasks = options.tasks.map((task) => {
    const loop = createLoop({
      name: task.name,
      everyMilliseconds: task.everyMilliseconds,
      restMilliseconds,
      run: async () => ((await task.run()) > 0 ? 'more' : 'caught-up'),
      clock: options.clock,
      onError: options.onError,
    });
    return { loop, wakesOn: task.wakesOn ?? [] };
  });
  const loops = [ordering, ...subscribers.map(({ loop }) => loop), ...tasks.map(({ loop }) => loop)];
  const announcements = announcementsOf(options.database);
  let stopListening: (() => Promise<void>) | undefined;
  // A former version, still running beside this one, names no topics.
  const isForAll = (names: readonly string[]): boolean => names.includes('');
  const onCommitted = (topics: readonly string[]): void => {
    ordering.wake();
    for (const { loop, wakesOn } of tasks) {
      const isConcerned = wakesOn.some((beginning) => topics.some((topic) => topic.startsWith(beginning)));
      if (isConcerned || isForAll(topics)) {
        loop.wake();
      }
    }
  };
  const onOrdered = (types: readonly string[]): void => {
    options.onWake?.();
    for (const subscriber of subscribers) {
      if (isForAll(types) || subscriber.types.some((type) => types.includes(type))) {
        subscriber.loop.wake();
      }
    }
  };
  const wakeAll = (): void => {
    options.onWake?.();
    for (const loop of loops) {
      loop.wake();
    }
  };
  return {
    wake: wakeAll,
    start() {
      for (const loop of loops) {
        loop.start();
      }
      const unlisten = announcements.listen((kind, names) =>
        kind === 'ordered' ? onOrdered(names) : onCommitted(names),
      );
      const disconnect = listenForEvents(options.pool, announcements, {
        onConnected: wakeAll,
        onError: (error) => options.onError('listen', error),
      });
      stopListening = () => {
        unlisten();
        return disconnect();
      };
    },
    async stop() {
      await Promise.all([stopListening?.(), ...loops.map((loop) => loop.stop())]);
    },
  };
}
