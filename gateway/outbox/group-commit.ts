import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AndonError, Clock } from '@andon/shared/kernel';
import { isDamage } from './errors.ts';
import type { LogSync } from './log-sync.ts';

/** What the owner does around the work of a transaction. */
export interface TransactionSteps<Work> {
  /** The transaction is open. */
  begun(): void;
  run(work: Work): void;
  /** All work is done, and the transaction is still open. */
  closing(): void;
  /** It is in the file, so that a killed process loses nothing of it, and not on the disk yet. */
  written(): void;
  /** It is on the disk. */
  durable(commits: number, milliseconds: number): void;
  /** Nothing of it was kept. Gives what those are told who asked for it. */
  failed(error: unknown): AndonError;
  /** It was kept in the file, but may not reach the disk. Gives what those are told who asked for it, or wait since. */
  notSynced(error: unknown, transaction: Promise<void>): AndonError;
}

/** Work that succeeds or fails together. */
interface Group<Work> {
  readonly works: Work[];
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: AndonError) => void;
  startedAt: number;
  /** All of it may wait a little, so that more comes together. */
  isPatient: boolean;
  /** Some of it may not wait: an alert. */
  isUrgent: boolean;
}

/**
 * What may wait is brought together for so long: where one message comes every two milliseconds, a transaction of each would
 * take most of the processor's time and wear out a memory card, and what is urgent would stand behind it.
 */
const gatherMilliseconds = 10;

/**
 * Where the disk is so quick, what is urgent is synced without a thread: to hand it to one, and to hear of it again among
 * all else that the event loop does, takes longer than the disk. A slow one (a memory card) would stop everything meanwhile.
 */
const quickSyncMilliseconds = 2;
/** So that a storm of urgent work gathers, too. */
const betweenSyncsAtOnceMilliseconds = 20;
/** How much the latest sync says of the next one. */
const latestSyncWeight = 0.2;

/**
 * Work that is asked for while the one before is brought onto the disk, or else in one turn of the event loop, shares one
 * transaction: it is kept together, or none of it.
 */
export class GroupCommit<Work> {
  readonly #database: DatabaseSync;
  readonly #sync: LogSync;
  readonly #clock: Clock;
  readonly #steps: TransactionSteps<Work>;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  /** The group that gathers. */
  #waiting: Group<Work> | undefined;
  #syncing: Group<Work> | undefined;
  #flushAsked = false;
  #gatherTimer: NodeJS.Timeout | undefined;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #syncedAtOnceAt = Number.NEGATIVE_INFINITY;
  #syncStartedAt = 0;
  /** How long a sync takes, of late; not known at first. */
  #usualSyncMilliseconds = Number.POSITIVE_INFINITY;
  /** What a sync that was overtaken failed with: it may have been of pages that were written after it began. */
  #overtakenFailure: Error | null = null;
  /** A sync failed: what the file holds may be missing on the disk, until all of it was written once more. */
  #rewriteNeeded = false;

  constructor(database: DatabaseSync, sync: LogSync, clock: Clock, steps: TransactionSteps<Work>) {
    this.#database = database;
    this.#sync = sync;
    this.#clock = clock;
    this.#steps = steps;
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
  }

  get waiting(): number {
    return this.#waiting?.works.length ?? 0;
  }

