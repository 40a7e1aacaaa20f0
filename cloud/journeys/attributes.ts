import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';

export const attributeTypes = [
  'text',
  'number',
  'boolean',
  'datetime',
  'device',
  'contact',
  'account',
  'case',
  'alert',
] as const;
export type AttributeType = (typeof attributeTypes)[number];

export const attributesMax = 50;
export const textCharactersMax = 4_000;

export const AttributeName = Type.String({ pattern: '^[a-z][A-Za-z0-9]{0,49}$' });

/** One attribute that events of a trigger carry. */
export const Attribute = Type.Object(
  { name: AttributeName, type: Type.Enum([...attributeTypes]), required: Type.Boolean() },
  { additionalProperties: false },
);
export type Attribute = Static<typeof Attribute>;

export type Scalar = string | number | boolean;
export type Attributes = Readonly<Record<string, Scalar>>;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const slug = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const datetime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;
const isId = (value: unknown): boolean => typeof value === 'string' && uuid.test(value);

const checks: Readonly<Record<AttributeType, { fits: (value: unknown) => boolean; needs: string }>> = {
  text: {
    fits: (value) => typeof value === 'string' && value.length <= textCharactersMax,
    needs: `a text of at most ${textCharactersMax} characters`,
  },
  number: { fits: (value) => typeof value === 'number' && Number.isFinite(value), needs: 'a number' },
  boolean: { fits: (value) => typeof value === 'boolean', needs: 'true or false' },
  datetime: {
    fits: (value) => typeof value === 'string' && datetime.test(value) && !Number.isNaN(Date.parse(value)),
    needs: 'a time such as 2026-03-02T08:00:00Z',
  },
  device: {
    fits: (value) => typeof value === 'string' && slug.test(value),
    needs: 'the id of a device',
  },
  contact: { fits: isId, needs: 'the id of a contact' },
  account: { fits: isId, needs: 'the id of an account' },
  case: { fits: isId, needs: 'the id of a case' },
  alert: { fits: isId, needs: 'the id of an alert' },
};

export interface AttributeIssue {
  readonly attribute: string;
  readonly message: string;
}

/** The first thing wrong with the attributes of an event, or undefined. Null counts as absent. */
export function findAttributeIssue(
  declared: readonly Attribute[],
  given: Readonly<Record<string, unknown>>,
): AttributeIssue | undefined {
  const known = new Set(declared.map((attribute) => attribute.name));
  for (const name of Object.keys(given)) {
    if (!known.has(name)) {
      return { attribute: name, message: `The trigger has no attribute ${name}.` };
    }
  }
  for (const { name, type, required } of declared) {
    const value = given[name] ?? null;
    if (value === null) {
      if (required) {
        return { attribute: name, message: `The attribute ${name} is missing.` };
      }
    } else if (!checks[type].fits(value)) {
      return { attribute: name, message: `The attribute ${name} must be ${checks[type].needs}.` };
    }
  }
  return undefined;
}

const isScalarRecord = Compile(
  Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
);

/** The attributes that have a value, after `findAttributeIssue` found nothing. */
export function presentAttributes(given: Readonly<Record<string, unknown>>): Attributes {
  const present = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== null && value !== undefined),
  );
  if (!isScalarRecord.Check(present)) {
    throw new Error('attributes that were not checked');
  }
  return present;
}

const family: Readonly<Record<AttributeType, 'number' | 'boolean' | 'text'>> = {
  text: 'text',
  number: 'number',
  boolean: 'boolean',
  datetime: 'text',
  device: 'text',
  contact: 'text',
  account: 'text',
  case: 'text',
  alert: 'text',
};

/** Can a value of one type stand where another is wanted? Ids and times are texts, and texts may be ids. */
export function isAssignable(from: AttributeType, to: AttributeType): boolean {
  return from === to || (family[from] === family[to] && (from === 'text' || to === 'text'));
}

/** Would this constant do as a value of the type? */
export function fitsType(type: AttributeType, value: unknown): boolean {
  return checks[type].fits(value);
}
