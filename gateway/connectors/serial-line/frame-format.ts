import type { Checksum, SerialLineConnector } from '@andon/shared/contracts';
import { checksumDigits, checksumOf } from './checksum.ts';

const lengthMaxDefault = 1024;
const separatorDefault = '*';

/** How frames stand on the line, with escapes resolved. */
export interface FrameFormat {
  /** Empty where frames have no beginning of their own. */
  readonly start: string;
  readonly end: string;
  readonly checksum: Checksum;
  readonly checksumSeparator: string;
  /** From the first byte of the start to the last of the end. */
  readonly lengthMax: number;
}

const named: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '0': '\0', '\\': '\\' };

/** Resolves `\r`, `\n`, `\t`, `\0`, `\xHH`, `\uHHHH` and `\\`, for configurations whose quotes do not. */
export function unescaped(text: string): string {
  return text.replace(
    /\\(?:([rnt0\\])|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))/g,
    (whole, letter?: string, short?: string, long?: string) => {
      const code = short ?? long;
      return code === undefined
        ? (named[letter ?? ''] ?? whole)
        : String.fromCharCode(Number.parseInt(code, 16));
    },
  );
}

export function frameFormatOf(frame: SerialLineConnector['frame']): FrameFormat {
  return {
    start: unescaped(frame.start ?? ''),
    end: unescaped(frame.end),
    checksum: frame.checksum,
    checksumSeparator:
      frame.checksum === 'none' ? '' : unescaped(frame.checksumSeparator ?? separatorDefault),
    lengthMax: frame.lengthMax ?? lengthMaxDefault,
  };
}

/** The bytes of a frame around this body. */
export function encodeFrame(body: string, format: FrameFormat): Uint8Array {
  const checksum = format.checksum === 'none' ? '' : checksumOf(body, format.checksum);
  return Buffer.from(`${format.start}${body}${format.checksumSeparator}${checksum}${format.end}`, 'latin1');
}

/** The body in what stands between start and end; undefined where its checksum is wrong or absent. */
export function checkedBody(text: string, format: FrameFormat): string | undefined {
  const digits = checksumDigits(format.checksum);
  if (digits === 0) {
    return text;
  }
  const bodyLength = text.length - digits - format.checksumSeparator.length;
  if (bodyLength < 0 || !text.startsWith(format.checksumSeparator, bodyLength)) {
    return undefined;
  }
  const body = text.slice(0, bodyLength);
  return text.slice(-digits).toUpperCase() === checksumOf(body, format.checksum) ? body : undefined;
}
