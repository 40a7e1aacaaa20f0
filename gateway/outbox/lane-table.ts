import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Gap, type Lane, type UplinkRecord, uplinkBatchRecordsMax } from '@andon/shared/contracts';
import { Compile } from 'typebox/compile';
import { RecordRows, type StoredRow } from './record-rows.ts';

/** The bodies of one batch are no longer than this together, except that one record always goes. */
export const batchBytesMax = 1024 * 1024;
/** A gap record takes about so much: less is not worth being replaced by one. */
const gapBytes = 256;

export interface StoredRecord {
  /** JSON, as it goes over the wire. */
  readonly body: string;
}

export interface LaneCounts {
  readonly epoch: string;
  /** The number of the oldest record that is not acknowledged, or of the next one where there is none. */
  readonly front: number;
  /** So many records of the oldest row are acknowledged already. */
  readonly skipped: number;
  /** Those that are not acknowledged. */
  readonly records: number;
  /** Of whole rows. */
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

/** One lane: its rows, and how they are numbered. Everything that writes runs inside the outbox's transactions. */
export class LaneTable {
  readonly lane: Lane;
  readonly #rows: RecordRows;
  readonly #saveCounts: StatementSync;
  /** As they stand on the disk. */
  #saved: LaneCounts;
  /** As they stand in the running transaction. */
  #epoch: string;
  #front: number;
  #skipped: number;
  #records: number;
  #bytes: number;
  #appended = false;

