import type { DatabaseSync } from 'node:sqlite';

/** No row has an id beyond these. */
export const idMin = Number.MIN_SAFE_INTEGER;
export const idMax = Number.MAX_SAFE_INTEGER;

/**
 * One file for everything that must be committed together: the lanes and the state of whoever writes to them.
 * `id` of a record only orders it; its number on the wire is its rank (see the essay).
 */
const tables = `
  CREATE TABLE lanes (
    name TEXT PRIMARY KEY, epoch TEXT NOT NULL, front INTEGER NOT NULL, records INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE alerts_records (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE TABLE readings_records (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE TABLE refused (
    id INTEGER PRIMARY KEY, lane TEXT NOT NULL, number INTEGER NOT NULL, epoch TEXT NOT NULL, at INTEGER NOT NULL,
    reason TEXT NOT NULL, body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE alert_states (key TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE local_actions (
    id INTEGER PRIMARY KEY, alert_id TEXT NOT NULL, device_id TEXT NOT NULL, action TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE redelivery_keys (
    device_id TEXT NOT NULL, slot INTEGER NOT NULL, key TEXT NOT NULL, serial INTEGER NOT NULL,
    PRIMARY KEY (device_id, slot)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE registered_devices (device_id TEXT PRIMARY KEY, definition TEXT) STRICT, WITHOUT ROWID;
  CREATE TABLE device_states (device_id TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE commands (
    id TEXT PRIMARY KEY, device_id TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, final INTEGER NOT NULL,
    received_at INTEGER NOT NULL, executing_at INTEGER, boot_id_before TEXT, command TEXT NOT NULL
  ) STRICT;
  CREATE INDEX commands_open ON commands (device_id) WHERE final = 0;
  CREATE INDEX commands_final ON commands (received_at) WHERE final = 1;
  CREATE TABLE downlink (only INTEGER PRIMARY KEY CHECK (only = 1), last_event_id TEXT NOT NULL) STRICT;
`;

/** When the memory before this file was lost, where it replaces a damaged one. */
const memoryLoss = `
  CREATE TABLE memory_loss (only INTEGER PRIMARY KEY CHECK (only = 1), at INTEGER NOT NULL) STRICT;
`;

/**
 * A row may hold many readings, packed (see `packed-readings.ts`), and then its `body` is empty; rows of before stay as
 * they are. Of the row at the front, `skipped` records are acknowledged already. What is known of messages that came of
 * late is a log, one row for each transaction, which now and then is gathered into a row for each device.
 */
const packedRows = `
  ALTER TABLE alerts_records ADD COLUMN records INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE alerts_records ADD COLUMN packed BLOB;
  ALTER TABLE readings_records ADD COLUMN records INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE readings_records ADD COLUMN packed BLOB;
  ALTER TABLE lanes ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;
  DROP TABLE redelivery_keys;
  CREATE TABLE redelivery_log (id INTEGER PRIMARY KEY, keys BLOB NOT NULL) STRICT;
  CREATE TABLE redelivery_rings (device_id TEXT PRIMARY KEY, keys BLOB NOT NULL) STRICT;
`;

/**
 * Of a table's rows, a lane has those with ids beyond `after_id`, up to `through_id`: readings and history share a table,
 * so that a backlog goes from one to the other without being written anew. Rows up to `thinned_id` are thinned already,
 * up to `coarse_id` for the second time.
 */
const history = `
  ALTER TABLE lanes ADD COLUMN after_id INTEGER NOT NULL DEFAULT ${idMin};
  ALTER TABLE lanes ADD COLUMN through_id INTEGER NOT NULL DEFAULT ${idMax};
  ALTER TABLE lanes ADD COLUMN thinned_id INTEGER NOT NULL DEFAULT ${idMin};
  ALTER TABLE lanes ADD COLUMN coarse_id INTEGER NOT NULL DEFAULT ${idMin};
`;

/** Files that were set aside and whose loss is told. */
const damageTold = `
  CREATE TABLE damage_told (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
`;

/** The tables stay as they are, but rows may hold packed summaries, which a program of before cannot read. */
const packedSummaries = '';

/** Each leads from one version of the file to the next. */
const migrations: readonly string[] = [tables, memoryLoss, packedRows, history, damageTold, packedSummaries];

/**
 * Sets how the file is written, and makes the tables where it is new or of an older program. `NORMAL` leaves it to
 * `LogSync` to bring the log onto the disk before anybody is told that a commit succeeded.
 */
export function prepareDatabase(database: DatabaseSync, newId: () => string): void {
  // The vacuum mode is fixed by the first write, so it comes before the journal mode, which writes.
  database.exec(`
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 400;
    PRAGMA journal_size_limit = 33554432;
    PRAGMA temp_store = MEMORY;
  `);
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version === migrations.length) {
    return;
  }
  if (version > migrations.length) {
    throw new Error(`the file has the schema ${version}, this program knows ${migrations.length}`);
  }
  database.exec('BEGIN IMMEDIATE');
  database.exec(migrations.slice(version).join(''));
  const insertLane = database.prepare(
    `INSERT OR IGNORE INTO lanes (name, epoch, front, records, bytes, through_id) VALUES (?, ?, 1, 0, 0, ?)`,
  );
  const epoch = newId();
  insertLane.run('alerts', epoch, idMax);
  insertLane.run('readings', epoch, idMax);
  insertLane.run('history', epoch, idMin);
  database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`);
}
