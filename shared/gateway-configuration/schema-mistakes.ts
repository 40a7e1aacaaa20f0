import type { TSchema } from 'typebox';
import { Settings } from 'typebox/system';
import { Value } from 'typebox/value';
import { SignalName, Slug } from '../contracts/index.ts';
import { didYouMean } from './did-you-mean.ts';
import type { KeyPath } from './mistakes.ts';

const mistakesMax = 200;

interface SchemaNode {
  readonly [key: string]: unknown;
}

const isSchemaNode = (value: unknown): value is SchemaNode => typeof value === 'object' && value !== null;

export interface SchemaMistake {
  readonly path: KeyPath;
  readonly message: string;
}

type SchemaError = ReturnType<typeof Value.Errors>[number];

/** Everything in which the value differs from the schema, at most 200 things, in words for people. */
export function schemaMistakes(schema: TSchema, value: unknown): SchemaMistake[] {
  const { maxErrors } = Settings.Get();
  Settings.Set({ maxErrors: mistakesMax * 10 });
  try {
    const mistakes = new Map<string, SchemaMistake>();
    for (const error of Value.Errors(schema, value)) {
      for (const mistake of explain(schema, value, error)) {
        mistakes.set(`${JSON.stringify(mistake.path)} ${mistake.message}`, mistake);
      }
    }
    return [...mistakes.values()].slice(0, mistakesMax);
  } finally {
    Settings.Set({ maxErrors });
  }
}

function explain(schema: unknown, value: unknown, error: SchemaError): SchemaMistake[] {
  const path = instancePath(value, error.instancePath);
  const union = innermostUnion(schema, value, error);
  if (union === 'another-kind') {
    return [];
  }
  if (union !== undefined) {
    return [{ path: union.path, message: union.message }];
  }
  if (error.keyword === 'required') {
    return error.params.requiredProperties.map((name) => ({ path: [...path, name], message: 'is missing' }));
  }
  if (error.keyword === 'additionalProperties') {
    return error.params.additionalProperties.map((name) => ({
      path: [...path, name],
      message: `is not known${didYouMean(name, unusedKeys(schema, value, error))}`,
    }));
  }
  if (error.keyword === 'boolean' || error.keyword === 'anyOf') {
    return [];
  }
  if (error.keyword === 'enum') {
    const names = error.params.allowedValues.map(String);
    const written = valueAt(value, path);
    const meant = typeof written === 'string' ? didYouMean(written, names) : '';
    return [{ path, message: `must be one of ${names.join(', ')}${meant}` }];
  }
  if (error.keyword === 'pattern') {
    const words = patternsInWords[String(error.params.pattern)];
    return [{ path, message: words === undefined ? error.message : `must be ${words}` }];
  }
  return [{ path, message: error.message }];
}

/** The keys that the schema has at this place, and that were not written. */
function unusedKeys(root: unknown, value: unknown, error: SchemaError): string[] {
  let schema: unknown = root;
  for (const token of error.schemaPath.split('/').slice(1).map(unescapePointer)) {
    schema = isSchemaNode(schema) ? schema[token] : undefined;
  }
  const properties = isSchemaNode(schema) ? schema.properties : undefined;
  const written = valueAt(value, instancePath(value, error.instancePath));
  return isSchemaNode(properties)
    ? Object.keys(properties).filter((key) => !(isSchemaNode(written) && key in written))
    : [];
}

/** What people read instead of the regular expressions that they meet most. */
const patternsInWords: Readonly<Record<string, string>> = {
  [patternOf(Slug)]: 'of lower-case letters, digits and hyphens, at most 63',
  [patternOf(SignalName)]: 'of letters, digits and _ . / - inside, at most 100',
};

function patternOf(schema: TSchema): string {
  return 'pattern' in schema ? String(schema.pattern) : '';
}

/**
 * An error inside a union is news only if it lies in the branch that the value's `type` chose. A union without
 * such a choice is one mistake: the value fits none of it.
 */
function innermostUnion(
  root: unknown,
  value: unknown,
  error: SchemaError,
): { path: KeyPath; message: string } | 'another-kind' | undefined {
  const tokens = error.schemaPath.split('/').slice(1).map(unescapePointer);
  const path = instancePath(value, error.instancePath);
  let schema: unknown = root;
  let consumed = 0;
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] ?? '';
    if (token === 'anyOf' && isSchemaNode(schema)) {
      const verdict = judgeUnion(
        schema.anyOf,
        Number(tokens[index + 1]),
        valueAt(value, path.slice(0, consumed)),
      );
      if (verdict === 'another-kind') {
        return verdict;
      }
      if (verdict !== 'chosen') {
        return { path: [...path.slice(0, consumed), ...verdict.below], message: verdict.message };
      }
    } else if (['properties', 'items', 'additionalProperties', 'patternProperties'].includes(token)) {
      consumed += 1;
    }
    schema = isSchemaNode(schema) ? schema[token] : undefined;
  }
  return undefined;
}

type UnionVerdict = 'chosen' | 'another-kind' | { below: KeyPath; message: string };

function judgeUnion(branches: unknown, branch: number, value: unknown): UnionVerdict {
  const options = Array.isArray(branches) ? branches : [];
  const kinds = options.map(kindOf);
  if (kinds.some((kind) => kind === undefined)) {
    return { below: [], message: `must be ${options.map(nameOf).join(' or ')}` };
  }
  const kind = isSchemaNode(value) ? value.type : undefined;
  if (!kinds.includes(typeof kind === 'string' ? kind : undefined)) {
    const names = kinds.filter((name) => name !== undefined);
    const meant = typeof kind === 'string' ? didYouMean(kind, names) : '';
    return { below: ['type'], message: `must be one of ${names.join(', ')}${meant}` };
  }
  return kinds[branch] === kind ? 'chosen' : 'another-kind';
}

/** The constant that tells this branch of a union from the others. */
function kindOf(branch: unknown): string | undefined {
  const properties = isSchemaNode(branch) ? branch.properties : undefined;
  const type = isSchemaNode(properties) ? properties.type : undefined;
  return isSchemaNode(type) && typeof type.const === 'string' ? type.const : undefined;
}

function nameOf(schema: unknown): string {
  if (!isSchemaNode(schema)) {
    return 'something else';
  }
  return Array.isArray(schema.enum) ? `one of ${schema.enum.join(', ')}` : `a ${String(schema.type)}`;
}

const unescapePointer = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~');

function instancePath(value: unknown, pointer: string): KeyPath {
  const path: (string | number)[] = [];
  let current = value;
  for (const raw of pointer.split('/').slice(1)) {
    const token = unescapePointer(raw);
    const part = Array.isArray(current) ? Number(token) : token;
    path.push(part);
    current = valueAt(current, [part]);
  }
  return path;
}

function valueAt(value: unknown, path: KeyPath): unknown {
  let current = value;
  for (const part of path) {
    current = isSchemaNode(current) ? current[part] : undefined;
  }
  return current;
}
