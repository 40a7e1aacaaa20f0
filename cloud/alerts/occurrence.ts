import type {
  AlertTransition,
  AlertTransitionKind,
  ConditionState,
  Quality,
  Severity,
  SignalValue,
} from '@andon/shared/contracts';

/** What the transitions of one occurrence fold to. Times are epoch milliseconds. */
export interface Occurrence {
  readonly id: string;
  readonly deviceId: string;
  readonly rule: string;
  readonly signal: string;
  readonly ruleVersion: number;
  readonly state: ConditionState;
  readonly severity: Severity;
  readonly errorCode: number | null;
  readonly value: SignalValue;
  readonly setpoint: number | null;
  readonly unit: string | null;
  readonly quality: Quality;
  readonly reason: string;
  readonly bootId: string | null;
  readonly peakState: ConditionState;
  readonly peakSeverity: Severity;
  readonly raisedAt: number;
  /** Null as long as no transition cleared it. */
  readonly clearedAt: number | null;
  readonly gatewayReceivedAt: number;
  readonly historical: boolean;
  readonly transitionCount: number;
  /** The lowest number seen: the time of raising is of it. */
  readonly firstNumber: number;
  /** The number that state, value and the like are of; 0 while only the clear is known. */
  readonly currentNumber: number;
}

/** Of two severities the worse has the higher rank. */
export const severityRank: Readonly<Record<Severity, number>> = {
  CRITICAL: 4,
  MAJOR: 3,
  MINOR: 2,
  WARNING: 1,
  INDETERMINATE: 0,
};
export function worstSeverity(severities: readonly Severity[]): Severity {
  return severities.reduce(
    (worst, one) => (severityRank[one] > severityRank[worst] ? one : worst),
    'INDETERMINATE',
  );
}

const stateRank: Readonly<Record<ConditionState, number>> = {
  HIHI: 8,
  LOLO: 7,
  HI: 6,
  LO: 5,
  EXPRESSION: 4,
  ERROR_CODE: 3,
  STUCK: 2,
  BAD_QUALITY: 1,
  STALE: 0,
};

/**
 * Folds one more transition in. Whatever order they come in, the same transitions give the same occurrence; each
 * must be given once (the count would be wrong otherwise, and nothing else).
 */
export function foldTransition(before: Occurrence | undefined, transition: AlertTransition): Occurrence {
  const isClear = transition.transition === 'cleared';
  const told = fieldsOf(transition);
  if (before === undefined) {
    return {
      id: transition.alertId,
      deviceId: transition.deviceId,
      rule: transition.rule,
      signal: transition.signal,
      ...told,
      peakState: transition.state,
      peakSeverity: transition.severity,
      ...beginningOf(transition),
      clearedAt: isClear ? transition.sourceTime : null,
      transitionCount: 1,
      currentNumber: isClear ? 0 : transition.number,
    };
  }
  const isCurrent = !isClear && transition.number > before.currentNumber;
  return {
    ...before,
    ...(isCurrent ? { ...told, currentNumber: transition.number } : {}),
    ...(isWorse(transition, before)
      ? { peakState: transition.state, peakSeverity: transition.severity }
      : {}),
    ...(transition.number < before.firstNumber ? beginningOf(transition) : {}),
    clearedAt: isClear ? transition.sourceTime : before.clearedAt,
    transitionCount: before.transitionCount + 1,
  };
}

function fieldsOf(transition: AlertTransition) {
  return {
    ruleVersion: transition.ruleVersion,
    state: transition.state,
    severity: transition.severity,
    errorCode: transition.errorCode ?? null,
    value: transition.value,
    setpoint: transition.setpoint ?? null,
    unit: transition.unit ?? null,
    quality: transition.quality,
    reason: transition.reason,
    bootId: transition.bootId ?? null,
  };
}

function beginningOf(transition: AlertTransition) {
  return {
    raisedAt: transition.sourceTime,
    gatewayReceivedAt: transition.gatewayTime,
    historical: transition.historical,
    firstNumber: transition.number,
  };
}

function isWorse(transition: AlertTransition, before: Occurrence): boolean {
  const bySeverity = severityRank[transition.severity] - severityRank[before.peakSeverity];
  return bySeverity > 0 || (bySeverity === 0 && stateRank[transition.state] > stateRank[before.peakState]);
}

/** The event that tells of a transition. */
export const eventOfTransition: Readonly<Record<AlertTransitionKind, string>> = {
  raised: 'alert.raised',
  escalated: 'alert.escalated',
  deescalated: 'alert.deescalated',
  updated: 'alert.updated',
  cleared: 'alert.cleared',
};
