/**
 * The cloud as a process: `node cloud/main.ts`, or `node cloud/main.ts reset-password EMAIL`.
 *
 * When it is ready it prints `ready` with the console's address, and tells a parent that started it with a channel
 * (the one-machine mode) how to reach it. SIGTERM, SIGINT and the end of that channel stop it cleanly.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { makeDataDirectory } from '@andon/shared/data-directory';
import { AndonError } from '@andon/shared/kernel';
import { type CloudConfig, readConfig } from './config.ts';

async function run(
  config: CloudConfig,
  command: string | undefined,
  email: string | undefined,
): Promise<void> {
  makeDataDirectory(config.dataDirectory);
  // What was compiled once is not compiled again; so the rest is imported only now.
  enableCompileCache(join(config.dataDirectory, 'compile-cache'));
  if (command === undefined) {
    const { startCloud } = await import('./start-cloud.ts');
    await startCloud(config);
  } else if (command === 'reset-password') {
    const { resetLostPassword } = await import('./reset-lost-password.ts');
    await resetLostPassword(config, email);
  } else {
    throw new AndonError({
      code: 'cloud.unknown-command',
      message: `There is no command "${command}".`,
      nextStep: 'Start it without a command, or with reset-password EMAIL.',
    });
  }
  flushCompileCache();
}

try {
  const [command, email] = process.argv.slice(2);
  await run(readConfig(), command, email);
} catch (error) {
  const line = error instanceof AndonError ? `${error.message} ${error.nextStep}` : String(error);
  process.stderr.write(`${line}\n`);
  if (!(error instanceof AndonError) && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
  }
  process.exit(1);
}
