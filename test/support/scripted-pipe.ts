import type { BytePipe, BytePipeListener } from '../../gateway/connectors/byte-pipe/index.ts';

/**
 * A line in memory whose far end is a script. `attempts` counts the tries to open it; while `absent` is set they
 * fail, as with an unplugged adapter.
 */
export class ScriptedLine {
  absent = false;
  attempts = 0;
  /** The bytes go out, and then the port says that it failed. */
  failWrites = false;
  readonly written: Uint8Array[] = [];
  /** Called with what the gateway wrote. */
  answer: (bytes: Uint8Array) => void = () => undefined;
  #listener: BytePipeListener | undefined;

  readonly open = (): BytePipe => ({
    open: async (listener) => {
      this.attempts += 1;
      if (this.absent) {
        throw new Error('no such port');
      }
      this.#listener = listener;
    },
    write: async (bytes) => {
      this.written.push(bytes);
      if (this.failWrites) {
        throw new Error('the port failed');
      }
      setImmediate(() => this.answer(bytes));
    },
    close: async () => {
      this.#listener = undefined;
    },
  });

  get isOpen(): boolean {
    return this.#listener !== undefined;
  }

  /** Bytes from the far end. */
  emit(bytes: Uint8Array | string): void {
    this.#listener?.data(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  unplug(): void {
    this.absent = true;
    this.#listener?.closed('unplugged');
  }
}
