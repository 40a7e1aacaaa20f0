export interface Speech {
  t: (key: string, values?: Record<string, unknown>) => string;
  language: string;
  /** The unit of the rule's signal, as it is written. */
  unit: string;
}

export const orDots = (text: string | undefined): string => text || '…';

export const numberText = (value: number, language: string): string =>
  value.toLocaleString(language, { maximumFractionDigits: 6 });

const spans = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** `5 minutes`: in the largest unit of which it is a whole number. */
export function durationText(
  milliseconds: number,
  language: string,
  display: 'long' | 'short' = 'long',
): string {
  if (!Number.isFinite(milliseconds)) return '…';
  const [unit, length] = spans.find(([, span]) => milliseconds > 0 && milliseconds % span === 0) ?? spans[3];
  const count = milliseconds / length;
  const format = { style: 'unit', unit, unitDisplay: display, maximumFractionDigits: 3 } as const;
  const text = new Intl.NumberFormat(language, format).format(count);
  // A rate is per minute and not per one minute.
  return display === 'short' && count === 1 ? text.replace(/^1\s?/, '') : text;
}
