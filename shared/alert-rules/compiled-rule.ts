import type { AlertRule, ErrorCode, Limit, LimitState, Severity } from '@andon/shared/contracts';
import type { Static } from 'typebox';

/** One limit, ready to be compared with. */
export interface CompiledLimit {
  readonly state: LimitState;
  /** Place in `limitStates`, and in a state's `timing.limitsSince`. */
  readonly index: number;
  /** This limit's bit in a state's `activeLimits`. */
  readonly bit: number;
  readonly isHigh: boolean;
  readonly setpoint: number;
  readonly deadband: number;
  /** Left when the value is beyond this, on the inner side. */
  readonly leave: number;
  readonly onDelay: number;
  readonly offDelay: number;
  readonly severity: Severity;
  readonly errorCode: Static<typeof ErrorCode> | undefined;
}

/** An alert rule, prepared once so that a reading costs a few comparisons. Devices may share one. */
export interface CompiledRule {
  readonly source: AlertRule;
  /** The limits that the rule has, outermost of each side before the inner one. */
  readonly limits: readonly CompiledLimit[];
  /** A value above this and below `calmBelow` violates no limit. */
  readonly calmAbove: number;
  readonly calmBelow: number;
}

export const limitStates = ['HIHI', 'HI', 'LO', 'LOLO'] as const satisfies readonly LimitState[];

/** Bits of `activeLimits` on the high and on the low side. */
export const highSide = 0b0011;
export const lowSide = 0b1100;

function compileLimit(state: LimitState, limit: Limit): CompiledLimit {
  const index = limitStates.indexOf(state);
  const isHigh = state === 'HIHI' || state === 'HI';
  const deadband = limit.deadband ?? 0;
  return {
    state,
    index,
    bit: 1 << index,
    isHigh,
    setpoint: limit.setpoint,
    deadband,
    leave: isHigh ? limit.setpoint - deadband : limit.setpoint + deadband,
    onDelay: limit.onDelayMilliseconds ?? 0,
    offDelay: limit.offDelayMilliseconds ?? 0,
    severity: limit.severity,
    errorCode: limit.errorCode,
  };
}

export function compileRule(rule: AlertRule): CompiledRule {
  const { hihi, hi, lo, lolo } = rule.limits ?? {};
  const limits: CompiledLimit[] = [];
  if (hihi) limits.push(compileLimit('HIHI', hihi));
  if (hi) limits.push(compileLimit('HI', hi));
  if (lolo) limits.push(compileLimit('LOLO', lolo));
  if (lo) limits.push(compileLimit('LO', lo));
  return {
    source: rule,
    limits,
    calmAbove: Math.max(lo?.setpoint ?? -Infinity, lolo?.setpoint ?? -Infinity),
    calmBelow: Math.min(hi?.setpoint ?? Infinity, hihi?.setpoint ?? Infinity),
  };
}
