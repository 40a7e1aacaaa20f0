import type { ModbusPoint } from '@andon/shared/contracts';
import type { RawValue } from '../connector.ts';
import { functionCode, quantityMax, type Request, type Response } from './protocol.ts';
import { decodeRegisters, isBitTable, widthOf } from './values.ts';

/** Points that one request reads. */
export interface ReadBlock {
  readonly table: ModbusPoint['table'];
  readonly address: number;
  readonly quantity: number;
  readonly points: readonly ModbusPoint[];
}

/**
 * Merges points whose addresses touch into as few requests as the protocol allows (2000 bits, 125 registers).
 * Gaps are never read over: a slave may answer an address that it does not have with an exception.
 */
export function planReads(points: readonly ModbusPoint[]): ReadBlock[] {
  const blocks: ReadBlock[] = [];
  const read = points.filter((point) => point.read !== false);
  const sorted = read.toSorted((a, b) => a.table.localeCompare(b.table) || a.address - b.address);
  for (const point of sorted) {
    const last = blocks.at(-1);
    const end = point.address + widthOf(point);
    const most = isBitTable(point.table) ? quantityMax.readBits : quantityMax.readRegisters;
    if (
      last?.table === point.table &&
      point.address <= last.address + last.quantity &&
      end - last.address <= most
    ) {
      const quantity = Math.max(last.quantity, end - last.address);
      blocks[blocks.length - 1] = { ...last, quantity, points: [...last.points, point] };
    } else {
      blocks.push(blockOf(point));
    }
  }
  return blocks;
}

/** One block for each point: for a slave that answers a merged request with an exception. */
export function splitBlock(block: ReadBlock): ReadBlock[] {
  return block.points.map(blockOf);
}

const blockOf = (point: ModbusPoint): ReadBlock => ({
  table: point.table,
  address: point.address,
  quantity: widthOf(point),
  points: [point],
});

export function requestOf(block: ReadBlock): Request {
  const { address, quantity } = block;
  switch (block.table) {
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

export function failedValues(block: ReadBlock, badReason: string): RawValue[] {
  return block.points.map(({ signal }) => ({ signal, value: null, badReason }));
}
