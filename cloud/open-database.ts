import { AndonError } from '@andon/shared/kernel';
import type { Logger } from 'pino';
import type { CloudConfig } from './config.ts';
import type { DatabaseServer } from './database-server.ts';
import { connectDatabase, type DatabaseConnection, migrate } from './platform/index.ts';

const migrationsDirectory = new URL('./migrations', import.meta.url).pathname;

export interface OpenDatabase extends DatabaseConnection {
  /** Closes the pool, and stops the server if it is ours. */
  close(): Promise<void>;
}

/** The database on that server, migrated. Where it cannot be used, the server is stopped. */
export async function openDatabase(
  config: CloudConfig,
  logger: Logger,
  server: DatabaseServer,
): Promise<OpenDatabase> {
  const connection = connectDatabase(server.url, {
    connectionsMax: config.databaseConnectionsMax,
    applicationName: 'andon',
    onError: (error) => logger.warn({ err: error }, 'a connection to the database was lost'),
  });
  try {
    const applied = await migrate(connection.pool, migrationsDirectory);
    if (applied.length > 0) {
      logger.info({ applied }, 'brought the database forward');
    }
  } catch (error) {
    await connection.close();
    await server.stop();
    throw error instanceof AndonError ? error : cannotUse(error);
  }
  return {
    ...connection,
    async close() {
      await connection.close();
      await server.stop();
    },
  };
}

function cannotUse(cause: unknown): AndonError {
  return new AndonError({
    code: 'cloud.database-unusable',
    message: `The database cannot be used: ${cause instanceof Error ? cause.message || String(cause) : String(cause)}.`,
    nextStep: 'See that DATABASE_URL is right, that the server runs, and that the user may create tables.',
    status: 500,
    cause,
  });
}
