import type { ModbusPoint, SignalValue } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import type { RawValue } from '../connector.ts';

type Encoding = Pick<ModbusPoint, 'signal' | 'table' | 'type' | 'byteOrder' | 'scale' | 'offset' | 'unit'>;
export type PointType = NonNullable<ModbusPoint['type']>;

const significantDigits = 12;

export const isBitTable = (table: ModbusPoint['table']): boolean =>
  table === 'coil' || table === 'discrete-input';

export function typeOf(point: Encoding): PointType {
  return point.type ?? (isBitTable(point.table) ? 'bool' : 'uint16');
}

/** How many bits or registers a point takes in its table. */
export function widthOf(point: Encoding): number {
  const type = typeOf(point);
  return !isBitTable(point.table) && (type === 'int32' || type === 'uint32' || type === 'float32') ? 2 : 1;
}

/** Byte orders are their own inverse: the same change reads and writes. */
function reordered(bytes: readonly number[], order: ModbusPoint['byteOrder']): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  switch (order) {
    case 'CDAB':
      return [c, d, a, b];
    case 'BADC':
      return [b, a, d, c];
    case 'DCBA':
      return [d, c, b, a];
    default:
      return [a, b, c, d];
  }
}

/** The shortest decimal number that is this single-precision one: 21.3, not 21.299999237060547. */
function shortest(single: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const candidate = Number(single.toPrecision(digits));
    if (Math.fround(candidate) === single) {
      return candidate;
    }
  }
  return single;
}

function numberIn(registers: readonly number[], point: Encoding): number {
  const [first = 0] = registers;
  switch (typeOf(point)) {
    case 'int16':
      return (first << 16) >> 16;
    case 'int32':
    case 'uint32':
    case 'float32': {
      const view = new DataView(new ArrayBuffer(4));
      const bytes = reordered(
        registers.flatMap((register) => [register >> 8, register & 0xff]),
        point.byteOrder,
      );
      for (const [index, byte] of bytes.entries()) {
        view.setUint8(index, byte);
      }
      const type = typeOf(point);
      return type === 'int32'
        ? view.getInt32(0)
        : type === 'uint32'
          ? view.getUint32(0)
          : shortest(view.getFloat32(0));
    }
    default:
      return first;
  }
}

/** The raw value of a point from its registers: scaled, and a failed read where the number is none. */
export function decodeRegisters(registers: readonly number[], point: Encoding): RawValue {
  const { signal, unit } = point;
  const named = unit === undefined ? { signal } : { signal, unit };
  if (typeOf(point) === 'bool') {
    return { ...named, value: registers[0] !== 0 };
  }
  const number = numberIn(registers, point);
  if (!Number.isFinite(number)) {
    return { ...named, value: null, badReason: 'not-finite' };
  }
  const { scale = 1, offset = 0 } = point;
  const value =
    scale === 1 && offset === 0 ? number : Number((number * scale + offset).toPrecision(significantDigits));
  return { ...named, value };
}

const ranges: Readonly<Partial<Record<PointType, readonly [number, number]>>> = {
  int16: [-0x8000, 0x7fff],
  uint16: [0, 0xffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  uint32: [0, 0xffff_ffff],
};

/** The registers that hold this value at this point. Throws where it does not fit. */
export function encodeRegisters(value: SignalValue, point: Encoding): number[] {
  const type = typeOf(point);
  if (type === 'bool') {
    return [isOn(value, point) ? 1 : 0];
  }
  const given = typeof value === 'boolean' ? Number(value) : value;
  if (typeof given !== 'number' || !Number.isFinite(given)) {
    throw doesNotFit(value, point);
  }
  const { scale = 1, offset = 0 } = point;
  const unscaled = (given - offset) / scale;
  const number = type === 'float32' ? unscaled : Math.round(unscaled);
  const [least, most] = ranges[type] ?? [-3.4028234663852886e38, 3.4028234663852886e38];
  if (!(number >= least && number <= most)) {
    throw doesNotFit(value, point);
  }
  if (widthOf(point) === 1) {
    return [number & 0xffff];
  }
  const view = new DataView(new ArrayBuffer(4));
  type === 'float32' ? view.setFloat32(0, number) : view.setUint32(0, number >>> 0);
  const bytes = reordered(
    [0, 1, 2, 3].map((index) => view.getUint8(index)),
    point.byteOrder,
  );
  return [((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0), ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)];
}

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
    message: `The value ${JSON.stringify(value)} does not fit the point ${point.signal}.`,
    nextStep: 'Give a value within the range of the point’s type, scale and offset.',
    field: 'value',
  });
}
