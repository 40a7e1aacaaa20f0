import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, frameFormatOf } from '../../gateway/connectors/serial-line/frame-format.ts';
import { FrameParser, type ParsedPart } from '../../gateway/connectors/serial-line/frame-parser.ts';

const format = (checksum: 'none' | 'xor' | 'sum-8' | 'crc-16-modbus' | 'nmea') =>
  frameFormatOf({ start: '$', end: '\r\n', checksum, lengthMax: 128 });
const formats = fc.constantFrom('xor', 'sum-8', 'crc-16-modbus', 'nmea').map((kind) => format(kind));
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
/** Printable ASCII, the start and the separators included. */
const body = fc.string({ unit: 'binary-ascii', maxLength: 80 }).filter((text) => !/[\r\n]/.test(text));

function parseInChunks(parser: FrameParser, bytes: Uint8Array, cuts: readonly number[]): ParsedPart[] {
  const parts: ParsedPart[] = [];
  let offset = 0;
  for (let turn = 0; offset < bytes.length; turn += 1) {
    const size = cuts[turn % cuts.length] ?? 1;
    parts.push(...parser.push(bytes.subarray(offset, offset + size)));
    offset += size;
  }
  return parts;
}

const bodiesIn = (parts: readonly ParsedPart[]) =>
  parts.flatMap((part) => (part.kind === 'frame' ? [part.body] : []));

describe('the parser of serial frames', () => {
  it('gives the same whatever the chunks', () => {
    fc.assert(
      fc.property(
        formats,
        fc.array(body, { maxLength: 10 }),
        fc.uint8Array(),
        sizes,
        (given, bodies, noise, cuts) => {
          const bytes = Buffer.concat([noise, ...bodies.map((text) => encodeFrame(text, given))]);
          const frames = (with_: readonly number[]) =>
            bodiesIn(parseInChunks(new FrameParser(given), bytes, with_));
          expect(frames(cuts)).toEqual(frames([1]));
        },
      ),
    );
  });

  it('finds every good frame after any noise that ends its line', () => {
    const plain = fc.string({ unit: fc.constantFrom(...'ABC,.0123456789-'), maxLength: 80 });
    fc.assert(
      fc.property(
        fc.constant(format('crc-16-modbus')),
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 400 }), plain), { minLength: 1, maxLength: 10 }),
        sizes,
        (given, rounds, cuts) => {
          const bytes = Buffer.concat(
            rounds.flatMap(([noise, text]) => [noise, Buffer.from('\r\n'), encodeFrame(text, given)]),
          );
          const found = bodiesIn(parseInChunks(new FrameParser(given), bytes, cuts));
          expect(found).toEqual(rounds.map(([, text]) => text));
        },
      ),
    );
  });

  it('finds a good frame directly behind noise of its own alphabet', () => {
    const noise = fc.string({ unit: fc.constantFrom('$', '*', ',', '1', 'A', '\r', '\n'), maxLength: 300 });
    fc.assert(
      fc.property(noise, sizes, (before, cuts) => {
        const given = format('crc-16-modbus');
        const bytes = Buffer.concat([Buffer.from(before), encodeFrame('OVN,21.5', given)]);
        expect(bodiesIn(parseInChunks(new FrameParser(given), bytes, cuts)).at(-1)).toBe('OVN,21.5');
      }),
    );
  });

  it('accounts for every byte, keeps no more than a frame, and never throws', () => {
    const kinds = fc.constantFrom('none', 'xor', 'crc-16-modbus');
    const starts = fc.constantFrom('', '$', '$$');
    fc.assert(
      fc.property(
        kinds,
        starts,
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constant(Buffer.from('$$\r\n$A*41\r\n')))),
        (checksum, start, chunks) => {
          const given = frameFormatOf({ start, end: '\r\n', checksum, lengthMax: 32 });
          const parser = new FrameParser(given);
          let accounted = 0;
          for (const chunk of chunks) {
            for (const part of parser.push(chunk)) {
              accounted += bytesOf(part, given);
            }
            expect(parser.bytesPending).toBeLessThan(32);
          }
          const all = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
          expect(accounted + parser.bytesPending).toBe(all);
        },
      ),
    );
  });

  it('takes no frame with a damaged bit for a good one', () => {
    fc.assert(
      fc.property(body, fc.nat(), fc.integer({ min: 0, max: 7 }), (text, at, bit) => {
        const given = format('crc-16-modbus');
        const bytes = encodeFrame(text, given);
        const index = 1 + (at % (bytes.length - 3));
        bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
        const found = bodiesIn(new FrameParser(given).push(bytes));
        // A digit of the checksum may change its case without changing its value.
        expect(found.length === 0 || (found[0] === text && index > text.length)).toBe(true);
      }),
    );
  });
});

function bytesOf(part: ParsedPart, given: ReturnType<typeof format>): number {
  switch (part.kind) {
    case 'discarded':
      return part.bytes;
    case 'frame':
      return encodeFrame(part.body, given).length;
    case 'bad-checksum':
      return given.start.length + part.text.length + given.end.length;
  }
}
