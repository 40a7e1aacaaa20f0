import type { SignalValue } from '@andon/shared/contracts';
import type { RawValue } from '../connectors/connector.ts';
import type { Expectation } from './expectations.ts';

/** A value as a reading carries it; `badReason` where it must not be believed. */
export interface JudgedValue {
  readonly value: SignalValue;
  readonly unit: string | undefined;
  readonly badReason: string | undefined;
}

const textLengthMax = 4096;
const unitLengthMax = 32;
const reasonLengthMax = 200;

/** Never throws: whatever a wire may bring becomes a value and, where it is wrong, the reason. */
export function judgeValue(raw: RawValue, expectation: Expectation): JudgedValue {
  const unit = usableUnit(raw.unit) ?? expectation.unit;
  if (raw.badReason !== undefined) {
    return { value: null, unit, badReason: raw.badReason.slice(0, reasonLengthMax) || 'failed' };
  }
  const { value, badReason } = representable(raw.value);
  return {
    value,
    unit,
    badReason: badReason ?? contradiction(value, expectation) ?? unitContradiction(unit, expectation),
  };
}

/** The value as JSON can carry it, or null and why not. */
function representable(raw: unknown): { value: SignalValue; badReason?: string } {
  switch (typeof raw) {
    case 'number':
      return Number.isFinite(raw) ? { value: raw } : { value: null, badReason: 'not-a-number' };
    case 'boolean':
      return { value: raw };
    case 'string':
      return raw.length <= textLengthMax ? { value: raw } : { value: null, badReason: 'text-too-long' };
    case 'bigint': {
      const number = Number(raw);
      return Number.isSafeInteger(number)
        ? { value: number }
        : { value: null, badReason: 'number-too-large' };
    }
    default:
      return { value: null, badReason: raw === null || raw === undefined ? 'no-value' : 'not-a-value' };
  }
}

function contradiction(value: SignalValue, expectation: Expectation): string | undefined {
  const { kind, minimum, maximum } = expectation;
  const type = typeof value;
  if (kind === 'text') return type === 'string' ? undefined : 'not-a-text';
  if (kind === 'boolean')
    return type === 'boolean' || value === 0 || value === 1 ? undefined : 'not-a-boolean';
  if (kind === 'number' && type !== 'number') return 'not-a-number';
  if (kind === 'numeric' && type !== 'number' && type !== 'boolean') return 'not-a-number';
  if (typeof value === 'number' && (value < minimum || value > maximum)) return 'out-of-range';
  return undefined;
}

/** A value in another unit than the limits are in must not be compared with them. */
function unitContradiction(unit: string | undefined, expectation: Expectation): string | undefined {
  return expectation.unit !== undefined && unit !== expectation.unit ? 'unit-mismatch' : undefined;
}

function usableUnit(unit: string | undefined): string | undefined {
  return unit !== undefined && unit.length > 0 && unit.length <= unitLengthMax ? unit : undefined;
}
