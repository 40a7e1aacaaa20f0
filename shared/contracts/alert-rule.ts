import { type Static, Type } from 'typebox';
import { SignalName, SignalValue, Slug } from './primitives.ts';

/** Perceived severity (ITU-T X.733, 8.1.2.3), without CLEARED, which is a transition and not a severity. */
export const Severity = Type.Enum(['CRITICAL', 'MAJOR', 'MINOR', 'WARNING', 'INDETERMINATE']);
export type Severity = Static<typeof Severity>;

/** OPC UA Part 9, ExclusiveLimitAlarmType. */
export const LimitState = Type.Enum(['HIHI', 'HI', 'LO', 'LOLO']);
export type LimitState = Static<typeof LimitState>;

/** What kind of condition an alert stands for. */
export const ConditionState = Type.Union([
  LimitState,
  Type.Enum(['EXPRESSION', 'ERROR_CODE', 'STUCK', 'BAD_QUALITY', 'STALE']),
]);
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

const strict = { additionalProperties: false };
const Span = (minimum: number) => Type.Integer({ minimum, maximum: 86_400_000 });

/** A formula over the signals of the device; see docs/reference/formulas.md. */
export const FormulaText = Type.String({ minLength: 1, maxLength: 1000 });

/** What a condition that is no limit leads to. */
const consequence = {
  severity: Severity,
  errorCode: Type.Optional(ErrorCode),
  onDelayMilliseconds: milliseconds('How long it must last before it is raised.'),
  offDelayMilliseconds: milliseconds('How long it must be over before it is cleared.'),
};

export const WindowAggregate = Type.Enum(['min', 'max', 'mean', 'sum', 'count']);
export type WindowAggregate = Static<typeof WindowAggregate>;

/**
 * What the limits are compared with, where it is not the value itself; a rule has one of these at most. OPC UA
 * Part 9 knows the first two as rate-of-change and deviation alarms.
 */
const measures = {
  /** How fast the value changes: by how much in `perMilliseconds`, measured over the window. */
  rateOfChange: Type.Optional(
    Type.Object({ perMilliseconds: Span(1), windowMilliseconds: Span(100) }, strict),
  ),
  /** The value less that of another signal of the device. */
  deviation: Type.Optional(Type.Object({ from: SignalName }, strict)),
  /** An aggregate of the values of the last so many milliseconds. */
  window: Type.Optional(Type.Object({ aggregate: WindowAggregate, milliseconds: Span(100) }, strict)),
  /** A number that a formula computes. */
  calculation: Type.Optional(
    Type.Object(
      { formula: FormulaText, unit: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })) },
      strict,
    ),
  ),
};

export const Weekday = Type.Enum(['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN']);
export type Weekday = Static<typeof Weekday>;

/** When the rule is in force, by local time. A period that ends at or before its begin runs past midnight. */
export const RuleSchedule = Type.Object(
  {
    /** IANA name, such as Europe/Berlin. */
    timeZone: Type.String({ minLength: 1, maxLength: 64 }),
    periods: Type.Array(
      Type.Object(
        {
          days: Type.Array(Weekday, { minItems: 1, maxItems: 7 }),
          from: Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' }),
          to: Type.String({ pattern: '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$' }),
        },
        strict,
      ),
      { minItems: 1, maxItems: 20 },
    ),
  },
  strict,
);
export type RuleSchedule = Static<typeof RuleSchedule>;

/** A rule that is raised too often is shelved by itself; three times in a minute, for ten minutes, if not said. */
export const ChatterSettings = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean()),
    activations: Type.Optional(Type.Integer({ minimum: 2, maximum: 20 })),
    withinMilliseconds: Type.Optional(Span(1000)),
    shelveMilliseconds: Type.Optional(Span(1000)),
  },
  strict,
);
export type ChatterSettings = Static<typeof ChatterSettings>;

const modifiers = {
  /** Outside of these hours nothing is raised or escalated. */
  schedule: Type.Optional(RuleSchedule),
  /** Once raised it stays until somebody resets it, also when the condition is over. */
  latched: Type.Optional(Type.Boolean()),
  /** Nothing is raised or escalated while the formula is true, or another rule of the device has an open alert. */
  inhibitWhen: Type.Optional(
    Type.Object(
      {
        formula: Type.Optional(FormulaText),
        rule: Type.Optional(Type.String({ minLength: 1, maxLength: 63 })),
      },
      { ...strict, minProperties: 1 },
    ),
  ),
  chatter: Type.Optional(ChatterSettings),
};

/**
 * The alert rule of one signal. At least one of `limits`, `expression`, `errorCodes`, `stuck`, `badQuality` and
 * `stale` says when it is violated.
 */
export const AlertRule = Type.Object(
  {
    /** Unique within the device; part of the identity of an alert. */
    name: Slug,
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
    ...measures,
    /** A formula that must not be true. */
    expression: Type.Optional(Type.Object({ formula: FormulaText, ...consequence }, strict)),
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
    /** Readings come, but their value has not moved by more than `epsilon` for this long. */
    stuck: Type.Optional(
      Type.Object(
        {
          epsilon: Type.Number({ minimum: 0 }),
          forMilliseconds: Type.Integer({ minimum: 100, maximum: 604_800_000 }),
          severity: Severity,
          errorCode: Type.Optional(ErrorCode),
        },
        strict,
      ),
    ),
    /** Readings come, but of BAD quality. */
    badQuality: Type.Optional(Type.Object(consequence, strict)),
    /** The signal has not been heard of (with GOOD quality) for this long, since it was for the first time. */
    stale: Type.Optional(
      Type.Object(
        {
          afterMilliseconds: Type.Integer({ minimum: 100, maximum: 604_800_000 }),
          alsoIfNeverHeard: Type.Optional(
            Type.Boolean({
              description: 'Count from when the gateway first listens, not from the first value ever.',
            }),
          ),
          severity: Severity,
          errorCode: Type.Optional(ErrorCode),
        },
        { additionalProperties: false },
      ),
    ),
    ...modifiers,
    onAlert: Type.Optional(LocalAction),
    onClear: Type.Optional(LocalAction),
  },
  { additionalProperties: false },
);
export type AlertRule = Static<typeof AlertRule>;
