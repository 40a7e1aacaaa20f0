import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { ReadStream } from 'node:tty';
import * as pty from '@lydell/node-pty';

declare module '@lydell/node-pty' {
  /** openpty(3), which the package has but does not declare. */
  export function open(options: { encoding: null; cols: number; rows: number }): {
    readonly master: ReadStream;
    readonly slave: ReadStream;
    readonly ptsName: string;
    /** The master's; it does not block. */
    readonly fd: number;
  };
}

/** Bytes to and from whoever opens the other end. */
export interface BytePipe {
  onBytes(listener: (bytes: Uint8Array) => void): void;
  /** False where the bytes were dropped, because nobody reads and the line is full. */
  write(bytes: Uint8Array): boolean;
  close(): void;
}

/**
 * Makes a pseudo-terminal whose far end is found at `linkPath`, a symbolic link, because `/dev/pts/N` is another
 * one at every start.
 *
 * The far end is also held open here, without ever being read: the near end would otherwise fail with EIO each time
 * that the gateway closes its port.
 * Written to past the library: its stream would wait for a full line in circles, and the whole program with it.
 */
export function openPseudoTerminal(linkPath: string): BytePipe {
  const { master, slave, ptsName, fd } = pty.open({ encoding: null, cols: 80, rows: 24 });
  const holder = openSync(ptsName, constants.O_RDWR | constants.O_NOCTTY);
  // The library reads the far end too, which would steal the gateway's bytes.
  slave.destroy();
  // The mode belongs to the pair: no echo, no lines, no control characters.
  master.setRawMode(true);
  placeLink(ptsName, linkPath);
  let open = true;
  return {
    onBytes: (listener) => {
      master.on('data', (bytes: Buffer) => listener(bytes));
    },
    write: (bytes) => {
      if (!open) return false;
      try {
        return writeSync(fd, bytes) === bytes.length;
      } catch (error) {
        // A real line loses what nobody takes; so does this one, once the kernel holds as much as it will.
        if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return false;
        throw error;
      }
    },
    close: () => {
      if (!open) return;
      open = false;
      removeLink(ptsName, linkPath);
      master.destroy();
      closeSync(holder);
    },
  };
}

function placeLink(target: string, linkPath: string): void {
  mkdirSync(dirname(linkPath), { recursive: true });
  const fresh = `${linkPath}.${process.pid}`;
  rmSync(fresh, { force: true });
  symlinkSync(target, fresh);
  renameSync(fresh, linkPath);
}

/** Leaves the link alone where a newer simulator has taken it over. */
function removeLink(target: string, linkPath: string): void {
  if (linkTarget(linkPath) === target) rmSync(linkPath, { force: true });
}

function linkTarget(linkPath: string): string | undefined {
  try {
    return readlinkSync(linkPath);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
