import type { SignalValue } from '@andon/shared/contracts';
import type { ByteReader } from './byte-reader.ts';
import { type ByteWriter, packedIntegerMax } from './byte-writer.ts';

/** How a value is written: three bits, kept beside it. */
const valueKind = { null: 0, false: 1, true: 2, integer: 3, double: 4, text: 5, thousandths: 6 } as const;
export const valueKindBits = 3;
export const valueKindMask = 0x07;

/** Thousandths of a number up to this are whole numbers, exactly. */
const thousandthsMax = 1e12;

export function kindOf(value: SignalValue): number {
  if (typeof value === 'number') {
    if (value === Math.floor(value) && value > -packedIntegerMax && value < packedIntegerMax) {
      return valueKind.integer;
    }
    const isDecimal =
      value < thousandthsMax && value > -thousandthsMax && Math.round(value * 1000) / 1000 === value;
    return isDecimal ? valueKind.thousandths : valueKind.double;
  }
  if (typeof value === 'string') return valueKind.text;
  if (value === null) return valueKind.null;
  return value ? valueKind.true : valueKind.false;
}

export function writeValue(bytes: ByteWriter, kind: number, value: SignalValue): void {
  if (typeof value === 'number') {
    if (kind === valueKind.integer) bytes.signed(value);
    else if (kind === valueKind.thousandths) bytes.signed(Math.round(value * 1000));
    else bytes.double(value);
  } else if (typeof value === 'string') {
    bytes.text(value);
  }
}

export function readValue(bytes: ByteReader, kind: number): SignalValue {
  if (kind === valueKind.integer) return bytes.signed();
  if (kind === valueKind.thousandths) return bytes.signed() / 1000;
  if (kind === valueKind.double) return bytes.double();
  if (kind === valueKind.text) return bytes.text();
  return kind === valueKind.null ? null : kind === valueKind.true;
}

/** A time that the bytes can hold: whole milliseconds since the epoch. */
export const isPackableTime = (time: number): boolean =>
  time >= 0 && time < packedIntegerMax && time === Math.floor(time);

export const clockStates = ['SYNCHRONIZED', 'UNSYNCHRONIZED', 'CORRECTED'] as const;
