import { systemClock } from '@andon/shared/kernel';
import type { Logger } from 'pino';
import type { CloudConfig } from './config.ts';
import { startEmbeddedPostgres } from './embedded-postgres/index.ts';

/** The PostgreSQL of the settings: somebody else's, or ours. */
export interface DatabaseServer {
  readonly url: string;
  /** Ends it if it is ours. */
  stop(): Promise<void>;
}

export async function startDatabaseServer(config: CloudConfig, logger: Logger): Promise<DatabaseServer> {
  if (config.databaseUrl !== undefined) {
    return { url: config.databaseUrl, stop: async () => undefined };
  }
  return startEmbeddedPostgres({
    dataDirectory: config.dataDirectory,
    clock: systemClock,
    // Whoever started us holds the data for us alone. What is left of a run of its that was killed, in the middle of making
    // the database perhaps, sees that and ends; and so do we where the one who started us is gone.
    waitsForData: () => process.connected,
    logger: { info: (message) => logger.info(message), warn: (message) => logger.warn(message) },
  });
}
