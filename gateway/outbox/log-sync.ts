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
 * Linux tells of a page that could not be written once to each open file description: of two syncs at the same time by
 * one descriptor only one would hear of it, and the other would promise in vain. So `now` has a descriptor of its own, open
 * before the first sync, and of those in the background one waits for the other.
 */
export function openLogSync(databaseFile: string): LogSync {
  const file = `${databaseFile}-wal`;
  let descriptor: number | undefined;
  let descriptorForNow: number | undefined;
  let underWay = false;
  let closed = false;
  const waiting: ((error: Error | null) => void)[] = [];
  const open = () => {
    descriptor ??= openSync(file, 'r+');
    descriptorForNow ??= openSync(file, 'r+');
    return { descriptor, descriptorForNow };
  };
  const closeWhenIdle = () => {
    if (closed && !underWay && descriptor !== undefined) {
      const idle = descriptor;
      descriptor = undefined;
      close(idle);
    }
  };
  const begin = (done: (error: Error | null) => void) => {
    const { descriptor: opened } = open();
    underWay = true;
    fdatasync(opened, (error) => {
      underWay = false;
      closeWhenIdle();
      done(error);
      const next = waiting.shift();
      if (next !== undefined && !closed) {
        begin(next);
      }
    });
  };
  return {
    start: (done) => {
      if (underWay) {
        waiting.push(done);
      } else {
        begin(done);
      }
    },
    now: () => fdatasyncSync(open().descriptorForNow),
    close: () => {
      closed = true;
      if (descriptorForNow !== undefined) {
        closeSync(descriptorForNow);
        descriptorForNow = undefined;
      }
      if (!underWay && descriptor !== undefined) {
        closeSync(descriptor);
        descriptor = undefined;
      }
    },
  };
}
