import { type Static, Type } from 'typebox';
import { ConditionState, ErrorCode, Severity } from './alert-rule.ts';
import { BootId, EpochMilliseconds, SignalName, SignalValue, Slug, UnitCode, Uuid } from './primitives.ts';
import { Quality } from './reading.ts';

export const AlertTransitionKind = Type.Enum(['raised', 'escalated', 'deescalated', 'cleared']);
export type AlertTransitionKind = Static<typeof AlertTransitionKind>;

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
  },
  { additionalProperties: false },
);
export type AlertTransition = Static<typeof AlertTransition>;
