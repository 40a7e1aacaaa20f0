import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AndonError } from '@andon/shared/kernel';

const sqliteBusy = 5;
const holderFile = 'held-by';

/**
 * Holds `folder` for this process alone. The lock is the kernel's (SQLite's exclusive lock on a file), so it ends
 * with the process however that ends, and there is no stale lock to judge.
 * @throws AndonError `platform.data-in-use` where another process holds it
 */
export function lockFolder(folder: string): () => void {
  const lock = new DatabaseSync(join(folder, 'lock'));
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive');
  } catch (error) {
    lock.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) {
      throw new AndonError({
        code: 'platform.data-in-use',
        message: `Another Andon (process ${holderOf(folder)}) is already running on ${folder}.`,
        nextStep: 'Stop that one first, or give this one another ANDON_DATA_DIR.',
        status: 500,
      });
    }
    throw error;
  }
  writeFileSync(join(folder, holderFile), `${process.pid}\n`);
  return () => lock.close();
}

function holderOf(folder: string): string {
  const path = join(folder, holderFile);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : 'unknown';
}
