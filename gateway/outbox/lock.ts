import { DatabaseSync } from 'node:sqlite';
import { AndonError } from '@andon/shared/kernel';
import { isBusy } from './errors.ts';

/** A connection that nobody refers to is closed by the garbage collector, and its lock lost. */
const held = new Set<DatabaseSync>();

/**
 * Takes the data directory for this process until `release` or the process's death: an exclusive lock of SQLite
 * on a file of its own, which the kernel drops with the process, so that no stale lock is ever left behind.
 * Throws `gateway.already-running` where another process has it.
 */
export function lockDataDirectory(directory: string): { release(): void } {
  const database = new DatabaseSync(`${directory}/gateway.lock`, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) {
      throw new AndonError({
        code: 'gateway.already-running',
        message: `Another gateway is running on the data directory ${directory}.`,
        nextStep: 'Stop the other one, or give this one a data directory of its own (ANDON_DATA_DIR).',
        cause: error,
      });
    }
    throw error;
  }
  held.add(database);
  return {
    release: () => {
      held.delete(database);
      database.close();
    },
  };
}
