import type { ModbusPoint, ModbusSlave, ModbusTable } from '../contracts/index.ts';
import { isBitTable, widthOf } from './points.ts';

/** The most that one request may read (Modbus Application Protocol 1.1b3, 6.1 and 6.3). */
export const readBitsMax = 2000;
export const readRegistersMax = 125;

/** Points that one request reads. */
export interface ReadBlock {
  readonly table: ModbusTable;
  readonly address: number;
  readonly quantity: number;
  readonly points: readonly ModbusPoint[];
}

/** What a device can take; its addresses count from 0. */
export interface ReadLimits {
  readonly registersPerRequestMax: number;
  readonly bitsPerRequestMax: number;
  readonly gapRegistersMax: number;
  readonly gapBitsMax: number;
  readonly forbidden: readonly { readonly table: ModbusTable; readonly from: number; readonly to: number }[];
}

export function limitsOf(
  slave: Partial<Omit<ReadLimits, 'forbidden'>> & Pick<ModbusSlave, 'forbidden' | 'addressBase'>,
): ReadLimits {
  const { addressBase = 0, forbidden = [] } = slave;
  return {
    registersPerRequestMax: slave.registersPerRequestMax ?? readRegistersMax,
    bitsPerRequestMax: slave.bitsPerRequestMax ?? readBitsMax,
    gapRegistersMax: slave.gapRegistersMax ?? 0,
    gapBitsMax: slave.gapBitsMax ?? 0,
    forbidden: forbidden.map(({ table, from, to }) => ({
      table,
      from: from - addressBase,
      to: to - addressBase,
    })),
  };
}

/** A place at which a block must begin anew: `holding-register:40`. */
export const cutAt = ({ table, address }: Pick<ModbusPoint, 'table' | 'address'>): string =>
  `${table}:${address}`;

/**
 * Merges points into as few requests as the device takes. A request reads over a gap where the limits allow it, never
 * over a forbidden address, and never across a cut. Points in ascending order each join the request before them or
 * begin one; as a request may only grow to the right, no other choice needs fewer.
 */
export function planReads(
  points: readonly ModbusPoint[],
  limits: ReadLimits,
  cuts: ReadonlySet<string> = new Set(),
): ReadBlock[] {
  const blocks: ReadBlock[] = [];
  const sorted = points.toSorted((a, b) => a.table.localeCompare(b.table) || a.address - b.address);
  for (const point of sorted) {
    const last = blocks.at(-1);
    const cut = cuts.has(cutAt(point)) && point.address !== last?.address;
    if (last !== undefined && !cut && mayJoin(last, point, limits)) {
      const quantity = Math.max(last.quantity, point.address + widthOf(point) - last.address);
      blocks[blocks.length - 1] = { ...last, quantity, points: [...last.points, point] };
    } else {
      blocks.push(blockOf(point));
    }
  }
  return blocks;
}

function mayJoin(block: ReadBlock, point: ModbusPoint, limits: ReadLimits): boolean {
  const end = block.address + block.quantity;
  const bits = isBitTable(point.table);
  return (
    block.table === point.table &&
    point.address - end <= (bits ? limits.gapBitsMax : limits.gapRegistersMax) &&
    point.address + widthOf(point) - block.address <=
      (bits ? limits.bitsPerRequestMax : limits.registersPerRequestMax) &&
    !limits.forbidden.some(
      ({ table, from, to }) => table === point.table && from < point.address && to >= end,
    )
  );
}

/**
 * Where to divide a block that a device refused: at its widest gap, for there the hole is likeliest; of equal ones at
 * that nearest to the middle. Undefined where all of its points begin at the same address.
 */
export function cutFor(block: ReadBlock): string | undefined {
  let end = block.address;
  let best: { gap: number; offCentre: number; cut: string } | undefined;
  for (const [index, point] of block.points.entries()) {
    // Below zero where values overlap.
    const gap = point.address - end;
    const offCentre = Math.abs(index - block.points.length / 2);
    const better = !best || gap > best.gap || (gap === best.gap && offCentre < best.offCentre);
    if (point.address > block.address && better) {
      best = { gap, offCentre, cut: cutAt(point) };
    }
    end = Math.max(end, point.address + widthOf(point));
  }
  return best?.cut;
}

const blockOf = (point: ModbusPoint): ReadBlock => ({
  table: point.table,
  address: point.address,
  quantity: widthOf(point),
  points: [point],
});
