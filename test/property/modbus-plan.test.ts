import type { ModbusPoint } from '@andon/shared/contracts';
import { cutFor, limitsOf, planReads, type ReadBlock, widthOf } from '@andon/shared/modbus-plan';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const types = ['uint16', 'int32', 'float64', 'string'] as const;
const points = fc
  .array(
    fc.record({
      table: fc.constantFrom('holding-register' as const, 'input-register' as const),
      address: fc.integer({ min: 0, max: 40 }),
      type: fc.constantFrom(...types),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((list): ModbusPoint[] =>
    list.map((fields, index) => ({
      ...fields,
      signal: `s${index}`,
      ...(fields.type === 'string' ? { lengthCharacters: 6 } : {}),
    })),
  );
const limits = fc.record({
  registersPerRequestMax: fc.integer({ min: 4, max: 30 }),
  gapRegistersMax: fc.integer({ min: 0, max: 10 }),
});

function read(blocks: readonly ReadBlock[], table: string): Set<number> {
  return new Set(
    blocks
      .filter((block) => block.table === table)
      .flatMap(({ address, quantity }) => Array.from({ length: quantity }, (_, index) => address + index)),
  );
}

describe('the plan of reads', () => {
  it('reads every point whole, once, within the limits and outside of what is forbidden', () => {
    fc.assert(
      fc.property(points, limits, fc.array(fc.integer({ min: 0, max: 45 })), (list, given, holes) => {
        const touched = new Set(
          list.flatMap((point) =>
            Array.from({ length: widthOf(point) }, (_, index) => `${point.table}:${point.address + index}`),
          ),
        );
        const forbidden = holes
          .filter((hole) => !touched.has(`holding-register:${hole}`))
          .map((hole) => ({ table: 'holding-register' as const, from: hole, to: hole }));
        const blocks = planReads(list, limitsOf({ ...given, forbidden }));
        const seen = blocks.flatMap((block) => block.points);
        expect(seen.map(({ signal }) => signal).toSorted()).toEqual(
          list.map(({ signal }) => signal).toSorted(),
        );
        for (const block of blocks) {
          expect(block.quantity).toBeLessThanOrEqual(given.registersPerRequestMax);
          for (const point of block.points) {
            expect(point.table).toBe(block.table);
            expect(point.address).toBeGreaterThanOrEqual(block.address);
            expect(point.address + widthOf(point)).toBeLessThanOrEqual(block.address + block.quantity);
          }
        }
        const addresses = read(blocks, 'holding-register');
        expect(forbidden.filter(({ from }) => addresses.has(from))).toEqual([]);
      }),
    );
  });

  it('needs no more requests than the best of all ways to divide the points', () => {
    const few = points.map((list) => list.slice(0, 8).map((point) => ({ ...point, table: 'coil' as const })));
    const bits = fc.record({
      bitsPerRequestMax: fc.integer({ min: 1, max: 20 }),
      gapBitsMax: fc.integer({ min: 0, max: 10 }),
    });
    fc.assert(
      fc.property(few, bits, (list, given) => {
        const addresses = [...new Set(list.map(({ address }) => address))].toSorted((a, b) => a - b);
        const fits = (part: readonly number[]) =>
          (part.at(-1) ?? 0) - (part[0] ?? 0) < given.bitsPerRequestMax &&
          part.every(
            (address, index) => index === 0 || address - (part[index - 1] ?? 0) - 1 <= given.gapBitsMax,
          );
        const best: number[] = [0];
        for (let end = 1; end <= addresses.length; end += 1) {
          const ways = addresses
            .slice(0, end)
            .flatMap((_, start) => (fits(addresses.slice(start, end)) ? [(best[start] ?? 0) + 1] : []));
          best.push(Math.min(...ways));
        }
        expect(planReads(list, limitsOf(given))).toHaveLength(best.at(-1) ?? 0);
      }),
    );
  });

  it('finds each address that a device refuses, by dividing alone, and keeps the rest together', () => {
    fc.assert(
      fc.property(points, limits, fc.uniqueArray(fc.integer({ min: 0, max: 45 })), (list, given, holes) => {
        const refused = new Set(holes);
        const cuts = new Set<string>();
        const waiting = planReads(list, limitsOf(given), cuts);
        const good: ReadBlock[] = [];
        const bad: ReadBlock[] = [];
        let steps = 0;
        for (let block = waiting.shift(); block !== undefined; block = waiting.shift()) {
          const { address, quantity } = block;
          const hit = Array.from({ length: quantity }, (_, index) => address + index).some((at) =>
            refused.has(at),
          );
          const cut = hit ? cutFor(block) : undefined;
          if (!hit) {
            good.push(block);
          } else if (cut === undefined) {
            bad.push(block);
          } else {
            cuts.add(cut);
            waiting.push(...planReads(block.points, limitsOf(given), cuts));
          }
          steps += 1;
          expect(steps).toBeLessThan(list.length * 4);
        }
        // What begins at the same address cannot be divided; all else that lies on no hole is read.
        const isRead = new Set(good.flatMap((block) => block.points.map(({ signal }) => signal)));
        const together = new Set(
          bad.filter((block) => block.points.length > 1).flatMap((block) => block.points),
        );
        for (const point of list) {
          const onHole = Array.from({ length: widthOf(point) }, (_, index) => point.address + index).some(
            (at) => refused.has(at),
          );
          if (!together.has(point)) {
            expect(isRead.has(point.signal)).toBe(!onHole);
          }
        }
      }),
    );
  });
});
