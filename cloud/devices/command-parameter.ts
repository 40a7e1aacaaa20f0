import { parameterDepthMax, parametersPerObjectMax } from '@andon/shared/contracts';
import { type TSchema, Type } from 'typebox';
import { PersonReadableName } from '../platform/index.ts';

/** Of one command, with all that lie inside of others. */
const parametersPerCommandMax = 100;
export const textLengthMax = 4096;

/** What a parameter of a command is: the form that the console draws, and what is taken at the door. */
export interface CommandParameter {
  readonly name: string;
  readonly title?: string;
  readonly type: 'number' | 'integer' | 'text' | 'boolean' | 'datetime' | 'object';
  readonly required?: boolean;
  /** Taken where nothing is given. */
  readonly default?: number | string | boolean;
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minimumLength?: number;
  readonly maximumLength?: number;
  readonly choices?: readonly (string | number)[];
  readonly parameters?: readonly CommandParameter[];
}

function parametersOfDepth(depth: number): TSchema {
  const types = ['number', 'integer', 'text', 'boolean', 'datetime'];
  return Type.Array(
    Type.Object(
      {
        name: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$' }),
        title: Type.Optional(PersonReadableName),
        /**
         * `number` may have decimals, `integer` is a whole number, `datetime` a text such as 2026-03-02T08:00:00Z with
         * its zone, `object` holds parameters of its own.
         */
        type: Type.Enum(depth === 1 ? types : [...types, 'object']),
        required: Type.Optional(Type.Boolean()),
        default: Type.Optional(
          Type.Union([Type.Number(), Type.String({ maxLength: textLengthMax }), Type.Boolean()]),
        ),
        /** UCUM code. */
        unit: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
        minimum: Type.Optional(Type.Number()),
        maximum: Type.Optional(Type.Number()),
        /** Of a text, in characters. */
        minimumLength: Type.Optional(Type.Integer({ minimum: 0, maximum: textLengthMax })),
        maximumLength: Type.Optional(Type.Integer({ minimum: 0, maximum: textLengthMax })),
        /** It must be one of these. */
        choices: Type.Optional(
          Type.Array(Type.Union([Type.Number(), Type.String({ maxLength: 200 })]), {
            minItems: 1,
            maxItems: 100,
          }),
        ),
        ...(depth === 1 ? {} : { parameters: Type.Optional(parametersOfDepth(depth - 1)) }),
      },
      { additionalProperties: false },
    ),
    { maxItems: parametersPerObjectMax },
  );
}

export const CommandParameters = Type.Unsafe<readonly CommandParameter[]>(
  parametersOfDepth(parameterDepthMax),
);

const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Why a plain value is none of this parameter; undefined where it is one. */
export function complaintOf(parameter: CommandParameter, value: unknown): string | undefined {
  const { name, choices } = parameter;
  const complaint =
    typeof value === 'number' ? numberComplaint(parameter, value) : textComplaint(parameter, value);
  if (complaint !== undefined) {
    return complaint;
  }
  return choices === undefined || choices.some((choice) => choice === value)
    ? undefined
    : `${name} is one of ${choices.join(', ')}.`;
}

function numberComplaint(
  { name, type, minimum, maximum }: CommandParameter,
  value: number,
): string | undefined {
  if (type === 'integer' ? !Number.isSafeInteger(value) : type !== 'number') {
    return type === 'integer' ? `${name} is a whole number.` : `${name} is a ${type}.`;
  }
  const tooSmall = minimum !== undefined && value < minimum;
  const tooLarge = maximum !== undefined && value > maximum;
  return tooSmall || tooLarge
    ? `${name} lies between ${minimum ?? 'any'} and ${maximum ?? 'any'}.`
    : undefined;
}

function textComplaint(parameter: CommandParameter, value: unknown): string | undefined {
  const { name, type, minimumLength = 0, maximumLength = textLengthMax } = parameter;
  if (type === 'boolean') {
    return typeof value === 'boolean' ? undefined : `${name} is true or false.`;
  }
  if (typeof value !== 'string' || (type !== 'text' && type !== 'datetime')) {
    return type === 'integer' ? `${name} is a whole number.` : `${name} is a ${type}.`;
  }
  if (type === 'datetime') {
    return timePattern.test(value) && Number.isFinite(Date.parse(value))
      ? undefined
      : `${name} is a date and time with its zone, such as 2026-03-02T08:00:00Z.`;
  }
  return value.length < minimumLength || value.length > maximumLength
    ? `${name} has ${minimumLength} to ${maximumLength} characters.`
    : undefined;
}

/** What makes no sense in the parameters of a definition, and where. */
export interface ParameterMistake {
  /** `.0.maximum`, to be put behind the path of the list. */
  readonly path: string;
  readonly message: string;
}

export function parameterMistake(parameters: readonly CommandParameter[]): ParameterMistake | undefined {
  return countOf(parameters) > parametersPerCommandMax
    ? { path: '', message: `A command has at most ${parametersPerCommandMax} parameters in all.` }
    : mistakeIn(parameters);
}

function countOf(parameters: readonly CommandParameter[]): number {
  return parameters.reduce((sum, { parameters: inner = [] }) => sum + 1 + countOf(inner), 0);
}

function mistakeIn(parameters: readonly CommandParameter[]): ParameterMistake | undefined {
  const seen = new Set<string>();
  for (const [index, parameter] of parameters.entries()) {
    const mistake = seen.has(parameter.name)
      ? { path: '.name', message: `The name ${parameter.name} stands here twice.` }
      : mistakeOf(parameter);
    if (mistake !== undefined) {
      return { ...mistake, path: `.${index}${mistake.path}` };
    }
    seen.add(parameter.name);
  }
  return undefined;
}

function mistakeOf(parameter: CommandParameter): ParameterMistake | undefined {
  const { name, type, minimum, maximum, minimumLength, maximumLength, choices, parameters } = parameter;
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
    return { path: '.maximum', message: 'The maximum lies below the minimum.' };
  }
  if (minimumLength !== undefined && maximumLength !== undefined && minimumLength > maximumLength) {
    return { path: '.maximumLength', message: 'The maximum length lies below the minimum length.' };
  }
  if (type !== 'object' && parameters !== undefined) {
    return { path: '.parameters', message: `Only an object holds parameters, and ${name} is a ${type}.` };
  }
  if (type === 'object') {
    if (parameter.default !== undefined || choices !== undefined) {
      return {
        path: '.type',
        message: `The parameters inside of ${name} have defaults and choices, not itself.`,
      };
    }
    const inside = mistakeIn(parameters ?? []);
    return inside && { ...inside, path: `.parameters${inside.path}` };
  }
  const { choices: _choices, ...plain } = parameter;
  const unfit = (choices ?? []).findIndex((choice) => complaintOf(plain, choice) !== undefined);
  if (unfit >= 0) {
    return { path: `.choices.${unfit}`, message: `This is no value of ${name}, which is a ${type}.` };
  }
  const complaint = parameter.default === undefined ? undefined : complaintOf(parameter, parameter.default);
  return complaint === undefined ? undefined : { path: '.default', message: complaint };
}

/** Is there a parameter that holds a plain value at this path, such as `profile.speed`? */
export function hasPlainParameter(parameters: readonly CommandParameter[], path: string): boolean {
  const [first, ...rest] = path.split('.');
  const found = parameters.find(({ name }) => name === first);
  return rest.length === 0
    ? found !== undefined && found.type !== 'object'
    : hasPlainParameter(found?.parameters ?? [], rest.join('.'));
}
