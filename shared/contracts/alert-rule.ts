import { type Static, Type } from 'typebox';
import { SignalName, SignalValue } from './primitives.ts';

/** Perceived severity (ITU-T X.733, 8.1.2.3), without CLEARED, which is a transition and not a severity. */
export const Severity = Type.Enum(['CRITICAL', 'MAJOR', 'MINOR', 'WARNING', 'INDETERMINATE']);
export type Severity = Static<typeof Severity>;

/** OPC UA Part 9, ExclusiveLimitAlarmType. */
export const LimitState = Type.Enum(['HIHI', 'HI', 'LO', 'LOLO']);
export type LimitState = Static<typeof LimitState>;

/** What kind of condition an alert stands for. */
export const ConditionState = Type.Union([LimitState, Type.Enum(['STALE', 'ERROR_CODE'])]);
export type ConditionState = Static<typeof ConditionState>;

const milliseconds = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400_000, description }));

/** A number that the device's error is known by; an escalation policy reads it. */
export const ErrorCode = Type.Integer({ minimum: 0, maximum: 65_535 });

export const Limit = Type.Object(
  {
    /** In the signal's unit. HI and HIHI are violated at or above it, LO and LOLO at or below it. */
    setpoint: Type.Number(),
    /** How far back inside the value must come before the limit is left; in the signal's unit. */
    deadband: Type.Optional(Type.Number({ minimum: 0 })),
    onDelayMilliseconds: milliseconds('How long the violation must last before it is raised.'),
    offDelayMilliseconds: milliseconds('How long the value must be back before it is cleared.'),
    severity: Severity,
    errorCode: Type.Optional(ErrorCode),
  },
  { additionalProperties: false },
);
export type Limit = Static<typeof Limit>;

/** What the gateway itself does when an alert is raised, cloud or no cloud. */
export const LocalAction = Type.Union([
  Type.Object(
    {
      type: Type.Literal('publish'),
      topic: Type.String({ minLength: 1, maxLength: 512, pattern: '^[^#+\\u0000]+$' }),
      payload: Type.String({ maxLength: 4096 }),
      retain: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      /** Writes a writable point of a device (a coil, a register, a serial template) by its name. */
      type: Type.Literal('write'),
      deviceId: Type.Optional(Type.String({ maxLength: 63 })),
      point: SignalName,
      value: SignalValue,
    },
    { additionalProperties: false },
  ),
]);
export type LocalAction = Static<typeof LocalAction>;

/** The alert rule of one signal. At least one of `limits`, `errorCodes` and `stale` says when it is violated. */
export const AlertRule = Type.Object(
  {
    /** Unique within the device; part of the identity of an alert. */
    name: Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' }),
    /** Counts up with every change of the rule. */
    version: Type.Integer({ minimum: 1 }),
    signal: SignalName,
    limits: Type.Optional(
      Type.Object(
        {
          hihi: Type.Optional(Limit),
          hi: Type.Optional(Limit),
          lo: Type.Optional(Limit),
          lolo: Type.Optional(Limit),
        },
        { additionalProperties: false, minProperties: 1 },
      ),
    ),
    /** The signal itself holds an error code: any value but 0 raises an alert of that code. */
    errorCodes: Type.Optional(
      Type.Object(
        {
          severity: Severity,
          /** Codes whose severity differs from the default, by code. */
          severities: Type.Optional(Type.Record(Type.String({ pattern: '^[0-9]{1,5}$' }), Severity)),
          onDelayMilliseconds: milliseconds('How long the code must stay before it is raised.'),
          offDelayMilliseconds: milliseconds('How long the code must be gone before it is cleared.'),
        },
        { additionalProperties: false },
      ),
    ),
    /** The signal has not been heard of (with GOOD quality) for this long. */
    stale: Type.Optional(
      Type.Object(
        {
          afterMilliseconds: Type.Integer({ minimum: 100, maximum: 604_800_000 }),
          severity: Severity,
          errorCode: Type.Optional(ErrorCode),
        },
        { additionalProperties: false },
      ),
    ),
    onAlert: Type.Optional(LocalAction),
    onClear: Type.Optional(LocalAction),
  },
  { additionalProperties: false },
);
export type AlertRule = Static<typeof AlertRule>;
