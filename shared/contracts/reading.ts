import { type Static, Type } from 'typebox';
import { BootId, EpochMilliseconds, SignalName, SignalValue, Slug, UnitCode } from './primitives.ts';

/** OPC UA Part 8 groups status codes into these three; ours are the same. */
export const Quality = Type.Enum(['GOOD', 'UNCERTAIN', 'BAD']);
export type Quality = Static<typeof Quality>;

/** Whether the gateway's clock was set when it dated the reading. */
export const ClockState = Type.Enum(['SYNCHRONIZED', 'UNSYNCHRONIZED', 'CORRECTED']);
export type ClockState = Static<typeof ClockState>;

/**
 * One value of one signal at one instant. A failed read is a reading of BAD quality with `value` null and a
 * reason, never silence. The gateway is not a field: a batch is uploaded under the gateway's own credentials,
 * and the cloud takes it from there so that no gateway can speak for another.
 */
export const Reading = Type.Object(
  {
    type: Type.Literal('reading'),
    deviceId: Slug,
    signal: SignalName,
    value: SignalValue,
    unit: Type.Optional(UnitCode),
    quality: Quality,
    /** Why the quality is not GOOD, as a stable token such as `not-a-number` or `checksum`. */
    qualityReason: Type.Optional(Type.String({ maxLength: 200 })),
    /** When the device says that the value was so; the gateway's time where the device has no clock. */
    sourceTime: EpochMilliseconds,
    /** When the gateway received it. */
    gatewayTime: EpochMilliseconds,
    bootId: Type.Optional(BootId),
    clockState: ClockState,
    /** Where the time was corrected: what the gateway's clock, which was not set, said when it received it. */
    originalTime: Type.Optional(EpochMilliseconds),
    /** True where the reading was late (from a backlog of the device or of the gateway), and so pages nobody. */
    historical: Type.Boolean(),
  },
  { additionalProperties: false },
);
export type Reading = Static<typeof Reading>;

/**
 * What is left of many readings of one signal after the gateway ran out of room: thinned, oldest first, before any is
 * dropped. The numbers are over readings that are not BAD and hold a number or a boolean (1 and 0).
 */
export const ReadingSummary = Type.Object(
  {
    type: Type.Literal('summary'),
    deviceId: Slug,
    signal: SignalName,
    unit: Type.Optional(UnitCode),
    /** Device's times of the first and the last reading, both included. */
    from: EpochMilliseconds,
    to: EpochMilliseconds,
    /** How many readings it stands for, those of BAD quality included. */
    count: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
    badCount: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }),
    /** How many of them the mean is over; 0 where there is no minimum, maximum and mean. */
    numericCount: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }),
    minimum: Type.Optional(Type.Number()),
    maximum: Type.Optional(Type.Number()),
    mean: Type.Optional(Type.Number()),
    /** The last value that was not BAD, null where there was none. */
    last: SignalValue,
    clockState: ClockState,
  },
  { additionalProperties: false },
);
export type ReadingSummary = Static<typeof ReadingSummary>;
