import {
  AlertRule,
  CommandRule,
  IdempotencyClass,
  SignalDefinition,
  SignalValue,
  Slug,
} from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, PersonReadableName, pageQuery, recordStamp } from '../platform/index.ts';

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

/** What is tried before people are called, and when they are. Carried out by escalations. */
export const EscalationPolicy = Type.Object(
  {
    /** Alerts whose error code is greater than this are escalated. */
    errorCodeAbove: Type.Integer({ minimum: 0, maximum: 65_535 }),
    remedy: Type.Optional(
      Type.Object(
        {
          /** One of the category's commands. */
          command: Slug,
          parameters: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), SignalValue)),
          times: Type.Integer({ minimum: 1, maximum: 10 }),
          expiresInSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
        },
        strict,
      ),
    ),
    verify: Type.Object(
      {
        /** The alert must stay cleared for this long. */
        clearForSeconds: Type.Integer({ minimum: 0, maximum: 86_400 }),
        /** It must have cleared this long after the remedy succeeded. */
        withinSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
      },
      strict,
    ),
    onUnremedied: Type.Enum(['case', 'none']),
    /** A technician is to be sent, too: the case gets a work order, of this incident type if one is named. */
    workOrder: Type.Optional(Type.Object({ incidentTypeId: Type.Optional(Slug) }, strict)),
    priority: Type.Optional(Type.Enum(['critical', 'high', 'normal', 'low'])),
  },
  strict,
);
export type EscalationPolicy = Static<typeof EscalationPolicy>;

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
    escalationPolicy: Type.Optional(Nullable(EscalationPolicy)),
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
