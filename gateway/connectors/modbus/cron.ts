import { schedule } from 'node-cron';

/** Calls back at the times of a cron expression, until the function that it gives is called. */
export type StartCron = (
  expression: string,
  timeZone: string | undefined,
  due: () => void,
) => () => Promise<void>;

/** By `node-cron`. A time at which the machine was busy or asleep is made up for by the next one. */
export const startCron: StartCron = (expression, timeZone, due) => {
  const task = schedule(expression, due, {
    ...(timeZone === undefined ? {} : { timezone: timeZone }),
    suppressMissedWarning: true,
    unref: true,
  });
  return async () => {
    await task.destroy();
  };
};