  /**
   * Resolves when the work is on the disk; rejects when none of it is. All work of a group gets the same promise. What is
   * patient waits a little for more, until something comes that is not.
   */
  add(work: Work, isPatient = false): Promise<void> {
    this.#waiting ??= {
      works: [],
      ...Promise.withResolvers<void>(),
      startedAt: 0,
      isPatient: true,
      isUrgent: false,
    };
    this.#waiting.works.push(work);
    this.#waiting.isPatient &&= isPatient;
    this.#waiting.isUrgent ||= !isPatient;
    this.#flushNext();
    return this.#waiting.promise;
  }

  /** What waits has gathered enough. */
  hasten(): void {
    if (this.#waiting !== undefined) {
      this.#waiting.isPatient = false;
      this.#flushNext();
    }
  }

  /** A sync failed, and what the file holds is not on the disk for sure. */
  get rewriteNeeded(): boolean {
    return this.#rewriteNeeded;
  }

  /** Resolves when everything that was asked for so far is on the disk; rejects where the latest of it is not. */
  async settled(): Promise<void> {
    await (this.#waiting ?? this.#syncing)?.promise;
  }

  /** Does all that waits at once. */
  flush(): void {
    this.#syncAtOnce();
    while (this.#waiting !== undefined) {
      this.#write();
      this.#syncAtOnce();
    }
  }

  /** Rejects all that is not on the disk. */
  abandon(error: AndonError): void {
    const groups = [this.#syncing, this.#waiting];
    this.#syncing = undefined;
    this.#waiting = undefined;
    for (const group of groups) {
      group?.reject(error);
    }
  }

  #askFlush(): void {
    if (!this.#flushAsked) {
      this.#flushAsked = true;
      setImmediate(() => {
        this.#flushAsked = false;
        if (this.#maySyncAtOnce()) {
          this.#syncedAtOnceAt = this.#clock.monotonic();
          this.#syncAtOnce();
          this.#write();
          this.#syncAtOnce();
        } else if (this.#syncing === undefined) {
          this.#write();
          this.#syncInBackground();
        }
        this.#flushNext();
      });
    }
  }

  #maySyncAtOnce(): boolean {
    return (
      this.#waiting?.isUrgent === true &&
      this.#usualSyncMilliseconds <= quickSyncMilliseconds &&
      this.#clock.monotonic() - this.#syncedAtOnceAt >= betweenSyncsAtOnceMilliseconds
    );
  }

  #flushNext(): void {
    if (this.#waiting === undefined || (this.#syncing !== undefined && !this.#maySyncAtOnce())) {
      return;
    }
    const patience = this.#waiting.isPatient
      ? this.#writtenAt + gatherMilliseconds - this.#clock.monotonic()
      : 0;
    if (patience <= 0) {
      this.#askFlush();
    } else {
      this.#gatherTimer ??= setTimeout(() => {
        this.#gatherTimer = undefined;
        this.#askFlush();
      }, patience);
    }
  }

  /** One transaction, with the group that waits. */
  #write(): void {
    const group = this.#waiting;
    if (group === undefined) {
      return;
    }
    this.#waiting = undefined;
    clearTimeout(this.#gatherTimer);
    this.#gatherTimer = undefined;
    group.startedAt = this.#clock.monotonic();
    this.#writtenAt = group.startedAt;
    try {
      this.#rewrite();
      this.#begin.run();
      this.#steps.begun();
      for (const work of group.works) {
        this.#steps.run(work);
      }
      this.#steps.closing();
      this.#commit.run();
    } catch (error) {
      this.#fail(group, error);
      return;
    }
    this.#syncing = group;
    this.#steps.written();
  }

  /** After a sync that failed, a new one may succeed though nothing was written: all pages go to the file anew. */
  #rewrite(): void {
    if (this.#rewriteNeeded) {
      const outcome = this.#database.prepare('PRAGMA wal_checkpoint(RESTART)').get();
      if (outcome?.busy !== 0) {
        throw new Error('the log could not be written back, as another program reads it');
      }
      this.#rewriteNeeded = false;
    }
  }

  #syncInBackground(): void {
    const group = this.#syncing;
    if (group === undefined) {
      return;
    }
    const done = (error: Error | null) => {
      if (this.#syncing === group) {
        this.#synced(group, error);
        this.#flushNext();
      } else {
        this.#overtakenFailure ??= error;
      }
    };
    this.#syncStartedAt = this.#clock.monotonic();
    try {
      this.#sync.start(done);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #syncAtOnce(): void {
    const group = this.#syncing;
    if (group === undefined) {
      return;
    }
    let failure: Error | null = null;
    this.#syncStartedAt = this.#clock.monotonic();
    try {
      this.#sync.now();
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    this.#synced(group, failure);
  }

  #synced(group: Group<Work>, ownError: Error | null): void {
    const error = ownError ?? this.#overtakenFailure;
    this.#overtakenFailure = null;
    this.#syncing = undefined;
    if (error !== null) {
      this.#rewriteNeeded = true;
      const failure = this.#steps.notSynced(error, group.promise);
      group.reject(failure);
      this.abandon(failure);
      return;
    }
    this.#learnOfSync(this.#clock.monotonic() - this.#syncStartedAt);
    // What is to be sent on goes before the acknowledgements of all else in the group.
    this.#steps.durable(group.works.length, this.#clock.monotonic() - group.startedAt);
    group.resolve();
  }

  #learnOfSync(milliseconds: number): void {
    const usual = this.#usualSyncMilliseconds;
    this.#usualSyncMilliseconds = Number.isFinite(usual)
      ? usual + latestSyncWeight * (milliseconds - usual)
      : milliseconds;
  }

  /**
   * Rejects not only this group but all that wait: what they were computed from may include what was rolled back.
   */
  #fail(group: Group<Work>, error: unknown): void {
    const failure = this.#steps.failed(this.#rollBack(error));
    group.reject(failure);
    this.abandon(failure);
  }

  /** Gives the error that counts: a roll-back may find that the file is damaged. */
  #rollBack(error: unknown): unknown {
    try {
      if (this.#database.isTransaction) {
        this.#database.exec('ROLLBACK');
      }
      return error;
    } catch (worse) {
      return isDamage(error) ? error : worse;
    }
  }
}
