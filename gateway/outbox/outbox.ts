import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Gap, Lane, UplinkRecord } from '@andon/shared/contracts';
import { AndonError, type Clock, type IdentifierSource } from '@andon/shared/kernel';
import { isDamage, outboxError } from './errors.ts';
import { type LaneCounts, LaneTable, type StoredRecord } from './lane-table.ts';
import { openOrSetAside, type SetAside, setAside } from './recovery.ts';

export const laneNames: readonly Lane[] = ['alerts', 'readings'];

/** So many commits share a transaction at most, so that one transaction does not hold up the event loop. */
const groupCommitsMax = 10_000;
/** When so many commits wait in memory, no more input is taken from outside. */
const waitingCommitsMax = 100_000;
/** What an eviction frees beyond the need, as a share of the budget, so that it is not needed at every commit. */
const evictionShare = 0.01;
const refusedRecordsMax = 1000;
const vacuumPagesMin = 2048;
const vacuumPagesMax = 4096;

/** Puts a record at the end of a lane, inside the running transaction. */
export type Append = (lane: Lane, record: UplinkRecord) => void;

/** What is done inside the transaction. It may run statements on the outbox's database, and must not touch memory. */
export type Work = (append: Append) => void;

export interface Batch {
  readonly lane: Lane;
  readonly epoch: string;
  readonly firstSeq: number;
  readonly records: readonly StoredRecord[];
}

export interface LaneStatus {
  readonly epoch: string;
  readonly queued: number;
  readonly bytes: number;
  readonly oldestAt: number | undefined;
  readonly front: number;
}

export interface OutboxOptions {
  readonly file: string;
  /** Bytes of records kept at most; beyond it the oldest readings give way. */
  readonly bytesMax: number;
  readonly clock: Clock;
  readonly newId: IdentifierSource;
  /** No file grows beyond this many pages of 4 KiB: a last line for a disk that others need too. */
  readonly pagesMax?: number;
}

interface Waiting {
  readonly work: Work;
  readonly resolve: () => void;
  readonly reject: (error: AndonError) => void;
}

