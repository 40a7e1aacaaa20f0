import { AndonError, jitter, systemClock, uuidv7Source } from '@andon/shared/kernel';
import { destination, pino, stdSerializers } from 'pino';
import { type LoadedConfiguration, loadConfiguration } from './config/index.ts';
import { type Gateway, startGateway } from './gateway.ts';
import type { SetAside } from './outbox/index.ts';
import { onlyParameter, programs, UsageError } from './programs/index.ts';

/**
 * The gateway's program: `main.ts --config FILE` runs the gateway, `main.ts NAME …` one of the programs beside it.
 */
async function main(parameters: readonly string[]): Promise<void> {
  const [first, ...rest] = parameters;
  const program = programs.find(({ name }) => name === first);
  try {
    if (program) {
      await program.run(rest);
    } else if (first === '--config') {
      await run(loadConfiguration(onlyParameter(rest)));
    } else {
      throw new UsageError();
    }
  } catch (error) {
    if (!(error instanceof UsageError)) {
      throw error;
    }
    process.stderr.write(usage());
    process.exitCode = 2;
  }
}

function usage(): string {
  const lines = programs.map(({ name, parameters, title }) => [`${name} ${parameters}`, title]);
  const rows = [['--config FILE', 'run the gateway'], ...lines];
  const width = Math.max(...rows.map(([call = '']) => call.length)) + 3;
  return `usage:\n${rows.map(([call = '', title]) => `  npm run gateway -- ${call.padEnd(width)}${title}\n`).join('')}`;
}

/** Runs until it is told to stop; begins anew where the outbox was found damaged. */
async function run(loaded: LoadedConfiguration): Promise<void> {
  const logger = pino(
    { base: { gateway: loaded.configuration.gateway.id }, serializers: { error: stdSerializers.err } },
    destination({ dest: 2, sync: true }),
  );
  const stopAsked = stopRequest();
  let setAside: SetAside | undefined;
  for (;;) {
    const gateway: Gateway = await startGateway({
      loaded,
      clock: systemClock,
      newId: uuidv7Source(),
      jitter,
      logger,
      ...(setAside && { setAside }),
    });
    process.send?.({ type: 'ready', ...gateway.ports });
    setAside = await Promise.race([stopAsked, gateway.damaged]);
    await gateway.stop();
    if (!setAside) {
      logger.info({}, 'the gateway has stopped');
      if (process.connected) {
        process.disconnect?.();
      }
      return;
    }
    logger.error({ ...setAside }, 'the outbox was damaged; it is set aside and the gateway begins anew');
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
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const text =
    error instanceof AndonError
      ? `${error.message}${error.message.includes('\n') ? '\n' : ' '}${error.nextStep}\n`
      : `${error instanceof Error ? error.stack : String(error)}\n`;
  process.stderr.write(text);
  process.exit(1);
});
