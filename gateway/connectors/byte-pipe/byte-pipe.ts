import type { SerialPortSettings } from '@andon/shared/contracts';

export interface BytePipeListener {
  data(bytes: Uint8Array): void;
  /** The pipe ended by itself; it is not used again. */
  closed(reason: string): void;
}

/** One try at a port. */
export interface BytePipe {
  /** Rejects where the port cannot be opened. */
  open(listener: BytePipeListener): Promise<void>;
  /** Resolves when the bytes have left for the wire. */
  write(bytes: Uint8Array): Promise<void>;
  /** Frees the port, opened, still opening or not; `closed` is not told. */
  close(): Promise<void>;
}

export type OpenBytePipe = (settings: SerialPortSettings) => BytePipe;
