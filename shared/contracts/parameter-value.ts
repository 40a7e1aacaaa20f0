import { type TSchema, Type } from 'typebox';
import { SignalValue } from './primitives.ts';

/** How many names a path such as `profile.ramp.speed` may have. */
export const parameterDepthMax = 4;
/** In one object. */
export const parametersPerObjectMax = 64;

/** What a command's parameter may hold: a plain value, or an object of further parameters. */
export type ParameterValue = SignalValue | ParameterValues;
export interface ParameterValues {
  readonly [name: string]: ParameterValue;
}

function valuesOfDepth(depth: number): TSchema {
  const value = depth === 1 ? SignalValue : Type.Union([SignalValue, valuesOfDepth(depth - 1)]);
  return Type.Record(Type.String({ maxLength: 64 }), value, { maxProperties: parametersPerObjectMax });
}

/** The parameters of a command, by name. */
export const ParameterValues = Type.Unsafe<ParameterValues>(valuesOfDepth(parameterDepthMax));

function isObject(value: ParameterValue | undefined): value is ParameterValues {
  return typeof value === 'object' && value !== null;
}

/** The plain value at a path such as `speed` or `profile.speed`; undefined where there is none. */
export function plainParameter(parameters: ParameterValues, path: string): SignalValue | undefined {
  let value: ParameterValue | undefined = parameters;
  for (const name of path.split('.')) {
    value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return isObject(value) ? undefined : value;
}
