import {
  type ChecksumFormat,
  checksumOf,
  type EscapeFormat,
  type FrameFormat,
} from '@andon/shared/serial-framing';

/** A frame as the machine meant it: nothing disguised, its checksum right. */
export interface Frame {
  readonly bytes: Uint8Array;
  /** What stands between the start (or the length) and the separator of the checksum; one character is one byte. */
  readonly body: string;
}

/** Why some bytes are no frame, as a rejection's and a counter's reason. */
export type FrameDefect = 'checksum' | 'end-missing' | 'escape' | 'length';

interface Places {
  readonly bodyTo: number;
  readonly separator: number;
  readonly checksum: number;
  readonly end: number;
}

/** Judges what may be a frame: from its start to its end, and the checksum where that follows the end. */
export function openFrame(wire: Uint8Array, format: FrameFormat): Frame | FrameDefect {
  const whole = format.escaping === undefined ? wire : undisguised(wire, format, format.escaping);
  if (whole === undefined) {
    return 'escape';
  }
  if (whole.length < format.lengthMin || (format.length !== undefined && whole.length !== format.length)) {
    return format.checksum === undefined ? 'length' : 'checksum';
  }
  const places = placesIn(whole.length, format);
  if (!holds(whole, places.end, format.end)) {
    return 'end-missing';
  }
  if (format.checksum !== undefined && !checksumFits(whole, places, format.checksum, format)) {
    return 'checksum';
  }
  return { bytes: whole, body: textOf(whole.subarray(format.bodyFrom, places.bodyTo)) };
}

/**
 * The bytes of a frame around this body. Where a length stands behind other bytes than the start, the body begins
 * with those. Undefined where it does not fit into a frame of this format.
 */
export function encodeFrame(body: Uint8Array, format: FrameFormat): Uint8Array | undefined {
  const { start, end, prefix, checksum, escaping } = format;
  const head = prefix === undefined ? 0 : prefix.at - start.length;
  const trailer = format.lengthMin - format.bodyFrom;
  const total = start.length + body.length + (prefix?.bytes ?? 0) + trailer;
  if (body.length < head || total > format.lengthMax || (format.length ?? total) !== total) {
    return undefined;
  }
  const whole = new Uint8Array(total);
  whole.set(bytesOf(start), 0);
  whole.set(body.subarray(0, head), start.length);
  if (prefix !== undefined) {
    const value = total - prefix.uncounted;
    if (value < 0 || value >= 2 ** (prefix.bytes * 8)) {
      return undefined;
    }
    whole.set(numberBytes(value, prefix.bytes, prefix.lowestFirst), prefix.at);
  }
  whole.set(body.subarray(head), format.bodyFrom);
  const places = placesIn(total, format);
  whole.set(bytesOf(end), places.end);
  if (checksum !== undefined) {
    whole.set(bytesOf(checksum.separator), places.separator);
    whole.set(checksumWritten(whole, places, checksum, format), places.checksum);
  }
  return escaping === undefined ? whole : disguised(whole, format, escaping);
}

/** How long the frame is that begins here; undefined while too little of it is there to say. */
export function lengthToldBy(head: Uint8Array, format: FrameFormat): number | undefined {
  const { length, prefix } = format;
  if (length !== undefined || prefix === undefined) {
    return length;
  }
  if (head.length < prefix.at + prefix.bytes) {
    return undefined;
  }
  return numberIn(head.subarray(prefix.at, prefix.at + prefix.bytes), prefix.lowestFirst) + prefix.uncounted;
}

function placesIn(length: number, { checksum, end }: FrameFormat): Places {
  if (checksum === undefined) {
    const endAt = length - end.length;
    return { bodyTo: endAt, separator: endAt, checksum: endAt, end: endAt };
  }
  if (checksum.afterEnd) {
    const checksumAt = length - checksum.length;
    const separator = checksumAt - checksum.separator.length;
    const endAt = separator - end.length;
    return { bodyTo: endAt, separator, checksum: checksumAt, end: endAt };
  }
  const endAt = length - end.length;
  const checksumAt = endAt - checksum.length;
  const separator = checksumAt - checksum.separator.length;
  return { bodyTo: separator, separator, checksum: checksumAt, end: endAt };
}

