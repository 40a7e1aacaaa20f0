import { AlertRule, CommandRule, IdempotencyClass, SignalDefinition, Slug } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, PersonReadableName, pageQuery, recordStamp } from '../platform/index.ts';
import { EscalationPolicy, EscalationPolicyInput } from './escalation-policy.ts';

const strict = { additionalProperties: false };
const itemsMax = 1000;
const commandsMax = 100;

export const CommandParameter = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$' }),
    title: Type.Optional(PersonReadableName),
    /** `integer` is a whole number; `datetime` a text such as 2026-03-02T08:00:00Z, with its zone. */
    type: Type.Enum(['number', 'integer', 'text', 'boolean', 'datetime']),
    required: Type.Optional(Type.Boolean()),
    /** UCUM code. */
    unit: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
    minimum: Type.Optional(Type.Number()),
    maximum: Type.Optional(Type.Number()),
    /** A text must be one of these. */
    choices: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { minItems: 1, maxItems: 100 })),
  },
  strict,
);
export type CommandParameter = Static<typeof CommandParameter>;

export const CommandDefinition = Type.Object(
  {
    name: Slug,
    title: PersonReadableName,
    /** The console asks before it sends one. */
    destructive: Type.Boolean(),
    idempotency: IdempotencyClass,
    parameters: Type.Array(CommandParameter, { maxItems: 50 }),
    precondition: CommandRule.properties.precondition,
    interlock: CommandRule.properties.interlock,
    routine: CommandRule.properties.routine,
  },
  strict,
);
export type CommandDefinition = Static<typeof CommandDefinition>;

/** A rule as it is written: its version is counted by us, one that is sent is not looked at. */
export const RuleInput = Type.Object(
  { ...AlertRule.properties, version: Type.Optional(Type.Integer({ minimum: 1 })) },
  strict,
);
export type RuleInput = Static<typeof RuleInput>;

const documents = {
  name: PersonReadableName,
  signals: Type.Array(SignalDefinition, { maxItems: itemsMax }),
  commands: Type.Array(CommandDefinition, { maxItems: commandsMax }),
};

export const CategoryEdit = Type.Object(
  {
    ...documents,
    rules: Type.Array(RuleInput, { maxItems: itemsMax }),
    escalationPolicy: Type.Optional(Nullable(EscalationPolicyInput)),
  },
  strict,
);
export type CategoryEdit = Static<typeof CategoryEdit>;
export const CategoryInput = Type.Object({ id: Slug, ...CategoryEdit.properties }, strict);
export type CategoryInput = Static<typeof CategoryInput>;

export const DeviceCategory = Type.Object({
  id: Type.String(),
  ...documents,
  rules: Type.Array(AlertRule),
  escalationPolicy: Nullable(EscalationPolicy),
  ...recordStamp,
});
export type DeviceCategory = Static<typeof DeviceCategory>;

export const CategoriesQuery = Type.Object(
  { ...pageQuery, q: Type.Optional(Type.String({ maxLength: 200 })) },
  strict,
);
export const CategoryById = Type.Object({ id: Slug });
