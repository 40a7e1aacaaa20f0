import type {
  AlertChild,
  AlertEvidence,
  ConditionState,
  Quality,
  Reading,
  Severity,
  SignalValue,
} from '@andon/shared/contracts';
import { badQualityBit, type CompiledRule, expressionBit, stuckBit } from './compiled-rule.ts';
import type { Draft } from './draft.ts';

/** What is wrong, with what a transition says of it. */
export interface Condition {
  readonly state: ConditionState;
  readonly severity: Severity;
  readonly setpoint?: number;
  readonly errorCode?: number;
  /** Its bit in `activeLimits`; 0 for error codes and silence. */
  readonly bit: number;
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
  /** What the rule looked at, where that is more than the value; asked for only where it is told. */
  readonly inputs?: () => NonNullable<AlertEvidence['inputs']>;
  readonly children?: { readonly listed: readonly AlertChild[]; readonly count: number };
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

/** The condition in force: the worst limit, else the expression, error code, stuck value, BAD quality, silence. */
export function conditionOf(rule: CompiledRule, draft: Draft): Condition | null {
  for (const limit of rule.limits) {
    if ((draft.activeLimits & limit.bit) === 0) continue;
    const { state, severity, setpoint, errorCode, bit } = limit;
    return { state, severity, setpoint, bit, ...(errorCode === undefined ? {} : { errorCode }) };
  }
  const { expression, errorCodes, stuck, badQuality, stale } = rule.source;
  if (expression !== undefined && (draft.activeLimits & expressionBit) !== 0) {
    return otherCondition('EXPRESSION', expression, expressionBit);
  }
  if (errorCodes !== undefined && draft.activeCode !== 0) {
    const severity = errorCodes.severities?.[String(draft.activeCode)] ?? errorCodes.severity;
    const errorCode = draft.activeCode > 0 ? draft.activeCode : undefined;
    return otherCondition('ERROR_CODE', { severity, errorCode }, 0);
  }
  if (stuck !== undefined && (draft.activeLimits & stuckBit) !== 0) {
    return otherCondition('STUCK', stuck, stuckBit);
  }
  if (badQuality !== undefined && (draft.activeLimits & badQualityBit) !== 0) {
    return otherCondition('BAD_QUALITY', badQuality, badQualityBit);
  }
  return stale !== undefined && draft.stale ? otherCondition('STALE', stale, 0) : null;
}

function otherCondition(
  state: ConditionState,
  { severity, errorCode }: { severity: Severity; errorCode?: number | undefined },
  bit: number,
): Condition {
  return { state, severity, bit, ...(errorCode === undefined ? {} : { errorCode }) };
}
