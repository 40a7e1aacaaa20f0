import { commandReason, type ModbusPoint, type SignalValue } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { type PointType, typeOf, widthOf } from '@andon/shared/modbus-plan';
import type { RawValue } from '../connector.ts';
import { bytesOf, registersOf, reorder, reorderText } from './byte-order.ts';
import { floatDigits, scaled, shortest, unscaled } from './scaling.ts';

type Encoding = Omit<ModbusPoint, 'address' | 'writable' | 'read' | 'pollMilliseconds' | 'cron'>;

/** A number as it stands in the registers, with all of its bits; `reason` where it is none. */
type RawNumber = { readonly number: number | bigint; readonly bits: bigint } | { readonly reason: string };

const bcdDigits = { bcd16: 4, bcd32: 8 } as const;
const bitsPerBcdDigit = 4;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function bitsOf(bytes: Uint8Array): bigint {
  return bytes.reduce((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
}

function numberIn(bytes: Uint8Array, type: PointType): RawNumber {
  const view = viewOf(bytes);
  const bits = bitsOf(bytes);
  switch (type) {
    case 'int16':
      return { number: view.getInt16(0), bits };
    case 'int32':
      return { number: view.getInt32(0), bits };
    case 'int64':
      return { number: view.getBigInt64(0), bits };
    case 'float32':
      return { number: shortest(view.getFloat32(0)), bits };
    case 'float64':
      return { number: view.getFloat64(0), bits };
    case 'bcd16':
    case 'bcd32': {
      // Each hexadecimal digit is a decimal one.
      const digits = bits.toString(16);
      return /^[0-9]+$/.test(digits) ? { number: Number(digits), bits } : { reason: 'not-bcd' };
    }
    default:
      return { number: bits, bits };
  }
}

/** Is this how the device says that it has no value? A sentinel is the number itself, or its bits. */
function isNoValue(raw: { number: number | bigint; bits: bigint }, noValue: Encoding['noValue']): boolean {
  const sentinels = noValue === undefined ? [] : Array.isArray(noValue) ? noValue : [noValue];
  return sentinels.some((sentinel) =>
    typeof sentinel === 'string'
      ? BigInt(sentinel) === raw.bits
      : Number(raw.number) === sentinel || (Number.isInteger(sentinel) && BigInt(sentinel) === raw.bits),
  );
}

/**
 * The raw value of a point from its registers, scaled; a failed read where they hold none: `no-value`, `not-finite`,
 * `not-bcd`, or `number-too-large` where a number of 64 bits is beyond 2^53, of which a JSON number would be another.
 */
export function decodeRegisters(registers: readonly number[], point: Encoding): RawValue {
  const { signal, unit } = point;
  const named = unit === undefined ? { signal } : { signal, unit };
  const type = typeOf(point);
  if (type === 'string') {
    return { ...named, value: textIn(registers, point) };
  }
  const bytes = reorder(bytesOf(registers), point.byteOrder);
  if (type === 'bool') {
    const bits = bitsOf(bytes);
    return { ...named, value: (point.bit === undefined ? bits : (bits >> BigInt(point.bit)) & 1n) !== 0n };
  }
  const raw = numberIn(bytes, type);
  if ('reason' in raw) {
    return { ...named, value: null, badReason: raw.reason };
  }
  if (isNoValue(raw, point.noValue)) {
    return { ...named, value: null, badReason: 'no-value' };
  }
  const number = Number(raw.number);
  if (!Number.isFinite(number)) {
    return { ...named, value: null, badReason: 'not-finite' };
  }
  if (typeof raw.number === 'bigint' && !Number.isSafeInteger(number)) {
    return { ...named, value: null, badReason: 'number-too-large' };
  }
  return { ...named, value: scaled(number, point, floatDigits(type)) };
}

/** Text ends at the first NUL, and spaces behind it are filling. */
function textIn(registers: readonly number[], point: Encoding): string {
  const bytes = reorderText(bytesOf(registers), point.byteOrder).subarray(0, point.lengthCharacters);
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end))
    .toString('latin1')
    .trimEnd();
}

