import {
  CommandState,
  type ParameterValues,
  parametersPerObjectMax,
  SignalValue,
  Slug,
  Uuid,
} from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { commandSecondsMax } from '../devices/index.ts';
import { Nullable, Page, pageQuery, recordStamp, Time } from '../platform/index.ts';
import { HoldReason, holdReasons } from './holding.ts';

const strict = { additionalProperties: false };

export const expiresInSecondsDefault = 120;

export const ById = Type.Object({ id: Uuid });
export const ByDevice = Type.Object({ id: Slug });

/** Any here: they are checked against the definition, which names the field that is wrong. */
export const GivenParameters = Type.Unsafe<ParameterValues>(
  Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { maxProperties: parametersPerObjectMax }),
);

export const NewCommand = Type.Object(
  {
    name: Slug,
    parameters: Type.Optional(GivenParameters),
    /** The gateway does not begin it later than this; where it is left out, the definition says, or two minutes. */
    expiresInSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: commandSecondsMax })),
  },
  strict,
);

/** Nothing at all is as good as an empty one. */
export const RetryInput = Nullable(
  Type.Object(
    {
      /** What holds a command of a job, and is known of: it is sent all the same. */
      despite: Type.Optional(Type.Array(HoldReason, { maxItems: holdReasons.length })),
    },
    strict,
  ),
);

export const HoldsQuery = Type.Object({ jobId: Type.Optional(Uuid) }, strict);
export const Holds = Type.Object({ reasons: Type.Array(HoldReason) });

export const CommandHistoryEntry = Type.Object({
  state: CommandState,
  at: Time,
  reason: Nullable(Type.String()),
  /** False where it was said too late, or after a later word, to change the state. */
  tookEffect: Type.Boolean(),
});

export const Command = Type.Object({
  id: Uuid,
  deviceId: Slug,
  deviceName: Type.String(),
  gatewayId: Slug,
  name: Type.String(),
  parameters: Type.Unsafe<ParameterValues>(Type.Record(Type.String(), Type.Unknown())),
  state: CommandState,
  reason: Nullable(Type.String()),
  issuedBy: Type.String(),
  issuedAt: Time,
  expiresAt: Time,
  bootIdBefore: Nullable(Type.String()),
  bootIdAfter: Nullable(Type.String()),
  result: Nullable(Type.Record(Type.String(), SignalValue)),
  cancelRequestedAt: Nullable(Time),
  cancelRequestedBy: Nullable(Type.String()),
  /** What the gateway said in the end of a command that was given up here. */
  late: Nullable(Type.Object({ state: CommandState, reason: Nullable(Type.String()), at: Time })),
  /** The command that this one tries again, and the one that tried this one again. */
  retryOf: Nullable(Uuid),
  retriedBy: Nullable(Uuid),
  /** The job over many devices that sent it. */
  jobId: Nullable(Uuid),
  history: Type.Array(CommandHistoryEntry),
  ...recordStamp,
});
export type Command = Static<typeof Command>;

export const CommandsQuery = Type.Object({ ...pageQuery, state: Type.Optional(CommandState) }, strict);
export const AllCommandsQuery = Type.Object(
  {
    ...pageQuery,
    deviceId: Type.Optional(Slug),
    categoryId: Type.Optional(Slug),
    jobId: Type.Optional(Uuid),
    name: Type.Optional(Slug),
    state: Type.Optional(CommandState),
    /** `waiting` has not ended; `unsuccessful` failed, timed out, expired or was rejected. */
    outcome: Type.Optional(Type.Enum(['waiting', 'unsuccessful'])),
    /** When it was issued. */
    from: Type.Optional(Time),
    to: Type.Optional(Time),
  },
  strict,
);
export const CommandPage = Page(Command);
