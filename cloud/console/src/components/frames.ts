import type { RecordedFrame, RecordingPart } from '../api/alert.ts';

/** Frames on the two sides of an alert, oldest first. */
export interface FramesAround {
  before: RecordedFrame[];
  after: RecordedFrame[];
  /** Older frames than those of `before` did not fit, or frames between the alert and those of `after`. */
  lacksBefore: boolean;
  lacksAfter: boolean;
}

export function framesAround(parts: readonly RecordingPart[]): FramesAround {
  const side = (name: RecordingPart['part']) => {
    const part = parts.find((one) => one.part === name);
    const frames = (part?.frames ?? []).toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
    return { frames, lacks: part?.framesTruncated ?? false };
  };
  const [before, after] = [side('before'), side('after')];
  return {
    before: before.frames,
    after: after.frames,
    lacksBefore: before.lacks,
    lacksAfter: after.lacks,
  };
}

/** Bytes of one line: as hexadecimal in pairs, and as text, where a dot stands for what cannot be printed. */
export interface FrameLine {
  /** The number of its first byte, from 0. */
  offset: number;
  hexadecimal: string;
  text: string;
}

export function frameLines(hexadecimal: string, bytesPerLine: number): FrameLine[] {
  const bytes = hexadecimal.match(/../g) ?? [];
  return Array.from({ length: Math.ceil(bytes.length / bytesPerLine) }, (_, line) => {
    const some = bytes.slice(line * bytesPerLine, (line + 1) * bytesPerLine);
    return { offset: line * bytesPerLine, hexadecimal: some.join(' '), text: some.map(printed).join('') };
  });
}

function printed(byte: string): string {
  const code = Number.parseInt(byte, 16);
  return code >= 0x20 && code <= 0x7e ? String.fromCharCode(code) : '·';
}
