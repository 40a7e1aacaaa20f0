import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Request } from '../../gateway/connectors/modbus/pdu.ts';
import { encodeRequest, ResponseReader, withChecksum } from '../../gateway/connectors/modbus/rtu-framing.ts';

const unit = 17;

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (let turn = 0; offset < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return chunks;
}

const word = fc.integer({ min: 0, max: 0xffff });
const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 });

describe('the reader of Modbus answers', () => {
  it('finds the answer in any chunking, behind any noise that cannot be its beginning', () => {
    // Noise without the unit's number cannot hide the answer; with it, see below.
    const noise = fc.array(fc.integer({ min: 0, max: 255 }).filter((byte) => byte !== unit));
    fc.assert(
      fc.property(noise, fc.array(word, { minLength: 1, maxLength: 125 }), sizes, (before, values, cuts) => {
        const request: Request = { kind: 'read-registers', function: 3, address: 0, quantity: values.length };
        const body = values.flatMap((value) => [value >> 8, value & 0xff]);
        const frame = withChecksum([unit, 3, body.length, ...body]);
        const reader = new ResponseReader(unit, request);
        const answers = cut(Uint8Array.from([...before, ...frame]), cuts).map((chunk) => reader.push(chunk));
        expect(answers.at(-1)).toEqual({ kind: 'registers', values });
        expect(reader.bytesDiscarded).toBe(before.length);
      }),
    );
  });

  it('finds it behind any noise whatever, once as many bytes came as a false beginning waits for', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), word, sizes, (before, value, cuts) => {
        const request: Request = { kind: 'read-registers', function: 3, address: 0, quantity: 1 };
        const frame = withChecksum([unit, 3, 2, value >> 8, value & 0xff]);
        const reader = new ResponseReader(unit, request);
        const bytes = Uint8Array.from([...before, ...frame, 0, 0, 0, 0, 0, 0, 0]);
        const found = cut(bytes, cuts)
          .map((chunk) => reader.push(chunk))
          .find((answer) => answer !== undefined);
        // Noise may by chance be a whole answer with a right checksum; it is then an answer.
        expect(found?.kind).toMatch(/registers|exception/);
      }),
    );
  });

  it('never throws, and holds no more than one frame', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 50 }), (chunks) => {
        const reader = new ResponseReader(unit, {
          kind: 'read-bits',
          function: 1,
          address: 0,
          quantity: 2000,
        });
        for (const chunk of chunks) {
          reader.push(chunk);
        }
      }),
    );
  });

  it('takes no damaged answer for a good one', () => {
    fc.assert(
      fc.property(word, fc.integer({ min: 0, max: 7 * 8 - 1 }), (value, bit) => {
        const request: Request = { kind: 'read-registers', function: 3, address: 0, quantity: 1 };
        const frame = withChecksum([unit, 3, 2, value >> 8, value & 0xff]);
        frame[bit >> 3] = (frame[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(new ResponseReader(unit, request).push(frame)).toBeUndefined();
      }),
    );
  });

  it('writes requests of the length that the standard says', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 123 }), (values) => {
        const frame = encodeRequest(unit, { kind: 'write-registers', address: 0, values });
        expect(frame.length).toBe(9 + values.length * 2);
        expect(frame.length).toBeLessThanOrEqual(256);
      }),
    );
  });
});