const ranges: Readonly<Partial<Record<PointType, readonly [number, number]>>> = {
  int16: [-0x8000, 0x7fff],
  uint16: [0, 0xffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  uint32: [0, 0xffff_ffff],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  bcd16: [0, 9999],
  bcd32: [0, 99_999_999],
  float32: [-3.4028234663852886e38, 3.4028234663852886e38],
};

/** The registers that hold this value at this point. Throws where it does not fit. */
export function encodeRegisters(value: SignalValue, point: Encoding): number[] {
  const type = typeOf(point);
  if (type === 'string') {
    return textRegisters(value, point);
  }
  const bytes = new Uint8Array(widthOf(point) * 2);
  if (type === 'bool') {
    viewOf(bytes).setUint16(0, isOn(value, point) ? 1 : 0);
  } else {
    putNumber(bytes, type, rawNumber(value, type, point));
  }
  return registersOf(reorder(bytes, point.byteOrder));
}

function rawNumber(value: SignalValue, type: PointType, point: Encoding): number {
  const given = typeof value === 'boolean' ? Number(value) : value;
  if (typeof given !== 'number' || !Number.isFinite(given)) {
    throw doesNotFit(value, point);
  }
  const raw = unscaled(given, point);
  const number = floatDigits(type) === undefined ? Math.round(raw) : raw;
  const [least, most] = ranges[type] ?? [-Number.MAX_VALUE, Number.MAX_VALUE];
  if (!(number >= least && number <= most)) {
    throw doesNotFit(value, point);
  }
  return number;
}

function putNumber(bytes: Uint8Array, type: PointType, number: number): void {
  const view = viewOf(bytes);
  switch (type) {
    case 'float32':
      view.setFloat32(0, number);
      return;
    case 'float64':
      view.setFloat64(0, number);
      return;
    case 'bcd16':
    case 'bcd32': {
      const digits = String(number).padStart(bcdDigits[type], '0');
      for (const [index, pair] of (digits.match(/../g) ?? []).entries()) {
        bytes[index] = (Number(pair[0]) << bitsPerBcdDigit) | Number(pair[1]);
      }
      return;
    }
    default: {
      // Two's complement, as many bytes of it as there are.
      let rest = BigInt(number);
      for (let index = bytes.length - 1; index >= 0; index -= 1) {
        bytes[index] = Number(rest & 0xffn);
        rest >>= 8n;
      }
    }
  }
}

function textRegisters(value: SignalValue, point: Encoding): number[] {
  const bytes = new Uint8Array(widthOf(point) * 2);
  if (typeof value !== 'string' || value.length > (point.lengthCharacters ?? 0) || !isWritableText(value)) {
    throw doesNotFit(value, point);
  }
  bytes.set(Buffer.from(value, 'latin1'));
  return registersOf(reorderText(bytes, point.byteOrder));
}

/** Characters of one byte each, and no NUL, which would end the text. */
const isWritableText = (text: string): boolean =>
  Buffer.from(text, 'latin1').toString('latin1') === text && !text.includes('\0');

/** Is this value `on`, for a bit? */
export function isOn(value: SignalValue, point: Pick<ModbusPoint, 'signal'>): boolean {
  if (typeof value === 'boolean') {
    return value;
  }
  if (value === 0 || value === 1) {
    return value === 1;
  }
  throw doesNotFit(value, point);
}

function doesNotFit(value: SignalValue, point: Pick<ModbusPoint, 'signal'>): AndonError {
  return new AndonError({
    code: 'modbus.value-does-not-fit',
    message: commandReason('value-of-point', { value: JSON.stringify(value), point: point.signal }),
    nextStep: 'Give a value within the range of the point’s type, scale and offset.',
    field: 'value',
  });
}
