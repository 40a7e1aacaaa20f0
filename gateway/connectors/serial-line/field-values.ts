import type { SerialField } from '@andon/shared/contracts';
import { type PayloadPath, parsePayloadPath, valueAt } from '@andon/shared/payload-mapping';
import type { RawValue } from '../connector.ts';
import { layoutValue } from './layout.ts';

/** A frame as its fields are taken out of it. */
export interface FrameContent {
  readonly bytes: Uint8Array;
  /** The body between separators; empty where there is none. */
  readonly parts: readonly string[];
  readonly groups: ReadonlyMap<string, string>;
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown;
}

export interface FieldReader {
  readonly signal: string;
  read(content: FrameContent): RawValue;
}

type Found = { readonly value: number | string | boolean } | { readonly badReason: string };

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const hexadecimal = /^(?:0x)?[0-9a-f]{1,13}$/i;
const significantDigits = 12;
const textLengthMax = 4096;

/** How a field is read; `named` where its signal is the boot id or the firmware, which are texts. */
export function fieldReader(field: SerialField, named: boolean): FieldReader {
  const { signal, unit, scale = 1, offset = 0 } = field;
  const head = unit === undefined ? { signal } : { signal, unit };
  const isScaled = scale !== 1 || offset !== 0;
  const find = finderOf(field, field.type ?? (named ? 'text' : undefined));
  const read = (content: FrameContent): RawValue => {
    const found = find(content);
    const value =
      'value' in found && typeof found.value === 'number' && isScaled
        ? numberValue(Number((found.value * scale + offset).toPrecision(significantDigits)))
        : found;
    return 'value' in value
      ? { ...head, value: value.value }
      : { ...head, value: null, badReason: value.badReason };
  };
  return { signal, read };
}

function finderOf(field: SerialField, type: SerialField['type']): (content: FrameContent) => Found {
  const { position, group, path } = field;
  if (position !== undefined) {
    return ({ parts }) => textValue(parts[position], type ?? 'number');
  }
  if (group !== undefined) {
    return ({ groups }) => textValue(groups.get(group), type ?? 'number');
  }
  const parsed = path === undefined ? undefined : parsePayloadPath(path);
  if (parsed !== undefined) {
    return ({ json }) => jsonValue(json, parsed, type);
  }
  return ({ bytes }) => {
    const value = layoutValue(bytes, field);
    if (typeof value === 'string') {
      return textValue(value, type ?? (field.as === 'text' ? 'text' : 'number'));
    }
    return value === undefined ? { badReason: 'field-missing' } : numberValue(value);
  };
}

function textValue(text: string | undefined, type: NonNullable<SerialField['type']>): Found {
  const trimmed = text?.trim();
  if (trimmed === undefined || trimmed === '') {
    return { badReason: trimmed === undefined ? 'field-missing' : 'no-value' };
  }
  if (type === 'text') {
    return { value: trimmed.slice(0, textLengthMax) };
  }
  if (type === 'hex') {
    const digits = trimmed.replace(/^0x/i, '');
    return numberValue(hexadecimal.test(trimmed) ? Number.parseInt(digits, 16) : Number.NaN);
  }
  // Scales align their digits: `+  12.50`.
  const joined = trimmed.replace(/^([+-])\s+/, '$1');
  return numberValue(decimal.test(joined) ? Number(joined) : Number.NaN);
}

function jsonValue(json: unknown, path: PayloadPath, type: SerialField['type']): Found {
  const value = json === undefined ? undefined : valueAt(path, json, json);
  switch (typeof value) {
    case 'number':
      return type === 'text' ? { value: String(value) } : numberValue(value);
    case 'string':
      return textValue(value, type ?? 'text');
    case 'boolean':
      return { value };
    default:
      return {
        badReason:
          json === undefined
            ? 'not-json'
            : value === undefined
              ? 'field-missing'
              : value === null
                ? 'no-value'
                : 'not-a-value',
      };
  }
}

function numberValue(value: number): Found {
  return Number.isFinite(value) ? { value } : { badReason: 'not-a-number' };
}
