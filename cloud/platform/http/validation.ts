import { wordsOfPattern } from '@andon/shared/contracts';
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { mayBeLeftOut } from './empty-bodies.ts';

type Coerced = string | number | boolean | unknown[] | undefined;

interface LooseSchema {
  readonly type?: string;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly properties?: Readonly<Record<string, LooseSchema>>;
  readonly items?: LooseSchema;
  readonly anyOf?: readonly LooseSchema[];
}

/**
 * Checks with the TypeBox schema itself. A body is taken as it is: no text becomes a number, nothing is removed.
 * What stands in a URL or header is text by nature, so numbers and booleans are read from it there.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  // Compiled when it is first needed: most are not within the first minutes, and all together take their time.
  let check: ReturnType<typeof Compile> | undefined;
  const hasDefaults = JSON.stringify(schema).includes('"default":');
  const withoutBody = httpPart === 'body' && mayBeLeftOut(schema) ? {} : null;
  return (value: unknown) => {
    const read = httpPart === 'body' ? (value ?? withoutBody) : readTexts(schema, value);
    const complete = hasDefaults ? Value.Default(schema, read) : read;
    check ??= Compile(schema);
    if (check.Check(complete)) {
      return { value: complete };
    }
    return { error: mostTelling(check.Errors(complete)) };
  };
};

function readTexts(schema: LooseSchema, value: unknown): unknown {
  if (schema.properties === undefined || typeof value !== 'object' || value === null) {
    return value;
  }
  const { properties } = schema;
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => {
      const expected = properties[name];
      return [name, expected ? readText(expected, text) : text];
    }),
  );
}

function readText(schema: LooseSchema, value: unknown): unknown {
  if (schema.type === 'array') {
    const { items } = schema;
    const list = Array.isArray(value) ? value : [value];
    return items ? list.map((item) => readText(items, item)) : list;
  }
  if (typeof value !== 'string') {
    return value;
  }
  for (const alternative of schema.anyOf ?? [schema]) {
    const read = readScalar(alternative.type, value);
    if (read !== undefined) {
      return read;
    }
  }
  return value;
}

function readScalar(type: string | undefined, text: string): Coerced {
  if (type === 'integer' || type === 'number') {
    return /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : undefined;
  }
  if (type === 'boolean') {
    return text === 'true' || (text === 'false' ? false : undefined);
  }
  return undefined;
}

type SchemaError = ReturnType<ReturnType<typeof Compile>['Errors']>[number];

const errorsMax = 20;

/** One error for each field; left out is what only repeats another (the member that additionalProperties refuses). */
function mostTelling(errors: readonly SchemaError[]): FastifySchemaValidationError[] {
  return errors
    .filter((error) => !(error.keyword === 'boolean' && error.schemaPath.endsWith('/additionalProperties')))
    .flatMap(errorsByField)
    .slice(0, errorsMax);
}

function errorsByField(error: SchemaError): FastifySchemaValidationError[] {
  const { keyword, instancePath, schemaPath, message } = error;
  const fields =
    keyword === 'required'
      ? error.params.requiredProperties.map((field) => ({ field, message: 'is missing' }))
      : keyword === 'additionalProperties'
        ? error.params.additionalProperties.map((field) => ({ field, message: 'is not known here' }))
        : [
            {
              field: undefined,
              message: (keyword === 'pattern' && wordsOfPattern(error.params.pattern)) || message,
            },
          ];
  return fields.map((one) => ({
    keyword,
    schemaPath,
    params: one.field === undefined ? { ...error.params } : {},
    instancePath: one.field === undefined ? instancePath : `${instancePath}/${one.field}`,
    message: one.message,
  }));
}
