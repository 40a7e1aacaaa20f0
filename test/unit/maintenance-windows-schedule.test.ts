import { expect, test } from 'vitest';
import { occurrenceAfter, occurrenceAt, type Schedule } from '../../cloud/maintenance-windows/schedule.ts';

const at = (iso: string): number => Date.parse(iso);
const show = (one: { start: number; end: number } | undefined): string | undefined =>
  one && `${new Date(one.start).toISOString()} ${new Date(one.end).toISOString()}`;

const once: Schedule = {
  startsAt: at('2026-03-02T08:00:00Z'),
  endsAt: at('2026-03-02T10:00:00Z'),
  repeats: 'never',
  repeatsUntil: null,
  timeZone: 'UTC',
};

test('a window that is once holds from its start until just before its end', () => {
  expect(occurrenceAt(once, once.startsAt - 1)).toBeUndefined();
  expect(occurrenceAt(once, once.startsAt)).toEqual({ start: once.startsAt, end: once.endsAt });
  expect(occurrenceAt(once, once.endsAt)).toBeUndefined();
  expect(occurrenceAfter(once, once.startsAt - 1)).toEqual({ start: once.startsAt, end: once.endsAt });
  expect(occurrenceAfter(once, once.startsAt)).toBeUndefined();
});

test('a weekly window keeps to the clocks of its zone when they are changed', () => {
  // Sundays 22:00 to Mondays 02:00 in Madrid; the clocks went forward on 2026-03-29 at 02:00.
  const weekly: Schedule = {
    ...once,
    startsAt: at('2026-03-15T21:00:00Z'),
    endsAt: at('2026-03-16T01:00:00Z'),
    repeats: 'weekly',
    timeZone: 'Europe/Madrid',
  };
  expect(show(occurrenceAt(weekly, at('2026-03-22T22:00:00Z')))).toBe(
    '2026-03-22T21:00:00.000Z 2026-03-23T01:00:00.000Z',
  );
  expect(show(occurrenceAt(weekly, at('2026-03-29T20:30:00Z')))).toBe(
    '2026-03-29T20:00:00.000Z 2026-03-30T00:00:00.000Z',
  );
  expect(occurrenceAt(weekly, at('2026-03-30T00:30:00Z'))).toBeUndefined();
  expect(show(occurrenceAfter(weekly, at('2026-03-30T00:30:00Z')))).toBe(
    '2026-04-05T20:00:00.000Z 2026-04-06T00:00:00.000Z',
  );
});

test('no occurrence begins after the end of repeating', () => {
  const weekly: Schedule = { ...once, repeats: 'weekly', repeatsUntil: at('2026-03-10T00:00:00Z') };
  expect(occurrenceAt(weekly, at('2026-03-09T09:00:00Z'))).toBeDefined();
  expect(occurrenceAt(weekly, at('2026-03-16T09:00:00Z'))).toBeUndefined();
  expect(occurrenceAfter(weekly, at('2026-03-09T09:00:00Z'))).toBeUndefined();
});
