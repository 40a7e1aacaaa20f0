/**
 * UCUM codes (unitsofmeasure.org) whose print symbol differs from the code. Wires and records carry codes; people
 * read symbols. The unity code `1` prints as nothing.
 */
const printSymbols: Readonly<Record<string, string>> = {
  '1': '',
  Cel: '°C',
  '[degF]': '°F',
  deg: '°',
  Ohm: 'Ω',
  um: 'µm',
  us: 'µs',
  m2: 'm²',
  m3: 'm³',
  'm3/h': 'm³/h',
  'm/s2': 'm/s²',
  '{rpm}': 'rpm',
  '/min': '1/min',
};

/** How a unit is written for people; a code that we do not know is shown as it is. */
export function unitSymbol(code: string): string {
  return printSymbols[code] ?? code;
}
