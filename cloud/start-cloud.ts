import pino, { type Logger } from 'pino';
import type { CloudConfig } from './config.ts';
import { startDatabaseServer } from './database-server.ts';
import type { RunningCloud } from './run-cloud.ts';

/**
 * Starts everything; returns when it is ready. It ends by a signal, or when the parent's channel closes. Who says so
 * earlier waits until all has started that is to be stopped.
 */
export async function startCloud(config: CloudConfig): Promise<void> {
  const logger = pino(
    { level: config.logLevel, base: null, serializers: { err: loggedError } },
    pino.destination(2),
  );
  const starting = start(config, logger);
  const isStopping = stopWhenAsked(logger, async () => (await starting).stop());
  const running = await starting;
  if (!isStopping()) {
    await running.announce();
  }
}

/** PostgreSQL takes its time to start, and so does reading our own program: both at once. */
async function start(config: CloudConfig, logger: Logger): Promise<RunningCloud> {
  const [server, { runCloud }] = await Promise.all([
    startDatabaseServer(config, logger),
    import('./run-cloud.ts'),
  ]);
  return runCloud(config, logger, server);
}

/** What a log needs of an error. Libraries hang whole connections on theirs, with the secrets of those. */
function loggedError(error: unknown) {
  if (!(error instanceof Error)) {
    return { message: String(error) };
  }
  const { name, message, stack, cause } = error;
  return {
    type: name,
    message,
    ...('code' in error ? { code: error.code } : {}),
    stack,
    ...(cause instanceof Error ? { cause: `${cause.name}: ${cause.message}` } : {}),
  };
}

/** The function that it gives says whether somebody has asked. */
function stopWhenAsked(logger: Logger, stop: () => Promise<void>): () => boolean {
  let stopping = false;
  const end = (reason: string): void => {
    if (stopping) {
      logger.warn(`${reason} again: ending at once`);
      process.exit(1);
    }
    stopping = true;
    logger.info(`${reason}: stopping`);
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
  process.on('disconnect', () => end('the parent is gone'));
  // It may have gone before anybody listened.
  if (process.connected === false) {
    end('the parent is gone');
  }
  // The state of the process is unknown then; everything that matters is in the database.
  const fail = (error: unknown): void => {
    logger.fatal({ err: error }, 'an error that nobody caught');
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  return () => stopping;
}
