import { AndonError, systemClock } from '@andon/shared/kernel';
import { banner } from './banner.ts';
import { readSettings } from './config.ts';
import { Supervisor } from './supervisor.ts';

const tell = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Starts everything, and runs until it is told to stop. */
async function main(): Promise<void> {
  const startedAt = systemClock.monotonic();
  const settings = readSettings();
  const supervisor = new Supervisor(settings, systemClock, tell);
  const asked = stopRequest(supervisor);
  const facts = await supervisor.start();
  process.stdout.write(
    `${banner({
      ...facts,
      dataDirectory: settings.dataDirectory,
      demo: settings.demo,
      seconds: (systemClock.monotonic() - startedAt) / 1000,
      coloured: process.stdout.isTTY === true,
    })}\n`,
  );
  await asked;
  await supervisor.stop();
}

/** The first signal stops in good order; one that comes more than a moment later ends everything at once. */
function stopRequest(supervisor: Supervisor): Promise<void> {
  const impatienceMilliseconds = 1000;
  let firstAt: number | undefined;
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        const now = systemClock.monotonic();
        if (firstAt === undefined) {
          firstAt = now;
          if (signal === 'SIGINT') tell('\nStopping …');
          // Before it was ready, this makes the start fail, and main ends that way.
          void supervisor.stop().then(resolve);
        } else if (now - firstAt > impatienceMilliseconds) {
          supervisor.killParts();
          process.exit(1);
        }
      });
    }
  });
}

try {
  await main();
} catch (error) {
  if (!(error instanceof AndonError)) throw error;
  tell(`${error.message} ${error.nextStep}`);
  process.exitCode = 1;
}
