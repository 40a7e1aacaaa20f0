import type { Checksum, SerialFrame } from '../contracts/index.ts';
import { checksumBytes } from './checksums.ts';
import { unescaped } from './escapes.ts';

const lengthMaxDefault = 1024;
const separatorDefault = '*';
/** A frame whose length is told has no end to look for: after noise, silence is what frees the line of it. */
const idleMillisecondsDefault = 1000;

export interface ChecksumFormat {
  readonly kind: Exclude<Checksum, 'none'>;
  /** On the wire: digits or bytes. */
  readonly length: number;
  readonly form: 'hex' | 'binary';
  readonly lowestFirst: boolean;
  readonly afterEnd: boolean;
  readonly separator: string;
  /** The first byte that it covers. */
  readonly from: number;
  readonly coversSeparator: boolean;
  readonly coversEnd: boolean;
}

export interface PrefixFormat {
  readonly at: number;
  readonly bytes: 1 | 2 | 4;
  readonly lowestFirst: boolean;
  /** The frame's length is the prefix and this. */
  readonly uncounted: number;
}

export interface EscapeFormat {
  readonly byte: number;
  readonly xor: number;
  /** What a disguised byte stands for. */
  readonly replace: ReadonlyMap<number, number>;
  /** May a delimiter stand behind the escape as it is? */
  readonly literal: boolean;
}

/** How frames stand on the line, with escapes resolved; one character of a text is one byte. */
export interface FrameFormat {
  /** Empty where frames have no beginning of their own. */
  readonly start: string;
  /** Empty where frames have no end of their own. */
  readonly end: string;
  readonly length: number | undefined;
  readonly prefix: PrefixFormat | undefined;
  readonly escaping: EscapeFormat | undefined;
  readonly checksum: ChecksumFormat | undefined;
  /** Where the body begins. */
  readonly bodyFrom: number;
  /** Of a frame with an empty body. */
  readonly lengthMin: number;
  /** From the first byte of the start to the last of the end. */
  readonly lengthMax: number;
  /** 0 where no silence ends anything. */
  readonly idleMilliseconds: number;
  readonly idleEndsFrame: boolean;
}

export function frameFormatOf(frame: SerialFrame): FrameFormat {
  const start = unescaped(frame.start ?? '');
  const end = unescaped(frame.end ?? '');
  const checksum = checksumFormatOf(frame, start.length);
  const trailer = (checksum === undefined ? 0 : checksum.separator.length + checksum.length) + end.length;
  const prefix = prefixFormatOf(frame, start.length, checksum, end.length);
  const bodyFrom = prefix === undefined ? start.length : prefix.at + prefix.bytes;
  const measured = frame.length !== undefined || prefix !== undefined;
  return {
    start,
    end,
    length: frame.length,
    prefix,
    escaping: escapeFormatOf(frame.escape),
    checksum,
    bodyFrom,
    lengthMin: bodyFrom + trailer,
    lengthMax: frame.length ?? frame.lengthMax ?? lengthMaxDefault,
    idleMilliseconds: frame.idleMilliseconds ?? (measured ? idleMillisecondsDefault : 0),
    idleEndsFrame: frame.idleEnds === 'frame',
  };
}

function checksumFormatOf(frame: SerialFrame, startLength: number): ChecksumFormat | undefined {
  const { checksum: kind = 'none', checksumForm: form = 'hex', checksumCovers: covers = {} } = frame;
  if (kind === 'none') {
    return undefined;
  }
  const afterEnd = frame.checksumPosition === 'after-end';
  const separatorAbsent = form === 'hex' && !afterEnd ? separatorDefault : '';
  return {
    kind,
    length: checksumBytes(kind) * (form === 'hex' ? 2 : 1),
    form,
    lowestFirst: frame.checksumByteOrder === 'little',
    afterEnd,
    separator: unescaped(frame.checksumSeparator ?? separatorAbsent),
    from: covers.from ?? (covers.start === true ? 0 : startLength),
    coversSeparator: covers.separator ?? false,
    coversEnd: covers.end ?? afterEnd,
  };
}

function prefixFormatOf(
  frame: SerialFrame,
  startLength: number,
  checksum: ChecksumFormat | undefined,
  endLength: number,
): PrefixFormat | undefined {
  const { lengthPrefix } = frame;
  if (lengthPrefix === undefined) {
    return undefined;
  }
  const { bytes, byteOrder, at = startLength, counts = [] } = lengthPrefix;
  const parts = {
    head: at,
    prefix: bytes,
    checksum: checksum === undefined ? 0 : checksum.separator.length + checksum.length,
    end: endLength,
  };
  const names = ['head', 'prefix', 'checksum', 'end'] as const;
  const uncounted = names.reduce((all, name) => all + (counts.includes(name) ? 0 : parts[name]), 0);
  return { at, bytes, lowestFirst: byteOrder === 'little', uncounted };
}

function escapeFormatOf(settings: SerialFrame['escape']): EscapeFormat | undefined {
  if (settings === undefined) {
    return undefined;
  }
  const byteOf = (text: string): number => unescaped(text).charCodeAt(0) & 0xff;
  const replace = new Map(
    Object.entries(settings.replace ?? {}).map(([from, to]) => [byteOf(from), byteOf(to)]),
  );
  const xor = settings.xor ?? 0;
  return { byte: byteOf(settings.byte), xor, replace, literal: xor === 0 && replace.size === 0 };
}
