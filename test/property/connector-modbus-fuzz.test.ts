import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeMbapRequest, MbapReader } from '../../gateway/connectors/modbus/mbap-framing.ts';
import { decodePdu, type Request } from '../../gateway/connectors/modbus/pdu.ts';
import { ResponseReader, withChecksum } from '../../gateway/connectors/modbus/rtu-framing.ts';

const rtuFrameBytesMax = 256;
const mbapFrameBytesMax = 260;
/** Of mutated bytes, for each of the two parsers. */
const fuzzedBytes = 5_000_000;

const word = fc.integer({ min: 0, max: 0xffff });
const byte = fc.integer({ min: 0, max: 0xff });
const request: fc.Arbitrary<Request> = fc.oneof(
  fc.record({
    kind: fc.constant('read-bits' as const),
    function: fc.constantFrom(1 as const, 2 as const),
    address: word,
    quantity: fc.integer({ min: 1, max: 2000 }),
  }),
  fc.record({
    kind: fc.constant('read-registers' as const),
    function: fc.constantFrom(3 as const, 4 as const),
    address: word,
    quantity: fc.integer({ min: 1, max: 125 }),
  }),
  fc.record({ kind: fc.constant('write-register' as const), address: word, value: word }),
  fc.record({
    kind: fc.constant('write-registers' as const),
    address: word,
    values: fc.array(word, { minLength: 1, maxLength: 123 }),
  }),
);

/** Numbers that look random and are the same for the same seed (xorshift). */
function numbersFrom(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** A stream of good frames, of which now and then a byte is changed, lost or doubled. */
function mutated(frame: Uint8Array, next: () => number): Uint8Array {
  const bytes = [...frame];
  for (let turn = next() % 4; turn > 0; turn -= 1) {
    const at = next() % bytes.length;
    const kind = next() % 3;
    bytes.splice(at, kind === 1 ? 1 : kind === 2 ? 0 : 1, ...(kind === 1 ? [] : [next() & 0xff]));
  }
  return Uint8Array.from(bytes);
}

describe('the frames of Modbus TCP', () => {
  it('are found in any chunking', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word, byte, fc.uint8Array({ minLength: 2, maxLength: 253 })), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }),
        (frames, cuts) => {
          const stream = Uint8Array.from(
            frames.flatMap(([id, unit, pdu]) => [id >> 8, id & 0xff, 0, 0, 0, pdu.length + 1, unit, ...pdu]),
          );
          const reader = new MbapReader();
          const found = [];
          let turn = 0;
          for (let at = 0; at < stream.length; turn += 1) {
            const size = cuts[turn % cuts.length] ?? 1;
            found.push(...reader.push(stream.subarray(at, at + size)));
            at += size;
          }
          expect(found.map(({ transactionId, unitId, pdu }) => [transactionId, unitId, [...pdu]])).toEqual(
            frames.map(([id, unit, pdu]) => [id, unit, [...pdu]]),
          );
          expect(reader.bytesDiscarded + reader.bytesHeld).toBe(0);
        },
      ),
    );
  });

  it('are found again behind noise that begins no frame', () => {
    const noise = fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 400 });
    fc.assert(
      fc.property(noise, word, (before, id) => {
        const reader = new MbapReader();
        const frame = encodeMbapRequest(id, 1, { kind: 'write-register', address: 1, value: 2 });
        // A beginning may look real where the noise touches the frame; the second one is found in any case.
        const found = reader.push(Uint8Array.from([...before, ...frame, ...frame, ...frame]));
        expect(found.some(({ transactionId }) => transactionId === id)).toBe(true);
      }),
    );
  });

  it('hold less than one frame of any input, and no answer to another request is taken', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 30 }),
        request,
        (chunks, asked) => {
          const reader = new MbapReader();
          for (const chunk of chunks) {
            for (const { pdu } of reader.push(chunk)) {
              const answer = decodePdu(asked, pdu);
              if (answer?.kind === 'registers' && asked.kind === 'read-registers') {
                expect(answer.values).toHaveLength(asked.quantity);
              }
            }
            expect(reader.bytesHeld).toBeLessThan(mbapFrameBytesMax);
          }
        },
      ),
    );
  });
});

describe('parsers under millions of mutated bytes', () => {
  const answerTo = (quantity: number, next: () => number) =>
    Array.from({ length: quantity }, () => next() & 0xffff).flatMap((value) => [value >> 8, value & 0xff]);

  it('never throw, and hold less than one frame: RTU', () => {
    const seed = 0x5eed_0001;
    const next = numbersFrom(seed);
    let bytes = 0;
    let good = 0;
    while (bytes < fuzzedBytes) {
      const quantity = 1 + (next() % 125);
      const asked: Request = { kind: 'read-registers', function: 3, address: 0, quantity };
      const reader = new ResponseReader(17, asked);
      const body = answerTo(quantity, next);
      for (let turn = 0; turn < 20; turn += 1) {
        const chunk = mutated(withChecksum([17, 3, body.length, ...body]), next);
        good += reader.push(chunk) === undefined ? 0 : 1;
        expect(reader.bytesHeld, `seed ${seed}`).toBeLessThan(rtuFrameBytesMax);
        bytes += chunk.length;
      }
    }
    expect(good).toBeGreaterThan(0);
  }, 120_000);

  it('never throw, and hold less than one frame: TCP', () => {
    const seed = 0x5eed_0002;
    const next = numbersFrom(seed);
    const reader = new MbapReader();
    let bytes = 0;
    let good = 0;
    while (bytes < fuzzedBytes) {
      const quantity = 1 + (next() % 125);
      const body = answerTo(quantity, next);
      const length = body.length + 3;
      const frame = Uint8Array.from([
        next() & 0xff,
        next() & 0xff,
        0,
        0,
        0,
        length,
        17,
        3,
        body.length,
        ...body,
      ]);
      const chunk = mutated(frame, next);
      for (const { pdu } of reader.push(chunk)) {
        const answer = decodePdu({ kind: 'read-registers', function: 3, address: 0, quantity }, pdu);
        good += answer === undefined ? 0 : 1;
      }
      expect(reader.bytesHeld, `seed ${seed}`).toBeLessThan(mbapFrameBytesMax);
      bytes += chunk.length;
    }
    expect(good).toBeGreaterThan(0);
  }, 120_000);
});
