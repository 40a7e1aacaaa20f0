/** UCUM codes as people write them; any other code is shown as it is. */
const unitTexts: Record<string, string> = {
  Cel: '°C',
  '1': '',
  degF: '°F',
  'm3/h': 'm³/h',
  'L/min': 'L/min',
};

export function formatUnit(unit: string | null | undefined): string {
  return unit ? (unitTexts[unit] ?? unit) : '';
}

/** A value with so many digits as a person reads at a glance, and its unit. */
export function formatValue(value: unknown, unit: string | null | undefined, language: string): string {
  if (value === null || value === undefined) {
    return '–';
  }
  if (typeof value !== 'number') {
    return String(value);
  }
  const text = value.toLocaleString(language, { maximumFractionDigits: Math.abs(value) >= 1000 ? 0 : 2 });
  return `${text} ${formatUnit(unit)}`.trim();
}
