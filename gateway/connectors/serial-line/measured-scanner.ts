import type { FrameFormat } from '@andon/shared/serial-framing';
import { ByteQueue } from './byte-queue.ts';
import { type FrameDefect, lengthToldBy, openFrame, textOf } from './frame.ts';
import { addDiscarded, type DiscardReason, type ParsedPart, type Scanner } from './parsed-parts.ts';

/**
 * How many bytes may be checked in vain for each byte that comes. Noise that looks like the beginnings of long frames
 * would else cost the square of its length.
 */
const vainChecksPerByte = 1024;

/**
 * Finds frames whose length is fixed or told by themselves. What fails a check loses one byte, and the search goes on
 * with the next: so a frame is found wherever it begins, also within what looked like another.
 */
export class MeasuredScanner implements Scanner {
  readonly #format: FrameFormat;
  readonly #start: Buffer;
  readonly #queue = new ByteQueue();
  /** How many bytes were taken off the queue ever. */
  #taken = 0;
  #checkedInVain = 0;
  /** Until here, bytes belong to a broken frame that was told already. */
  #brokenTo = 0;
  #broken: FrameDefect = 'checksum';

  constructor(format: FrameFormat) {
    this.#format = format;
    this.#start = Buffer.from(format.start, 'latin1');
  }

  get bytesPending(): number {
    return this.#queue.length;
  }

  push(bytes: Uint8Array): ParsedPart[] {
    this.#queue.append(bytes);
    return this.#scan(false);
  }

  idle(): ParsedPart[] {
    return this.#scan(true);
  }

  reset(): void {
    this.#taken += this.#queue.length;
    this.#queue.drop(this.#queue.length);
  }

  /** `over` where no more bytes follow, so that nothing is waited for. */
  #scan(over: boolean): ParsedPart[] {
    const parts: ParsedPart[] = [];
    while (this.#queue.length > 0) {
      if (!this.#toStart(parts, over)) {
        break;
      }
      const view = this.#queue.view();
      const length = lengthToldBy(view, this.#format);
      if (length !== undefined && (length < this.#format.lengthMin || length > this.#format.lengthMax)) {
        this.#throwAway(parts, 1, 'length');
      } else if (length === undefined || view.length < length) {
        if (!over) {
          break;
        }
        this.#throwAway(parts, 1, 'idle');
      } else {
        this.#judge(view.subarray(0, length), parts);
      }
    }
    return parts;
  }

  #judge(candidate: Buffer, parts: ParsedPart[]): void {
    const wireBytes = candidate.length;
    const affordable = (this.#taken + wireBytes) * vainChecksPerByte;
    if (this.#checkedInVain + wireBytes > affordable) {
      this.#throwAway(parts, 1, 'noise');
      return;
    }
    // A copy: the frame outlives the queue's bytes.
    const verdict = openFrame(Uint8Array.from(candidate), this.#format);
    if (typeof verdict !== 'string') {
      parts.push({ kind: 'frame', wireBytes, ...verdict });
      this.#take(wireBytes);
      return;
    }
    this.#checkedInVain += wireBytes;
    if (this.#taken >= this.#brokenTo) {
      parts.push({ kind: 'corrupt', reason: verdict, bytes: 0, text: textOf(candidate) });
      this.#brokenTo = this.#taken + wireBytes;
      this.#broken = verdict;
    }
    this.#throwAway(parts, 1, 'noise');
  }

  /** Throws away what stands before the next start. False where there is none, or only the beginning of one. */
  #toStart(parts: ParsedPart[], over: boolean): boolean {
    const view = this.#queue.view();
    const at = view.indexOf(this.#start);
    if (at >= 0) {
      this.#throwAway(parts, at, 'noise');
      return true;
    }
    const kept = over ? 0 : beginningOf(this.#start, view);
    this.#throwAway(parts, view.length - kept, 'noise');
    return false;
  }

  #throwAway(parts: ParsedPart[], count: number, reason: DiscardReason): void {
    const broken = Math.max(0, Math.min(count, this.#brokenTo - this.#taken));
    addDiscarded(parts, this.#broken, broken);
    addDiscarded(parts, reason, count - broken);
    this.#take(count);
  }

  #take(count: number): void {
    this.#queue.drop(count);
    this.#taken += count;
  }
}

/** How many of the last bytes may be the beginning of a start. */
function beginningOf(start: Buffer, view: Buffer): number {
  for (let length = Math.min(start.length - 1, view.length); length > 0; length -= 1) {
    if (view.subarray(view.length - length).equals(start.subarray(0, length))) {
      return length;
    }
  }
  return 0;
}
