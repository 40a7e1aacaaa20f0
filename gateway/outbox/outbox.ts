import type { DatabaseSync } from 'node:sqlite';
import type { Gap, Lane } from '@andon/shared/contracts';
import type { AndonError } from '@andon/shared/kernel';
import { messageOf } from '../message-of.ts';
import { busyError, closedError, fullError, isDamage, outboxError } from './errors.ts';
import { GroupCommit } from './group-commit.ts';
import type { LaneCounts, LaneTable } from './lane-table.ts';
import { type LogSync, openLogSync } from './log-sync.ts';
import { type Losses, noLosses, RoomMaker } from './making-room.ts';
import { openFile, openLanes } from './opening.ts';
import type { Append, Batch, LaneStatus, OutboxOptions, Work } from './outbox-contract.ts';
import { type SetAside, setAside } from './recovery.ts';

export const laneNames: readonly Lane[] = ['alerts', 'readings', 'history'];

/** When so many commits wait in memory, no more input is taken from outside. */
const waitingCommitsMax = 100_000;
const refusedRecordsMax = 1000;
const vacuumPagesMin = 2048;
const vacuumPagesMax = 4096;

/** The promises of the gateway, on disk. See the essay in `index.ts`. */
export class Outbox {
  readonly database: DatabaseSync;
  /** The damaged file that this one replaces, if it does. */
  readonly setAside: SetAside | undefined;
  /** When the memory before this file was lost: the lanes, the state of alerts, the journal of commands. */
  readonly memoryLostAt: number | undefined;
  readonly #options: OutboxOptions;
  readonly #lanes: Record<Lane, LaneTable>;
  readonly #group: GroupCommit<Work>;
  readonly #room: RoomMaker;
  readonly #losses = noLosses();
  readonly #refused: Record<Lane, number> = { alerts: 0, readings: 0, history: 0 };
  readonly #appendedListeners = new Set<(lane: Lane) => void>();
  readonly #rollbackListeners: ((inFile: Promise<void> | undefined) => void)[] = [];
  readonly #damageListeners: ((moved: SetAside) => void)[] = [];
  readonly #commitListeners: ((commits: number, milliseconds: number) => void)[] = [];
  readonly #append: Append;
  readonly #logSync: LogSync;
  #closed = false;
  #lastError: AndonError | undefined;
  readonly #failures = new Map<string, number>();
  /** What the lanes are on the disk. */
  #kept: Record<Lane, LaneCounts>;
  /** Of the transaction under way: when it began, and what is lost by it. */
  #now = 0;
  #losing: Losses[] = [];

