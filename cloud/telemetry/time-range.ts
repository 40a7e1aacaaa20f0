import { AndonError } from '@andon/shared/kernel';

const defaultMilliseconds = 3_600_000;
const timeMax = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** The range [from, to) that a query means; by default the hour up to now. Throws 422 naming what is wrong. */
export function timeRangeOf(
  query: { from?: string | undefined; to?: string | undefined },
  now: number,
): { from: Date; to: Date } {
  const to = query.to === undefined ? now : timeOf(query.to, 'to');
  const from = query.from === undefined ? Math.max(0, to - defaultMilliseconds) : timeOf(query.from, 'from');
  if (from >= to) {
    throw invalidTime('from', 'The range ends before it begins.');
  }
  return { from: new Date(from), to: new Date(to) };
}

function timeOf(text: string, field: string): number {
  const time = Date.parse(text);
  if (!(time >= 0 && time <= timeMax)) {
    throw invalidTime(field, `${field} is not a time between 1970 and 9999.`);
  }
  return time;
}

function invalidTime(field: string, message: string): AndonError {
  return new AndonError({
    code: 'telemetry.time-range-invalid',
    message,
    nextStep: 'Give times as in 2026-03-01T08:00:00Z, from before to.',
    field,
    status: 422,
  });
}
