import type { AlertRule, ErrorCode, Limit, LimitState, Severity } from '@andon/shared/contracts';
import type { Static } from 'typebox';
import { compilePlan, type Plan } from './plan.ts';

/** What comes into force after an on-delay and leaves after an off-delay, told by its bit in `activeLimits`. */
export interface TimedCondition {
  /** Place in a state's `timing.limitsSince`. */
  readonly index: number;
  /** Its bit in a state's `activeLimits`. */
  readonly bit: number;
  readonly onDelay: number;
  readonly offDelay: number;
}

/** One limit, ready to be compared with. */
export interface CompiledLimit extends TimedCondition {
  readonly state: LimitState;
  readonly isHigh: boolean;
  readonly setpoint: number;
  readonly deadband: number;
  /** Left when the value is beyond this, on the inner side. */
  readonly leave: number;
  readonly severity: Severity;
  readonly errorCode: Static<typeof ErrorCode> | undefined;
}

/** When a rule counts as chattering, and what then; undefined where nobody looks. */
export interface CompiledChatter {
  readonly activations: number;
  readonly withinMilliseconds: number;
  readonly shelveMilliseconds: number;
}

/** An alert rule, prepared once so that a reading costs a few comparisons. Devices may share one. */
export interface CompiledRule {
  readonly source: AlertRule;
  /** The limits that the rule has, outermost of each side before the inner one. */
  readonly limits: readonly CompiledLimit[];
  /** The limits, and the expression where there is one. */
  readonly timed: readonly TimedCondition[];
  /** A value above this and below `calmBelow` violates no limit. */
  readonly calmAbove: number;
  readonly calmBelow: number;
  readonly chatter: CompiledChatter | undefined;
  /** What takes more than the reading itself; null for a rule of limits, error codes and silence alone. */
  readonly plan: Plan | null;
}

export const limitStates = ['HIHI', 'HI', 'LO', 'LOLO'] as const satisfies readonly LimitState[];

/** Bits of `activeLimits` on the high and on the low side. */
export const highSide = 0b0011;
export const lowSide = 0b1100;
/** The bits of what is no limit. */
export const expressionBit = 1 << 4;
export const stuckBit = 1 << 5;
export const badQualityBit = 1 << 6;
const expressionIndex = 4;
/** How many conditions have delays that count by the device's clock. */
export const timedConditionsMax = 5;

const chatterActivations = 3;
const chatterWithinMilliseconds = 60_000;
const chatterShelveMilliseconds = 600_000;

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

function compileLimits({ limits }: AlertRule): CompiledLimit[] {
  const { hihi, hi, lo, lolo } = limits ?? {};
  const compiled: CompiledLimit[] = [];
  if (hihi) compiled.push(compileLimit('HIHI', hihi));
  if (hi) compiled.push(compileLimit('HI', hi));
  if (lolo) compiled.push(compileLimit('LOLO', lolo));
  if (lo) compiled.push(compileLimit('LO', lo));
  return compiled;
}

function compileChatter({ chatter = {} }: AlertRule): CompiledChatter | undefined {
  if (chatter.enabled === false) return undefined;
  return {
    activations: chatter.activations ?? chatterActivations,
    withinMilliseconds: chatter.withinMilliseconds ?? chatterWithinMilliseconds,
    shelveMilliseconds: chatter.shelveMilliseconds ?? chatterShelveMilliseconds,
  };
}

/** Prepares a rule. Throws `alert-rules.formula` where a formula of it cannot be parsed; `ruleMistakes` tells before. */
export function compileRule(rule: AlertRule): CompiledRule {
  const limits = compileLimits(rule);
  const { hihi, hi, lo, lolo } = rule.limits ?? {};
  const expression: TimedCondition[] =
    rule.expression === undefined
      ? []
      : [
          {
            index: expressionIndex,
            bit: expressionBit,
            onDelay: rule.expression.onDelayMilliseconds ?? 0,
            offDelay: rule.expression.offDelayMilliseconds ?? 0,
          },
        ];
  return {
    source: rule,
    limits,
    timed: [...limits, ...expression],
    calmAbove: Math.max(lo?.setpoint ?? -Infinity, lolo?.setpoint ?? -Infinity),
    calmBelow: Math.min(hi?.setpoint ?? Infinity, hihi?.setpoint ?? Infinity),
    chatter: compileChatter(rule),
    plan: compilePlan(rule),
  };
}
