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
    /** True where the reading was late (from a backlog of the device), and so pages nobody. */
    historical: Type.Boolean(),
  },
  { additionalProperties: false },
);
export type Reading = Static<typeof Reading>;
