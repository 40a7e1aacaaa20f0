import { type Static, Type } from 'typebox';
import { ConditionState, ErrorCode, Severity } from './alert-rule.ts';
import { BootId, EpochMilliseconds, SignalName, SignalValue, Slug, UnitCode, Uuid } from './primitives.ts';
import { Quality } from './reading.ts';

/** `updated` says more of an open alert (what else it stands for), and changes nothing else. */
export const AlertTransitionKind = Type.Enum(['raised', 'escalated', 'deescalated', 'updated', 'cleared']);
export type AlertTransitionKind = Static<typeof AlertTransitionKind>;

/** How many inputs a transition tells at most. */
export const evidenceInputsMax = 41;
/** How many alerts that it stands for a transition names at most; `childCount` counts all. */
export const alertChildrenMax = 50;

/** What a transition was decided by. */
export const AlertEvidence = Type.Object(
  {
    /** The signals that the rule looked at, and (as `rule:name`) the rules. Empty where nothing was: the rule is gone, say. */
    inputs: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 100 }),
            value: Type.Union([Type.Number(), Type.String({ maxLength: 200 }), Type.Boolean(), Type.Null()]),
            quality: Quality,
            sourceTime: EpochMilliseconds,
          },
          { additionalProperties: false },
        ),
        { maxItems: evidenceInputsMax },
      ),
    ),
    /** The delay that had to pass, and how long the condition (or its end) had lasted. */
    delayMilliseconds: Type.Optional(Type.Number({ minimum: 0 })),
    lastedMilliseconds: Type.Optional(Type.Number({ minimum: 0 })),
  },
  { additionalProperties: false },
);
export type AlertEvidence = Static<typeof AlertEvidence>;

/** An alert that was not raised because this one stands for it. */
export const AlertChild = Type.Object(
  { deviceId: Slug, rule: Type.String({ minLength: 1, maxLength: 63 }) },
  { additionalProperties: false },
);
export type AlertChild = Static<typeof AlertChild>;

/**
 * One step in the life of one alert occurrence. `alertId` is given when the occurrence is raised and is kept
 * for its life; a new activation of the same rule is a new occurrence. Transitions of an occurrence are
 * numbered 1, 2, 3 … so that the cloud can tell a repetition from news.
 */
export const AlertTransition = Type.Object(
  {
    type: Type.Literal('alert'),
    alertId: Uuid,
    number: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
    transition: AlertTransitionKind,
    deviceId: Slug,
    rule: Type.String({ minLength: 1, maxLength: 63 }),
    ruleVersion: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
    signal: SignalName,
    /** The state entered; on `cleared` the state left. */
    state: ConditionState,
    severity: Severity,
    errorCode: Type.Optional(ErrorCode),
    value: SignalValue,
    /** The limit's setpoint, in `unit`; absent where the condition has none. */
    setpoint: Type.Optional(Type.Number()),
    unit: Type.Optional(UnitCode),
    quality: Quality,
    /** The device's time of the value that caused the transition. */
    sourceTime: EpochMilliseconds,
    gatewayTime: EpochMilliseconds,
    bootId: Type.Optional(BootId),
    historical: Type.Boolean(),
    /** One line for people: what was compared with what. */
    reason: Type.String({ minLength: 1, maxLength: 500 }),
    evidence: Type.Optional(AlertEvidence),
    /** Where one dead line silences many devices, the first alert stands for the others. */
    children: Type.Optional(Type.Array(AlertChild, { maxItems: alertChildrenMax })),
    childCount: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  },
  { additionalProperties: false },
);
export type AlertTransition = Static<typeof AlertTransition>;

/** A rule of a device was shelved (it raises nothing meanwhile), or is so no longer. A record of the alerts lane. */
export const AlertShelving = Type.Object(
  {
    type: Type.Literal('alert-shelving'),
    deviceId: Slug,
    rule: Type.String({ minLength: 1, maxLength: 63 }),
    ruleVersion: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
    shelved: Type.Boolean(),
    /** `timed` until a time, `one-shot` until it is back to normal once, `chatter` because it was raised too often. */
    kind: Type.Enum(['timed', 'one-shot', 'chatter']),
    at: EpochMilliseconds,
    /** When it ends at the latest, by the gateway's clock. */
    until: EpochMilliseconds,
    /** Who did it: a person, a program, or `gateway`. */
    by: Type.String({ minLength: 1, maxLength: 200 }),
    /** One line for people. */
    reason: Type.String({ minLength: 1, maxLength: 500 }),
  },
  { additionalProperties: false },
);
export type AlertShelving = Static<typeof AlertShelving>;

/** A recording has no more samples, and no more frames, than this. Clouds before this version take 500 frames. */
export const recordingSamplesMax = 5000;
export const recordingFramesMax = 4096;

/**
 * What the device sent around the time of an alert, as it came: a record of the alerts lane. The part `before`
 * comes with the alert, the part `after` when its time has passed.
 */
export const AlertRecording = Type.Object(
  {
    type: Type.Literal('alert-recording'),
    alertId: Uuid,
    deviceId: Slug,
    part: Type.Enum(['before', 'after']),
    from: EpochMilliseconds,
    to: EpochMilliseconds,
    /** Values that did not fit were left out, the oldest of `before` and the newest of `after`. */
    truncated: Type.Boolean(),
    /** Frames that did not fit were left out, the oldest; absent where none were. */
    framesTruncated: Type.Optional(Type.Boolean()),
    /** Why it ends early, for people: the gateway was restarted meanwhile, or had too much to record. */
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    signals: Type.Array(
      Type.Object(
        {
          signal: SignalName,
          unit: Type.Optional(UnitCode),
          /** Source times, in milliseconds after `from` (before it where negative), and values and qualities. */
          times: Type.Array(Type.Number(), { maxItems: recordingSamplesMax }),
          values: Type.Array(
            Type.Union([Type.Number(), Type.String({ maxLength: 200 }), Type.Boolean(), Type.Null()]),
            { maxItems: recordingSamplesMax },
          ),
          /** G, U or B for each value. */
          qualities: Type.String({ maxLength: recordingSamplesMax, pattern: '^[GUB]*$' }),
        },
        { additionalProperties: false },
      ),
      { maxItems: 1000 },
    ),
    frames: Type.Array(
      Type.Object(
        {
          at: EpochMilliseconds,
          direction: Type.Enum(['received', 'sent']),
          /** The bytes as hexadecimal, cut where they are longer than 512. */
          hexadecimal: Type.String({ maxLength: 1024, pattern: '^([0-9a-f]{2})*$' }),
          /** How many bytes it had, where it was cut. */
          lengthBytes: Type.Optional(Type.Integer({ minimum: 1 })),
        },
        { additionalProperties: false },
      ),
      { maxItems: recordingFramesMax },
    ),
  },
  { additionalProperties: false },
);
export type AlertRecording = Static<typeof AlertRecording>;
