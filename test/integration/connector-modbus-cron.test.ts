import { expect, it } from 'vitest';
import { startCron } from '../../gateway/connectors/modbus/cron.ts';
import { eventually } from '../support/wait.ts';

it('A cron expression calls at its times, until it is stopped', async () => {
  let calls = 0;
  const stop = startCron('* * * * * *', 'Europe/Lisbon', () => {
    calls += 1;
  });
  await eventually('two seconds to come', () => calls >= 2);
  await stop();
  const stopped = calls;
  let others = 0;
  const stopOther = startCron('* * * * * *', undefined, () => {
    others += 1;
  });
  await eventually('two seconds of another', () => others >= 2);
  await stopOther();
  expect(calls).toBe(stopped);
});
