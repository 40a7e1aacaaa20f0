import type { FrameFormat } from '@andon/shared/serial-framing';
import { bytesOf, type Frame, type FrameDefect, openFrame, textOf } from './frame.ts';
import { addDiscarded, type ParsedPart, type Scanner } from './parsed-parts.ts';

/** Why a line holds nothing that could be a frame. */
type NoFrame = 'too-long' | 'noise' | 'fill';

/** Starts within one line that are tried: noise may hold some, and a body may hold the start's text. */
const startsTriedMax = 8;

/**
 * Finds frames that end with a text of their own, or with silence. Every byte goes into a frame, into a `corrupt` or
 * into a `discarded`; little more than `lengthMax` of them wait for the rest of their frame.
 */
export class DelimitedScanner implements Scanner {
  readonly #format: FrameFormat;
  /** What a frame's beginning is known by; empty where the end before it is all there is. */
  readonly #start: string;
  /** The delimiter that opens a frame and may be the one that closed the frame before. */
  readonly #opening: string;
  /** What follows an end and belongs to its frame. */
  readonly #after: number;
  /** So far behind an end another one may be the true one: bytes of a checksum may look like an end. */
  readonly #doubt: number;
  readonly #escape: string | undefined;
  #pending = '';
  /** Before it, no end is in what is pending. */
  #searched = 0;
  /** The beginning of what is pending was thrown away, so it is no frame by itself. */
  #overrun = false;
  /** The line before was broken, so what followed its end may still stand here. */
  #afterBroken = false;

  constructor(format: FrameFormat) {
    const { checksum, escaping } = format;
    const sameAsEnd = format.start === format.end;
    this.#format = format;
    this.#start = sameAsEnd ? '' : format.start;
    this.#opening = sameAsEnd ? format.start : '';
    this.#after = checksum?.afterEnd ? checksum.separator.length + checksum.length : 0;
    const bare = checksum?.form === 'binary' && !checksum.afterEnd && escaping === undefined;
    this.#doubt = bare ? checksum.length : 0;
    this.#escape = escaping?.literal ? String.fromCharCode(escaping.byte) : undefined;
  }

  get bytesPending(): number {
    return this.#pending.length;
  }

  push(bytes: Uint8Array): ParsedPart[] {
    const parts: ParsedPart[] = [];
    this.#pending += textOf(bytes);
    this.#lines(parts, false);
    this.#bound(parts);
    return parts;
  }

  idle(): ParsedPart[] {
    const parts: ParsedPart[] = [];
    this.#lines(parts, true);
    if (this.#pending !== '') {
      this.#cutOff(parts);
    }
    this.reset();
    return parts;
  }

  reset(): void {
    this.#pending = '';
    this.#searched = 0;
    this.#overrun = false;
    this.#afterBroken = false;
  }

