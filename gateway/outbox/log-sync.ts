import { close, closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';

/** Brings what SQLite wrote to its write-ahead log onto the disk. */
export interface LogSync {
  /** In the background; `done` is called once, with the error where it failed. */
  start(done: (error: Error | null) => void): void;
  /** At once. Throws where it failed. */
  now(): void;
  close(): void;
}

/**
 * SQLite in WAL mode with `synchronous = NORMAL` commits by writing to the log, whose frames carry checksums, and syncs
 * it before a checkpoint only. This syncs it after a commit, in a thread of the pool: so the processor goes on while the
 * disk works. The log keeps its inode as long as the database is open.
 */
export function openLogSync(databaseFile: string): LogSync {
  const file = `${databaseFile}-wal`;
  let descriptor: number | undefined;
  let underWay = 0;
  let closed = false;
  const opened = () => {
    descriptor ??= openSync(file, 'r+');
    return descriptor;
  };
  const closeWhenIdle = () => {
    if (closed && underWay === 0 && descriptor !== undefined) {
      const idle = descriptor;
      descriptor = undefined;
      close(idle);
    }
  };
  return {
    start: (done) => {
      underWay += 1;
      fdatasync(opened(), (error) => {
        underWay -= 1;
        closeWhenIdle();
        done(error);
      });
    },
    now: () => fdatasyncSync(opened()),
    close: () => {
      closed = true;
      if (underWay === 0 && descriptor !== undefined) {
        closeSync(descriptor);
        descriptor = undefined;
      }
    },
  };
}
