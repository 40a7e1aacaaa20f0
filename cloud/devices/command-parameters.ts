import type { ParameterValue, ParameterValues } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import type { CommandDefinition } from './category-schemas.ts';
import { type CommandParameter, complaintOf } from './command-parameter.ts';

type Taker = Pick<CommandDefinition, 'name' | 'parameters'>;

/**
 * The parameters as the command takes them: what was given, and the defaults of what was not. Throws 422 naming
 * the field, such as `parameters.profile.speed`.
 */
export function checkCommandParameters(
  command: Taker,
  given: Readonly<Record<string, unknown>>,
  path = 'parameters',
): ParameterValues {
  return valuesOf(command.name, command.parameters, given, path);
}

function valuesOf(
  command: string,
  parameters: readonly CommandParameter[],
  given: Readonly<Record<string, unknown>>,
  path: string,
): ParameterValues {
  for (const name of Object.keys(given)) {
    if (!parameters.some((parameter) => parameter.name === name)) {
      throw wrongParameter(`${path}.${name}`, `The command ${command} takes no ${name}.`);
    }
  }
  const values: [string, ParameterValue][] = [];
  for (const parameter of parameters) {
    const { name } = parameter;
    const field = `${path}.${name}`;
    const value = Object.hasOwn(given, name) ? given[name] : parameter.default;
    if (parameter.type === 'object') {
      const inside = value ?? (parameter.required || hasDefault(parameter) ? {} : undefined);
      if (inside !== undefined) {
        if (!isObject(inside)) {
          throw wrongParameter(field, `${name} is an object with parameters of its own.`);
        }
        values.push([name, valuesOf(command, parameter.parameters ?? [], inside, field)]);
      }
    } else if (value !== undefined) {
      values.push([name, plainValue(parameter, value, field)]);
    } else if (parameter.required) {
      throw wrongParameter(field, `The command ${command} needs ${name}.`);
    }
  }
  return Object.fromEntries(values);
}

/** An object that nobody gave is made where it can be: something inside has a default, and nothing is missing. */
function hasDefault({ parameters = [] }: CommandParameter): boolean {
  const isComplete = parameters.every(
    (inner) =>
      !inner.required || inner.default !== undefined || (inner.type === 'object' && hasDefault(inner)),
  );
  return (
    isComplete &&
    parameters.some((inner) => inner.default !== undefined || (inner.type === 'object' && hasDefault(inner)))
  );
}

function plainValue(parameter: CommandParameter, value: unknown, field: string): ParameterValue {
  const complaint = complaintOf(parameter, value);
  if (
    complaint !== undefined ||
    (typeof value !== 'number' && typeof value !== 'string' && typeof value !== 'boolean')
  ) {
    throw wrongParameter(field, complaint ?? `${parameter.name} is a ${parameter.type}.`);
  }
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrongParameter(field: string, message: string): AndonError {
  return new AndonError({
    code: 'devices.command-parameter-invalid',
    message,
    nextStep: 'See the parameters of the command in the device category.',
    field,
    status: 422,
  });
}
