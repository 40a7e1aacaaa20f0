import { Value } from 'typebox/value';
import { WeeklyHours } from '../weekly-hours.ts';

const dayNames = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'] as const;
/** Days in a row are written as a range from so many on. */
const daysOfRangeMin = 3;

/** `Mo-Fr 08:00-17:00; Sa 22:00-05:00`; '' where there are none. */
export function hoursAsText(weekly: WeeklyHours): string {
  return weekly.map(({ days, from, until }) => `${daysAsText(days)} ${from}-${until}`).join('; ');
}

function daysAsText(days: readonly number[]): string {
  const sorted = [...new Set(days)].sort((one, other) => one - other);
  const runs: number[][] = [];
  for (const day of sorted) {
    const run = runs.at(-1);
    if (run?.at(-1) === day - 1) {
      run.push(day);
    } else {
      runs.push([day]);
    }
  }
  return runs
    .map((run) =>
      run.length >= daysOfRangeMin
        ? `${nameOf(run[0])}-${nameOf(run.at(-1))}`
        : run.map((day) => nameOf(day)).join(','),
    )
    .join(',');
}

const nameOf = (day: number | undefined): string => dayNames[(day ?? 1) - 1] ?? '';

/** Reads what `hoursAsText` writes; undefined where it is something else. A range may go over the end of the week. */
export function hoursOfText(text: string): WeeklyHours | undefined {
  const spans = text
    .split(/[;\n]/)
    .map((span) => span.trim())
    .filter((span) => span !== '')
    .map(spanOfText);
  const weekly = spans.filter((span) => span !== undefined);
  return weekly.length === spans.length && Value.Check(WeeklyHours, weekly) ? weekly : undefined;
}

function spanOfText(span: string): WeeklyHours[number] | undefined {
  const parts = /^([a-z ,-]+?)\s+(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})$/i.exec(span);
  const days = parts?.[1]?.split(',').map(daysOfRange);
  if (parts === null || days === undefined || days.some((range) => range.length === 0)) {
    return undefined;
  }
  const [from = '', until = ''] = [parts[2], parts[3]].map((time) => time?.padStart('00:00'.length, '0'));
  return { days: [...new Set(days.flat())].sort((one, other) => one - other), from, until };
}

/** `Mo` or `Mo-Fr`; none where it is neither. */
function daysOfRange(range: string): number[] {
  const [first, last, ...more] = range.split('-').map(dayOfName);
  if (first === undefined || first === 0 || last === 0 || more.length > 0) {
    return [];
  }
  const days = [first];
  for (let day = first; last !== undefined && day !== last; ) {
    day = day === dayNames.length ? 1 : day + 1;
    days.push(day);
  }
  return days;
}

/** Of its first two letters, in English; 0 where it is none. */
function dayOfName(text: string): number {
  const name = text.trim().toLowerCase();
  const full = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
  return name.length < 2 ? 0 : full.findIndex((day) => day.startsWith(name)) + 1;
}
