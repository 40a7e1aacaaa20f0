import { AndonError, randomSecret, systemClock } from '@andon/shared/kernel';
import { type ReplaySettings, type RunSettings, readSettings, usage } from './config/index.ts';
import { control } from './control/index.ts';
import { readRecording, replay, shiftedToNow } from './replay/index.ts';
import { startSimulator } from './simulator.ts';

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Runs until SIGTERM, SIGINT or, under a supervisor, until its channel closes. */
async function run(settings: RunSettings): Promise<void> {
  const simulator = await startSimulator(settings, systemClock, (line) =>
    print(`${new Date(systemClock.now()).toISOString()} ${line}`),
  );
  const stopped = Promise.withResolvers<void>();
  process.once('SIGTERM', stopped.resolve);
  process.once('SIGINT', stopped.resolve);
  // A supervisor may have gone before anybody listened.
  if (process.connected === false) stopped.resolve();
  if (process.connected) {
    process.once('disconnect', stopped.resolve);
    // One that is gone hears nothing; the end of the channel follows, and stops us.
    const ready = { type: 'ready', stillBroken: simulator.stillBroken };
    process.send?.(ready, undefined, undefined, () => undefined);
  }
  await stopped.promise;
  await simulator.stop();
  if (process.connected) process.disconnect();
}

async function play(settings: ReplaySettings): Promise<void> {
  const columns = { time: settings.timeColumn, value: settings.valueColumn };
  const open = () => readRecording(settings.file, columns);
  const recording = settings.shiftToNow ? shiftedToNow(open, systemClock.now()) : open();
  const result = await replay(recording, {
    ...settings,
    bootId: randomSecret().slice(0, 8),
    clock: systemClock,
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  print(
    `${result.acknowledged} of ${result.rows} rows acknowledged in ${result.seconds.toFixed(1)} s ` +
      `over ${result.connections} ${result.connections === 1 ? 'connection' : 'connections'}`,
  );
}

async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2));
  switch (settings.command) {
    case 'run':
      await run(settings);
      break;
    case 'control':
      for (const line of await control(settings.dataDirectory, settings.request)) print(line);
      break;
    case 'replay':
      await play(settings);
      break;
    case 'help':
      print(usage);
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof AndonError)) throw error;
  process.stderr.write(`${error.message} ${error.nextStep}\n`);
  process.exitCode = 1;
}
