import { CommandState, SignalValue, Slug, Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, Page, pageQuery, recordStamp, Time } from '../platform/index.ts';

const strict = { additionalProperties: false };

export const expiresInSecondsDefault = 120;
const expiresInSecondsMax = 604_800;
const parametersMax = 64;

export const ById = Type.Object({ id: Uuid });
export const ByDevice = Type.Object({ id: Slug });

export const NewCommand = Type.Object(
  {
    name: Slug,
    parameters: Type.Optional(
      Type.Record(Type.String({ maxLength: 64 }), SignalValue, { maxProperties: parametersMax }),
    ),
    /** The gateway does not begin it later than this. */
    expiresInSeconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: expiresInSecondsMax, default: expiresInSecondsDefault }),
    ),
  },
  strict,
);

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
  gatewayId: Slug,
  name: Type.String(),
  parameters: Type.Record(Type.String(), SignalValue),
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
  history: Type.Array(CommandHistoryEntry),
  ...recordStamp,
});
export type Command = Static<typeof Command>;

export const CommandsQuery = Type.Object({ ...pageQuery, state: Type.Optional(CommandState) }, strict);
export const CommandPage = Page(Command);
