import { makeDataDirectory } from '@andon/shared/data-directory';
import { AndonError, jitter, systemClock, uuidv7Source } from '@andon/shared/kernel';
import { destination, pino, stdSerializers } from 'pino';
import { ConfigurationKeeper, environment, logLevel, notifySettings } from './config/index.ts';
import { startControlServer } from './control/index.ts';
import { Announcer } from './enrolment/index.ts';
import { lockDataDirectory } from './outbox/index.ts';
import { startNotifying } from './service-notify.ts';
import { Supervisor } from './supervisor.ts';

/**
 * The gateway's program: `main.ts --config FILE` runs the gateway, `main.ts NAME …` one of the programs beside it, which
 * are loaded only then.
 */
async function main(parameters: readonly string[]): Promise<void> {
  const [first, file, ...rest] = parameters;
  if (first === '--config' && file !== undefined && rest.length === 0) {
    await run(file);
    return;
  }
  const { runProgram } = await import('./programs/index.ts');
  process.exitCode = await runProgram(parameters);
}

/** Runs until it is told to stop. */
async function run(file: string): Promise<void> {
  const stopAsked = stopRequest();
  const logger = pino(
    { level: logLevel(), serializers: { error: stdSerializers.err } },
    destination({ dest: 2, sync: true }),
  );
  // Node's own words go to the log like all others: each of its lines is JSON.
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) =>
    logger[name === 'DeprecationWarning' ? 'debug' : 'warn']({ name }, message),
  );
  let lock: ReturnType<typeof lockDataDirectory> | undefined;
  const claim = (dataDirectory: string) => {
    makeDataDirectory(dataDirectory, 0o700);
    lock = lockDataDirectory(dataDirectory);
  };
  const keeper = new ConfigurationKeeper({
    claim,
    file,
    environment: environment(),
    clock: systemClock,
    logger,
  });
  logger.setBindings({ gateway: keeper.loaded.configuration.gateway.id });
  const supervisor = new Supervisor({
    keeper,
    clock: systemClock,
    newId: uuidv7Source(),
    jitter,
    logger,
    // A parent that is gone hears nothing; the end of the channel follows, and stops us.
    onReady: (ports) => process.send?.({ type: 'ready', ...ports }, undefined, undefined, () => undefined),
  });
  await supervisor.start();
  keeper.attach(supervisor);
  const control = await startControlServer(keeper.loaded.dataDirectory, keeper, supervisor, logger);
  process.on('SIGHUP', () => void keeper.reloadFile().catch(() => undefined));
  const announcer = new Announcer({ loaded: () => keeper.loaded, clock: systemClock, logger });
  announcer.start();
  const notifying = startNotifying(notifySettings(), logger);
  await Promise.race([stopAsked, supervisor.failed]);
  notifying.stop();
  await announcer.stop();
  await control.close();
  await keeper.stop();
  await supervisor.stop();
  lock?.release();
  logger.info({}, 'the gateway has stopped');
  if (process.connected) {
    process.disconnect?.();
  }
}

/** Resolves when this process is told to stop: by a signal, or because its parent went away. */
function stopRequest(): Promise<undefined> {
  return new Promise((resolve) => {
    const stop = () => resolve(undefined);
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
    if (process.send) {
      process.once('disconnect', stop);
    }
    // The parent may have gone before anybody listened.
    if (process.connected === false) {
      stop();
    }
  });
}

/** What a parser says ends without a full stop. */
function asSentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const text =
    error instanceof AndonError
      ? `${asSentence(error.message)}${error.message.includes('\n') ? '\n' : ' '}${error.nextStep}\n`
      : `${error instanceof Error ? error.stack : String(error)}\n`;
  process.stderr.write(text);
  process.exit(1);
});
