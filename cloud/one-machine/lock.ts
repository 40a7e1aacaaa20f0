import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeDataDirectory } from '@andon/shared/data-directory';
import { AndonError } from '@andon/shared/kernel';

const sqliteBusy = 5;

/**
 * Takes the data directory for this process: an exclusive SQLite transaction, which is a lock of the kernel on a file
 * and so ends with the process, however it ends. Gives a function that lets go.
 */
export function lockDataDirectory(lockFile: string): () => void {
  makeDataDirectory(dirname(lockFile));
  const database = new DatabaseSync(lockFile);
  chmodSync(lockFile, 0o600);
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!(error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy)) throw error;
    throw new AndonError({
      code: 'one-machine.already-running',
      message: `Andon is already running on the data in ${dirname(lockFile)}.`,
      nextStep: 'Stop that one first, or start this one with another ANDON_DATA_DIR.',
      cause: error,
    });
  }
  return () => database.close();
}
