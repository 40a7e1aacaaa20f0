import { type Static, Type } from 'typebox';

const spansMax = 30;
const minutesOfDay = 1440;

/** `22:00`; `24:00` is the end of a day. */
const TimeOfDay = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$' });

/** Hours that come every week, by the clock of a place. A span that ends before it begins goes on into the next day. */
export const WeeklyHours = Type.Array(
  Type.Object(
    {
      /** The days on which it begins: 1 is Monday, 7 is Sunday. */
      days: Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), { minItems: 1, maxItems: 7 }),
      from: TimeOfDay,
      until: TimeOfDay,
    },
    { additionalProperties: false },
  ),
  { maxItems: spansMax },
);
export type WeeklyHours = Static<typeof WeeklyHours>;

/** Is it within these hours, by the clock of that time zone (IANA)? `at` in epoch milliseconds. */
export function isWithinHours(hours: WeeklyHours, timeZone: string, at: number): boolean {
  return minutesLeft(hours, timeZone, at) > 0;
}

const minuteMilliseconds = 60_000;
/** Clocks are put forward and back at quarters of an hour. */
const quarterMilliseconds = 900_000;

/** Until when these hours last from `at` on, `atMost` at the latest; `at` where it is outside. Epoch milliseconds. */
export function hoursLastUntil(hours: WeeklyHours, timeZone: string, at: number, atMost: number): number {
  let moment = at;
  while (moment < atMost) {
    const left = minutesLeft(hours, timeZone, moment);
    if (left === 0) {
      return moment;
    }
    const minute = moment - (moment % minuteMilliseconds);
    const nextQuarter = moment - (moment % quarterMilliseconds) + quarterMilliseconds;
    moment = Math.min(minute + left * minuteMilliseconds, nextQuarter);
  }
  return atMost;
}

/** Of the span that lasts longest, by the clock of the place; 0 outside of all. */
function minutesLeft(hours: WeeklyHours, timeZone: string, at: number): number {
  const { day, minute } = clockOfPlace(timeZone, at);
  const dayBefore = day === 1 ? 7 : day - 1;
  const left = hours.map(({ days, from, until }) => {
    const [begin, end] = [minuteOf(from), minuteOf(until)];
    const over = end > begin ? end : end + minutesOfDay;
    const ofToday = days.includes(day) && minute >= begin ? over - minute : 0;
    const ofYesterday = days.includes(dayBefore) ? over - minutesOfDay - minute : 0;
    return Math.max(ofToday, ofYesterday);
  });
  return Math.max(0, ...left);
}

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

const dayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
/** Making one takes a hundred times as long as using it. There are about 600 time zones. */
const formats = new Map<string, Intl.DateTimeFormat>();

function clockOfPlace(timeZone: string, at: number): { day: number; minute: number } {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(timeZone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: dayNames.indexOf(parts.get('weekday') ?? '') + 1,
    minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
}
