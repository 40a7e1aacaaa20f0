import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketFraming } from '../../gateway/connectors/mqtt-broker/packet-framing.ts';

const framingLimits = { connectBytesMax: 100, publishBytesMax: 1000, controlBytesMax: 50 };

function packetOf(type: number, length: number): Buffer {
  const header = [type << 4];
  let rest = length;
  do {
    header.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from(header), Buffer.alloc(length, 0xaa)]);
}

function run(framing: PacketFraming, chunk: Uint8Array, completed: number[]): string | undefined {
  let offset = 0;
  while (offset < chunk.length) {
    const step = framing.step(chunk, offset);
    offset += step.bytes;
    if (step.fault !== undefined) {
      return step.fault;
    }
    if (step.completed !== undefined) {
      completed.push(step.completed);
    }
  }
  return undefined;
}

describe('the framing of MQTT packets', () => {
  it('finds the same packets however the bytes are cut', () => {
    const bodies = fc.array(
      fc.oneof(
        fc.tuple(fc.constant(3), fc.integer({ min: 0, max: 1000 })),
        fc.tuple(fc.integer({ min: 4, max: 14 }), fc.integer({ min: 0, max: 50 })),
      ),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (packets, cuts) => {
        const all: [number, number][] = [[1, 10], ...packets];
        const bytes = Buffer.concat(all.map(([type, length]) => packetOf(type, length)));
        const framing = new PacketFraming(framingLimits);
        const completed: number[] = [];
        let offset = 0;
        for (let turn = 0; offset < bytes.length; turn += 1) {
          const cut = cuts[turn % cuts.length] ?? 1;
          expect(run(framing, bytes.subarray(offset, offset + cut), completed)).toBeUndefined();
          offset += cut;
        }
        expect(completed).toEqual(all.map(([type]) => type));
        expect(framing.atBoundary).toBe(true);
      }),
    );
  });

  it('never throws on noise, and lets nothing too long through', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (noise) => {
        const framing = new PacketFraming(framingLimits);
        run(framing, noise, []);
      }),
    );
  });

  it('refuses by the header what is too large, malformed or not a CONNECT', () => {
    const faultOf = (bytes: number[]) => {
      const framing = new PacketFraming(framingLimits);
      return run(framing, Buffer.from(bytes), []);
    };
    expect(faultOf([0x10, 101])).toBe('packet-too-large');
    expect(faultOf([0x10, 0, 0x30, 0xe9, 0x07])).toBe('payload-too-large');
    expect(faultOf([0x10, 0, 0x30, 0xe8, 0x07])).toBeUndefined();
    expect(faultOf([0x10, 0, 0x82, 51])).toBe('packet-too-large');
    expect(faultOf([0x10, 0xff, 0xff, 0xff, 0xff])).toBe('malformed-length');
    expect(faultOf([0x30, 0])).toBe('connect-expected');
  });
});
