import { parse, validateDetailed } from 'node-cron';

const secondMilliseconds = 1000;
const minuteMilliseconds = 60_000;
const hourMilliseconds = 3_600_000;
const dayMilliseconds = 86_400_000;

/** What is wrong with a cron expression; undefined where nothing is. */
export function cronMistake(expression: string): string | undefined {
  const { valid, errors } = validateDetailed(expression);
  return valid
    ? undefined
    : `is no cron expression: ${errors.map(({ field, message }) => `${field}: ${message}`).join('; ')}`;
}

/** The shortest time between two moments of a cron expression, or less: days and months are taken as all meant. */
export function cronGapMilliseconds(expression: string): number {
  const { second, minute, hour } = parse(expression);
  const gaps = [
    shortestGap(second, 60) * secondMilliseconds,
    shortestGap(minute, 60) * minuteMilliseconds,
    shortestGap(hour, 24) * hourMilliseconds,
  ];
  return Math.min(dayMilliseconds, ...gaps);
}

/** Between values of a field that starts anew at `cycle`; `Infinity` where it has one value alone. */
function shortestGap(values: readonly number[], cycle: number): number {
  if (values.length < 2) {
    return Infinity;
  }
  const sorted = values.toSorted((one, other) => one - other);
  const wrapped = [...sorted, (sorted[0] ?? 0) + cycle];
  return Math.min(...sorted.map((value, index) => (wrapped[index + 1] ?? Infinity) - value));
}
