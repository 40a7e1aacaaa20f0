import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Gap, type Lane, type UplinkRecord, uplinkBatchRecordsMax } from '@andon/shared/contracts';
import { type RecordRows, recordOf } from './record-rows.ts';
import { idMin } from './schema.ts';
import { gapsOf } from './thinning.ts';

/** The bodies of one batch are no longer than this together, except that one record always goes. */
export const batchBytesMax = 1024 * 1024;
/** What may be under way: in the history lane one batch is read ahead of the one that is sent. */
const windowRecords: Record<Lane, number> = {
  alerts: uplinkBatchRecordsMax,
  readings: uplinkBatchRecordsMax,
  history: 2 * uplinkBatchRecordsMax,
};

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
  /** Of the table's rows, the lane has those with ids beyond this one … */
  readonly after: number;
  /** … up to this one. */
  readonly through: number;
  /** Rows up to this one are thinned already. */
  readonly thinned: number;
  /** Rows up to this one are thinned for the second time. */
  readonly coarse: number;
}

/** Rows of a lane that were taken out to be replaced, oldest first. */
export interface RowRun {
  readonly firstId: number;
  readonly lastId: number;
  /** When the first of them was committed. */
  readonly at: number;
  readonly bytes: number;
  readonly records: readonly UplinkRecord[];
  /** How many of them are no gaps. */
  readonly whole: number;
}

/** How far a run of rows may go. */
export interface RunLimits {
  /** Begins after this row. */
  readonly after: number;
  readonly recordsMax: number;
  /** Ends where it has so much and spans so long, and holds something that is no gap. */
  readonly enoughBytes: number;
  readonly enoughMilliseconds?: number;
  /** Ends before rows that were committed at this time or later. */
  readonly committedBefore?: number;
}

/** One lane: its rows, and how they are numbered. Everything that writes runs inside the outbox's transactions. */
export class LaneTable {
  readonly lane: Lane;
  readonly #rows: RecordRows;
  readonly #saveCounts: StatementSync;
  /** As they stand on the disk. */
  #saved: LaneCounts;
  /** As they stand in the running transaction. */
  readonly #now: { -readonly [Key in keyof LaneCounts]: LaneCounts[Key] };
  #appended = false;

