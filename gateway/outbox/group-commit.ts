import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AndonError, Clock } from '@andon/shared/kernel';
import { isDamage } from './errors.ts';

/** So many commits share a transaction at most, so that one transaction does not hold up the event loop. */
const groupCommitsMax = 10_000;

/** What the owner does around the work of a transaction. */
export interface TransactionSteps<Work> {
  /** The transaction is open. */
  begun(): void;
  run(work: Work): void;
  /** All work is done, and the transaction is still open. */
  closing(): void;
  committed(commits: number, milliseconds: number): void;
  /** Nothing of it was kept. Gives what those are told who asked for it. */
  failed(error: unknown): AndonError;
}

interface Waiting<Work> {
  readonly work: Work;
  readonly resolve: () => void;
  readonly reject: (error: AndonError) => void;
}

/** Work that is asked for in one turn of the event loop shares one transaction: it is kept together, or none of it. */
export class GroupCommit<Work> {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #steps: TransactionSteps<Work>;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  #waiting: Waiting<Work>[] = [];
  #flushAsked = false;

  constructor(database: DatabaseSync, clock: Clock, steps: TransactionSteps<Work>) {
    this.#database = database;
    this.#clock = clock;
    this.#steps = steps;
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves when the work is on the disk; rejects when none of it is. */
  add(work: Work): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject });
      this.#askFlush();
    });
  }

  /** Does all that waits at once. */
  flush(): void {
    while (this.#waiting.length > 0) {
      this.#flushGroup();
    }
  }

  /** Rejects all that waits. */
  abandon(error: AndonError): void {
    for (const { reject } of this.#waiting.splice(0)) {
      reject(error);
    }
  }

  #askFlush(): void {
    if (!this.#flushAsked) {
      this.#flushAsked = true;
      setImmediate(() => {
        this.#flushAsked = false;
        this.#flushGroup();
        if (this.#waiting.length > 0) {
          this.#askFlush();
        }
      });
    }
  }

  #flushGroup(): void {
    if (this.#waiting.length === 0) {
      return;
    }
    const group = this.#waiting.slice(0, groupCommitsMax);
    this.#waiting = this.#waiting.slice(groupCommitsMax);
    const started = this.#clock.monotonic();
    try {
      this.#begin.run();
      this.#steps.begun();
      for (const { work } of group) {
        this.#steps.run(work);
      }
      this.#steps.closing();
      this.#commit.run();
    } catch (error) {
      this.#fail(group, error);
      return;
    }
    for (const { resolve } of group) {
      resolve();
    }
    this.#steps.committed(group.length, this.#clock.monotonic() - started);
  }

  /**
   * Rejects not only this group but all that wait: what they were computed from may include what was rolled back.
   */
  #fail(group: readonly Waiting<Work>[], error: unknown): void {
    this.#waiting = [...group, ...this.#waiting];
    this.abandon(this.#steps.failed(this.#rollBack(error)));
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
