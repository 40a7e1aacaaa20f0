import type { ConditionState, Quality, Reading, Severity, SignalValue } from '@andon/shared/contracts';
import type { CompiledRule } from './compiled-rule.ts';
import type { Draft } from './draft.ts';

/** What is wrong, with what a transition says of it. */
export interface Condition {
  readonly state: ConditionState;
  readonly severity: Severity;
  readonly setpoint?: number;
  readonly errorCode?: number;
}

/** What a transition is put down to. */
export interface Cause {
  readonly deviceId: string;
  readonly value: SignalValue;
  readonly quality: Quality;
  readonly unit?: string;
  readonly sourceTime: number;
  readonly gatewayTime: number;
  readonly bootId?: string;
  readonly historical: boolean;
  /** Why, where it was not a value: it replaces the comparison in the reason. */
  readonly note?: string;
}

/** An event without `reading`'s envelope: what a transition keeps of the reading that caused it. */
export function causeOfReading(reading: Reading): Cause {
  return {
    deviceId: reading.deviceId,
    value: reading.value,
    quality: reading.quality,
    sourceTime: reading.sourceTime,
    gatewayTime: reading.gatewayTime,
    historical: reading.historical,
    ...(reading.unit === undefined ? {} : { unit: reading.unit }),
    ...(reading.bootId === undefined ? {} : { bootId: reading.bootId }),
  };
}

/** The condition in force: the worst limit, else the error code, else silence. */
export function conditionOf(rule: CompiledRule, draft: Draft): Condition | null {
  for (const limit of rule.limits) {
    if ((draft.activeLimits & limit.bit) === 0) continue;
    const { state, severity, setpoint, errorCode } = limit;
    return { state, severity, setpoint, ...(errorCode === undefined ? {} : { errorCode }) };
  }
  const { errorCodes, stale } = rule.source;
  if (errorCodes !== undefined && draft.activeCode !== 0) {
    const severity = errorCodes.severities?.[String(draft.activeCode)] ?? errorCodes.severity;
    return {
      state: 'ERROR_CODE',
      severity,
      ...(draft.activeCode > 0 ? { errorCode: draft.activeCode } : {}),
    };
  }
  if (stale !== undefined && draft.stale) {
    const { severity, errorCode } = stale;
    return { state: 'STALE', severity, ...(errorCode === undefined ? {} : { errorCode }) };
  }
  return null;
}
