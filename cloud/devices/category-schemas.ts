import { AlertRule, CommandRule, IdempotencyClass, SignalDefinition, Slug } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, PersonReadableName, pageQuery, recordStamp, roles } from '../platform/index.ts';
import { CommandParameters } from './command-parameter.ts';
import { EscalationPolicy, EscalationPolicyInput } from './escalation-policy.ts';

const strict = { additionalProperties: false };
const itemsMax = 1000;
const commandsMax = 100;

/** A command waits for its gateway at most a week. */
export const commandSecondsMax = 604_800;

export const CommandDefinition = Type.Object(
  {
    name: Slug,
    title: PersonReadableName,
    /** The console asks before it sends one. */
    destructive: Type.Boolean(),
    idempotency: IdempotencyClass,
    /** Sent only by these roles, of those that may send commands; an administrator may send all. */
    roles: Type.Optional(Type.Array(Type.Enum([...roles]), { maxItems: roles.length })),
    /** The gateway does not begin it later than this after it was issued, where whoever sends it says nothing. */
    expiresInSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: commandSecondsMax })),
    parameters: CommandParameters,
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
    /** A gateway may bring devices of this category into the registry by itself; left out: it stays as it is. */
    allowsJustInTime: Type.Optional(Type.Boolean()),
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
  allowsJustInTime: Type.Boolean(),
  ...recordStamp,
});
export type DeviceCategory = Static<typeof DeviceCategory>;

export const CategoriesQuery = Type.Object(
  { ...pageQuery, q: Type.Optional(Type.String({ maxLength: 200 })) },
  strict,
);
export const CategoryById = Type.Object({ id: Slug });
