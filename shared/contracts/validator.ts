import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** Checks values against a schema. */
export interface Validator<Schema extends TSchema> {
  Check(value: unknown): value is Static<Schema>;
  /** What is wrong with the value, place by place. */
  Errors(value: unknown): ReturnType<ReturnType<typeof Compile>['Errors']>;
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
