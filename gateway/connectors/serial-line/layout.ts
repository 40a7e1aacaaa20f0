import type { SerialField } from '@andon/shared/contracts';

/** Binary coded decimals beyond these are no exact numbers any more. */
const bcdDigitsMax = 15;

/**
 * What stands at a field's place among the bytes of a frame: a number, NaN where the bytes are none, or a text.
 * Undefined where the frame is too short.
 */
export function layoutValue(
  bytes: Uint8Array,
  field: Pick<SerialField, 'at' | 'as' | 'bytes' | 'byteOrder' | 'bit' | 'bits'>,
): number | string | undefined {
  const { at = 0, as = 'uint8' } = field;
  const length = field.bytes ?? Number(as.replaceAll(/\D/g, '')) / 8;
  const from = at < 0 ? bytes.length + at : at;
  if (from < 0 || from + length > bytes.length) {
    return undefined;
  }
  const found = bytes.subarray(from, from + length);
  if (as === 'text') {
    return Buffer.from(found).toString('latin1').replace(/\0+$/, '');
  }
  const highestFirst = field.byteOrder === 'little' ? found.toReversed() : found;
  if (as === 'bcd') {
    return bcdValue(highestFirst);
  }
  if (as === 'float32' || as === 'float64') {
    const view = new DataView(Uint8Array.from(highestFirst).buffer);
    return as === 'float32' ? view.getFloat32(0) : view.getFloat64(0);
  }
  const value = as.startsWith('u') ? unsigned(highestFirst) : signed(highestFirst);
  return field.bit === undefined ? value : bitsOf(value, field.bit, field.bits ?? 1);
}

function unsigned(highestFirst: Uint8Array): number {
  return Number(highestFirst.reduce((value, byte) => value * 256n + BigInt(byte), 0n));
}

function signed(highestFirst: Uint8Array): number {
  const value = highestFirst.reduce((all, byte) => all * 256n + BigInt(byte), 0n);
  return Number(BigInt.asIntN(highestFirst.length * 8, value));
}

function bitsOf(value: number, bit: number, count: number): number {
  return Math.floor((value >>> 0) / 2 ** bit) % 2 ** count;
}

function bcdValue(highestFirst: Uint8Array): number {
  const digits = Array.from(highestFirst, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return /^\d+$/.test(digits) && digits.replace(/^0+/, '').length <= bcdDigitsMax
    ? Number(digits)
    : Number.NaN;
}
