import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const logBytesMax = 5 * 1024 * 1024;
const lastLinesMax = 20;

/** What a part prints, in a file that never grows beyond its limit: the one before is kept as `.1`. */
export class LogFile {
  readonly path: string;
  readonly #bytesMax: number;
  #file: number;
  #bytes: number;
  #lastLines: string[] = [];

  constructor(path: string, bytesMax = logBytesMax) {
    this.path = path;
    this.#bytesMax = bytesMax;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#file = openSync(path, 'a', 0o600);
    this.#bytes = statSync(path).size;
  }

  /** The last lines that were written, to be shown when the part has failed. */
  get lastLines(): readonly string[] {
    return this.#lastLines;
  }

  write(text: string | Uint8Array): void {
    const bytes = Buffer.from(text);
    if (this.#bytes + bytes.length > this.#bytesMax) this.#turnOver();
    writeSync(this.#file, bytes);
    this.#bytes += bytes.length;
    const lines = bytes
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
    this.#lastLines = [...this.#lastLines, ...lines].slice(-lastLinesMax);
  }

  close(): void {
    closeSync(this.#file);
  }

  #turnOver(): void {
    closeSync(this.#file);
    renameSync(this.path, `${this.path}.1`);
    this.#file = openSync(this.path, 'a', 0o600);
    this.#bytes = 0;
  }
}
