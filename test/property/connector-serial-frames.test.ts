import type { SerialFrame } from '@andon/shared/contracts';
import { type FrameFormat, frameFormatOf } from '@andon/shared/serial-framing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame } from '../../gateway/connectors/serial-line/frame.ts';
import { FrameParser, type ParsedPart } from '../../gateway/connectors/serial-line/frame-parser.ts';
import { framingLengthMax, framings } from '../support/serial-framings.ts';

interface Framing {
  readonly frame: SerialFrame;
  /** Bodies that a machine with this framing may send. */
  readonly bodies: fc.Arbitrary<Uint8Array>;
  /** What must stand between noise and a frame, where a frame has no beginning of its own. */
  readonly between?: string;
}

const anyBytes = fc.uint8Array({ maxLength: 60 });
const text = fc
  .string({ unit: fc.constantFrom(...'ABC,.0123456789-'), maxLength: 60 })
  .map((body) => Buffer.from(body, 'latin1'));
/** Bodies and noise of each of the framings. */
const framed: Readonly<Record<keyof typeof framings, Omit<Framing, 'frame'>>> = {
  'start, hexadecimal checksum and end': { bodies: text },
  'an end alone, with a checksum in bytes': { bodies: text, between: '\r\n' },
  'a checksum behind the end': { bodies: text },
  'HDLC escapes': { bodies: anyBytes.filter((body) => body.length > 0), between: '~' },
  'DLE escapes': { bodies: anyBytes, between: ' \x10\x03' },
  'one length': { bodies: fc.uint8Array({ minLength: 21, maxLength: 21 }) },
  'a length of one byte': { bodies: anyBytes },
  'a length of two bytes and no start': { bodies: anyBytes },
  'a length behind an address, and an end': { bodies: fc.uint8Array({ minLength: 1, maxLength: 60 }) },
};
const all = Object.entries<SerialFrame>(framings).map(([name, frame]): [string, Framing] => [
  name,
  { frame, ...framed[name as keyof typeof framings] },
]);

const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });

function encoded(body: Uint8Array, format: FrameFormat): Uint8Array {
  const frame = encodeFrame(body, format);
  if (frame === undefined) {
    throw new Error('the body does not fit into a frame');
  }
  return frame;
}

function parseInChunks(parser: FrameParser, bytes: Uint8Array, sizes: readonly number[]): ParsedPart[] {
  const parts: ParsedPart[] = [];
  let offset = 0;
  for (let turn = 0; offset < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    parts.push(...parser.push(bytes.subarray(offset, offset + size)));
    offset += size;
  }
  return parts;
}

const framesIn = (parts: readonly ParsedPart[]) =>
  parts.flatMap((part) => (part.kind === 'frame' ? [Buffer.from(part.bytes).toString('latin1')] : []));

/** The frames as they are meant, nothing disguised. */
const meant = (bodies: readonly Uint8Array[], framing: Framing) => {
  const { escape: _, ...plain } = framing.frame;
  return bodies.map((body) => Buffer.from(encoded(body, frameFormatOf(plain))).toString('latin1'));
};

const accounted = (parts: readonly ParsedPart[]) =>
  parts.reduce((sum, part) => sum + (part.kind === 'frame' ? part.wireBytes : part.bytes), 0);

describe.each(all)('the parser of frames with %s', (_, framing) => {
  const format = frameFormatOf(framing.frame);
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.constant(Buffer.from(framing.frame.start ?? '', 'latin1')),
  );

  it('finds every frame, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(framing.bodies, { maxLength: 10 }), cuts, (bodies, sizes) => {
        const bytes = Buffer.concat(bodies.map((body) => encoded(body, format)));
        const parser = new FrameParser(format);
        expect(framesIn(parseInChunks(parser, bytes, sizes))).toEqual(meant(bodies, framing));
        expect(parser.bytesPending).toBe(0);
      }),
    );
  });

  it('gives the same wherever the bytes are cut, noise or not', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(noise, framing.bodies), { maxLength: 10 }), cuts, (pieces, sizes) => {
        const bytes = Buffer.concat(pieces.flatMap((piece) => [piece, encodeFrame(piece, format) ?? piece]));
        const [one, other] = [new FrameParser(format), new FrameParser(format)];
        const frames = framesIn([...parseInChunks(one, bytes, sizes), ...one.idle()]);
        expect(frames).toEqual(framesIn([...parseInChunks(other, bytes, [bytes.length]), ...other.idle()]));
      }),
    );
  });

  it('loses no frame to noise before it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(noise, framing.bodies), { maxLength: 6 }), cuts, (rounds, sizes) => {
        const bytes = Buffer.concat(
          rounds.flatMap(([before, body]) => [
            before,
            Buffer.from(before.length > 0 ? (framing.between ?? '') : '', 'latin1'),
            encoded(body, format),
          ]),
        );
        const parser = new FrameParser(format);
        const found = framesIn([...parseInChunks(parser, bytes, sizes), ...parser.idle()]);
        const bodies = rounds.map(([, body]) => body);
        // Noise may be a frame by chance: once in 65,536 times.
        expect(found.filter((frame) => meant(bodies, framing).includes(frame))).toEqual(
          meant(bodies, framing),
        );
      }),
    );
  });

  it('accounts for every byte, keeps little more than a frame, and never throws', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(noise, framing.bodies), { maxLength: 10 }), (chunks) => {
        const parser = new FrameParser(format);
        const parts: ParsedPart[] = [];
        for (const chunk of chunks) {
          parts.push(...parser.push(chunk));
          expect(parser.bytesPending).toBeLessThan(framingLengthMax + 8);
        }
        const given = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
        expect(accounted(parts) + parser.bytesPending).toBe(given);
        expect(accounted([...parts, ...parser.idle()])).toBe(given);
        expect(parser.bytesPending).toBe(0);
      }),
    );
  });

  it('takes no frame with a damaged bit for a good one', () => {
    fc.assert(
      fc.property(framing.bodies, fc.nat(), fc.integer({ min: 0, max: 7 }), (body, at, bit) => {
        const bytes = Uint8Array.from(encoded(body, format));
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
        const parser = new FrameParser(format);
        const found = framesIn([...parser.push(bytes), ...parser.idle()]);
        const [original = ''] = meant([body], framing);
        // A digit of a checksum may change its case without changing its value.
        expect(found.filter((frame) => frame.toUpperCase() !== original.toUpperCase())).toEqual([]);
      }),
    );
  });
});

describe('the parser of frames that silence ends', () => {
  it('gives what came between two silences, or throws it away where it is too long', () => {
    const format = frameFormatOf({ idleMilliseconds: 10, idleEnds: 'frame', lengthMax: 64 });
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 80 })), cuts, (bursts, sizes) => {
        const parser = new FrameParser(format);
        const found = bursts.flatMap((burst) =>
          framesIn([...parseInChunks(parser, burst, sizes), ...parser.idle()]),
        );
        const whole = bursts.filter((burst) => burst.length <= 64);
        expect(found).toEqual(whole.map((burst) => Buffer.from(burst).toString('latin1')));
      }),
    );
  });
});
