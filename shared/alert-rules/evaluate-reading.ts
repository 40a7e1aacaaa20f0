import type { Reading } from '@andon/shared/contracts';
import type { IdentifierSource } from '@andon/shared/kernel';
import type { CompiledRule } from './compiled-rule.ts';
import { causeOfReading } from './condition.ts';
import { evaluateMoment } from './evaluate-moment.ts';
import { judge, openGate } from './judge.ts';
import type { RuleState } from './rule-state.ts';
import type { Step } from './settle.ts';
import { codeOf, numberOf } from './values.ts';

/** True where the reading changes nothing. This is the path of nearly all readings: it allocates nothing. */
function isQuiet(rule: CompiledRule, state: RuleState, reading: Reading): boolean {
  if (reading.quality === 'BAD') return state.timing === null || state.timing.held;
  if (state.timing !== null) return false;
  const isNews = state.stale || (state.heard === null && rule.source.stale !== undefined);
  if (isNews && reading.quality === 'GOOD') return false;
  if (state.shelf !== null || state.activations.length > 0 || state.silentSince > 0) return false;
  const errorCodes = rule.source.errorCodes;
  if (errorCodes !== undefined) {
    const code = codeOf(reading.value);
    if (code !== state.activeCode && !Number.isNaN(code)) return false;
  }
  if (rule.limits.length === 0) return true;
  const value = numberOf(reading.value);
  if (state.activeLimits === 0) {
    return (value > rule.calmAbove && value < rule.calmBelow) || Number.isNaN(value);
  }
  for (const limit of rule.limits) {
    const isBeyond = limit.isHigh ? value >= limit.setpoint : value <= limit.setpoint;
    const isLeft = limit.isHigh ? value < limit.leave : value > limit.leave;
    if ((state.activeLimits & limit.bit) !== 0 ? isLeft : isBeyond) return false;
  }
  return true;
}

/**
 * Evaluates one reading of the rule's signal (or, where the rule has a plan, of any of its signals). Undefined where
 * nothing changed, which is nearly always. Readings are evaluated in the order in which they come, whatever their
 * dates.
 */
export function evaluateReading(
  rule: CompiledRule,
  state: RuleState,
  reading: Reading,
  newId: IdentifierSource,
): Step | undefined {
  if (rule.plan !== null) return evaluateMoment(rule, state, [reading], newId);
  if (isQuiet(rule, state, reading)) return undefined;
  const isBad = reading.quality === 'BAD';
  const observation = {
    cause: causeOfReading(reading),
    number: isBad ? Number.NaN : numberOf(reading.value),
    code: isBad ? Number.NaN : codeOf(reading.value),
    truth: undefined,
    isGood: reading.quality === 'GOOD',
    isBad,
    memory: null,
  };
  return judge(rule, state, observation, newId, openGate);
}
