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
 *
 * `now` has a descriptor of its own: Linux tells of a page that could not be written once to each open file description, so
 * that of two syncs at the same time by one descriptor only one would hear of it, and the other would promise in vain.
 */
export function openLogSync(databaseFile: string): LogSync {
  const file = `${databaseFile}-wal`;
  let descriptor: number | undefined;
  let descriptorForNow: number | undefined;
  let underWay = 0;
  let closed = false;
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
      descriptor ??= openSync(file, 'r+');
      fdatasync(descriptor, (error) => {
        underWay -= 1;
        closeWhenIdle();
        done(error);
      });
    },
    now: () => {
      descriptorForNow ??= openSync(file, 'r+');
      fdatasyncSync(descriptorForNow);
    },
    close: () => {
      closed = true;
      if (descriptorForNow !== undefined) {
        closeSync(descriptorForNow);
        descriptorForNow = undefined;
      }
      if (underWay === 0 && descriptor !== undefined) {
        closeSync(descriptor);
        descriptor = undefined;
      }
    },
  };
}
