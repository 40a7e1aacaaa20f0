import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numberNext, piecesMax } from '../../cloud/adapters/influxdb/reading-numbers.ts';

const numbersOf = (times: readonly number[]) => {
  let pieces: Parameters<typeof numberNext>[0] = [];
  return {
    numbers: times.map((time) => {
      const [number, next] = numberNext(pieces, time);
      pieces = next;
      return number;
    }),
    pieces,
  };
};

test('readings one after the other all have the number 0 and leave one span to remember, in either direction', () => {
  const times = Array.from({ length: 500 }, (_, index) => index * 1000);
  for (const order of [times, [...times].reverse()]) {
    expect(new Set(numbersOf(order).numbers)).toEqual(new Set([0]));
    expect(numbersOf(order).pieces).toEqual([[0, 499_000, 1]]);
  }
});

test('a log that comes a second time has one more number for each of its times', () => {
  const times = Array.from({ length: 100 }, (_, index) => index * 1000);
  expect(new Set(numbersOf([...times, ...times]).numbers.slice(100))).toEqual(new Set([1]));
});

test('whatever the times are, no two readings of one time have one number, and the later one has the higher', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 400 }), (times) => {
      const { numbers, pieces } = numbersOf(times);
      const last = new Map<number, number>();
      for (const [index, time] of times.entries()) {
        const number = numbers[index] ?? -1;
        expect(number).toBeGreaterThan(last.get(time) ?? -1);
        last.set(time, number);
      }
      expect(pieces.length).toBeLessThanOrEqual(piecesMax);
    }),
  );
});
