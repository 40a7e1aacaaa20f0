import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { type Gap, type Lane, UplinkRecord, validatorOf } from '@andon/shared/contracts';
import { isDamage } from './errors.ts';
import { unpack } from './packed-readings.ts';
import { idMax, idMin } from './schema.ts';

/** What is known of a file that was set aside. */
export interface DamagedFile {
  readonly file: string;
  readonly at: number;
  readonly reason: string;
  /** How much each lane held, where that was known. */
  readonly records: Readonly<Partial<Record<Lane, number>>>;
}

/** Read as a whole or not at all: half of what was known is worse than nothing, as the cloud tells its part again. */
const stateTables = [
  'alert_states',
  'local_actions',
  'registered_devices',
  'device_states',
  'commands',
  'downlink',
  'redelivery_log',
  'redelivery_rings',
] as const;
const recordTables: Readonly<Record<'alerts_records' | 'readings_records', readonly Lane[]>> = {
  alerts_records: ['alerts'],
  readings_records: ['history', 'readings'],
};
/** As many records as may have reached the cloud without its answer having come back. */
const windowRecords = 2000;
const rowOverheadBytes = 24;

const checkRecord = validatorOf(UplinkRecord);

interface Row {
  readonly id: number;
  readonly at: number;
  readonly records: number;
  readonly body: string;
  readonly packed: Uint8Array | null;
}

/** What was read of one end of a lane. */
interface End {
  rows: number;
  records: number;
  bytes: number;
  lastId: number | undefined;
  /** Could all of it be read? */
  isComplete: boolean;
}

/**
 * Copies what can still be read of a damaged file into a new one, inside the running transaction: the state of the
 * gateway, and the records of each lane from both ends. Where the front of a lane is whole it goes on with its numbers,
 * so that the cloud stores nothing twice; else it begins anew. A gap record stands for what is lost. Gives whether the
 * state is kept.
 */
export function salvage(damaged: DamagedFile, into: DatabaseSync): boolean {
  let from: DatabaseSync | undefined;
  try {
    from = new DatabaseSync(damaged.file);
    from.exec('PRAGMA query_only = 1');
    from.prepare('SELECT name FROM lanes').all();
  } catch (error) {
    from?.close();
    if (!isUnreadable(error)) {
      throw error;
    }
    const { alerts = 0, readings = 0, history = 0 } = damaged.records;
    // Lanes that were empty have lost something all the same: what the gateway knew.
    tellLoss(into, damaged, 'alerts', Math.max(1, alerts));
    tellLoss(into, damaged, 'readings', Math.max(1, readings + history));
    return false;
  }
  try {
    for (const [table, lanes] of Object.entries(recordTables)) {
      for (const lane of lanes) {
        salvageLane(from, into, damaged, table, lane);
      }
    }
    return salvageState(from, into);
  } finally {
    from.close();
  }
}

function salvageLane(
  from: DatabaseSync,
  into: DatabaseSync,
  damaged: DamagedFile,
  table: string,
  lane: Lane,
): void {
  const counts = readable(() => from.prepare('SELECT * FROM lanes WHERE name = ?').get(lane));
  const after = Number(counts?.after_id ?? idMin);
  const through = Number(counts?.through_id ?? (lane === 'history' ? idMin : idMax));
  const skipped = Number(counts?.skipped ?? 0);
  const columns = `SELECT id, at, records, body, packed FROM ${table} WHERE id > ? AND id <= ? ORDER BY id`;
  const insert = into.prepare(`INSERT INTO ${table} (id, at, records, body, packed) VALUES (?, ?, ?, ?, ?)`);
  const keep = ({ id, at, records, body, packed }: Row) => insert.run(id, at, records, body, packed);
  const front = readRows(from.prepare(columns), [after, through], keep);
  // One id is left out for the gap.
  const rest = [(front.lastId ?? after) + 1, through] as const;
  const back = front.isComplete ? nothing : readRows(from.prepare(`${columns} DESC`), rest, keep);
  const saved = front.records + back.records - (front.rows > 0 ? skipped : 0);
  const known = counts === undefined ? damaged.records[lane] : Number(counts.records);
  const lost = known === undefined ? Number(!front.isComplete) : Math.max(0, known - saved);
  into
    .prepare(
      'UPDATE lanes SET records = ?, bytes = ?, skipped = ?, after_id = ?, through_id = ? WHERE name = ?',
    )
    .run(saved, front.bytes + back.bytes, front.rows > 0 ? skipped : 0, after, through, lane);
  // All that may have reached the cloud is here, under the numbers that it had.
  if (counts !== undefined && (lost === 0 || front.records - skipped >= windowRecords)) {
    into
      .prepare('UPDATE lanes SET epoch = ?, front = ? WHERE name = ?')
      .run(String(counts.epoch), Number(counts.front), lane);
  }
  if (lost > 0) {
    const beforeBack = (back.lastId ?? Math.max(2, after + 2)) - 1;
    tellLoss(
      into,
      damaged,
      lane,
      lost,
      Math.min(through, front.lastId === undefined ? beforeBack : front.lastId + 1),
    );
  }
}

