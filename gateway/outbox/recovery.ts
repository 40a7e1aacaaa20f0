import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Lane } from '@andon/shared/contracts';
import { seldomValidatorOf } from '@andon/shared/contracts';
import type { Clock, IdentifierSource } from '@andon/shared/kernel';
import { Type } from 'typebox';
import { messageOf } from '../message-of.ts';
import { DamagedError, isDamage } from './errors.ts';
import { type DamagedFile, salvage } from './salvage.ts';
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
const reasonMax = 200;

const checkNote = seldomValidatorOf(
  Type.Object({
    at: Type.Number(),
    reason: Type.String(),
    records: Type.Object({
      alerts: Type.Optional(Type.Number()),
      readings: Type.Optional(Type.Number()),
      history: Type.Optional(Type.Number()),
    }),
  }),
);

/**
 * Moves a damaged database with its log to a dated name beside it, with a note of what is known of it. Needs no room but
 * for the note, which is left out where there is none.
 */
export function setAside(
  file: string,
  reason: string,
  clock: Clock,
  records: Partial<Record<Lane, number>> = {},
): SetAside {
  const at = clock.now();
  const stamp = new Date(at).toISOString().replaceAll(/[-:]/g, '').replace('.', '');
  const target = `${file}.damaged-${stamp}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(file + suffix)) {
      renameSync(file + suffix, target + suffix);
    }
  }
  keepNote(target, { at, reason: reason.slice(0, reasonMax), records });
  return { file: target, at, reason };
}

/** Where the disk is full, the name of the file says when, and what is found in it how much. */
function keepNote(file: string, note: Omit<DamagedFile, 'file'>): boolean {
  try {
    writeFileSync(noteOf(file), JSON.stringify(note));
    return true;
  } catch {
    return false;
  }
}

/**
 * Opens the database, or sets a damaged one aside and begins a new one. Whatever was set aside, now or before, is read
 * for what can be saved of it, once. Throws where there is no room for that; then it is done the next time.
 */
export function openOrSetAside(
  file: string,
  clock: Clock,
  newId: IdentifierSource,
): { database: DatabaseSync; setAside: SetAside | undefined } {
  let database: DatabaseSync;
  try {
    database = openChecked(file, newId);
  } catch (error) {
    if (!isDamage(error)) {
      throw error;
    }
    setAside(file, messageOf(error), clock);
    database = openChecked(file, newId);
  }
  try {
    return { database, setAside: takeOverDamaged(database, file, clock) };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Gives the file that was taken over, where there was one that nobody had looked at. */
function takeOverDamaged(database: DatabaseSync, file: string, clock: Clock): SetAside | undefined {
  const known = new Set(
    database
      .prepare('SELECT name FROM damage_told')
      .all()
      .map(({ name }) => String(name)),
  );
  const untold = damagedFilesOf(file).filter((name) => !known.has(name));
  const latest = untold.at(-1);
  if (latest === undefined) {
    return undefined;
  }
  const damaged = describe(join(dirname(file), latest), clock);
  database.exec('BEGIN IMMEDIATE');
  try {
    const tell = database.prepare('INSERT INTO damage_told (name) VALUES (?)');
    for (const name of untold) {
      tell.run(name);
    }
    const lost = database.prepare('SELECT at FROM memory_loss').get();
    const isOfBefore = lost !== undefined && Number(lost.at) >= damaged.at;
    const isStateKept = isOfBefore || salvage(damaged, database);
    if (!isStateKept) {
      database.prepare('INSERT OR REPLACE INTO memory_loss (only, at) VALUES (1, ?)').run(damaged.at);
    }
    database.exec('COMMIT');
    return isOfBefore ? undefined : damaged;
  } catch (error) {
    if (database.isTransaction) {
      database.exec('ROLLBACK');
    }
    throw error;
  }
}

/** Oldest first. */
function damagedFilesOf(file: string): string[] {
  const prefix = `${basename(file)}.damaged-`;
  return readdirSync(dirname(file))
    .filter((name) => name.startsWith(prefix) && /^\d{8}T\d{9}Z$/.test(name.slice(prefix.length)))
    .sort();
}

function describe(file: string, clock: Clock): DamagedFile {
  const note = readNote(file);
  if (checkNote.Check(note)) {
    return { file, at: note.at, reason: note.reason, records: note.records };
  }
  const stamp = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(file)?.slice(1).map(Number) ?? [];
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, millisecond = 0] = stamp;
  const at = Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
  return { file, at: Math.max(0, at) || clock.now(), reason: 'found beside the new one', records: {} };
}

/** Undefined where there was no room for it, or where the file is of an older program. */
function readNote(file: string): unknown {
  try {
    return JSON.parse(readFileSync(noteOf(file), 'utf8'));
  } catch {
    return undefined;
  }
}

const noteOf = (file: string): string => `${file}.json`;

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
