/** A stretch of time, once or each week. Instants in epoch milliseconds. */
export interface Schedule {
  readonly startsAt: number;
  readonly endsAt: number;
  readonly repeats: 'never' | 'weekly';
  /** No occurrence begins at or after it; null: it repeats without end. */
  readonly repeatsUntil: number | null;
  /** IANA. A weekly window keeps to the clocks there, also when they are changed. */
  readonly timeZone: string;
}

export interface Occurrence {
  readonly start: number;
  readonly end: number;
}

const weekMilliseconds = 7 * 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) {
    return known;
  }
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(timeZone, format);
  return format;
}

/** What the clocks show there at an instant, as if it were UTC. */
function wallOf(instant: number, timeZone: string): number {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** The instant at which the clocks there show this; where they skip it, the instant after the skip. */
function instantOf(wall: number, timeZone: string): number {
  const offsetAt = (instant: number): number => wallOf(instant, timeZone) - instant;
  const guess = wall - offsetAt(wall);
  const instant = wall - offsetAt(guess);
  return wallOf(instant, timeZone) === wall ? instant : Math.max(guess, instant);
}

/** The n-th occurrence, from 0; undefined where it does not repeat so often. */
function occurrenceOf(schedule: Schedule, number: number): Occurrence | undefined {
  const { startsAt, endsAt, repeats, repeatsUntil, timeZone } = schedule;
  if (number === 0) {
    return { start: startsAt, end: endsAt };
  }
  if (repeats === 'never' || number < 0) {
    return undefined;
  }
  const weeks = number * weekMilliseconds;
  const start = instantOf(wallOf(startsAt, timeZone) + weeks, timeZone);
  const end = instantOf(wallOf(endsAt, timeZone) + weeks, timeZone);
  return repeatsUntil !== null && start >= repeatsUntil ? undefined : { start, end };
}

/** Clocks are changed by less than a day, and so much sooner or later may a week be over. */
function numberAround(schedule: Schedule, instant: number): number {
  return Math.floor((instant - schedule.startsAt) / weekMilliseconds);
}

/** The occurrence that an instant lies in. */
export function occurrenceAt(schedule: Schedule, instant: number): Occurrence | undefined {
  const around = schedule.repeats === 'never' ? 0 : numberAround(schedule, instant);
  return [around - 1, around, around + 1]
    .map((number) => occurrenceOf(schedule, number))
    .find((one) => one !== undefined && one.start <= instant && instant < one.end);
}

/** The first occurrence that begins after an instant. */
export function occurrenceAfter(schedule: Schedule, instant: number): Occurrence | undefined {
  const around = schedule.repeats === 'never' ? 0 : Math.max(0, numberAround(schedule, instant));
  return [around, around + 1, around + 2]
    .map((number) => occurrenceOf(schedule, number))
    .find((one) => one !== undefined && one.start > instant);
}
