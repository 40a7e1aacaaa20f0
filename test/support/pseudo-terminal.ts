import { closeSync, constants, openSync } from 'node:fs';
import * as pty from '@lydell/node-pty';

export interface PseudoTerminal {
  /** The tty that a program opens, for example /dev/pts/7. */
  readonly path: string;
  write(bytes: Uint8Array | string): void;
  /** What the program wrote. */
  onData(listener: (bytes: Buffer) => void): void;
  /** Ends the far side: the tty hangs up, as an unplugged adapter. */
  close(): void;
}

/** Opens a real tty, in raw mode, whose far end the test holds. */
export function openPseudoTerminal(): PseudoTerminal {
  const { master, slave, ptsName: path } = pty.open({ encoding: null, cols: 80, rows: 24 });
  // Held open without being read, for the far end fails while nobody has the near one open.
  const holder = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  slave.destroy();
  master.setRawMode(true);
  return {
    path,
    write: (bytes) => master.write(bytes),
    onData: (listener) => {
      master.on('data', listener);
    },
    close: () => {
      master.destroy();
      closeSync(holder);
    },
  };
}
