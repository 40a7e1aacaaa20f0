import type { SerialLineConnector } from '@andon/shared/contracts';
import type { RawValue } from '../connector.ts';

type Field = SerialLineConnector['fields'][number];

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const significantDigits = 12;

/** The fields of a frame by position, as raw values; one that is absent, empty or no number is a failed read. */
export function fieldValues(
  fields: readonly string[],
  settings: Pick<SerialLineConnector, 'fields' | 'bootIdSignal' | 'firmwareSignal'>,
): RawValue[] {
  return settings.fields.map((field) => {
    const named = field.signal === settings.bootIdSignal || field.signal === settings.firmwareSignal;
    return fieldValue(fields[field.position], field, field.type ?? (named ? 'text' : 'number'));
  });
}

function fieldValue(text: string | undefined, field: Field, type: 'number' | 'text'): RawValue {
  const { signal, unit, scale = 1, offset = 0 } = field;
  const head = unit === undefined ? { signal } : { signal, unit };
  const trimmed = text?.trim();
  if (trimmed === undefined || trimmed === '') {
    return { ...head, value: null, badReason: trimmed === undefined ? 'field-missing' : 'no-value' };
  }
  if (type === 'text') {
    return { ...head, value: trimmed };
  }
  const number = decimal.test(trimmed) ? Number(trimmed) * scale + offset : Number.NaN;
  if (!Number.isFinite(number)) {
    return { ...head, value: null, badReason: 'not-a-number' };
  }
  return {
    ...head,
    value: scale === 1 && offset === 0 ? number : Number(number.toPrecision(significantDigits)),
  };
}

export function failedFields(settings: Pick<SerialLineConnector, 'fields'>, badReason: string): RawValue[] {
  return settings.fields.map(({ signal }) => ({ signal, value: null, badReason }));
}
