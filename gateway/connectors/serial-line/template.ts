import type { SerialLineConnector, SignalValue } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { type FrameFormat, unescaped } from './frame-format.ts';

/** The body that a template gives. Throws where the value would break the frame. */
export function fillTemplate(
  template: string,
  fill: { readonly commandId: string; readonly value: SignalValue },
  format: FrameFormat,
  fieldSeparator: string,
): string {
  const value = textOf(fill.value);
  const reserved = [format.start, format.end, format.checksumSeparator, unescaped(fieldSeparator)];
  const breaks = reserved.some((text) => text !== '' && value.includes(text));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (breaks || !/^[^\u0000-\u001f\u007f-\uffff]*$/.test(value)) {
    throw new AndonError({
      code: 'serial-line.value-does-not-fit',
      message: `The value ${JSON.stringify(fill.value)} cannot stand in a frame of this device.`,
      nextStep: 'Give a number, or a text of printable ASCII without the separators of the frame.',
      field: 'value',
    });
  }
  return unescaped(template)
    .replaceAll('{commandId}', fill.commandId)
    .replaceAll('{value}', () => value);
}

function textOf(value: SignalValue): string {
  if (typeof value === 'boolean') {
    return value ? '1' : '0';
  }
  return value === null ? '' : String(value);
}

export function templateOf(settings: SerialLineConnector, name: string): string | undefined {
  return Object.hasOwn(settings.templates ?? {}, name) ? settings.templates?.[name] : undefined;
}
