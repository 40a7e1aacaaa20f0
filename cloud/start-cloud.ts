import { AndonError, systemClock, systemRandom, uuidv7Source } from '@andon/shared/kernel';
import pino, { type Logger } from 'pino';
import { type Application, createApplication } from './app.ts';
import type { CloudConfig } from './config.ts';
import { openDatabase } from './open-database.ts';
import { freePort, replaceApiKey } from './platform/index.ts';

/** What a parent with a channel is told when we are ready. */
export interface ReadyMessage {
  readonly type: 'ready';
  readonly url: string;
  /** An administrator's key, made at this start; the one of the start before is revoked. */
  readonly apiKey: string;
  readonly adminEmail: string;
  /** Only where it was made at this start. */
  readonly adminPassword?: string;
}

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
  const { application } = await starting;
  if (!isStopping()) {
    await announce(application, application.platform.publicUrl);
  }
}

async function start(
  config: CloudConfig,
  logger: Logger,
): Promise<{ application: Application; stop: () => Promise<void> }> {
  const connection = await openDatabase(config, logger);
  const port = config.httpPort === 0 ? await freePort(0) : config.httpPort;
  const publicUrl = config.publicUrl ?? `http://${hostForPeople(config.httpHost)}:${port}`;
  let application: Application | undefined;
  const stop = async (): Promise<void> => {
    await application?.stop();
    await connection.close();
  };
  try {
    application = await createApplication({
      connection,
      clock: systemClock,
      newId: uuidv7Source(),
      random: systemRandom,
      logger,
      publicUrl,
      trustedProxies: config.trustedProxies,
      administrator: { email: config.administratorEmail, password: config.administratorPassword },
      settings: {
        ...(config.smtpUrl === undefined ? {} : { smtpUrl: config.smtpUrl }),
        ...(config.smppUrl === undefined ? {} : { smppUrl: config.smppUrl }),
        ...(config.mailFrom === undefined ? {} : { mailFrom: config.mailFrom }),
        readingsDays: config.readingsDays,
      },
    });
    await application.start({ host: config.httpHost, port });
    return { application, stop };
  } catch (error) {
    await stop();
    throw listeningError(error, config.httpHost, port);
  }
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

/** 0.0.0.0 is where we listen, not where anybody goes. */
function hostForPeople(host: string): string {
  return host === '127.0.0.1' || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
}

async function announce(application: Application, url: string): Promise<void> {
  const { email, password } = application.administrator;
  if (process.send) {
    const message: ReadyMessage = {
      type: 'ready',
      url,
      apiKey: await replaceApiKey(application.platform, 'one-machine', 'system:one-machine'),
      adminEmail: email,
      ...(password === undefined ? {} : { adminPassword: password }),
    };
    process.send(message);
    return;
  }
  process.stdout.write(`ready ${url}\n`);
  if (password !== undefined) {
    process.stdout.write(`Sign in as ${email} with the password ${password} (it is shown this once)\n`);
  }
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
  // The state of the process is unknown then; everything that matters is in the database.
  const fail = (error: unknown): void => {
    logger.fatal({ err: error }, 'an error that nobody caught');
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  return () => stopping;
}

function listeningError(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new AndonError({
      code: 'cloud.port-in-use',
      message: `Port ${port} on ${host} is in use by another program.`,
      nextStep: 'Stop that program, or choose another port with ANDON_HTTP_PORT.',
      status: 500,
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
    return new AndonError({
      code: 'cloud.cannot-listen',
      message: `Andon may not listen on port ${port} of ${host} (${code}).`,
      nextStep: 'Choose another ANDON_HTTP_PORT or ANDON_HTTP_HOST.',
      status: 500,
      cause: error,
    });
  }
  return error;
}
