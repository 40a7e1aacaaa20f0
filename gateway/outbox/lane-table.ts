import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Gap, type Lane, uplinkBatchRecordsMax } from '@andon/shared/contracts';
import { Compile } from 'typebox/compile';

/** The bodies of one batch are no longer than this together, except that one record always goes. */
export const batchBytesMax = 1024 * 1024;
/** What a row takes beside its body, roughly. */
const rowOverheadBytes = 24;

export interface StoredRecord {
  /** Only orders the records; not the number on the wire. */
  readonly id: number;
  readonly body: string;
}

export interface LaneCounts {
  readonly epoch: string;
  /** The number of the oldest record kept, or of the next one where there is none. */
  readonly front: number;
  readonly records: number;
  readonly bytes: number;
}

const checkGap = Compile(Gap);
const gapPrefix = '{"type":"gap"';

/** The gap record in this body, or undefined where it is another record. */
function gapOf(body: string): Gap | undefined {
  if (!body.startsWith(gapPrefix)) {
    return undefined;
  }
  const parsed: unknown = JSON.parse(body);
  return checkGap.Check(parsed) ? parsed : undefined;
}

const bodyBytes = (body: string): number => Buffer.byteLength(body) + rowOverheadBytes;

/** One lane's rows. Everything that writes runs inside the outbox's transactions. */
export class LaneTable {
  readonly lane: Lane;
  /** As they stand on the disk. */
  #saved: LaneCounts;
  #epoch: string;
  #front: number;
  #records: number;
  #bytes: number;
  #appended = false;
  readonly #insert: StatementSync;
  readonly #insertAt: StatementSync;
  readonly #selectFront: StatementSync;
  readonly #selectAfter: StatementSync;
  readonly #measureFront: StatementSync;
  readonly #deleteRange: StatementSync;
  readonly #update: StatementSync;
  readonly #saveCounts: StatementSync;

