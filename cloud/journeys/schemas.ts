import { Slug, Uuid } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, PersonReadableName, pageQuery, recordStamp, Time } from '../platform/index.ts';
import { Attribute, attributesMax } from './attributes.ts';

const strict = { additionalProperties: false };
const TriggerStatus = Type.Enum(['draft', 'ready']);

export const TriggerInput = Type.Object(
  {
    name: Slug,
    title: PersonReadableName,
    attributes: Type.Array(Attribute, { maxItems: attributesMax }),
    status: Type.Optional(TriggerStatus),
  },
  strict,
);
export type TriggerInput = Static<typeof TriggerInput>;

export const Trigger = Type.Object({
  id: Uuid,
  name: Slug,
  title: Type.String(),
  attributes: Type.Array(Attribute),
  status: TriggerStatus,
  builtIn: Type.Boolean(),
  ...recordStamp,
});
export type Trigger = Static<typeof Trigger>;

export const TriggersQuery = Type.Object(
  { ...pageQuery, q: Type.Optional(Type.String({ maxLength: 200 })) },
  strict,
);
export const ByName = Type.Object({ name: Slug });
export const ById = Type.Object({ id: Uuid });
export const PageQuery = Type.Object({ ...pageQuery }, strict);

export const TriggerEventInput = Type.Object(
  {
    /** Checked against the trigger. */
    attributes: Type.Record(Type.String({ maxLength: 100 }), Type.Unknown(), {
      maxProperties: attributesMax,
    }),
    contactId: Type.Optional(Uuid),
    /** A test reaches the contact chosen, and moves only runs that are tests. */
    test: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type TriggerEventInput = Static<typeof TriggerEventInput>;

export const TriggerEvent = Type.Object({
  id: Uuid,
  trigger: Slug,
  attributes: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
  contactId: Nullable(Uuid),
  runId: Nullable(Uuid),
  stepId: Nullable(Type.String()),
  test: Type.Boolean(),
  state: Type.Enum(['raised', 'refused']),
  reason: Nullable(Type.String()),
  actor: Type.String(),
  raisedAt: Time,
});
export type TriggerEvent = Static<typeof TriggerEvent>;

export const JourneyInput = Type.Object(
  { name: PersonReadableName, definition: Type.Object({}, { description: 'See docs: journeys as data.' }) },
  strict,
);
export type JourneyInput = Static<typeof JourneyInput>;

const Count = Type.Integer({ minimum: 0 });
export const Journey = Type.Object({
  id: Uuid,
  name: Type.String(),
  status: Type.Enum(['draft', 'live', 'stopped']),
  /** Of the latest version, which may be newer than the live one. */
  definition: Type.Object({}, { additionalProperties: true }),
  latestVersion: Type.Integer(),
  liveVersion: Nullable(Type.Integer()),
  builtIn: Type.Boolean(),
  counts: Type.Object({
    entered: Count,
    conditionNotMet: Count,
    inProgress: Count,
    done: Count,
    exited: Count,
    steps: Type.Array(
      Type.Object({
        stepId: Type.String(),
        entered: Count,
        inside: Count,
        outcomes: Type.Record(Type.String(), Count),
      }),
    ),
  }),
  ...recordStamp,
});
export type Journey = Static<typeof Journey>;

const RunStatus = Type.Enum(['in-progress', 'done', 'exited']);
export const RunsQuery = Type.Object(
  { ...pageQuery, status: Type.Optional(RunStatus), contactId: Type.Optional(Uuid) },
  strict,
);

export const Run = Type.Object({
  id: Uuid,
  journeyId: Uuid,
  journeyVersion: Type.Integer(),
  triggerEventId: Uuid,
  contactId: Nullable(Uuid),
  test: Type.Boolean(),
  status: RunStatus,
  reason: Nullable(Type.String()),
  /** The step that it waits in. */
  at: Nullable(Type.String()),
  dueAt: Nullable(Time),
  startedAt: Time,
  finishedAt: Nullable(Time),
  steps: Type.Array(
    Type.Object({
      stepId: Type.String(),
      enteredAt: Time,
      leftAt: Nullable(Time),
      outcome: Nullable(Type.String()),
    }),
  ),
});
export type Run = Static<typeof Run>;
