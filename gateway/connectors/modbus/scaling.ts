import type { ModbusPoint } from '@andon/shared/contracts';
import type { PointType } from '@andon/shared/modbus-plan';

type Scaling = Pick<ModbusPoint, 'scale' | 'offset'>;

/** The decimal digits that a scaled number of this type is worth; undefined for whole numbers, which are exact. */
export function floatDigits(type: PointType): number | undefined {
  return type === 'float32' ? 12 : type === 'float64' ? 15 : undefined;
}

/** The shortest decimal number that is this single-precision one: 21.3, not 21.299999237060547. */
export function shortest(single: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const candidate = Number(single.toPrecision(digits));
    if (Math.fround(candidate) === single) {
      return candidate;
    }
  }
  return single;
}

/**
 * `number * scale + offset` without the noise of binary fractions. Of a whole number it has just as many decimals as
 * scale and offset have, and so nothing is lost of a long counter.
 */
export function scaled(
  number: number,
  { scale = 1, offset = 0 }: Scaling,
  digits: number | undefined,
): number {
  if (scale === 1 && offset === 0) {
    return number;
  }
  const value = number * scale + offset;
  if (digits !== undefined) {
    return Number(value.toPrecision(digits));
  }
  const decimals = Math.max(decimalsOf(scale), decimalsOf(offset));
  return decimals <= decimalsMax ? Number(value.toFixed(decimals)) : value;
}

export function unscaled(value: number, { scale = 1, offset = 0 }: Scaling): number {
  return scale === 1 && offset === 0 ? value : (value - offset) / scale;
}

/** The most that `toFixed` takes. */
const decimalsMax = 100;

/** How many digits a number has behind its point, as people write it: 2 for 0.05, 7 for 1e-7. */
function decimalsOf(number: number): number {
  const [mantissa = '', exponent = '0'] = String(number).split('e');
  const fraction = mantissa.split('.')[1] ?? '';
  return Math.max(0, fraction.length - Number(exponent));
}
