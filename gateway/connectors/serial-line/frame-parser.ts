import { checkedBody, type FrameFormat } from './frame-format.ts';

/** What the bytes of a line turned out to be. */
export type ParsedPart =
  | { readonly kind: 'frame'; readonly body: string }
  /** Something with a start and an end, but a wrong checksum; `text` stands between them. */
  | { readonly kind: 'bad-checksum'; readonly text: string }
  | { readonly kind: 'discarded'; readonly bytes: number };

/** Starts within one line that are tried: noise may hold some, and a body may hold the start's text. */
const startsTriedMax = 8;

/**
 * Finds frames in bytes that come in any chunks, with any noise between them. Every byte goes into a frame, into a
 * `bad-checksum` or into a `discarded`; never more than `lengthMax` of them wait for the rest of their frame.
 */
export class FrameParser {
  readonly #format: FrameFormat;
  #pending = '';
  /** The beginning of what is pending was thrown away, so it is no frame by itself. */
  #overrun = false;

  constructor(format: FrameFormat) {
    this.#format = format;
  }

  get bytesPending(): number {
    return this.#pending.length;
  }

  push(bytes: Uint8Array): ParsedPart[] {
    const { end } = this.#format;
    const parts: ParsedPart[] = [];
    const searchFrom = Math.max(0, this.#pending.length - end.length + 1);
    this.#pending += Buffer.from(bytes).toString('latin1');
    let begin = 0;
    let endAt = this.#pending.indexOf(end, searchFrom);
    while (endAt >= 0) {
      this.#line(this.#pending.slice(begin, endAt), parts);
      begin = endAt + end.length;
      endAt = this.#pending.indexOf(end, begin);
    }
    this.#pending = this.#pending.slice(begin);
    this.#bound(parts);
    return parts;
  }

  /** Forgets what is pending, as when the line was away. */
  reset(): void {
    this.#pending = '';
    this.#overrun = false;
  }

  /** One line, from the end before it to its own. */
  #line(line: string, parts: ParsedPart[]): void {
    const { start, end, lengthMax } = this.#format;
    const overrun = this.#overrun;
    this.#overrun = false;
    const whole = line.length + end.length;
    const starts = this.#startsIn(line).filter((at) => whole - at <= lengthMax);
    if (starts.length === 0 || (overrun && start === '')) {
      discard(parts, whole);
      return;
    }
    for (const at of starts) {
      const body = checkedBody(line.slice(at + start.length), this.#format);
      if (body !== undefined) {
        discard(parts, at);
        parts.push({ kind: 'frame', body });
        return;
      }
    }
    const last = starts[0] ?? 0;
    discard(parts, last);
    parts.push({ kind: 'bad-checksum', text: line.slice(last + start.length) });
  }

  /** Where a frame may start, the last first, for noise comes before a frame. */
  #startsIn(line: string): number[] {
    const { start } = this.#format;
    if (start === '') {
      return line === '' ? [] : [0];
    }
    const starts: number[] = [];
    let at = line.lastIndexOf(start);
    while (at >= 0 && starts.length < startsTriedMax) {
      starts.push(at);
      at = at === 0 ? -1 : line.lastIndexOf(start, at - 1);
    }
    return starts;
  }

  #bound(parts: ParsedPart[]): void {
    const { start, end, lengthMax } = this.#format;
    if (this.#pending.length < lengthMax) {
      return;
    }
    // The first start that can still become a frame stays, or else what may be the beginning of a start or an end.
    const viable = start === '' ? -1 : this.#pending.indexOf(start, this.#pending.length - lengthMax + 1);
    const from = viable >= 0 ? viable : this.#pending.length - Math.max(start.length, end.length) + 1;
    discard(parts, from);
    this.#pending = this.#pending.slice(from);
    this.#overrun = true;
  }
}

function discard(parts: ParsedPart[], bytes: number): void {
  if (bytes > 0) {
    parts.push({ kind: 'discarded', bytes });
  }
}
