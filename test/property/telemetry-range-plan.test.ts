import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Completeness,
  hourMilliseconds,
  minuteMilliseconds,
  planRange,
} from '../../cloud/telemetry/range-plan.ts';

const whole: Completeness = { readingsFrom: undefined, minutesFrom: undefined, isInBacklog: false };
const unitOf = { readings: 1, minutes: minuteMilliseconds, hours: hourMilliseconds };
const begin = Date.UTC(2026, 0, 1);
const range = fc
  .record({
    from: fc.integer({ min: 0, max: 4e10 }),
    length: fc.oneof(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 6e10 })),
    buckets: fc.integer({ min: 1, max: 2000 }),
  })
  .map(({ from, length, buckets }) => ({ from: begin + from, to: begin + from + length, buckets }));

describe('where a range is read from', () => {
  test('the segments are the range, each time once, and only whole minutes and hours are taken as such', () => {
    fc.assert(
      fc.property(range, (query) => {
        const { segments } = planRange(query, whole);
        expect(segments[0]?.from).toBe(query.from);
        expect(segments.at(-1)?.to).toBe(query.to);
        for (const [index, { source, from, to }] of segments.entries()) {
          expect(to).toBeGreaterThan(from);
          expect(from % unitOf[source]).toBe(0);
          expect(to % unitOf[source]).toBe(0);
          expect(segments[index + 1]?.from ?? query.to).toBe(to);
        }
      }),
    );
  });

  test('there are at most as many buckets as were asked for, they hold the range, and no roll-up lies in two', () => {
    fc.assert(
      fc.property(range, (query) => {
        const { origin, bucketMilliseconds, segments } = planRange(query, whole);
        expect(origin).toBeLessThanOrEqual(query.from);
        expect(query.from - origin).toBeLessThan(bucketMilliseconds);
        expect(Math.ceil((query.to - origin) / bucketMilliseconds)).toBeLessThanOrEqual(query.buckets);
        for (const { source } of segments) {
          if (source !== 'readings') {
            expect(origin % unitOf[source]).toBe(0);
            expect(bucketMilliseconds % unitOf[source]).toBe(0);
          }
        }
      }),
    );
  });

  test('readings are read for less than a minute at each edge of what the roll-ups serve', () => {
    fc.assert(
      fc.property(range, (query) => {
        const { segments } = planRange(query, whole);
        if (segments.some(({ source }) => source !== 'readings')) {
          for (const { source, from, to } of segments) {
            expect(source === 'readings' && to - from >= minuteMilliseconds).toBe(false);
          }
        }
      }),
    );
  });

  test('nothing is read from a source before the time from which on it is whole', () => {
    const times = fc.option(fc.integer({ min: begin, max: begin + 6e10 }), { nil: undefined });
    fc.assert(
      fc.property(range, times, times, (query, readingsFrom, minutesFrom) => {
        const { segments } = planRange(query, { readingsFrom, minutesFrom, isInBacklog: false });
        for (const [index, { source, from, to }] of segments.entries()) {
          expect(from).toBeLessThan(to);
          expect(segments[index + 1]?.from ?? query.to).toBe(to);
          if (source === 'readings') {
            expect(from).toBeGreaterThanOrEqual(readingsFrom ?? 0);
          }
        }
      }),
    );
  });

  test('a signal whose roll-ups are not made yet is read from its readings alone', () => {
    fc.assert(
      fc.property(range, (query) => {
        const { segments } = planRange(query, { ...whole, readingsFrom: query.to, isInBacklog: true });
        expect(segments).toEqual([{ source: 'readings', from: query.from, to: query.to }]);
      }),
    );
  });
});