const nothing: End = { rows: 0, records: 0, bytes: 0, lastId: undefined, isComplete: true };

/** Reads on until a row cannot be read. */
function readRows(
  query: StatementSync,
  [after, through]: readonly [number, number],
  keep: (row: Row) => void,
): End {
  const end = { ...nothing };
  const rows = query.iterate(after, through);
  for (;;) {
    const next = readable(() => rows.next());
    if (next?.done) {
      return end;
    }
    const row = next && rowOf(next.value);
    if (row === undefined) {
      return { ...end, isComplete: false };
    }
    keep(row);
    end.rows += 1;
    end.records += row.records;
    end.bytes += Buffer.byteLength(row.body) + (row.packed?.length ?? 0) + rowOverheadBytes;
    end.lastId = row.id;
  }
}

/** Undefined where the row does not hold what it says. */
function rowOf(raw: Record<string, SQLOutputValue>): Row | undefined {
  const { id, at, records, body, packed } = raw;
  const isPacked = packed instanceof Uint8Array;
  const bodies = readable(() => (isPacked ? unpack(packed) : [String(body)]));
  if (bodies?.length !== Number(records) || !bodies.every(isRecord)) {
    return undefined;
  }
  return {
    id: Number(id),
    at: Number(at),
    records: Number(records),
    body: String(body),
    packed: isPacked ? packed : null,
  };
}

/** A record whose time is still to be corrected carries a member more. */
function isRecord(body: string): boolean {
  const value: unknown = readable(() => JSON.parse(body));
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  return checkRecord.Check('clock' in value ? { ...value, clock: undefined } : value);
}

function salvageState(from: DatabaseSync, into: DatabaseSync): boolean {
  const clock = from.prepare("SELECT sql FROM sqlite_schema WHERE name IN ('clock', 'clock_scales')");
  const clockTables = readable(() => clock.all()) ?? [];
  for (const { sql } of clockTables) {
    into.exec(String(sql));
  }
  const tables = [...stateTables, ...(clockTables.length === 2 ? ['clock', 'clock_scales'] : [])];
  const copies = readable(() =>
    tables.map((table) => {
      const verdict = from.prepare(`PRAGMA quick_check(${table})`).get()?.quick_check;
      if (verdict !== 'ok') {
        throw new Error(String(verdict));
      }
      return { table, rows: from.prepare(`SELECT * FROM ${table}`).all() };
    }),
  );
  for (const { table, rows } of copies ?? []) {
    for (const row of rows) {
      const names = Object.keys(row);
      into
        .prepare(
          `INSERT OR REPLACE INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
        )
        .run(...Object.values(row));
    }
  }
  return copies !== undefined;
}

function tellLoss(into: DatabaseSync, damaged: DamagedFile, lane: Lane, count: number, id = 1): void {
  const { at, reason } = damaged;
  const gap: Gap = {
    type: 'gap',
    reason: `outbox-damaged: ${reason}`.slice(0, 200),
    count,
    from: at,
    to: at,
  };
  const body = JSON.stringify(gap);
  const table = lane === 'alerts' ? 'alerts_records' : 'readings_records';
  into.prepare(`INSERT INTO ${table} (id, at, body) VALUES (?, ?, ?)`).run(id, at, body);
  into
    .prepare('UPDATE lanes SET records = records + 1, bytes = bytes + ? WHERE name = ?')
    .run(Buffer.byteLength(body) + rowOverheadBytes, lane);
}

/** What a damaged page, or another program's schema, gives instead of rows. */
function isUnreadable(error: unknown): boolean {
  return (
    isDamage(error) ||
    (error instanceof Error && /no such (table|column)|SQL logic error/.test(error.message))
  );
}

function readable<Result>(look: () => Result): Result | undefined {
  try {
    return look();
  } catch {
    // Damaged: that is why we are here.
    return undefined;
  }
}
