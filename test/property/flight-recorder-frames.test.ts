import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameRing } from '../../gateway/alerts/flight-recorder/frame-ring.ts';

const bytesKeptMax = 512;
const window = 60_000;

const arrival = fc.record({
  wait: fc.integer({ min: 0, max: 3000 }),
  length: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 700 })),
  isSent: fc.boolean(),
  isMessage: fc.boolean(),
});
type Arrival = { wait: number; length: number; isSent: boolean; isMessage: boolean };

function noted(arrivals: readonly Arrival[], bytesMax: number) {
  const ring = new FrameRing();
  let [now, granted] = [1_000_000, FrameRing.bytesFirst];
  const all = arrivals.map(({ wait, length, isSent, isMessage }, number) => {
    now += wait;
    const bytes = new Uint8Array(length).fill(number % 251);
    const direction = isSent ? ('sent' as const) : ('received' as const);
    ring.note({ deviceId: 'pump', direction, bytes, isMessage }, now, now - window, (more) => {
      if (granted + more > bytesMax) return false;
      granted += more;
      return true;
    });
    expect(ring.bytes).toBe(granted);
    return { at: now, direction, bytes: bytes.slice(0, bytesKeptMax), length };
  });
  return { ring, all, now };
}

test('a ring of frames keeps the newest, whole and in order, and says what it lost, in no more bytes than it may', () => {
  fc.assert(
    fc.property(
      fc.array(arrival, { minLength: 1, maxLength: 400 }),
      fc.integer({ min: 1024, max: 100_000 }),
      fc.nat(),
      (arrivals, bytesMax, somewhere) => {
        const { ring, all, now } = noted(arrivals, bytesMax);
        expect(ring.bytes).toBeLessThanOrEqual(Math.min(bytesMax, FrameRing.bytesMax));
        const kept = ring.from(0);
        expect(kept.length).toBeGreaterThan(0);
        expect(kept).toEqual(all.slice(-kept.length));
        const lost = all.slice(0, all.length - kept.length);
        const first = somewhere % all.length;
        expect(ring.from(first)).toEqual(kept.slice(Math.max(0, first - lost.length)));
        expect(ring.hasLost(first)).toBe(first < lost.length);
        const since = now - (somewhere % (2 * window));
        expect(ring.since(since, first)).toEqual(
          all.slice(0, first).filter((frame, number) => number >= lost.length && frame.at >= since),
        );
        expect(ring.isCutSince(since)).toBe(lost.some(({ at }) => at >= since));
      },
    ),
    { numRuns: 300 },
  );
});

test('frames of a wire that came within the window are all there while they take half of what a device may have', () => {
  fc.assert(
    fc.property(fc.array(arrival, { minLength: 1, maxLength: 1500 }), (arrivals) => {
      const { ring, all, now } = noted(
        arrivals.map((one) => ({ ...one, wait: one.wait % 100, length: one.length % 30, isMessage: false })),
        FrameRing.bytesMax,
      );
      const young = all.filter(({ at }) => at > now - window);
      const bytes = young.reduce((sum, frame) => sum + frame.bytes.length + 15, 0);
      fc.pre(bytes < FrameRing.bytesMax / 2);
      expect(ring.since(now - window + 1)).toEqual(young);
    }),
  );
});

test('of publications the latest 64 are kept', () => {
  const { ring, all } = noted(
    Array.from({ length: 100 }, () => ({ wait: 1, length: 100, isSent: false, isMessage: true })),
    FrameRing.bytesMax,
  );
  expect(ring.from(0)).toEqual(all.slice(-64));
});