  constructor(database: DatabaseSync, lane: Lane) {
    this.lane = lane;
    const table = `${lane}_records`;
    this.#insert = database.prepare(`INSERT INTO ${table} (at, body) VALUES (?, ?)`);
    this.#insertAt = database.prepare(`INSERT INTO ${table} (id, at, body) VALUES (?, ?, ?)`);
    this.#selectFront = database.prepare(`SELECT id, at, body FROM ${table} ORDER BY id LIMIT ?`);
    this.#selectAfter = database.prepare(`SELECT id, at, body FROM ${table} WHERE id > ? ORDER BY id`);
    this.#measureFront = database.prepare(
      `SELECT min(id) AS first, max(id) AS last, sum(octet_length(body)) AS bytes, count(*) AS records
       FROM (SELECT id, body FROM ${table} ORDER BY id LIMIT ?)`,
    );
    this.#deleteRange = database.prepare(`DELETE FROM ${table} WHERE id BETWEEN ? AND ?`);
    this.#update = database.prepare(`UPDATE ${table} SET body = ? WHERE id = ?`);
    this.#saveCounts = database.prepare(
      'UPDATE lanes SET epoch = ?, front = ?, records = ?, bytes = ? WHERE name = ?',
    );
    const row = database.prepare('SELECT epoch, front, records, bytes FROM lanes WHERE name = ?').get(lane);
    this.#saved = {
      epoch: String(row?.epoch),
      front: Number(row?.front),
      records: Number(row?.records),
      bytes: Number(row?.bytes),
    };
    this.#epoch = this.#saved.epoch;
    this.#front = this.#saved.front;
    this.#records = this.#saved.records;
    this.#bytes = this.#saved.bytes;
  }

  /** As they stand in the running transaction. */
  get counts(): LaneCounts {
    return { epoch: this.#epoch, front: this.#front, records: this.#records, bytes: this.#bytes };
  }

  /** Back to what they were before a transaction that failed. */
  restoreCounts(counts: LaneCounts): void {
    this.#saved = counts;
    this.#epoch = counts.epoch;
    this.#front = counts.front;
    this.#records = counts.records;
    this.#bytes = counts.bytes;
    this.#appended = false;
  }

  saveCounts(): void {
    const { epoch, front, records, bytes } = this.#saved;
    const current = this.counts;
    if (
      epoch !== current.epoch ||
      front !== current.front ||
      records !== current.records ||
      bytes !== current.bytes
    ) {
      this.#saveCounts.run(current.epoch, current.front, current.records, current.bytes, this.lane);
      this.#saved = current;
    }
  }

  /** Was anything appended since the last call? */
  takeAppended(): boolean {
    const appended = this.#appended;
    this.#appended = false;
    return appended;
  }

  append(at: number, body: string): void {
    this.#insert.run(at, body);
    this.#records += 1;
    this.#bytes += bodyBytes(body);
    this.#appended = true;
  }

  /** The records that a batch may hold: from the front, within the limits of a batch, at least one. */
  window(recordsMax: number): StoredRecord[] {
    const records: StoredRecord[] = [];
    let bytes = 0;
    for (const row of this.#selectFront.iterate(recordsMax)) {
      const body = String(row.body);
      bytes += Buffer.byteLength(body) + 1;
      if (records.length > 0 && bytes > batchBytesMax) {
        break;
      }
      records.push({ id: Number(row.id), body });
    }
    return records;
  }

  oldestAt(): number | undefined {
    const row = this.#selectFront.get(1);
    return row === undefined ? undefined : Number(row.at);
  }

  deleteThrough(acked: number): void {
    const measured = this.#measureFront.get(Math.max(0, acked - this.#front + 1));
    const records = Number(measured?.records ?? 0);
    if (records === 0) {
      return;
    }
    this.#deleteRange.run(Number(measured?.first), Number(measured?.last));
    this.#front += records;
    this.#records -= records;
    this.#bytes -= Number(measured?.bytes) + records * rowOverheadBytes;
  }

  /** Puts the front record's loss in its place, and gives what it was. */
  replaceFront(now: number, reason: string): StoredRecord | undefined {
    const row = this.#selectFront.get(1);
    if (row === undefined) {
      return undefined;
    }
    const body = String(row.body);
    const at = Number(row.at);
    const count = gapOf(body)?.count ?? 1;
    const gap: Gap = { type: 'gap', reason: `refused: ${reason}`.slice(0, 200), count, from: at, to: now };
    const replacement = JSON.stringify(gap);
    this.#update.run(replacement, Number(row.id));
    this.#bytes += Buffer.byteLength(replacement) - Buffer.byteLength(body);
    return { id: Number(row.id), body };
  }

  /** Numbers from 1 again; number 1 is the gap record, where there is one. */
  beginEpoch(epoch: string, now: number, gap: Gap | undefined): void {
    this.#epoch = epoch;
    this.#front = 1;
    this.#appended = true;
    if (gap) {
      const first = this.#selectFront.get(1);
      const body = JSON.stringify(gap);
      this.#insertAt.run(first === undefined ? 1 : Number(first.id) - 1, now, body);
      this.#records += 1;
      this.#bytes += bodyBytes(body);
    }
  }

  /**
   * Frees at least `bytesNeeded` where that can be, oldest first and never inside the window; one gap record
   * stands for all that went. Gives how many records were lost by it.
   */
  evict(bytesNeeded: number, now: number): number {
    const windowEnd = this.window(uplinkBatchRecordsMax).at(-1)?.id;
    if (windowEnd === undefined) {
      return 0;
    }
    const run = this.#oldestRun(windowEnd, bytesNeeded);
    if (run.rows < 2) {
      return 0;
    }
    this.#deleteRange.run(run.firstId, run.lastId);
    const body = JSON.stringify({
      type: 'gap',
      reason: 'evicted: the outbox reached its byte budget',
      count: run.lost,
      from: run.from,
      to: run.to,
    } satisfies Gap);
    this.#insertAt.run(run.firstId, now, body);
    this.#records += 1 - run.rows;
    this.#bytes += bodyBytes(body) - run.bytes;
    return run.newlyLost;
  }

  #oldestRun(afterId: number, bytesNeeded: number) {
    const run = { rows: 0, bytes: 0, lost: 0, newlyLost: 0, firstId: 0, lastId: 0, from: 0, to: 0 };
    for (const row of this.#selectAfter.iterate(afterId)) {
      if (run.bytes >= bytesNeeded && run.rows >= 2) {
        break;
      }
      const body = String(row.body);
      const gap = gapOf(body);
      const at = Number(row.at);
      if (run.rows === 0) {
        run.firstId = Number(row.id);
        run.from = gap?.from ?? at;
        run.to = run.from;
      }
      run.rows += 1;
      run.lastId = Number(row.id);
      run.bytes += bodyBytes(body);
      run.lost += gap?.count ?? 1;
      run.newlyLost += gap ? 0 : 1;
      run.from = Math.min(run.from, gap?.from ?? at);
      run.to = Math.max(run.to, gap?.to ?? at);
    }
    return run;
  }
}
