import { ClockState, Quality, SignalName, SignalValue, Slug } from '@andon/shared/contracts';
import { type Static, Type } from 'typebox';
import { Nullable, pageQuery, Time } from '../platform/index.ts';

const strict = { additionalProperties: false };

export const DeviceById = Type.Object({ id: Slug });

export const LatestReadings = Type.Object({
  items: Type.Array(
    Type.Object({
      signal: Type.String(),
      unit: Nullable(Type.String()),
      value: SignalValue,
      quality: Nullable(Quality),
      qualityReason: Nullable(Type.String()),
      sourceTime: Nullable(Time),
      gatewayTime: Nullable(Time),
    }),
  ),
});
export type LatestReadings = Static<typeof LatestReadings>;

const bucketsMax = 2000;
const range = {
  signal: SignalName,
  /** Included; an hour before `to` where it is left out. */
  from: Type.Optional(Time),
  /** Not included; now where it is left out. */
  to: Type.Optional(Time),
};

export const BucketsQuery = Type.Object(
  { ...range, buckets: Type.Optional(Type.Integer({ minimum: 1, maximum: bucketsMax, default: 300 })) },
  strict,
);
export const Buckets = Type.Object({
  signal: Type.String(),
  unit: Nullable(Type.String()),
  from: Time,
  to: Time,
  bucketMilliseconds: Type.Integer(),
  /** Empty ones are left out: a gap. */
  buckets: Type.Array(
    Type.Object({
      start: Time,
      /** All readings, also those of BAD quality. */
      count: Type.Integer(),
      min: Nullable(Type.Number()),
      max: Nullable(Type.Number()),
      mean: Nullable(Type.Number()),
      last: Nullable(Type.Number()),
      badCount: Type.Integer(),
    }),
  ),
});

export const RawQuery = Type.Object(
  {
    ...pageQuery,
    ...range,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 200 })),
  },
  strict,
);
/** All readings of a range, by their time: of one signal, or of all that the device has. */
export const TableQuery = Type.Object({ ...range, signal: Type.Optional(SignalName) }, strict);
export const RawReading = Type.Object({
  id: Type.Integer(),
  sourceTime: Time,
  gatewayTime: Time,
  receivedAt: Time,
  /** Where the edge corrected the time later: what its clock, which was not set, had said. */
  originalTime: Nullable(Time),
  value: SignalValue,
  quality: Quality,
  qualityReason: Nullable(Type.String()),
  clockState: ClockState,
  historical: Type.Boolean(),
});
export type RawReading = Static<typeof RawReading>;

export const GapsQuery = Type.Object(
  {
    ...pageQuery,
    /** Those that reach into the time from here (included) … */
    from: Type.Optional(Time),
    /** … to here (not included). */
    to: Type.Optional(Time),
  },
  strict,
);

export const MomentsQuery = Type.Object(
  {
    ...pageQuery,
    from: Type.Optional(Time),
    to: Type.Optional(Time),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 200 })),
  },
  strict,
);
export const DeviceMoment = Type.Object({
  id: Type.Integer(),
  at: Time,
  /** The type of the event, such as `case.created`. */
  kind: Type.String(),
  /** The alert, command, case or work order. */
  recordId: Nullable(Type.String()),
  signal: Nullable(Type.String()),
  severity: Nullable(Type.String()),
  /** What a command, case or work order came to be. */
  state: Nullable(Type.String()),
  title: Nullable(Type.String()),
});
export type DeviceMoment = Static<typeof DeviceMoment>;