/** The promises of the gateway, on disk. See the essay in `index.ts`. */
export class Outbox {
  readonly database: DatabaseSync;
  /** The damaged file that this one replaces, if it does. */
  readonly setAside: SetAside | undefined;
  readonly #options: OutboxOptions;
  readonly #lanes: Record<Lane, LaneTable>;
  readonly #evicted: Record<Lane, number> = { alerts: 0, readings: 0 };
  readonly #refused: Record<Lane, number> = { alerts: 0, readings: 0 };
  #waiting: Waiting[] = [];
  #flushAsked = false;
  #closed = false;
  #lastError: AndonError | undefined;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #appendedListeners: ((lane: Lane) => void)[] = [];
  readonly #rollbackListeners: (() => void)[] = [];
  readonly #damageListeners: ((moved: SetAside) => void)[] = [];
  readonly #commitListeners: ((commits: number, milliseconds: number) => void)[] = [];
  readonly #append: Append = (lane, record) => this.#lanes[lane].append(this.#now, JSON.stringify(record));
  #now = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const opened = openOrSetAside(options.file, options.clock, options.newId);
    this.database = opened.database;
    this.setAside = opened.setAside;
    if (options.pagesMax !== undefined) {
      this.database.exec(`PRAGMA max_page_count = ${Math.floor(options.pagesMax)}`);
    }
    this.#lanes = {
      alerts: new LaneTable(this.database, 'alerts'),
      readings: new LaneTable(this.database, 'readings'),
    };
    this.#begin = this.database.prepare('BEGIN IMMEDIATE');
    this.#commit = this.database.prepare('COMMIT');
    if (opened.setAside) {
      this.#recordSetAside(opened.setAside);
    }
  }

  /**
   * Why input from outside should not be taken now, if so. To be asked before anything is derived from the input:
   * what was derived is in memory already, and must be committed or rolled back.
   */
  refusal(): AndonError | undefined {
    if (this.#closed) {
      return closedError();
    }
    return this.#waiting.length >= waitingCommitsMax ? busyError() : undefined;
  }

  /** Resolves when everything that `work` did is on the disk; rejects when none of it is. */
  commit(work: Work): Promise<void> {
    if (this.#closed) {
      return Promise.reject(closedError());
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject });
      this.#askFlush();
    });
  }

  /** The records at the front of the lane, as many as may be sent at once; undefined where there is none. */
  batch(lane: Lane, recordsMax: number): Batch | undefined {
    if (this.#closed) {
      return undefined;
    }
    const table = this.#lanes[lane];
    const records = this.#guarded(() => table.window(recordsMax));
    const { epoch, front } = table.counts;
    return records.length === 0 ? undefined : { lane, epoch, firstSeq: front, records };
  }

  /** Deletes everything up to and with this number: the cloud has it. */
  acknowledge(lane: Lane, acked: number): Promise<void> {
    return this.commit(() => this.#lanes[lane].deleteThrough(acked));
  }

  /** Sets the record at the front aside, with the cloud's reason, and puts a gap in its place. */
  async refuseFront(lane: Lane, reason: string): Promise<void> {
    await this.commit(() => this.#refuse(lane, reason));
    this.#refused[lane] += 1;
  }

  /** Numbers the lane from 1 again, with a gap record in front where something was lost. */
  beginEpoch(lane: Lane, gap?: Gap): Promise<void> {
    return this.commit(() => this.#lanes[lane].beginEpoch(this.#options.newId(), this.#now, gap));
  }

  status(lane: Lane): LaneStatus {
    const table = this.#lanes[lane];
    const { epoch, records, bytes, front } = table.counts;
    const oldestAt = this.#closed ? undefined : this.#guarded(() => table.oldestAt());
    return { epoch, queued: records, bytes, oldestAt, front };
  }

  /** Records lost since the start: evicted under the budget, refused by the cloud. */
  losses(lane: Lane): { evicted: number; refused: number } {
    return { evicted: this.#evicted[lane], refused: this.#refused[lane] };
  }

  /** The error of the last transaction, where it failed. */
  lastError(): AndonError | undefined {
    return this.#lastError;
  }

  onAppended(listener: (lane: Lane) => void): void {
    this.#appendedListeners.push(listener);
  }

  /** Called at once, before any promise rejects, when a transaction failed: memory must be read anew. */
  onRollback(listener: () => void): void {
    this.#rollbackListeners.push(listener);
  }

  /** Called when the file turned out to be damaged while open: it is closed and set aside; open a new outbox. */
  onDamage(listener: (moved: SetAside) => void): void {
    this.#damageListeners.push(listener);
  }

  /** Called after each transaction, with the number of commits in it and how long it took. */
  onCommit(listener: (commits: number, milliseconds: number) => void): void {
    this.#commitListeners.push(listener);
  }

  /** Gives free pages back to the file system, a few at a time. To be called now and then. */
  reclaimSpace(): void {
    if (this.#closed) {
      return;
    }
    this.#guarded(() => {
      const free = Number(this.database.prepare('PRAGMA freelist_count').get()?.freelist_count ?? 0);
      if (free > vacuumPagesMin) {
        this.database.exec(`PRAGMA incremental_vacuum(${Math.min(free, vacuumPagesMax)})`);
      }
    });
  }

  /** Commits what waits, then closes the file. */
  close(): void {
    while (this.#waiting.length > 0) {
      this.#flush();
    }
    if (!this.#closed) {
      this.#closed = true;
      this.database.close();
    }
  }

  #askFlush(): void {
    if (!this.#flushAsked) {
      this.#flushAsked = true;
      setImmediate(() => {
        this.#flushAsked = false;
        this.#flush();
        if (this.#waiting.length > 0) {
          this.#askFlush();
        }
      });
    }
  }

  #flush(): void {
    if (this.#closed || this.#waiting.length === 0) {
      return;
    }
    const group = this.#waiting.slice(0, groupCommitsMax);
    this.#waiting = this.#waiting.slice(groupCommitsMax);
    const started = this.#options.clock.monotonic();
    const before = laneNames.map((lane) => this.#lanes[lane].counts);
    try {
      this.#runTransaction(group);
    } catch (error) {
      this.#rollBack(group, before, error);
      return;
    }
    this.#lastError = undefined;
    const milliseconds = this.#options.clock.monotonic() - started;
    for (const commit of group) {
      commit.resolve();
    }
    for (const listener of this.#commitListeners) {
      listener(group.length, milliseconds);
    }
    this.#announceAppended();
  }

  #runTransaction(group: readonly Waiting[]): void {
    this.#now = this.#options.clock.now();
    this.#begin.run();
    for (const commit of group) {
      commit.work(this.#append);
    }
    const evicted = this.#evict();
    for (const lane of laneNames) {
      this.#lanes[lane].saveCounts();
    }
    this.#commit.run();
    for (const lane of laneNames) {
      this.#evicted[lane] += evicted[lane];
    }
  }

  /**
   * Rejects not only this group but all that wait: what they were computed from may include what was rolled back.
   */
  #rollBack(group: readonly Waiting[], before: readonly LaneCounts[], error: unknown): void {
    if (this.database.isTransaction) {
      this.database.exec('ROLLBACK');
    }
    for (const [index, lane] of laneNames.entries()) {
      const counts = before[index];
      if (counts) {
        this.#lanes[lane].restoreCounts(counts);
      }
    }
    const failure = outboxError(error);
    this.#lastError = failure;
    const rejected = [...group, ...this.#waiting];
    this.#waiting = [];
    if (isDamage(error)) {
      this.#handleDamage(error);
    } else {
      for (const listener of this.#rollbackListeners) {
        listener();
      }
    }
    for (const commit of rejected) {
      commit.reject(failure);
    }
  }

  /** Runs a read; a damaged file is set aside, and the caller sees the error. */
  #guarded<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      if (isDamage(error)) {
        this.#handleDamage(error);
      }
      throw outboxError(error);
    }
  }

  #handleDamage(error: unknown): void {
    this.#closed = true;
    this.database.close();
    const reason = error instanceof Error ? error.message : String(error);
    const moved = setAside(this.#options.file, reason, this.#options.clock);
    const successor = new Outbox(this.#options);
    successor.#recordSetAside(moved, this.#lanes);
    successor.close();
    for (const listener of this.#damageListeners) {
      listener(moved);
    }
  }

  /** `lost` are the lanes of the damaged file, where it had been read: then it is known how much is lost. */
  #recordSetAside(moved: SetAside, lost?: Record<Lane, LaneTable>): void {
    for (const lane of laneNames) {
      const gap: Gap = {
        type: 'gap',
        reason: `outbox-damaged: ${moved.reason}`.slice(0, 200),
        count: Math.max(1, lost?.[lane].counts.records ?? 1),
        from: moved.at,
        to: moved.at,
      };
      this.commit((append) => append(lane, gap)).catch((error: unknown) => {
        this.#lastError = outboxError(error);
      });
    }
    this.#flush();
  }

  #announceAppended(): void {
    for (const lane of laneNames) {
      if (this.#lanes[lane].takeAppended()) {
        for (const listener of this.#appendedListeners) {
          listener(lane);
        }
      }
    }
  }

  /** Readings give way first; alerts only where no reading is left to give way. */
  #evict(): Record<Lane, number> {
    const evicted = { alerts: 0, readings: 0 };
    const bytes = () => this.#lanes.alerts.counts.bytes + this.#lanes.readings.counts.bytes;
    const { bytesMax } = this.#options;
    if (bytes() > bytesMax) {
      const target = Math.floor(bytesMax * (1 - evictionShare));
      evicted.readings = this.#lanes.readings.evict(bytes() - target, this.#now);
      if (bytes() > bytesMax) {
        evicted.alerts = this.#lanes.alerts.evict(bytes() - target, this.#now);
      }
    }
    return evicted;
  }

  #refuse(lane: Lane, reason: string): void {
    const refused = this.#lanes[lane].replaceFront(this.#now, reason);
    if (!refused) {
      return;
    }
    const { epoch, front } = this.#lanes[lane].counts;
    this.database
      .prepare('INSERT INTO refused (lane, number, epoch, at, reason, body) VALUES (?, ?, ?, ?, ?, ?)')
      .run(lane, front, epoch, this.#now, reason, refused.body);
    this.database
      .prepare('DELETE FROM refused WHERE id <= (SELECT max(id) FROM refused) - ?')
      .run(refusedRecordsMax);
  }
}

function closedError(): AndonError {
  return new AndonError({
    code: 'outbox.closed',
    message: 'The outbox is closed.',
    nextStep: 'Send it again when the gateway has started.',
    status: 503,
  });
}

function busyError(): AndonError {
  return new AndonError({
    code: 'outbox.busy',
    message: `More than ${waitingCommitsMax} records wait to be kept.`,
    nextStep: 'Send it again, more slowly.',
    status: 503,
  });
}
