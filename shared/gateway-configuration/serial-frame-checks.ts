import type { SerialFrame } from '../contracts/index.ts';
import { frameFormatOf, isBytes, unescaped } from '../serial-framing/index.ts';
import type { KeyPath, Tell } from './mistakes.ts';

/** Tells what of a frame's keys says nothing, says it twice or cannot be. */
export function tellFrameMistakes(frame: SerialFrame, path: KeyPath, tell: Tell): void {
  tellEndMistakes(frame, path, tell);
  tellTextMistakes(frame, path, tell);
  tellChecksumMistakes(frame, path, tell);
  tellEscapeMistakes(frame, path, tell);
  tellLengthMistakes(frame, path, tell);
}

function tellEndMistakes(frame: SerialFrame, path: KeyPath, tell: Tell): void {
  const { end, length, lengthPrefix, idleEnds, idleMilliseconds } = frame;
  if (length !== undefined && lengthPrefix !== undefined) {
    tell([...path, 'lengthPrefix'], 'is not possible beside length: frames have one length or tell theirs');
  }
  if (end === undefined && length === undefined && lengthPrefix === undefined && idleEnds !== 'frame') {
    tell(path, 'does not say where a frame ends: it needs end, length, lengthPrefix or idleEnds: frame');
  }
  if (idleEnds === 'frame' && idleMilliseconds === undefined) {
    tell([...path, 'idleMilliseconds'], 'is missing: after how long a silence does a frame end?');
  }
  if (idleEnds === 'frame' && (length !== undefined || lengthPrefix !== undefined)) {
    tell([...path, 'idleEnds'], 'cannot be frame where the length says where a frame ends');
  }
}

function tellTextMistakes(frame: SerialFrame, path: KeyPath, tell: Tell): void {
  for (const key of ['start', 'end', 'checksumSeparator'] as const) {
    if (!isBytes(unescaped(frame[key] ?? ''))) {
      tell([...path, key], 'holds a character that is no byte: write \\x00 to \\xFF');
    }
  }
}

function tellChecksumMistakes(frame: SerialFrame, path: KeyPath, tell: Tell): void {
  const { checksum = 'none', checksumPosition, checksumCovers } = frame;
  for (const key of ['checksumForm', 'checksumByteOrder', 'checksumPosition', 'checksumCovers'] as const) {
    if (checksum === 'none' && frame[key] !== undefined) {
      tell([...path, key], 'says nothing where there is no checksum');
    }
  }
  if (checksumPosition === 'after-end' && frame.end === undefined) {
    tell([...path, 'checksumPosition'], 'cannot be after-end where there is no end');
  }
  if (checksumCovers?.end === true && checksumPosition !== 'after-end') {
    tell([...path, 'checksumCovers', 'end'], 'is possible only with checksumPosition: after-end');
  }
  if (checksumCovers?.from !== undefined && checksumCovers.start !== undefined) {
    tell([...path, 'checksumCovers', 'start'], 'is not possible beside from');
  }
}

function tellEscapeMistakes(frame: SerialFrame, path: KeyPath, tell: Tell): void {
  const { escape: escaping } = frame;
  if (escaping === undefined) {
    return;
  }
  const escapePath = [...path, 'escape'];
  if (frame.end === undefined || frame.length !== undefined || frame.lengthPrefix !== undefined) {
    tell(escapePath, 'is possible only where end alone says where a frame ends');
  }
  if (frame.checksumPosition === 'after-end') {
    tell(escapePath, 'is not possible where the checksum follows the end');
  }
  const oneByte = (text: string): boolean => unescaped(text).length === 1 && isBytes(unescaped(text));
  if (!oneByte(escaping.byte)) {
    tell([...escapePath, 'byte'], 'must be one byte, for example \\x7D');
  }
  for (const [from, to] of Object.entries(escaping.replace ?? {})) {
    if (!oneByte(from) || !oneByte(to)) {
      tell([...escapePath, 'replace', from], 'must be one byte for one byte, for example "\\xDC": "\\xC0"');
    }
  }
  for (const key of ['start', 'end'] as const) {
    const delimiter = unescaped(frame[key] ?? '');
    if (delimiter.length > 1 && !delimiter.startsWith(unescaped(escaping.byte))) {
      tell([...path, key], 'must be one byte, or begin with the escape, where bytes are escaped');
    }
  }
}

function tellLengthMistakes(frame: SerialFrame, path: KeyPath, tell: Tell): void {
  const { lengthMin, lengthMax } = frameFormatOf(frame);
  if (lengthMin > lengthMax) {
    const key = frame.length === undefined ? 'lengthMax' : 'length';
    tell([...path, key], `is less than the ${lengthMin} bytes of a frame without a body`);
  }
  const { lengthPrefix } = frame;
  if (lengthPrefix?.at !== undefined && lengthPrefix.at < unescaped(frame.start ?? '').length) {
    tell([...path, 'lengthPrefix', 'at'], 'lies within the start');
  }
}
