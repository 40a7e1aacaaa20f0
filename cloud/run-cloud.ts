import { AndonError, systemClock, systemRandom, uuidv7Source } from '@andon/shared/kernel';
import type { Logger } from 'pino';
import { type Application, createApplication } from './app.ts';
import type { CloudConfig } from './config.ts';
import type { DatabaseServer } from './database-server.ts';
import { freePort } from './embedded-postgres/index.ts';
import { openDatabase } from './open-database.ts';
import { type Platform, replaceApiKey } from './platform/index.ts';

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

export interface RunningCloud {
  stop(): Promise<void>;
  /** Says that it is ready, and where: to the parent, or on the standard output. */
  announce(): Promise<void>;
}

/** Opens the database, builds everything upon it and listens. What fails stops what runs already, the server too. */
export async function runCloud(
  config: CloudConfig,
  logger: Logger,
  server: DatabaseServer,
): Promise<RunningCloud> {
  const connection = await openDatabase(config, logger, server);
  const port = config.httpPort === 0 ? await freePort(0) : config.httpPort;
  const scheme = config.tls === undefined ? 'http' : 'https';
  const publicUrl = config.publicUrl ?? `${scheme}://${hostForPeople(config.httpHost)}:${port}`;
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
      ...(config.tls === undefined ? {} : { tls: config.tls }),
      administrator: { email: config.administratorEmail, password: config.administratorPassword },
      settings: {
        ...(config.smtpUrl === undefined ? {} : { smtpUrl: config.smtpUrl }),
        ...(config.smppUrl === undefined ? {} : { smppUrl: config.smppUrl }),
        ...(config.mailFrom === undefined ? {} : { mailFrom: config.mailFrom }),
        readingsKept: config.readingsKept,
        ...(config.influx === undefined ? {} : { influx: config.influx }),
        ...(config.openIdConnect === undefined ? {} : { openIdConnect: config.openIdConnect }),
      },
    });
    await application.start({ host: config.httpHost, port });
    const { platform, administrator } = application;
    return { stop, announce: () => announce(platform, administrator) };
  } catch (error) {
    await stop();
    throw listeningError(error, config.httpHost, port);
  }
}

/** 0.0.0.0 is where we listen, not where anybody goes. */
function hostForPeople(host: string): string {
  return host === '127.0.0.1' || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
}

async function announce(
  platform: Platform,
  { email, password }: Application['administrator'],
): Promise<void> {
  const url = platform.publicUrl;
  if (process.send) {
    const message: ReadyMessage = {
      type: 'ready',
      url,
      apiKey: await replaceApiKey(platform, 'one-machine', 'system:one-machine'),
      adminEmail: email,
      ...(password === undefined ? {} : { adminPassword: password }),
    };
    // A parent that is gone hears nothing; the end of the channel follows, and stops us.
    process.send(message, undefined, undefined, () => undefined);
    return;
  }
  process.stdout.write(`ready ${url}\n`);
  if (password !== undefined) {
    process.stdout.write(`Sign in as ${email} with the password ${password} (it is shown this once)\n`);
  }
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
