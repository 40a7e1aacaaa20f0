import type { ModbusPoint, ModbusSlave } from '../contracts/index.ts';
import { cronMistake, isBitTable, limitsOf, pointsOf, typeOf, widthOf } from '../modbus-plan/index.ts';
import type { KeyPath, Tell } from './mistakes.ts';

const addressesMax = 65_536;

/** Tells what is wrong with one point of a slave. */
export function tellPointMistakes(point: ModbusPoint, slave: ModbusSlave, path: KeyPath, tell: Tell): void {
  tellTypeMistakes(point, path, tell);
  tellAddressMistakes(point, slave, path, tell);
  if (point.writable && (point.table === 'discrete-input' || point.table === 'input-register')) {
    tell([...path, 'writable'], `is not possible in the table ${point.table}`);
  }
  if (point.writable && point.bit !== undefined) {
    tell([...path, 'writable'], 'is not possible for a bit: the rest of its register would be written too');
  }
  if (point.cron !== undefined) {
    const mistake = cronMistake(point.cron);
    if (mistake !== undefined) {
      tell([...path, 'cron'], mistake);
    } else if (point.pollMilliseconds !== undefined) {
      tell([...path, 'cron'], 'stands beside pollMilliseconds: only one of them can say when it is read');
    }
  }
}

function tellTypeMistakes(point: ModbusPoint, path: KeyPath, tell: Tell): void {
  const type = typeOf(point);
  if (isBitTable(point.table) && type !== 'bool') {
    tell([...path, 'type'], `must be bool in the table ${point.table}`);
  }
  if (point.bit !== undefined && (isBitTable(point.table) || type !== 'bool')) {
    tell([...path, 'bit'], 'is possible for registers of the type bool only');
  }
  if (type === 'string' && point.lengthCharacters === undefined) {
    tell([...path, 'lengthCharacters'], 'is missing: a string needs it');
  }
  if (type !== 'string' && point.lengthCharacters !== undefined) {
    tell([...path, 'lengthCharacters'], 'is possible for a string only');
  }
  if (point.noValue !== undefined && (type === 'bool' || type === 'string')) {
    tell([...path, 'noValue'], `is not possible for a ${type}`);
  }
  if (point.scale === 0) {
    tell([...path, 'scale'], 'must not be 0');
  }
}

function tellAddressMistakes(point: ModbusPoint, slave: ModbusSlave, path: KeyPath, tell: Tell): void {
  const { addressBase = 0 } = slave;
  const limits = limitsOf(slave);
  const width = widthOf(point);
  const [onWire] = pointsOf({ ...slave, points: [point] });
  const first = onWire?.address ?? 0;
  if (first < 0 || first + width > addressesMax) {
    const last = addressesMax - width + addressBase;
    tell(
      [...path, 'address'],
      `must be from ${addressBase} to ${last}, as addresses count from ${addressBase}`,
    );
  }
  if (!isBitTable(point.table) && width > limits.registersPerRequestMax) {
    tell(
      [...path, 'type'],
      `takes ${width} registers, but a request may read ${limits.registersPerRequestMax} at most`,
    );
  }
  const touched = limits.forbidden.find(
    ({ table, from, to }) => table === point.table && from < first + width && to >= first,
  );
  if (touched !== undefined && point.read !== false) {
    tell(
      [...path, 'address'],
      `lies in the forbidden ${touched.from + addressBase} to ${touched.to + addressBase}`,
    );
  }
}