  constructor(options: OutboxOptions) {
    this.#options = options;
    const opened = openFile(options);
    this.database = opened.database;
    this.setAside = opened.setAside;
    if (options.pagesMax !== undefined) {
      this.database.exec(`PRAGMA max_page_count = ${Math.floor(options.pagesMax)}`);
    }
    this.#lanes = openLanes(this.database);
    this.#room = new RoomMaker(this.#lanes, options);
    this.#kept = this.#counts();
    const { stamp, steadyNow = () => options.clock.now() } = options;
    this.#append = (lane, record) => {
      const noted = stamp?.(record);
      if (noted) {
        this.#lanes[lane].appendText(this.#now, JSON.stringify(noted));
      } else {
        this.#lanes[lane].append(this.#now, record);
      }
    };
    this.#logSync = (options.openLogSync ?? openLogSync)(options.file);
    this.#group = new GroupCommit(this.database, this.#logSync, options.clock, {
      begun: () => {
        this.#now = Math.round(steadyNow());
        this.#losing = [];
      },
      run: (work) => work(this.#append),
      closing: () => this.#closing(),
      written: () => this.#written(),
      durable: (commits, milliseconds) => this.#durable(commits, milliseconds),
      failed: (error) => this.#failed(error),
      notSynced: (error, transaction) => this.#notSynced(error, transaction),
    });
    const lost = this.database.prepare('SELECT at FROM memory_loss').get();
    this.memoryLostAt = lost && Number(lost.at);
  }

  /**
   * Why input from outside should not be taken now, if so. To be asked before anything is derived from the input:
   * what was derived is in memory already, and must be committed or rolled back. `gathered` is how much the asker has
   * gathered for one commit.
   */
  refusal(gathered = 0): AndonError | undefined {
    if (this.#closed) {
      return closedError();
    }
    if (this.#room.isFull('readings')) {
      return fullError();
    }
    const waiting = this.#group.waiting + gathered;
    return waiting >= waitingCommitsMax ? busyError(waiting) : undefined;
  }

  /**
   * Resolves when everything that `work` did is on the disk; rejects when none of it is. Those who ask while the same
   * transaction gathers get the same promise. What is patient may wait some milliseconds, so that more comes together.
   */
  commit(work: Work, isPatient = false): Promise<void> {
    if (this.#closed) {
      return Promise.reject(closedError());
    }
    return this.#group.add(work, isPatient);
  }

  /** What is patient has gathered enough. */
  hasten(): void {
    this.#group.hasten();
  }

  /** Resolves when everything that was asked for so far is on the disk; rejects where the latest of it is not. */
  settled(): Promise<void> {
    return this.#group.rewriteNeeded ? this.commit(() => undefined) : this.#group.settled();
  }

  /** Looks into the database outside of a transaction; where that shows that the file is damaged, it is set aside. */
  read<Result>(look: () => Result): Result {
    if (this.#closed) {
      throw closedError();
    }
    try {
      return look();
    } catch (error) {
      if (isDamage(error)) {
        this.#handleDamage(error);
      }
      throw outboxError(error);
    }
  }

  /**
   * The records at the front of the lane, or after the number given, as many as may be sent at once; undefined where
   * there is none.
   */
  batch(lane: Lane, recordsMax: number, afterNumber?: number): Batch | undefined {
    if (this.#closed) {
      return undefined;
    }
    const table = this.#lanes[lane];
    const { epoch, front } = table.counts;
    const after = afterNumber ?? front - 1;
    const records = this.read(() => table.window(recordsMax, after));
    return records.length === 0 ? undefined : { lane, epoch, firstSeq: after + 1, records };
  }

  /** Deletes everything up to and with this number: the cloud has it. Nobody is in a hurry for that. */
  acknowledge(lane: Lane, acked: number): Promise<void> {
    return this.commit(() => this.#lanes[lane].deleteThrough(acked), true);
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

  /**
   * Leaves all readings that wait to the history lane, which is sent beside what comes from now on. Only while none of
   * them may have reached the cloud under its number in the readings lane.
   */
  demote(): Promise<void> {
    return this.commit(() => this.#lanes.history.takeOver(this.#lanes.readings));
  }

  status(lane: Lane): LaneStatus {
    const { epoch, records, bytes, front } = this.#lanes[lane].counts;
    const age = this.oldestAge(lane);
    const oldestAt = age === undefined ? undefined : Math.round(this.#options.clock.now() - age);
    return { epoch, queued: records, bytes, oldestAt, front };
  }

  /** For how many milliseconds the oldest record waits, whatever happened to the clock; undefined where none does. */
  oldestAge(lane: Lane): number | undefined {
    const at = this.#closed ? undefined : this.read(() => this.#lanes[lane].oldestAt());
    return at === undefined ? undefined : Math.max(0, this.#steadyNow() - at);
  }

  /** Records lost since the start: evicted under the budget, too old, refused by the cloud; or thinned. */
  losses(lane: Lane): { evicted: number; thinned: number; expired: number; refused: number } {
    return { ...this.#losses[lane], refused: this.#refused[lane] };
  }

  /** Drops what is older than its lane keeps. To be called now and then. */
  async expire(): Promise<void> {
    const { alerts, readings } = this.#options;
    const isLimited = [alerts, readings].some((policy) => policy?.timeToLiveMilliseconds !== undefined);
    if (isLimited && !this.#closed) {
      await this.commit(() => {
        this.#losing.push(this.#room.expire(this.#now));
      });
    }
  }

  /** How many transactions failed since the start, by the code of their error. */
  failures(): ReadonlyMap<string, number> {
    return this.#failures;
  }

  /** The error of the last transaction, where it failed. */
  lastError(): AndonError | undefined {
    return this.#lastError;
  }

  /** Gives a function that ends it. */
  onAppended(listener: (lane: Lane) => void): () => void {
    this.#appendedListeners.add(listener);
    return () => this.#appendedListeners.delete(listener);
  }

  /**
   * Called at once, before any promise rejects, when nothing of what was asked for is kept for sure: memory must be read
   * anew. What was asked for with the promise `inFile` is in the file nevertheless, and will be on the disk one day; it
   * must not be asked for again.
   */
  onRollback(listener: (inFile: Promise<void> | undefined) => void): void {
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
    this.read(() => {
      const free = Number(this.database.prepare('PRAGMA freelist_count').get()?.freelist_count ?? 0);
      if (free > vacuumPagesMin) {
        this.database.exec(`PRAGMA incremental_vacuum(${Math.min(free, vacuumPagesMax)})`);
      }
    });
  }

  /** Commits what waits, then closes the file. */
  close(): void {
    if (!this.#closed) {
      this.#group.flush();
    }
    // The flush may have found the file damaged, and closed it.
    if (!this.#closed) {
      this.#closed = true;
      this.#logSync.close();
      this.database.close();
    }
  }

  #steadyNow(): number {
    const { steadyNow, clock } = this.#options;
    return steadyNow?.() ?? clock.now();
  }

  #counts(): Record<Lane, LaneCounts> {
    const { alerts, readings, history } = this.#lanes;
    return { alerts: alerts.counts, readings: readings.counts, history: history.counts };
  }

  #closing(): void {
    // What is packed goes to the end of the table, which is the readings lane.
    this.#lanes.alerts.finishRows();
    this.#lanes.readings.finishRows();
    this.#losing.push(this.#room.make());
    for (const lane of laneNames) {
      this.#lanes[lane].saveCounts();
    }
  }

  #written(): void {
    this.#kept = this.#counts();
    for (const lane of laneNames) {
      this.#lanes[lane].written();
      for (const losses of this.#losing) {
        this.#losses[lane].evicted += losses[lane].evicted;
        this.#losses[lane].thinned += losses[lane].thinned;
        this.#losses[lane].expired += losses[lane].expired;
      }
    }
  }

  #durable(commits: number, milliseconds: number): void {
    this.#lastError = undefined;
    for (const listener of this.#commitListeners) {
      listener(commits, milliseconds);
    }
    for (const lane of laneNames) {
      if (this.#lanes[lane].durable()) {
        for (const listener of this.#appendedListeners) {
          listener(lane);
        }
      }
    }
  }

  #failed(error: unknown): AndonError {
    for (const lane of laneNames) {
      this.#lanes[lane].restoreCounts(this.#kept[lane]);
    }
    const failure = outboxError(error);
    this.#noteFailure(failure);
    if (isDamage(error)) {
      this.#handleDamage(error);
      return failure;
    }
    this.#tellRollback(undefined);
    return failure;
  }

  /** It is in the file, and memory agrees with it; but who asked is told that it is not kept, and asks again. */
  #notSynced(error: unknown, transaction: Promise<void>): AndonError {
    const failure = outboxError(error);
    this.#noteFailure(failure);
    this.#tellRollback(transaction);
    return failure;
  }

  #noteFailure(failure: AndonError): void {
    this.#lastError = failure;
    this.#failures.set(failure.code, (this.#failures.get(failure.code) ?? 0) + 1);
  }

  #tellRollback(inFile: Promise<void> | undefined): void {
    try {
      for (const listener of this.#rollbackListeners) {
        listener(inFile);
      }
    } catch (worse) {
      // A listener that read its state anew found the file damaged: that is dealt with, and there is no state any more.
      if (!this.#closed) {
        throw worse;
      }
    }
  }

  /** The file goes out of the way; whoever opens the next one saves what can be read of it. */
  #handleDamage(error: unknown): void {
    const { file, clock } = this.#options;
    this.#closed = true;
    this.#logSync.close();
    this.database.close();
    this.#group.abandon(outboxError(error));
    const { alerts, readings, history } = this.#lanes;
    const moved = setAside(file, messageOf(error), clock, {
      alerts: alerts.counts.records,
      readings: readings.counts.records,
      history: history.counts.records,
    });
    for (const listener of this.#damageListeners) {
      listener(moved);
    }
  }

  #refuse(lane: Lane, reason: string): void {
    const refused = this.#lanes[lane].replaceFront(reason);
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