  /** Takes all lines that are complete; `over` where no more bytes follow. */
  #lines(parts: ParsedPart[], over: boolean): void {
    const { end } = this.#format;
    if (end === '') {
      return;
    }
    let begin = 0;
    let endAt = this.#endFrom(this.#searched, begin);
    while (endAt >= 0) {
      const taken = this.#line(begin, endAt, over, parts);
      if (taken === 'wait') {
        break;
      }
      begin = taken;
      endAt = this.#endFrom(begin, begin);
    }
    this.#searched = endAt >= 0 ? endAt - begin : Math.max(0, this.#pending.length - begin - end.length + 1);
    this.#pending = this.#pending.slice(begin);
  }

  /** One line, from the end before it to what belongs to its own. Gives where the next begins. */
  #line(begin: number, endAt: number, over: boolean, parts: ParsedPart[]): number | 'wait' {
    const { end } = this.#format;
    const stop = endAt + end.length;
    if (!over && this.#pending.length < stop + this.#after) {
      return 'wait';
    }
    const line = this.#pending.slice(begin, stop + this.#after);
    const found = this.#frameIn(line);
    if (typeof found !== 'string') {
      this.#found(found, line.length, parts);
      return stop + this.#after;
    }
    if (!over && this.#doubt > 0 && this.#pending.length < stop + this.#doubt) {
      return 'wait';
    }
    for (let later = this.#endFrom(endAt + 1, begin); later >= 0 && later <= endAt + this.#doubt; ) {
      const longer = this.#pending.slice(begin, later + end.length);
      const other = this.#frameIn(longer);
      if (typeof other !== 'string') {
        this.#found(other, longer.length, parts);
        return later + end.length;
      }
      later = this.#endFrom(later + 1, begin);
    }
    this.#broken(this.#pending.slice(begin, stop), found, parts);
    return stop;
  }

  #found(found: { readonly at: number; readonly frame: Frame }, length: number, parts: ParsedPart[]): void {
    addDiscarded(parts, 'noise', found.at);
    parts.push({ kind: 'frame', wireBytes: length - found.at, ...found.frame });
    this.#overrun = false;
    this.#afterBroken = false;
  }

  #broken(line: string, defect: FrameDefect | NoFrame, parts: ParsedPart[]): void {
    const start = this.#start;
    const { end } = this.#format;
    const at = start === '' ? 0 : (this.#startsIn(line)[0] ?? 0);
    this.#overrun = false;
    this.#afterBroken = true;
    if (defect === 'too-long' || defect === 'noise' || defect === 'fill') {
      addDiscarded(parts, defect, line.length);
      return;
    }
    addDiscarded(parts, 'noise', at);
    const text = line.slice(at + start.length, line.length - end.length);
    parts.push({ kind: 'corrupt', reason: defect, bytes: line.length - at, text });
  }

  /** The frame that ends this line, and where in it it begins. */
  #frameIn(line: string): { at: number; frame: Frame } | FrameDefect | NoFrame {
    const start = this.#start;
    const lengthMax = this.#format.lengthMax - this.#opening.length;
    const starts = this.#startsIn(line);
    const fitting = starts.filter((at) => line.length - at <= lengthMax);
    if (fitting.length === 0 || (this.#overrun && start === '')) {
      const tooLong = starts.length > 0 || this.#overrun;
      return tooLong ? 'too-long' : start === '' ? 'fill' : 'noise';
    }
    let defect: FrameDefect | undefined;
    for (const at of fitting) {
      const verdict = openFrame(bytesOf(this.#opening + line.slice(at)), this.#format);
      if (typeof verdict !== 'string') {
        return { at, frame: verdict };
      }
      defect ??= verdict;
    }
    return defect ?? 'noise';
  }

  /** Where a frame may start, the last first, for noise comes before a frame. */
  #startsIn(line: string): number[] {
    const start = this.#start;
    if (start === '') {
      return this.#isEmpty(line) ? [] : this.#afterBroken && this.#after > 0 ? [this.#after, 0] : [0];
    }
    const starts: number[] = [];
    const disguised: number[] = [];
    let at = line.lastIndexOf(start);
    while (at >= 0 && starts.length + disguised.length < startsTriedMax) {
      (this.#isDisguised(line, at, 0) ? disguised : starts).push(at);
      at = at === 0 ? -1 : line.lastIndexOf(start, at - 1);
    }
    return [...starts, ...disguised];
  }

  #isEmpty(line: string): boolean {
    return line.length <= this.#format.end.length + this.#after;
  }

  #endFrom(from: number, begin: number): number {
    const { end } = this.#format;
    let at = this.#pending.indexOf(end, from);
    while (at >= 0 && this.#isDisguised(this.#pending, at, begin)) {
      at = this.#pending.indexOf(end, at + 1);
    }
    return at;
  }

  /** Is what stands here escaped, so no delimiter? An escape that is escaped itself escapes nothing. */
  #isDisguised(text: string, at: number, begin: number): boolean {
    if (this.#escape === undefined) {
      return false;
    }
    let before = at;
    while (before > begin && text[before - 1] === this.#escape) {
      before -= 1;
    }
    return (at - before) % 2 === 1;
  }

  /** What silence cut off: a frame where silence ends frames. */
  #cutOff(parts: ParsedPart[]): void {
    const { end, idleEndsFrame } = this.#format;
    if (!idleEndsFrame) {
      addDiscarded(parts, 'idle', this.#pending.length);
      return;
    }
    // Judged as if the end had come; it is not among the bytes that came.
    const line = this.#pending + end;
    const found = this.#frameIn(line);
    if (typeof found === 'string') {
      this.#broken(line, found, parts);
    } else {
      this.#found(found, line.length, parts);
    }
    uncountEnd(parts, end.length);
  }

  #bound(parts: ParsedPart[]): void {
    const start = this.#start;
    const { end, lengthMax } = this.#format;
    const room = lengthMax + this.#doubt + (end === '' ? 1 : 0);
    if (this.#pending.length < room) {
      return;
    }
    // The first start that can still become a frame stays, or else what may be the beginning of a start or an end.
    const viable = start === '' ? -1 : this.#pending.indexOf(start, this.#pending.length - room + 1);
    const least = Math.max(start.length, end.length, 1);
    const from = viable >= 0 ? viable : this.#pending.length - least + 1;
    addDiscarded(parts, 'too-long', from);
    this.#pending = this.#pending.slice(from);
    this.#searched = Math.max(0, this.#searched - from);
    this.#overrun = true;
  }
}

function uncountEnd(parts: ParsedPart[], bytes: number): void {
  const last = parts.at(-1);
  if (last === undefined) {
    return;
  }
  parts[parts.length - 1] =
    last.kind === 'frame'
      ? { ...last, wireBytes: last.wireBytes - bytes }
      : { ...last, bytes: last.bytes - bytes };
}
