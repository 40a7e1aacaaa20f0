import type { MappedValue, TopicMapping } from '@andon/shared/contracts';
import type { RawValue } from '../connector.ts';
import { parseTimestamp } from './telemetry-payload.ts';

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const significantDigits = 12;
const trueWords = new Set(['true', 'on', '1', 'yes']);
const falseWords = new Set(['false', 'off', '0', 'no']);

/** A number, or text that is one in decimal notation; else undefined. */
export function numberOf(value: unknown): number | undefined {
  const number =
    typeof value === 'string' && decimal.test(value.trim())
      ? Number(value)
      : typeof value === 'number'
        ? value
        : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

type Encoding = Pick<MappedValue, 'type' | 'scale' | 'offset'>;

/** What was found at a place, as a value of the wanted type. Text becomes a number only where that is declared. */
export function mappedValue(found: unknown, encoding: Encoding): Pick<RawValue, 'value' | 'badReason'> {
  if (found === undefined) {
    return { value: null, badReason: 'field-missing' };
  }
  if (found === null) {
    return { value: null, badReason: 'no-value' };
  }
  if (typeof found === 'object') {
    return { value: null, badReason: 'not-a-value' };
  }
  switch (encoding.type) {
    case 'number': {
      const number = numberOf(found);
      return number === undefined
        ? { value: null, badReason: 'not-a-number' }
        : { value: scaled(number, encoding) };
    }
    case 'boolean':
      return booleanOf(String(found).trim().toLowerCase());
    case 'text':
      return { value: String(found) };
    default:
      return { value: typeof found === 'number' ? scaled(found, encoding) : found };
  }
}

function booleanOf(word: string): Pick<RawValue, 'value' | 'badReason'> {
  if (trueWords.has(word)) {
    return { value: true };
  }
  return falseWords.has(word) ? { value: false } : { value: null, badReason: 'not-a-boolean' };
}

function scaled(number: number, { scale = 1, offset = 0 }: Encoding): number {
  return scale === 1 && offset === 0
    ? number
    : Number((number * scale + offset).toPrecision(significantDigits));
}

/**
 * Milliseconds since the epoch; NaN where something is there that is no time, so that the reading says so; undefined
 * where nothing is there.
 */
export function mappedTime(
  found: unknown,
  format: NonNullable<TopicMapping['time']>['in'],
): number | undefined {
  if (found === undefined || found === null) {
    return undefined;
  }
  if (format === 'iso') {
    return typeof found === 'string' ? (parseTimestamp(found) ?? Number.NaN) : Number.NaN;
  }
  const number = numberOf(found);
  if (number === undefined) {
    return Number.NaN;
  }
  const perMillisecond = { seconds: 0.001, milliseconds: 1, microseconds: 1000 }[format];
  return Math.round(number / perMillisecond);
}
