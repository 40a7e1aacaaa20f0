import cron, { type ScheduledTask } from 'node-cron';
import { type Platform, sql } from '../platform/index.ts';

/** Readings are kept for so many days after their arrival unless the settings say otherwise. */
export const retentionDaysDefault = 400;
/** Every hour, at a minute at which nobody else begins anything. */
const schedule = '23 * * * *';
const rowsAtOnceMax = 10_000;
const roundsMax = 1000;
const millisecondsPerDay = 86_400_000;

/** Forgets readings that are older than the retention, some thousand at a time; answers how many. */
export async function forgetOldReadings(platform: Platform, days: number): Promise<number> {
  const before = new Date(platform.clock.now() - days * millisecondsPerDay);
  let forgotten = 0;
  for (let round = 0; round < roundsMax; round += 1) {
    const result = await sql`
      delete from readings where ctid = any(array(
        select ctid from readings where received_at < ${before} limit ${rowsAtOnceMax} for update skip locked))
      `.execute(platform.database);
    const deleted = Number(result.numAffectedRows ?? 0n);
    forgotten += deleted;
    if (deleted < rowsAtOnceMax) {
      break;
    }
  }
  await sql`delete from reading_summaries where received_at < ${before}`.execute(platform.database);
  return forgotten;
}

export interface Retention {
  start(): void;
  stop(): Promise<void>;
}

export function createRetention(platform: Platform, days: number): Retention {
  let task: ScheduledTask | undefined;
  return {
    start() {
      task = cron.schedule(
        schedule,
        async () => {
          try {
            const forgotten = await forgetOldReadings(platform, days);
            platform.logger.info({ forgotten, days }, 'old readings were forgotten');
          } catch (error) {
            platform.logger.error(
              { err: error },
              'old readings could not be forgotten; tried again in an hour',
            );
          }
        },
        { noOverlap: true, name: 'telemetry.retention' },
      );
    },
    async stop() {
      await task?.destroy();
      task = undefined;
    },
  };
}
