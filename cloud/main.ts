/**
 * The cloud as a process: `node cloud/main.ts`, or `node cloud/main.ts reset-password EMAIL`.
 *
 * When it is ready it prints `ready` with the console's address, and tells a parent that started it with a channel
 * (the one-machine mode) how to reach it. SIGTERM, SIGINT and the end of that channel stop it cleanly.
 */
import { AndonError } from '@andon/shared/kernel';
import { readConfig } from './config.ts';
import { resetLostPassword } from './reset-lost-password.ts';
import { startCloud } from './start-cloud.ts';

try {
  const [command, ...parameters] = process.argv.slice(2);
  const config = readConfig();
  if (command === 'reset-password') {
    await resetLostPassword(config, parameters[0]);
  } else if (command === undefined) {
    await startCloud(config);
  } else {
    throw new AndonError({
      code: 'cloud.unknown-command',
      message: `There is no command "${command}".`,
      nextStep: 'Start it without a command, or with reset-password EMAIL.',
    });
  }
} catch (error) {
  const line = error instanceof AndonError ? `${error.message} ${error.nextStep}` : String(error);
  process.stderr.write(`${line}\n`);
  if (!(error instanceof AndonError) && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
  }
  process.exit(1);
}
