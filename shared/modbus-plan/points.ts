import type { ModbusPoint, ModbusSlave } from '../contracts/index.ts';

export type PointType = NonNullable<ModbusPoint['type']>;
type Layout = Pick<ModbusPoint, 'table' | 'type' | 'bit' | 'lengthCharacters'>;

const charactersPerRegister = 2;

export const isBitTable = (table: ModbusPoint['table']): boolean =>
  table === 'coil' || table === 'discrete-input';

export function typeOf(point: Layout): PointType {
  return point.type ?? (isBitTable(point.table) || point.bit !== undefined ? 'bool' : 'uint16');
}

/** How many bits or registers a point takes in its table. */
export function widthOf(point: Layout): number {
  if (isBitTable(point.table)) {
    return 1;
  }
  switch (typeOf(point)) {
    case 'int32':
    case 'uint32':
    case 'float32':
    case 'bcd32':
      return 2;
    case 'int64':
    case 'uint64':
    case 'float64':
      return 4;
    case 'string':
      return Math.ceil((point.lengthCharacters ?? charactersPerRegister) / charactersPerRegister);
    default:
      return 1;
  }
}

/** The points of a slave as they are on the wire: addresses from 0, each with its byte order. */
export function pointsOf(slave: Pick<ModbusSlave, 'points' | 'addressBase' | 'byteOrder'>): ModbusPoint[] {
  const { points = [], addressBase = 0, byteOrder } = slave;
  return points.map((point) => ({
    ...point,
    address: point.address - addressBase,
    ...(point.byteOrder === undefined && byteOrder !== undefined ? { byteOrder } : {}),
  }));
}
