/** Data types of metrics (Sparkplug 3.0, 6.4.16). */
export const dataType = {
  int8: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  uint8: 5,
  uint16: 6,
  uint32: 7,
  uint64: 8,
  float: 9,
  double: 10,
  boolean: 11,
  string: 12,
  dateTime: 13,
  text: 14,
  uuid: 15,
} as const;

const bitsOf: Readonly<Record<number, number>> = {
  [dataType.int8]: 8,
  [dataType.int16]: 16,
  [dataType.int32]: 32,
  [dataType.int64]: 64,
  [dataType.uint8]: 8,
  [dataType.uint16]: 16,
  [dataType.uint32]: 32,
  [dataType.uint64]: 64,
  [dataType.dateTime]: 64,
};
const signed: ReadonlySet<number> = new Set([dataType.int8, dataType.int16, dataType.int32, dataType.int64]);

/** A value as it stood on the wire: integers unsigned, whatever their type. */
export type WireValue =
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'other' };

/** The value that a type makes of what stood on the wire; undefined where no signal can hold it. */
export function valueOfType(
  wire: WireValue,
  type: number | undefined,
): number | bigint | boolean | string | undefined {
  switch (wire.kind) {
    case 'integer':
      return integerOfType(wire.value, type);
    case 'float':
      return shortest(wire.value);
    case 'double':
    case 'boolean':
    case 'string':
      return wire.value;
    default:
      return undefined;
  }
}

function integerOfType(value: bigint, type: number | undefined): number | bigint | boolean {
  if (type === dataType.boolean) {
    return value !== 0n;
  }
  const bits = bitsOf[type ?? 0] ?? 64;
  const whole = signed.has(type ?? 0) ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole;
}

/** The shortest decimal that is still this 32-bit number: 0.1, not 0.10000000149011612. */
function shortest(float: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const rounded = Number(float.toPrecision(digits));
    if (Math.fround(rounded) === float) {
      return rounded;
    }
  }
  return float;
}

/** The value for the wire, as its type wants it; undefined where it does not fit. */
export function wireValueOf(value: unknown, type: number): WireValue | undefined {
  if (type === dataType.boolean) {
    const flag = typeof value === 'boolean' ? value : value === 0 ? false : value === 1 ? true : undefined;
    return flag === undefined ? undefined : { kind: 'boolean', value: flag };
  }
  if (type === dataType.string || type === dataType.text || type === dataType.uuid) {
    return typeof value === 'string' ? { kind: 'string', value } : undefined;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return undefined;
  }
  if (type === dataType.float || type === dataType.double) {
    return { kind: type === dataType.float ? 'float' : 'double', value };
  }
  const bits = bitsOf[type];
  if (bits === undefined || !Number.isSafeInteger(value)) {
    return undefined;
  }
  const whole = BigInt(value);
  const back = signed.has(type) ? BigInt.asIntN(bits, whole) : BigInt.asUintN(bits, whole);
  return back === whole ? { kind: 'integer', value: BigInt.asUintN(bits, whole) } : undefined;
}
