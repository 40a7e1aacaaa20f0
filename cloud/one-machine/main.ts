import { AndonError, systemClock } from '@andon/shared/kernel';
import { banner } from './banner.ts';
import { readSettings } from './config.ts';
import { type RunningFacts, Supervisor } from './supervisor.ts';

const tell = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Starts everything, and runs until it is told to stop. */
async function main(): Promise<void> {
  const startedAt = systemClock.monotonic();
  const settings = readSettings();
  const supervisor = new Supervisor(settings, systemClock, tell);
  const request = stopRequest(supervisor);
  const facts = await started(supervisor, request);
  if (!facts) return request.done;
  process.stdout.write(
    `${banner({
      ...facts,
      dataDirectory: settings.dataDirectory,
      demo: settings.demo,
      seconds: (systemClock.monotonic() - startedAt) / 1000,
      coloured: process.stdout.isTTY === true,
    })}\n`,
  );
  await request.done;
}

/** undefined where it was told to stop before it was ready, which is no failure. */
async function started(supervisor: Supervisor, request: StopRequest): Promise<RunningFacts | undefined> {
  try {
    return await supervisor.start();
  } catch (error) {
    if (request.made()) return undefined;
    throw error;
  }
}

interface StopRequest {
  made(): boolean;
  /** Resolves when everything has stopped on request. */
  readonly done: Promise<void>;
}

const impatienceMilliseconds = 1000;

/** The first signal stops in good order; one that comes more than a moment later ends everything at once. */
function stopRequest(supervisor: Supervisor): StopRequest {
  const done = Promise.withResolvers<void>();
  let firstAt: number | undefined;
  const heed = (signal: string): void => {
    const now = systemClock.monotonic();
    if (firstAt === undefined) {
      firstAt = now;
      if (signal === 'SIGINT') tell('\nStopping …');
      supervisor.stop().then(done.resolve, done.reject);
    } else if (now - firstAt > impatienceMilliseconds) {
      supervisor.killParts();
      process.exit(1);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => heed(signal));
  return { made: () => firstAt !== undefined, done: done.promise };
}

try {
  await main();
} catch (error) {
  if (!(error instanceof AndonError)) throw error;
  tell(`${error.message} ${error.nextStep}`);
  process.exitCode = 1;
}
