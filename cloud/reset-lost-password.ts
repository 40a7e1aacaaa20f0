import { AndonError, systemClock, systemRandom, uuidv7Source } from '@andon/shared/kernel';
import pino from 'pino';
import type { CloudConfig } from './config.ts';
import { startDatabaseServer } from './database-server.ts';
import { findRunningPostgres } from './embedded-postgres/index.ts';
import { openDatabase } from './open-database.ts';
import { resetPassword } from './platform/index.ts';

/** `reset-password EMAIL`: whoever may start the cloud on this machine may let anybody in again. */
export async function resetLostPassword(config: CloudConfig, email: string | undefined): Promise<void> {
  if (email === undefined) {
    throw new AndonError({
      code: 'cloud.reset-password-of-whom',
      message: 'reset-password needs the email of the user.',
      nextStep: 'For example: npm run cloud -- reset-password admin@andon.local',
    });
  }
  const logger = pino({ level: 'warn' }, pino.destination(2));
  // A cloud that runs now keeps the database already.
  const running = config.databaseUrl ?? findRunningPostgres(config.dataDirectory);
  const server = await startDatabaseServer({ ...config, databaseUrl: running }, logger);
  const connection = await openDatabase(config, logger, server);
  try {
    const password = await resetPassword(
      {
        ...connection,
        clock: systemClock,
        newId: uuidv7Source(),
        random: systemRandom,
        logger,
        publicUrl: config.publicUrl ?? '',
      },
      email,
    );
    process.stdout.write(`The password of ${email} is now ${password}\n`);
  } finally {
    await connection.close();
  }
}
