import { AndonError, jitter, systemClock, uuidv7Source } from '@andon/shared/kernel';
import { destination, pino, stdSerializers } from 'pino';
import { type LoadedConfiguration, loadConfiguration, newCredential } from './config/index.ts';
import { type Gateway, startGateway } from './gateway.ts';
import type { SetAside } from './outbox/index.ts';

/**
 * The gateway's program:
 *
 *   main.ts --config FILE    runs the gateway
 *   main.ts check FILE       says everything that is wrong with a configuration
 *   main.ts credential       makes a password for a device
 */
const usage = `usage:
  npm run gateway -- --config FILE   run the gateway
  npm run gateway -- check FILE      say everything that is wrong with a configuration
  npm run gateway -- credential      make a password for a device
`;

async function main(parameters: readonly string[]): Promise<void> {
  const [first, second, ...rest] = parameters;
  if (first === 'credential' && second === undefined) {
    const { password, configurationLine } = newCredential();
    process.stdout.write(`password: ${password}\n${configurationLine}\n`);
  } else if (first === 'check' && second !== undefined && rest.length === 0) {
    loadConfiguration(second);
    process.stdout.write(`${second} is good.\n`);
  } else if (first === '--config' && second !== undefined && rest.length === 0) {
    await run(loadConfiguration(second));
  } else {
    process.stderr.write(usage);
    process.exitCode = 2;
  }
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
