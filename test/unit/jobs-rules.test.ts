import { describe, expect, test } from 'vitest';
import { hoursLastUntil, isWithinHours, type WeeklyHours } from '../../cloud/accounts/index.ts';
import { type Candidate, holdOf, openUntil, type TimeWindow } from '../../cloud/jobs/holds.ts';
import { afterStep, jobStates, jobSteps, possibleSteps } from '../../cloud/jobs/state.ts';

const at = (time: string) => Date.parse(time);

describe('weekly hours', () => {
  const office: WeeklyHours = [{ days: [1, 2, 3, 4, 5], from: '08:00', until: '17:30' }];
  const night: WeeklyHours = [{ days: [5], from: '22:00', until: '05:00' }];
  test.each<[string, WeeklyHours, string, string, boolean]>([
    ['a Monday morning in Berlin', office, 'Europe/Berlin', '2026-03-02T07:00:00Z', true],
    ['a minute before', office, 'Europe/Berlin', '2026-03-02T06:59:59Z', false],
    ['the same moment in Bogota', office, 'America/Bogota', '2026-03-02T07:00:00Z', false],
    ['the end, which is outside', office, 'Europe/Berlin', '2026-03-02T16:30:00Z', false],
    ['a Sunday', office, 'Europe/Berlin', '2026-03-01T10:00:00Z', false],
    ['summer time, an hour earlier by UTC', office, 'Europe/Berlin', '2026-07-06T06:00:00Z', true],
    ['Friday night', night, 'UTC', '2026-03-06T23:00:00Z', true],
    ['what goes on into Saturday', night, 'UTC', '2026-03-07T04:59:00Z', true],
    ['its end', night, 'UTC', '2026-03-07T05:00:00Z', false],
    ['Saturday night', night, 'UTC', '2026-03-07T23:00:00Z', false],
    [
      'a Sunday that goes on into Monday',
      [{ days: [7], from: '20:00', until: '06:00' }],
      'UTC',
      '2026-03-02T01:00:00Z',
      true,
    ],
    ['a whole day', [{ days: [3], from: '00:00', until: '24:00' }], 'UTC', '2026-03-04T23:59:59Z', true],
    ['no hours at all', [], 'UTC', '2026-03-04T12:00:00Z', false],
  ])('%s', (_name, hours, zone, time, expected) => {
    expect(isWithinHours(hours, zone, at(time))).toBe(expected);
  });
});

describe('until when weekly hours last', () => {
  const everyDay = [1, 2, 3, 4, 5, 6, 7];
  const night: WeeklyHours = [{ days: everyDay, from: '22:00', until: '05:07' }];
  const always: WeeklyHours = [{ days: everyDay, from: '00:00', until: '24:00' }];
  test.each<[string, WeeklyHours, string, string, string]>([
    ['the next morning', night, 'UTC', '2026-03-06T23:20:30Z', '2026-03-07T05:07:00Z'],
    [
      'an hour sooner by UTC, when clocks go forward',
      night,
      'Europe/Berlin',
      '2026-03-28T22:00:00Z',
      '2026-03-29T03:07:00Z',
    ],
    [
      'an hour later, when they go back',
      night,
      'Europe/Berlin',
      '2026-10-24T21:00:00Z',
      '2026-10-25T04:07:00Z',
    ],
    [
      'what they were asked for, where they do not end',
      always,
      'UTC',
      '2026-03-06T23:20:30Z',
      '2026-03-07T23:20:30Z',
    ],
    ['not at all, outside of them', night, 'UTC', '2026-03-07T05:07:00Z', '2026-03-07T05:07:00Z'],
  ])('%s', (_name, hours, zone, from, expected) => {
    const end = hoursLastUntil(hours, zone, at(from), at(from) + 86_400_000);
    expect(new Date(end).toISOString()).toBe(expected.replace('Z', '.000Z'));
  });
});

describe('what keeps a job away from a device', () => {
  const free: Candidate = { timeZone: null, customerHours: undefined, visitAt: null };
  const now = at('2026-03-02T07:00:00Z');
  const window = (zone: TimeWindow['zone']): TimeWindow => ({
    zone,
    timeZone: 'UTC',
    weekly: [{ days: [1], from: '00:00', until: '03:00' }],
  });
  test.each<[string, TimeWindow | null, Candidate, string | undefined]>([
    ['nothing', null, free, undefined],
    ['a technician', null, { ...free, visitAt: now - 1 }, 'technician-visit'],
    ['no technician who comes later', null, { ...free, visitAt: now + 3_600_000 }, undefined],
    [
      "the job's window, by its own clock",
      window('job'),
      { ...free, timeZone: 'America/Bogota' },
      'outside-window',
    ],
    ["nothing, by the device's clock", window('device'), { ...free, timeZone: 'America/Bogota' }, undefined],
    [
      "the window by the job's clock, where the device's is not known",
      window('device'),
      free,
      'outside-window',
    ],
    [
      "the customer's hours",
      null,
      { ...free, customerHours: { timeZone: 'UTC', weekly: [{ days: [2], from: '00:00', until: '24:00' }] } },
      'outside-customer-hours',
    ],
  ])('%s', (_name, timeWindow, candidate, hold) => {
    expect(holdOf(timeWindow, candidate, now)).toBe(hold);
  });
});

describe('until when a device may be touched', () => {
  const now = at('2026-03-02T07:00:00Z');
  const open: Candidate = { timeZone: null, customerHours: undefined, visitAt: null };
  test('ends with the window, and before it where a technician comes', () => {
    const weekly: WeeklyHours = [{ days: [1], from: '06:00', until: '08:00' }];
    const window: TimeWindow = { zone: 'job', timeZone: 'UTC', weekly };
    const untilEvening = at('2026-03-02T20:00:00Z');
    const visitAt = at('2026-03-02T07:30:00Z');
    expect(openUntil(null, open, now, untilEvening)).toBe(untilEvening);
    expect(openUntil(window, open, now, untilEvening)).toBe(at('2026-03-02T08:00:00Z'));
    expect(openUntil(window, { ...open, visitAt }, now, untilEvening)).toBe(visitAt);
    const customerHours = { timeZone: 'UTC', weekly: [{ days: [1], from: '00:00', until: '07:10' }] };
    expect(openUntil(window, { ...open, visitAt, customerHours }, now, untilEvening)).toBe(
      at('2026-03-02T07:10:00Z'),
    );
  });
});

describe("a job's states", () => {
  test('submitting asks for approval where the command is destructive, and for none elsewhere', () => {
    expect(afterStep('draft', 'submit', true)).toBe('awaiting-approval');
    expect(afterStep('draft', 'submit', false)).toBe('running');
  });

  test('what has ended stays ended, and each state takes no step but its own', () => {
    for (const state of jobStates) {
      for (const step of jobSteps) {
        expect(afterStep(state, step, false) !== undefined).toBe(possibleSteps(state).includes(step));
      }
    }
    expect(
      ['completed', 'stopped', 'cancelled'].flatMap((state) => possibleSteps(state as 'completed')),
    ).toEqual([]);
  });
});