  constructor(database: DatabaseSync, lane: Lane, rows: RecordRows) {
    this.lane = lane;
    this.#rows = rows;
    this.#saveCounts = database.prepare(
      `UPDATE lanes SET epoch = ?, front = ?, skipped = ?, records = ?, bytes = ?, after_id = ?, through_id = ?,
        thinned_id = ?, coarse_id = ? WHERE name = ?`,
    );
    this.#saved = readCounts(database, lane);
    this.#now = { ...this.#saved };
    if (this.#now.records === 0) {
      this.#now.thinned = idMin;
      this.#now.coarse = idMin;
    }
  }

  /** As they stand in the running transaction. */
  get counts(): LaneCounts {
    return { ...this.#now };
  }

  /** Back to what they were before a transaction that failed. */
  restoreCounts(counts: LaneCounts): void {
    this.#saved = counts;
    Object.assign(this.#now, counts);
    this.#appended = false;
    this.#rows.restore();
  }

  /** Writes what is still packed in memory, at the end of a transaction. */
  finishRows(): void {
    this.#now.bytes += this.#rows.finish();
  }

  saveCounts(): void {
    const { epoch, front, skipped, records, bytes, after, through, thinned, coarse } = this.#now;
    const saved = this.#saved;
    if (
      epoch !== saved.epoch ||
      front !== saved.front ||
      skipped !== saved.skipped ||
      records !== saved.records ||
      bytes !== saved.bytes ||
      through !== saved.through ||
      after !== saved.after ||
      thinned !== saved.thinned ||
      coarse !== saved.coarse
    ) {
      this.#saveCounts.run(epoch, front, skipped, records, bytes, after, through, thinned, coarse, this.lane);
      this.#saved = this.counts;
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
    this.#now.bytes += this.#rows.append(at, record);
    this.#now.records += 1;
    this.#appended = true;
  }

  appendText(at: number, body: string): void {
    this.#now.bytes += this.#rows.appendText(at, body);
    this.#now.records += 1;
    this.#appended = true;
  }

  /**
   * The records that a batch may hold: from the front, or after the number given, within the limits of a batch, at
   * least one. Only what is on the disk is given: a number that went out must not be given to another record after
   * a power cut.
   */
  window(recordsMax: number, afterNumber = this.#now.front - 1): StoredRecord[] {
    const records: StoredRecord[] = [];
    let passedOver = this.#now.skipped + afterNumber - this.#now.front + 1;
    let bytes = 0;
    for (const row of this.#rows.durableRows(this.#now)) {
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
    return this.#rows.first(this.#now)?.at;
  }

  deleteThrough(acked: number): void {
    let rest = Math.min(acked - this.#now.front + 1, this.#now.records);
    let lastWhole: number | undefined;
    let bytes = 0;
    let skipped = this.#now.skipped;
    let passed = 0;
    for (const row of this.#rows.all(this.#now)) {
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
      this.#rows.deleteThrough(lastWhole, this.#now);
    }
    this.#now.front += passed;
    this.#now.skipped = skipped;
    this.#now.records -= passed;
    this.#now.bytes -= bytes;
  }

  /** Puts the front record's loss in its place, and gives what it was. */
  replaceFront(reason: string): StoredRecord | undefined {
    const row = this.#rows.first(this.#now);
    const body = row?.bodies()[this.#now.skipped];
    if (row === undefined || body === undefined) {
      return undefined;
    }
    const gaps = gapsOf([recordOf(body)], `refused: ${reason}`.slice(0, 200));
    const rest = row.bodies().slice(this.#now.skipped + 1);
    this.#now.bytes += this.#rows.rewrite(row, [...gaps.map((gap) => JSON.stringify(gap)), ...rest]);
    this.#now.skipped = 0;
    return { body };
  }

  /** Rewrites the oldest row without the records that are acknowledged, so that it begins with the front. */
  trimFront(): void {
    const row = this.#rows.first(this.#now);
    if (row !== undefined && this.#now.skipped > 0) {
      this.#now.bytes += this.#rows.rewrite(row, row.bodies().slice(this.#now.skipped));
    }
    this.#now.skipped = 0;
  }

  /** Numbers from 1 again; number 1 is the gap record, where there is one. */
  beginEpoch(epoch: string, now: number, gap: Gap | undefined): void {
    this.trimFront();
    this.#now.epoch = epoch;
    this.#now.front = 1;
    this.#appended = true;
    if (!gap) {
      return;
    }
    const first = this.#rows.first(this.#now);
    if (first) {
      this.#now.bytes += this.#rows.insert(first.id - 1, now, JSON.stringify(gap));
    } else {
      this.#now.bytes += this.#rows.appendText(now, JSON.stringify(gap));
      this.#now.through = Math.max(this.#now.through, this.#rows.lastId);
    }
    this.#now.records += 1;
  }

  /** Takes over everything that the other lane of the same table holds, behind what this one holds. */
  takeOver(other: LaneTable): void {
    other.finishRows();
    const theirs = other.#now;
    if (theirs.records === 0) {
      return;
    }
    if (this.#now.records === 0) {
      this.#now.skipped = theirs.skipped;
      this.#now.thinned = theirs.thinned;
      this.#now.coarse = theirs.coarse;
    } else {
      other.trimFront();
    }
    this.#now.records += theirs.records;
    this.#now.bytes += theirs.bytes;
    this.#now.through = this.#rows.endRange();
    this.#appended = true;
    theirs.after = this.#now.through;
    theirs.records = 0;
    theirs.bytes = 0;
    theirs.skipped = 0;
    theirs.thinned = idMin;
    theirs.coarse = idMin;
  }

  /** The oldest rows that no batch may reach into, within the limits; undefined where there is none. */
  oldestRun(limits: RunLimits): RowRun | undefined {
    const { after, recordsMax, enoughBytes, enoughMilliseconds = 0, committedBefore = Infinity } = limits;
    const windowEnd = this.#windowEnd();
    if (windowEnd === undefined) {
      return undefined;
    }
    const records: UplinkRecord[] = [];
    let run: Omit<RowRun, 'records'> | undefined;
    for (const row of this.#rows.after(Math.max(after, windowEnd), this.#now)) {
      const isEnough =
        run && run.whole > 0 && run.bytes >= enoughBytes && row.at - run.at >= enoughMilliseconds;
      if (isEnough || records.length >= recordsMax || row.at >= committedBefore) {
        break;
      }
      const added = row.bodies().map(recordOf);
      records.push(...added);
      const { firstId, at, bytes, whole } = run ?? { firstId: row.id, at: row.at, bytes: 0, whole: 0 };
      run = {
        firstId,
        at,
        lastId: row.id,
        bytes: bytes + row.bytes,
        whole: whole + added.filter(({ type }) => type !== 'gap').length,
      };
    }
    return run && { ...run, records };
  }

  /** Puts other records in the place of the run's, no more than those were. */
  replace(run: RowRun, records: readonly UplinkRecord[]): void {
    this.#now.bytes += this.#rows.replaceRun(run.firstId, run.lastId, run.at, records) - run.bytes;
    this.#now.records += records.length - run.records.length;
  }

  /** Rows up to this one are thinned, once or twice. */
  noteThinned(through: number, pass: 'thinned' | 'coarse'): void {
    this.#now[pass] = through;
  }

  /** The last row that a batch may reach into. */
  #windowEnd(): number | undefined {
    let records = -this.#now.skipped;
    let end: number | undefined;
    for (const row of this.#rows.all(this.#now)) {
      end = row.id;
      records += row.records;
      if (records >= windowRecords[this.lane]) {
        break;
      }
    }
    return end;
  }
}

function readCounts(database: DatabaseSync, lane: Lane): LaneCounts {
  const row = database
    .prepare(
      `SELECT epoch, front, skipped, records, bytes, after_id, through_id, thinned_id, coarse_id
       FROM lanes WHERE name = ?`,
    )
    .get(lane);
  return {
    epoch: String(row?.epoch),
    front: Number(row?.front),
    skipped: Number(row?.skipped),
    records: Number(row?.records),
    bytes: Number(row?.bytes),
    after: Number(row?.after_id),
    through: Number(row?.through_id),
    thinned: Number(row?.thinned_id),
    coarse: Number(row?.coarse_id),
  };
}
