import type { SignalValue } from '@andon/shared/contracts';

/** The number that a value stands for: NaN where it is none. */
export function numberOf(value: SignalValue): number {
  if (typeof value === 'number') return Number.isFinite(value) ? value : Number.NaN;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return Number.NaN;
}

/** A value that is not 0 but no number from 1 to 65,535 either: an error, though without a code. */
const codeless = -1;
const errorCodeMax = 65_535;

/** The error code that a value stands for, 0 for none; NaN where it cannot be told. */
export function codeOf(value: SignalValue): number {
  const number =
    typeof value === 'string' && /^[0-9]{1,5}$/.test(value) ? Number.parseInt(value, 10) : numberOf(value);
  if (Number.isNaN(number)) return number;
  return Number.isInteger(number) && number >= 0 && number <= errorCodeMax ? number : codeless;
}