  constructor(database: DatabaseSync, lane: Lane) {
    this.lane = lane;
    this.#rows = new RecordRows(database, `${lane}_records`);
    this.#saveCounts = database.prepare(
      'UPDATE lanes SET epoch = ?, front = ?, skipped = ?, records = ?, bytes = ? WHERE name = ?',
    );
    const row = database
      .prepare('SELECT epoch, front, skipped, records, bytes FROM lanes WHERE name = ?')
      .get(lane);
    this.#saved = {
      epoch: String(row?.epoch),
      front: Number(row?.front),
      skipped: Number(row?.skipped),
      records: Number(row?.records),
      bytes: Number(row?.bytes),
    };
    this.#epoch = this.#saved.epoch;
    this.#front = this.#saved.front;
    this.#skipped = this.#saved.skipped;
    this.#records = this.#saved.records;
    this.#bytes = this.#saved.bytes;
  }

  /** As they stand in the running transaction. */
  get counts(): LaneCounts {
    return {
      epoch: this.#epoch,
      front: this.#front,
      skipped: this.#skipped,
      records: this.#records,
      bytes: this.#bytes,
    };
  }

  /** Back to what they were before a transaction that failed. */
  restoreCounts(counts: LaneCounts): void {
    this.#saved = counts;
    this.#epoch = counts.epoch;
    this.#front = counts.front;
    this.#skipped = counts.skipped;
    this.#records = counts.records;
    this.#bytes = counts.bytes;
    this.#appended = false;
    this.#rows.restore();
  }

  /** Writes what is still packed in memory, at the end of a transaction. */
  finishRows(): void {
    this.#bytes += this.#rows.finish();
  }

  saveCounts(): void {
    const { epoch, front, skipped, records, bytes } = this.#saved;
    const current = this.counts;
    if (
      epoch !== current.epoch ||
      front !== current.front ||
      skipped !== current.skipped ||
      records !== current.records ||
      bytes !== current.bytes
    ) {
      this.#saveCounts.run(
        current.epoch,
        current.front,
        current.skipped,
        current.records,
        current.bytes,
        this.lane,
      );
      this.#saved = current;
    }
  }

  /** The running transaction is in the file. */
  written(): void {
    this.#rows.written();
  }

  /** The rows of the last transaction are on the disk: they may be sent. Was anything appended? */
  durable(): boolean {
    const appended = this.#appended;
    this.#appended = false;
    this.#rows.durable();
    return appended;
  }

  append(at: number, record: UplinkRecord): void {
    this.#bytes += this.#rows.append(at, record);
    this.#records += 1;
    this.#appended = true;
  }

  appendText(at: number, body: string): void {
    this.#bytes += this.#rows.appendText(at, body);
    this.#records += 1;
    this.#appended = true;
  }

  /**
   * The records that a batch may hold: from the front, or after the number given, within the limits of a batch, at
   * least one. Only what is on the disk is given: a number that went out must not be given to another record after
   * a power cut.
   */
  window(recordsMax: number, afterNumber = this.#front - 1): StoredRecord[] {
    const records: StoredRecord[] = [];
    let passedOver = this.#skipped + afterNumber - this.#front + 1;
    let bytes = 0;
    for (const row of this.#rows.durableRows()) {
      if (passedOver >= row.records) {
        passedOver -= row.records;
        continue;
      }
      for (const body of row.bodies().slice(passedOver)) {
        bytes += Buffer.byteLength(body) + 1;
        if (records.length >= recordsMax || (records.length > 0 && bytes > batchBytesMax)) {
          return records;
        }
        records.push({ body });
      }
      passedOver = 0;
      if (records.length >= recordsMax) {
        break;
      }
    }
    return records;
  }

  oldestAt(): number | undefined {
    return this.#rows.first()?.at;
  }

  deleteThrough(acked: number): void {
    let rest = Math.min(acked - this.#front + 1, this.#records);
    let lastWhole: number | undefined;
    let bytes = 0;
    let skipped = this.#skipped;
    let passed = 0;
    for (const row of this.#rows.all()) {
      const remaining = row.records - skipped;
      if (rest < remaining) {
        skipped += Math.max(0, rest);
        passed += Math.max(0, rest);
        break;
      }
      rest -= remaining;
      passed += remaining;
      skipped = 0;
      lastWhole = row.id;
      bytes += row.bytes;
    }
    if (lastWhole !== undefined) {
      this.#rows.deleteThrough(lastWhole);
    }
    this.#front += passed;
    this.#skipped = skipped;
    this.#records -= passed;
    this.#bytes -= bytes;
  }

  /** Puts the front record's loss in its place, and gives what it was. */
  replaceFront(now: number, reason: string): StoredRecord | undefined {
    const row = this.#rows.first();
    const body = row?.bodies()[this.#skipped];
    if (row === undefined || body === undefined) {
      return undefined;
    }
    const count = gapOf(body)?.count ?? 1;
    const gap: Gap = {
      type: 'gap',
      reason: `refused: ${reason}`.slice(0, 200),
      count,
      from: row.at,
      to: now,
    };
    const rest = row.bodies().slice(this.#skipped + 1);
    this.#bytes += this.#rows.rewrite(row, [JSON.stringify(gap), ...rest]);
    this.#skipped = 0;
    return { body };
  }

  /** Rewrites the oldest row without the records that are acknowledged, so that it begins with the front. */
  trimFront(): void {
    const row = this.#rows.first();
    if (row !== undefined && this.#skipped > 0) {
      this.#bytes += this.#rows.rewrite(row, row.bodies().slice(this.#skipped));
    }
    this.#skipped = 0;
  }

  /** Numbers from 1 again; number 1 is the gap record, where there is one. */
  beginEpoch(epoch: string, now: number, gap: Gap | undefined): void {
    this.trimFront();
    this.#epoch = epoch;
    this.#front = 1;
    this.#appended = true;
    if (gap) {
      const first = this.#rows.first();
      this.#bytes += this.#rows.insert(first === undefined ? 1 : first.id - 1, now, JSON.stringify(gap));
      this.#records += 1;
    }
  }

  /**
   * Frees at least `bytesNeeded` where that can be, oldest first and never inside the window; one gap record
   * stands for all that went. Gives how many records were lost by it.
   */
  evict(bytesNeeded: number, now: number): number {
    const windowEnd = this.#windowEnd();
    if (windowEnd === undefined) {
      return 0;
    }
    const run = this.#oldestRun(windowEnd, bytesNeeded);
    if (run.records < 2 || run.bytes < gapBytes) {
      return 0;
    }
    const body = JSON.stringify({
      type: 'gap',
      reason: 'evicted: the outbox reached its byte budget',
      count: run.lost,
      from: run.from,
      to: run.to,
    } satisfies Gap);
    this.#bytes += this.#rows.replaceRun(run.firstId, run.lastId, now, body) - run.bytes;
    this.#records += 1 - run.records;
    return run.newlyLost;
  }

  /** The last row that a batch may reach into. */
  #windowEnd(): number | undefined {
    let records = -this.#skipped;
    let end: number | undefined;
    for (const row of this.#rows.all()) {
      end = row.id;
      records += row.records;
      if (records >= uplinkBatchRecordsMax) {
        break;
      }
    }
    return end;
  }

  #oldestRun(afterId: number, bytesNeeded: number) {
    const run = { bytes: 0, records: 0, lost: 0, newlyLost: 0, firstId: 0, lastId: 0, from: 0, to: 0 };
    for (const row of this.#rows.after(afterId)) {
      if (run.bytes >= bytesNeeded + gapBytes && run.records >= 2) {
        break;
      }
      if (run.records === 0) {
        run.firstId = row.id;
        run.from = row.at;
        run.to = row.at;
      }
      run.records += row.records;
      run.lastId = row.id;
      run.bytes += row.bytes;
      this.#countLoss(run, row);
    }
    return run;
  }

  #countLoss(run: { lost: number; newlyLost: number; from: number; to: number }, row: StoredRow): void {
    const gaps = row.mayHoldGaps() ? row.bodies().flatMap((body) => gapOf(body) ?? []) : [];
    const newlyLost = row.records - gaps.length;
    run.newlyLost += newlyLost;
    run.lost += newlyLost;
    run.from = Math.min(run.from, row.at);
    run.to = Math.max(run.to, row.at);
    for (const { count, from, to } of gaps) {
      run.lost += count;
      run.from = Math.min(run.from, from);
      run.to = Math.max(run.to, to);
    }
  }
}
