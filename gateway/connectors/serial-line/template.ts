import {
  commandReason,
  type ParameterValues,
  plainParameter,
  type SignalValue,
} from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import {
  type FrameFormat,
  type NumberForm,
  type OutgoingPart,
  type Source,
  unescaped,
} from '@andon/shared/serial-framing';
import { bytesOf } from './frame.ts';

/** What a template is filled with. */
export interface Filling {
  readonly commandId: string;
  readonly value: SignalValue;
  readonly parameters?: ParameterValues;
}

/** The body that a plain template gives. Throws where the value would break the frame. */
export function fillTemplate(
  template: string,
  fill: Filling,
  format: FrameFormat,
  separator: string,
): string {
  const value = safeText(fill.value, format, separator);
  return unescaped(template)
    .replaceAll('{commandId}', fill.commandId)
    .replaceAll('{value}', () => value);
}

/** The bytes that the parts of a template give. Throws where a value does not fit. */
export function fillOutgoing(
  parts: readonly OutgoingPart[],
  fill: Filling,
  format: FrameFormat,
  separator: string,
): Uint8Array {
  return Buffer.concat(
    parts.map((part) => {
      if ('bytes' in part) {
        return bytesOf(part.bytes);
      }
      const value = valueFrom(part.source, fill);
      return part.as === 'text'
        ? bytesOf(safeText(digitsOf(value, part.digits, part.decimals), format, separator))
        : numberBytes(value, part.as);
    }),
  );
}

function valueFrom(source: Source, { value, commandId, parameters = {} }: Filling): SignalValue {
  if (source === 'value') {
    return value;
  }
  if (source === 'commandId') {
    return commandId;
  }
  return plainParameter(parameters, source.parameter) ?? null;
}

/** A number with so many decimals and, zeros before it, at least so many characters. */
function digitsOf(value: SignalValue, digits: number, decimals: number | undefined): SignalValue {
  if (digits === 0 && decimals === undefined) {
    return value;
  }
  const number = finite(value);
  const text = decimals === undefined ? String(Math.abs(number)) : Math.abs(number).toFixed(decimals);
  const sign = number < 0 ? '-' : '';
  return sign + text.padStart(digits - sign.length, '0');
}

function safeText(given: SignalValue, format: FrameFormat, separator: string): string {
  const value = textOf(given);
  const reserved = [format.start, format.end, format.checksum?.separator ?? '', unescaped(separator)];
  const breaks = reserved.some((text) => text !== '' && value.includes(text));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (breaks || !/^[^\u0000-\u001f\u007f-\uffff]*$/.test(value)) {
    throw doesNotFit(
      given,
      'Give a number, or a text of printable ASCII without the separators of the frame.',
    );
  }
  return value;
}

function numberBytes(value: SignalValue, form: NumberForm): Uint8Array {
  const number = finite(value);
  const { kind, bytes, lowestFirst } = form;
  const view = new DataView(new ArrayBuffer(bytes));
  if (kind === 'float') {
    if (bytes === 4) {
      view.setFloat32(0, number);
    } else {
      view.setFloat64(0, number);
    }
  } else {
    const least = kind === 'int' ? -(2 ** (bytes * 8 - 1)) : 0;
    if (!Number.isInteger(number) || number < least || number >= least + 2 ** (bytes * 8)) {
      throw doesNotFit(value, `Give a whole number from ${least} to ${least + 2 ** (bytes * 8) - 1}.`);
    }
    const unsigned = number < 0 ? number + 2 ** (bytes * 8) : number;
    for (let index = 0; index < bytes; index += 1) {
      view.setUint8(index, Math.floor(unsigned / 256 ** (bytes - 1 - index)) % 256);
    }
  }
  const highestFirst = new Uint8Array(view.buffer);
  return lowestFirst ? highestFirst.toReversed() : highestFirst;
}

function finite(value: SignalValue): number {
  const number =
    typeof value === 'boolean' ? Number(value) : typeof value === 'string' ? Number(value) : value;
  if (number === null || value === '' || !Number.isFinite(number)) {
    throw doesNotFit(value, 'Give a number.');
  }
  return number;
}

function textOf(value: SignalValue): string {
  if (typeof value === 'boolean') {
    return value ? '1' : '0';
  }
  return value === null ? '' : String(value);
}

function doesNotFit(value: SignalValue, nextStep: string): AndonError {
  return new AndonError({
    code: 'serial-line.value-does-not-fit',
    message: commandReason('value-of-frame', { value: JSON.stringify(value) }),
    nextStep,
    field: 'value',
  });
}
