import { unitSymbol } from '@andon/shared/kernel/units';

/** A value with so many digits as a person reads at a glance, and its unit. */
export function formatValue(value: unknown, unit: string | null | undefined, language: string): string {
  if (value === null || value === undefined) {
    return '–';
  }
  if (typeof value !== 'number') {
    return String(value);
  }
  const text = value.toLocaleString(language, { maximumFractionDigits: Math.abs(value) >= 1000 ? 0 : 2 });
  return `${text} ${unit ? unitSymbol(unit) : ''}`.trim();
}
