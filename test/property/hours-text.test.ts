import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hoursAsText, hoursOfText } from '../../cloud/accounts/tables/hours-text.ts';

const days = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 });
const time = fc
  .record({ hour: fc.integer({ min: 0, max: 23 }), minute: fc.integer({ min: 0, max: 59 }) })
  .map(({ hour, minute }) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
const weekly = fc.array(fc.record({ days, from: time, until: fc.oneof(time, fc.constant('24:00')) }), {
  maxLength: 30,
});

test('hours that were written as text are read as the same hours', () => {
  fc.assert(
    fc.property(weekly, (hours) => {
      expect(hoursOfText(hoursAsText(hours))).toEqual(
        hours.map((span) => ({ ...span, days: span.days.toSorted((one, other) => one - other) })),
      );
    }),
  );
});

test('text that is no hours is told apart, and people may write them as they do', () => {
  expect(hoursOfText('Monday - friday 8:00 - 17:00\nSa-Mo 22:00-5:00')).toEqual([
    { days: [1, 2, 3, 4, 5], from: '08:00', until: '17:00' },
    { days: [1, 6, 7], from: '22:00', until: '05:00' },
  ]);
  expect(hoursOfText('')).toEqual([]);
  for (const text of [
    'always',
    'Mo',
    'Mo-Xx 08:00-17:00',
    'Mo 25:00-26:00',
    'Mo-Tu-We 08:00-09:00',
    'Mo,, 08:00-09:00',
  ]) {
    expect([text, hoursOfText(text)]).toEqual([text, undefined]);
  }
  expect(hoursOfText('Mo 08:00-09:00; '.repeat(31))).toBe(undefined);
});
