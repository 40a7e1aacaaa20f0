import type { ModbusPoint } from '@andon/shared/contracts';
import { widthOf } from '@andon/shared/modbus-plan';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRegisters, encodeRegisters } from '../../gateway/connectors/modbus/values.ts';

const order = fc.constantFrom('ABCD' as const, 'CDAB' as const, 'BADC' as const, 'DCBA' as const);
const word = fc.integer({ min: 0, max: 0xffff });
const point = (fields: Partial<ModbusPoint>): ModbusPoint => ({
  signal: 's',
  table: 'holding-register',
  address: 0,
  ...fields,
});
const numeric = fc.constantFrom(
  ...([
    'int16',
    'uint16',
    'int32',
    'uint32',
    'int64',
    'uint64',
    'float32',
    'float64',
    'bcd16',
    'bcd32',
  ] as const),
);

describe('values in registers', () => {
  it('are the same bits again when what was read is written, for every type and order', () => {
    fc.assert(
      fc.property(
        numeric,
        order,
        fc.array(word, { minLength: 4, maxLength: 4 }),
        (type, byteOrder, words) => {
          const at = point({ type, byteOrder });
          const registers = words.slice(0, widthOf(at));
          const { value, badReason } = decodeRegisters(registers, at);
          if (badReason === undefined) {
            // A negative zero and a zero are one number.
            const again = typeof value === 'number' ? encodeRegisters(value, at) : [];
            expect(decodeRegisters(again, at).value).toBe(value);
            if (type !== 'float32' && type !== 'float64') {
              expect(again).toEqual(registers);
            }
          } else {
            expect(badReason).toMatch(/^(not-finite|not-bcd|number-too-large)$/);
            expect(value).toBeNull();
          }
        },
      ),
    );
  });

  it('are the same number again when what was written is read, scaled by what people write', () => {
    const scale = fc.constantFrom(1, 0.1, 0.01, 0.001, 0.5, 2, 10, 1e-7, -0.1);
    const offset = fc.constantFrom(0, -40, 273.15, 0.05);
    const whole = fc.constantFrom('int16' as const, 'int32' as const, 'int64' as const);
    fc.assert(
      fc.property(
        whole,
        order,
        scale,
        offset,
        fc.integer({ min: -0x8000, max: 0x7fff }),
        (type, byteOrder, by, plus, raw) => {
          const at = point({ type, byteOrder, scale: by, offset: plus });
          const registers = encodeRegisters(raw, point({ type, byteOrder }));
          const { value } = decodeRegisters(registers, at);
          expect(encodeRegisters(typeof value === 'number' ? value : null, at)).toEqual(registers);
          // No noise of binary fractions.
          expect(String(value).replace(/^-?\d+\.?|e.*$/g, '').length).toBeLessThanOrEqual(10);
        },
      ),
    );
  });

  it('of 64 bits are exact up to 2^53, and BAD beyond', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), order, (number, byteOrder) => {
        const words = [48n, 32n, 16n, 0n].map((shift) => Number((number >> shift) & 0xffffn));
        const swap = (value: number) => ((value & 0xff) << 8) | (value >> 8);
        const turned = byteOrder === 'CDAB' || byteOrder === 'DCBA' ? words.toReversed() : words;
        const registers = byteOrder === 'BADC' || byteOrder === 'DCBA' ? turned.map(swap) : turned;
        expect(decodeRegisters(registers, point({ type: 'uint64', byteOrder }))).toEqual(
          number <= BigInt(Number.MAX_SAFE_INTEGER)
            ? { signal: 's', value: Number(number) }
            : { signal: 's', value: null, badReason: 'number-too-large' },
        );
      }),
    );
  });

  it('of text are the text again, without the spaces behind it', () => {
    const text = fc.string({
      unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
      maxLength: 20,
    });
    fc.assert(
      fc.property(text, order, (given, byteOrder) => {
        const at = point({ type: 'string', lengthCharacters: 20, byteOrder });
        expect(decodeRegisters(encodeRegisters(given, at), at).value).toBe(given.trimEnd());
      }),
    );
  });
});
