import type { AlertRule } from '../api/alert-rule.ts';

type Weekday = NonNullable<AlertRule['schedule']>['periods'][number]['days'][number];

export const weekdays: Weekday[] = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'];

const dayMilliseconds = 86_400_000;
/** 1 January 2024 was a Monday. */
const aMonday = Date.UTC(2024, 0, 1);

export function weekdayName(day: Weekday, language: string): string {
  const format = new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' });
  return format.format(aMonday + weekdays.indexOf(day) * dayMilliseconds);
}

/** `Mon–Fri, Sun`: days that follow each other are drawn together. */
export function weekdaysText(days: readonly Weekday[], language: string): string {
  const runs: Weekday[][] = [];
  for (const day of weekdays.filter((one) => days.includes(one))) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run !== undefined && last !== undefined && weekdays.indexOf(day) === weekdays.indexOf(last) + 1) {
      run.push(day);
    } else {
      runs.push([day]);
    }
  }
  const name = (day: Weekday | undefined) => (day === undefined ? '' : weekdayName(day, language));
  return runs
    .map((run) => (run.length < 3 ? run.map(name).join(', ') : `${name(run[0])}–${name(run.at(-1))}`))
    .join(', ');
}
