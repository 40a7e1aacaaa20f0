import type { Quality } from '@andon/shared/contracts';

const fieldsMax = 1000;
/** A number below this counts seconds and not milliseconds (it would be in 1973). */
const secondsMax = 100_000_000_000;

/** RFC 4180, without line breaks inside a field. */
export function fieldsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',', fieldsMax);
  const fields: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/gy;
  while (pattern.lastIndex <= line.length && fields.length < fieldsMax) {
    const found = pattern.exec(line);
    if (found === null) break;
    fields.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    if (found[3] === '') break;
  }
  return fields;
}

/** Milliseconds since the epoch: a number of seconds or milliseconds, or a date, which is UTC where no zone stands. */
export function timeOf(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) {
    const number = Number(trimmed);
    return Math.round(number < secondsMax ? number * 1000 : number);
  }
  const withZone = /(Z|[+-]\d\d:?\d\d)$/.test(trimmed) || !trimmed.includes(':') ? trimmed : `${trimmed}Z`;
  const time = Date.parse(withZone.replace(' ', 'T'));
  return Number.isFinite(time) && time >= 0 ? time : undefined;
}

export function fieldValue(text: string): number | boolean | string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true';
  const number = Number(trimmed);
  return Number.isNaN(number) ? trimmed : number;
}

/** An empty field says nothing against the value; undefined where it is not a quality. */
export function qualityOf(text: string): Quality | undefined {
  switch (text.trim().toUpperCase()) {
    case '':
    case 'GOOD':
      return 'GOOD';
    case 'UNCERTAIN':
      return 'UNCERTAIN';
    case 'BAD':
      return 'BAD';
    default:
      return undefined;
  }
}
