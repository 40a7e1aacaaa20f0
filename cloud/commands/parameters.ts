import type { SignalValue } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';

/** A parameter as the device's category defines it. */
export interface ParameterDefinition {
  readonly name: string;
  readonly type: 'text' | 'integer' | 'decimal' | 'boolean' | 'datetime';
  readonly required?: boolean | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
}

const textLengthMax = 1000;
const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** What is wrong with a value of each type; undefined where nothing is. */
const complaints: Readonly<
  Record<ParameterDefinition['type'], (value: unknown, definition: ParameterDefinition) => string | undefined>
> = {
  text: (value) =>
    typeof value === 'string' && value.length <= textLengthMax
      ? undefined
      : `must be text of at most ${textLengthMax} characters`,
  integer: (value, definition) =>
    Number.isSafeInteger(value) ? complaintOfRange(value, definition) : 'must be a whole number',
  decimal: (value, definition) =>
    Number.isFinite(value) ? complaintOfRange(value, definition) : 'must be a number',
  boolean: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
  datetime: (value) =>
    typeof value === 'string' && timePattern.test(value) && !Number.isNaN(Date.parse(value))
      ? undefined
      : 'must be a date and time with its zone, such as 2026-03-02T08:00:00Z',
};

function complaintOfRange(value: unknown, { minimum, maximum }: ParameterDefinition): string | undefined {
  if (minimum !== undefined && Number(value) < minimum) {
    return `must be at least ${minimum}`;
  }
  return maximum !== undefined && Number(value) > maximum ? `must be at most ${maximum}` : undefined;
}

/**
 * The parameters as they are sent to the device.
 * @throws AndonError (422) naming `parameters.<name>` where one is unknown, missing or of the wrong type.
 */
export function checkParameters(
  definitions: readonly ParameterDefinition[],
  given: Readonly<Record<string, unknown>>,
): Record<string, SignalValue> {
  const known = new Map(definitions.map((definition) => [definition.name, definition]));
  for (const name of Object.keys(given)) {
    if (!known.has(name)) {
      throw wrongParameter(name, 'is not a parameter of this command');
    }
  }
  const checked: [string, SignalValue][] = [];
  for (const definition of definitions) {
    const value = Object.hasOwn(given, definition.name) ? given[definition.name] : undefined;
    if (value === undefined) {
      if (definition.required) {
        throw wrongParameter(definition.name, 'is missing');
      }
      continue;
    }
    const complaint = complaints[definition.type](value, definition);
    if (complaint !== undefined) {
      throw wrongParameter(definition.name, complaint);
    }
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      checked.push([definition.name, value]);
    }
  }
  return Object.fromEntries(checked);
}

function wrongParameter(name: string, complaint: string): AndonError {
  return new AndonError({
    code: 'commands.parameter-refused',
    message: `The parameter ${name} ${complaint}.`,
    nextStep: 'See the commands of the device’s category for what this one takes.',
    field: `parameters.${name}`,
    status: 422,
  });
}
