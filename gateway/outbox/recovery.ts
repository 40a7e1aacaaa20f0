import { existsSync, renameSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Clock, IdentifierSource } from '@andon/shared/kernel';
import { isDamage } from './errors.ts';
import { prepareDatabase } from './schema.ts';

/** A damaged outbox that was moved out of the way. */
export interface SetAside {
  readonly file: string;
  readonly at: number;
  readonly reason: string;
}

/**
 * A file up to this size is checked as a whole when it is opened. Of a larger one the backlog is left out, which is read
 * piece by piece later: a damaged page there is found then.
 */
const checkedBytesMax = 64 * 1024 * 1024;
const busyTimeoutMilliseconds = 5000;

/** Moves a damaged database with its log to a dated name beside it. */
export function setAside(file: string, reason: string, clock: Clock): SetAside {
  const at = clock.now();
  const stamp = new Date(at).toISOString().replaceAll(/[-:]/g, '').replace('.', '');
  const target = `${file}.damaged-${stamp}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(file + suffix)) {
      renameSync(file + suffix, target + suffix);
    }
  }
  return { file: target, at, reason };
}

/** Opens the database, or sets a damaged one aside and begins a new one. */
export function openOrSetAside(
  file: string,
  clock: Clock,
  newId: IdentifierSource,
): { database: DatabaseSync; setAside: SetAside | undefined } {
  try {
    return { database: openChecked(file, newId), setAside: undefined };
  } catch (error) {
    if (!isDamage(error) && !(error instanceof DamagedError)) {
      throw error;
    }
    const moved = setAside(file, error instanceof Error ? error.message : String(error), clock);
    return { database: openChecked(file, newId), setAside: moved };
  }
}

class DamagedError extends Error {}

function openChecked(file: string, newId: IdentifierSource): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: busyTimeoutMilliseconds });
  try {
    prepareDatabase(database, newId);
    check(database, statSync(file).size <= checkedBytesMax);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function check(database: DatabaseSync, whole: boolean): void {
  const tables = database.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%\\_records' ESCAPE '\\'",
  );
  const checks = whole ? ['1'] : tables.all().map(({ name }) => String(name));
  for (const what of checks) {
    const verdict = database.prepare(`PRAGMA quick_check(${what})`).get()?.quick_check;
    if (verdict !== 'ok') {
      throw new DamagedError(String(verdict));
    }
  }
}
