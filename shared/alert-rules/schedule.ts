import type { RuleSchedule, Weekday } from '@andon/shared/contracts';

/** Says whether a moment (milliseconds since the epoch) lies in the schedule. */
export type OpenHours = (time: number) => boolean;

const minuteMilliseconds = 60_000;
const dayMinutes = 1440;
/** The last moment that ECMAScript can date. */
const timeMax = 8_640_000_000_000_000;
const weekdays: readonly Weekday[] = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
/** How `Intl` writes them in English. */
const weekdayNames: ReadonlyMap<string, number> = new Map(
  ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].map((name, index) => [name, index]),
);

interface Period {
  readonly days: ReadonlySet<number>;
  readonly from: number;
  /** Minutes of the day in which it began; beyond 1440 where it runs past midnight. */
  readonly to: number;
}

function minutesOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}

function periodOf({ days, from, to }: RuleSchedule['periods'][number]): Period {
  const begin = minutesOf(from);
  const end = minutesOf(to);
  return {
    days: new Set(days.map((day) => weekdays.indexOf(day))),
    from: begin,
    to: end <= begin ? end + dayMinutes : end,
  };
}

/** Does this machine know the time zone? */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * Prepares a schedule. Local time has gaps and repetitions where summer time begins and ends; each minute is judged
 * by what the clock on the wall shows in it. The answer of a minute is kept, as readings come many a minute.
 */
export function compileSchedule({ timeZone, periods }: RuleSchedule): OpenHours {
  const wallClock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const compiled = periods.map(periodOf);
  const isOpenAt = (time: number): boolean => {
    const parts = new Map(wallClock.formatToParts(time).map(({ type, value }) => [type, value]));
    const day = weekdayNames.get(parts.get('weekday') ?? '') ?? 0;
    const minute = Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
    const dayBefore = (day + 6) % 7;
    return compiled.some(
      ({ days, from, to }) =>
        (days.has(day) && minute >= from && minute < to) || (days.has(dayBefore) && minute + dayMinutes < to),
    );
  };
  let known = { minute: Number.NaN, isOpen: false };
  return (time) => {
    const minute = Math.floor(Math.min(time, timeMax) / minuteMilliseconds);
    if (known.minute !== minute) known = { minute, isOpen: isOpenAt(minute * minuteMilliseconds) };
    return known.isOpen;
  };
}

/** Schedules begin and end with a minute, so this is when to look again. */
export function nextMinute(time: number): number {
  return (Math.floor(time / minuteMilliseconds) + 1) * minuteMilliseconds;
}
