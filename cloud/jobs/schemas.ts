import { type ParameterValues, Slug, Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { WeeklyHours } from '../accounts/index.ts';
import { GivenParameters } from '../commands/index.ts';
import { commandSecondsMax } from '../devices/index.ts';
import { Nullable, Page, PersonReadableName, pageQuery, recordStamp, Time } from '../platform/index.ts';
import { jobStates, jobSteps } from './state.ts';

const strict = { additionalProperties: false };

export const devicesPerJobMax = 20_000;
/** A job for the rest of another names all of them. */
const listedDevicesMax = devicesPerJobMax;
const tagsMax = 20;
const rateMax = 60_000;
const concurrencyLimit = 10_000;

/** Which devices: those that fit all that is given, and are in service. */
export const Selection = Type.Object(
  {
    categoryId: Type.Optional(Slug),
    gatewayId: Type.Optional(Slug),
    /** With the accounts beneath it. */
    accountId: Type.Optional(Uuid),
    siteId: Type.Optional(Uuid),
    /** All of these. */
    tags: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: tagsMax }),
    ),
    /** Whatever is written here: what is no device is named as such. */
    deviceIds: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: listedDevicesMax }),
    ),
  },
  { ...strict, minProperties: 1 },
);
export type Selection = Static<typeof Selection>;

const Window = Type.Object(
  {
    zone: Type.Enum(['device', 'job']),
    timeZone: Type.String({ minLength: 1, maxLength: 64 }),
    weekly: WeeklyHours,
  },
  strict,
);
const Stop = Type.Object(
  {
    failurePercent: Type.Integer({ minimum: 0, maximum: 99 }),
    atLeast: Type.Integer({ minimum: 1, maximum: devicesPerJobMax }),
  },
  strict,
);

export const JobInput = Type.Object(
  {
    name: PersonReadableName,
    command: Slug,
    parameters: Type.Optional(GivenParameters),
    /** Where it is left out, the command's definition says. */
    expiresInSeconds: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: commandSecondsMax }))),
    selection: Selection,
    /** Devices in any minute; 60 where it is left out. */
    ratePerMinute: Type.Optional(Type.Integer({ minimum: 1, maximum: rateMax })),
    /** Commands that have not ended, at one time; 20 where it is left out. */
    concurrencyMax: Type.Optional(Type.Integer({ minimum: 1, maximum: concurrencyLimit })),
    /** So many go first, and the rest only when all of them have succeeded; none where it is left out. */
    canaryCount: Type.Optional(Type.Integer({ minimum: 0, maximum: devicesPerJobMax })),
    /** Stops when more than this share of at least so many that have ended did not succeed. */
    stop: Type.Optional(Nullable(Stop)),
    window: Type.Optional(Nullable(Window)),
  },
  strict,
);
export type JobInput = Static<typeof JobInput>;

export const PreviewInput = Type.Object(
  { selection: Selection, command: Type.Optional(Slug), parameters: Type.Optional(GivenParameters) },
  strict,
);

export const Preview = Type.Object({
  devices: Type.Integer(),
  connected: Type.Integer(),
  /** By their categories; `problem` says why one does not take the command. */
  categories: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      devices: Type.Integer(),
      problem: Nullable(Type.String()),
    }),
  ),
  /** Another person has to approve it: it is destructive, or whoever asks wrote the command. */
  destructive: Type.Boolean(),
  /** The names of the first few. */
  sample: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })),
  /** Of the devices that were listed, those that the job would not go to. */
  leftOut: Type.Object({
    count: Type.Integer(),
    /** The first few. */
    devices: Type.Array(
      Type.Object({ id: Type.String(), reason: Type.Enum(['unknown', 'not-in-service', 'does-not-fit']) }),
    ),
  }),
});
export type Preview = Static<typeof Preview>;

export const TargetState = Type.Enum(['waiting', 'sent', 'succeeded', 'failed', 'skipped']);
export type TargetState = Static<typeof TargetState>;

export const Job = Type.Object({
  id: Uuid,
  name: Type.String(),
  command: Type.String(),
  parameters: Type.Unsafe<ParameterValues>(Type.Record(Type.String(), Type.Unknown())),
  expiresInSeconds: Nullable(Type.Integer()),
  selection: Selection,
  ratePerMinute: Type.Integer(),
  concurrencyMax: Type.Integer(),
  canaryCount: Type.Integer(),
  stop: Nullable(Stop),
  window: Nullable(Window),
  state: Type.Enum([...jobStates]),
  /** Why it is in this state, where somebody or something said. */
  reason: Nullable(Type.String()),
  /** Another person has to approve it: it is destructive, or whoever made the job wrote the command. */
  destructive: Type.Boolean(),
  /** How many devices are in each state; none before it leaves its draft. */
  counts: Type.Object({
    total: Type.Integer(),
    waiting: Type.Integer(),
    sent: Type.Integer(),
    succeeded: Type.Integer(),
    failed: Type.Integer(),
    skipped: Type.Integer(),
  }),
  possibleSteps: Type.Array(Type.Enum([...jobSteps])),
  createdBy: Type.String(),
  createdByName: Nullable(Type.String()),
  submittedAt: Nullable(Time),
  approvedBy: Nullable(Type.String()),
  approvedByName: Nullable(Type.String()),
  approvedAt: Nullable(Time),
  startedAt: Nullable(Time),
  endedAt: Nullable(Time),
  ...recordStamp,
});
export type Job = Static<typeof Job>;
export const JobPage = Page(Job);

export const JobTarget = Type.Object({
  deviceId: Type.String(),
  deviceName: Type.String(),
  state: TargetState,
  /** Why it still waits, was skipped or failed. */
  reason: Nullable(Type.String()),
  commandId: Nullable(Uuid),
  commandState: Nullable(Type.String()),
  sentAt: Nullable(Time),
  endedAt: Nullable(Time),
});
export type JobTarget = Static<typeof JobTarget>;
export const JobTargetPage = Page(JobTarget);

export const ById = Type.Object({ id: Uuid });
export const Because = Type.Object(
  { reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' })) },
  strict,
);
export const JobsQuery = Type.Object(
  { ...pageQuery, state: Type.Optional(Type.Enum([...jobStates])) },
  strict,
);
export const TargetsQuery = Type.Object({ ...pageQuery, state: Type.Optional(TargetState) }, strict);
