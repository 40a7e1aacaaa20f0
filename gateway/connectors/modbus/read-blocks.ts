import type { ModbusPoint } from '@andon/shared/contracts';
import { type ReadBlock, widthOf } from '@andon/shared/modbus-plan';
import type { RawValue } from '../connector.ts';
import { functionCode, type Request, type Response } from './pdu.ts';
import { decodeRegisters } from './values.ts';

export function requestOf({ table, address, quantity }: ReadBlock): Request {
  switch (table) {
    case 'coil':
      return { kind: 'read-bits', function: functionCode.readCoils, address, quantity };
    case 'discrete-input':
      return { kind: 'read-bits', function: functionCode.readDiscreteInputs, address, quantity };
    case 'holding-register':
      return { kind: 'read-registers', function: functionCode.readHoldingRegisters, address, quantity };
    case 'input-register':
      return { kind: 'read-registers', function: functionCode.readInputRegisters, address, quantity };
  }
}

/** The values of a block's points in its answer. */
export function valuesOf(block: ReadBlock, response: Response): RawValue[] {
  return block.points.map((point) => {
    const from = point.address - block.address;
    if (response.kind === 'registers') {
      return decodeRegisters(response.values.slice(from, from + widthOf(point)), point);
    }
    const value = response.kind === 'bits' ? response.values[from] === true : null;
    return { signal: point.signal, value };
  });
}

export function failedValues(
  { points }: { readonly points: readonly ModbusPoint[] },
  badReason: string,
): RawValue[] {
  return points.map(({ signal }) => ({ signal, value: null, badReason }));
}