function covered(
  whole: Uint8Array,
  places: Places,
  checksum: ChecksumFormat,
  format: FrameFormat,
): Uint8Array {
  const last = checksum.coversEnd ? places.end + format.end.length : places.bodyTo;
  return whole.subarray(checksum.from, checksum.coversSeparator ? places.checksum : last);
}

function checksumFits(
  whole: Uint8Array,
  places: Places,
  checksum: ChecksumFormat,
  format: FrameFormat,
): boolean {
  if (!holds(whole, places.separator, checksum.separator)) {
    return false;
  }
  const written = checksumWritten(whole, places, checksum, format);
  return written.every((byte, index) => {
    const found = whole[places.checksum + index] ?? -1;
    // Digits are written in capitals and read in either case.
    const lowerCase = checksum.form === 'hex' && found >= 0x61 && found <= 0x66;
    return (lowerCase ? found - 0x20 : found) === byte;
  });
}

function checksumWritten(
  whole: Uint8Array,
  places: Places,
  checksum: ChecksumFormat,
  format: FrameFormat,
): Uint8Array {
  const value = checksumOf(covered(whole, places, checksum, format), checksum.kind);
  if (checksum.form === 'binary') {
    return numberBytes(value, checksum.length, checksum.lowestFirst);
  }
  const bytes = numberBytes(value, checksum.length / 2, checksum.lowestFirst);
  return bytesOf(Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(''));
}

function undisguised(wire: Uint8Array, format: FrameFormat, escaping: EscapeFormat): Uint8Array | undefined {
  const { start, end } = format;
  if (wire.length < start.length + end.length) {
    return undefined;
  }
  const inside = wire.subarray(start.length, wire.length - end.length);
  const result = new Uint8Array(wire.length);
  result.set(wire.subarray(0, start.length));
  let length = start.length;
  for (let index = 0; index < inside.length; index += 1) {
    let byte = inside[index] ?? 0;
    if (byte === escaping.byte) {
      index += 1;
      const disguise = inside[index];
      if (disguise === undefined) {
        return undefined;
      }
      byte = escaping.replace.get(disguise) ?? disguise ^ escaping.xor;
    }
    result[length] = byte;
    length += 1;
  }
  result.set(wire.subarray(wire.length - end.length), length);
  return result.subarray(0, length + end.length);
}

function disguised(whole: Uint8Array, format: FrameFormat, escaping: EscapeFormat): Uint8Array {
  const { start, end } = format;
  const reserved = new Set([escaping.byte, ...escaping.replace.values()]);
  for (const delimiter of [start, end].filter((text) => text.length === 1)) {
    reserved.add(delimiter.charCodeAt(0));
  }
  const disguises = new Map([...escaping.replace].map(([disguise, byte]) => [byte, disguise]));
  const inside = Array.from(whole.subarray(start.length, whole.length - end.length)).flatMap((byte) =>
    reserved.has(byte) ? [escaping.byte, disguises.get(byte) ?? byte ^ escaping.xor] : [byte],
  );
  return Uint8Array.from([...bytesOf(start), ...inside, ...bytesOf(end)]);
}

function holds(bytes: Uint8Array, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[at + index] !== text.charCodeAt(index)) {
      return false;
    }
  }
  return true;
}

function numberIn(bytes: Uint8Array, lowestFirst: boolean): number {
  const highestFirst = lowestFirst ? bytes.toReversed() : bytes;
  return highestFirst.reduce((value, byte) => value * 256 + byte, 0);
}

function numberBytes(value: number, bytes: number, lowestFirst: boolean): Uint8Array {
  const result = Uint8Array.from({ length: bytes }, (_, index) =>
    Math.floor(value / 256 ** (bytes - 1 - index)),
  );
  return lowestFirst ? result.toReversed() : result;
}

/** One byte for each character. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** One character for each byte. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
