import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';

/** Checks values against a schema. */
export interface Validator<Schema extends TSchema> {
  Check(value: unknown): value is Static<Schema>;
  /** What is wrong with the value, place by place. */
  Errors(value: unknown): ReturnType<typeof Value.Errors>;
}

/**
 * A compiled validator, compiled when it is first asked: a program has many of which it needs few while it starts, and
 * a large schema takes ten milliseconds or more.
 */
export function validatorOf<Schema extends TSchema>(schema: Schema): Validator<Schema> {
  let compiled: ReturnType<typeof Compile> | undefined;
  const validator = () => {
    compiled ??= Compile(schema);
    return compiled;
  };
  return {
    Check: (value): value is Static<Schema> => validator().Check(value),
    Errors: (value) => validator().Errors(value),
  };
}

/**
 * A validator that is not compiled, for what is checked once in a while: a large schema, compiled, is half a megabyte of code
 * that stays, and an edge box has little memory.
 */
export function seldomValidatorOf<Schema extends TSchema>(schema: Schema): Validator<Schema> {
  return {
    Check: (value): value is Static<Schema> => Value.Check(schema, value),
    Errors: (value) => Value.Errors(schema, value),
  };
}
