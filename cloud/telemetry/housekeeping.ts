import { setTimeout as pause } from 'node:timers/promises';
import cron, { type Logger, type ScheduledTask } from 'node-cron';
import type { Platform } from '../platform/index.ts';
import { deleteRows, dropOld, type Kept, makePartitions, tablesOf } from './partitions.ts';
import { rollUpChanges } from './roll-up.ts';
import { rollUpBacklog } from './roll-up-backlog.ts';

/** What is rolled up late is read from the list of changes meanwhile, so this decides how long that gets. */
const rollUpSchedule = '*/10 * * * * *';
/** Every hour, at a minute at which nobody else begins anything … */
const housekeepingDueSchedule = '23 * * * *';
/** … and until it is done: somebody's long query may be in its way. */
const housekeepingSchedule = '5-59/10 * * * * *';
const millisecondsPerDay = 86_400_000;

/** Readings are kept for so many days after their arrival unless the settings say otherwise, roll-ups for longer. */
export const keptDefault: Kept = { readingsDays: 400, minutesDays: 800, hoursDays: 3650 };

/** Makes what is needed ahead, and forgets what is old; answers how much. Any number of replicas may do it at once. */
export async function keepHouse(
  platform: Pick<Platform, 'database' | 'clock'>,
  kept: Kept,
): Promise<{ made: number; dropped: number; forgotten: number }> {
  const { database } = platform;
  const now = platform.clock.now();
  const done = { made: 0, dropped: 0, forgotten: 0 };
  for (const table of tablesOf(kept)) {
    done.made += await makePartitions(database, table, now);
    const { partitions, rows } = await dropOld(database, table, now);
    done.dropped += partitions;
    done.forgotten += rows;
  }
  const before = new Date(now - kept.readingsDays * millisecondsPerDay);
  for (const name of ['reading_summaries', 'reading_notes']) {
    done.forgotten += await deleteRows(database, { name, arrival: 'received_at' }, before);
  }
  return done;
}

/**
 * Rolls up what came; then what was here before there were roll-ups, slice by slice until all of it is. After each slice
 * comes what arrived meanwhile, and a rest as long as the slice took, so that those who store and ask have at least half
 * of the database. Answers how many batches and slices.
 */
export async function rollUp(
  { database, clock }: Pick<Platform, 'database' | 'clock'>,
  isStopping: () => boolean = () => false,
): Promise<number> {
  let done = await rollUpChanges(database);
  while (!isStopping()) {
    const begun = clock.monotonic();
    const signals = await rollUpBacklog(database);
    if (signals === 0) {
      break;
    }
    const took = clock.monotonic() - begun;
    done += 1 + (await rollUpChanges(database));
    await pause(took);
  }
  return done;
}

/** What `node-cron` says, in our log: that one run waits for another, or came late, is nothing that anybody must see to. */
function cronLogger(logger: Platform['logger'], task: string): Logger {
  const say = (message: string | Error, error?: Error): void =>
    logger.debug({ task, err: error ?? (message instanceof Error ? message : undefined) }, String(message));
  return {
    info: say,
    warn: say,
    debug: say,
    error: (message, error) => logger.error({ task, err: error ?? message }, String(message)),
  };
}

/** The clock-driven work on readings; every replica has one. */
export interface Housekeeping {
  start(): void;
  /** Ends after what runs now. */
  stop(): Promise<void>;
}

export function createHousekeeping(platform: Platform, kept: Kept): Housekeeping {
  const tasks: ScheduledTask[] = [];
  const running = new Set<Promise<void>>();
  const every = (schedule: string, name: string, work: () => Promise<void>): void => {
    const run = async (): Promise<void> => {
      const attempt = work().catch((error: unknown) => {
        platform.logger.error({ err: error, task: name }, 'work on readings failed; it is tried again');
      });
      running.add(attempt);
      await attempt;
      running.delete(attempt);
    };
    tasks.push(
      cron.schedule(schedule, run, { noOverlap: true, name, logger: cronLogger(platform.logger, name) }),
    );
  };
  const house = async (): Promise<void> => {
    platform.logger.info(await keepHouse(platform, kept), 'the house of readings was kept');
  };
  let isDue = true;
  let isStopping = false;
  return {
    start() {
      every(housekeepingSchedule, 'telemetry.housekeeping', async () => {
        if (isDue) {
          // Some seconds after the start, which it must not hold up; and again where somebody was in its way.
          await house();
          isDue = false;
        }
      });
      every(rollUpSchedule, 'telemetry.roll-up', async () => {
        await rollUp(platform, () => isStopping);
      });
      every(housekeepingDueSchedule, 'telemetry.housekeeping-due', async () => {
        isDue = true;
      });
    },
    async stop() {
      isStopping = true;
      await Promise.all(tasks.map((task) => task.destroy()));
      tasks.length = 0;
      await Promise.all(running);
    },
  };
}
