import type { Reading, SignalValue } from '@andon/shared/contracts';
import type { IdentifierSource } from '@andon/shared/kernel';
import type { CompiledRule } from './compiled-rule.ts';
import { causeOfReading } from './condition.ts';
import { draftOf, expireDelays, observeCode, observeLimits } from './draft.ts';
import type { RuleState } from './rule-state.ts';
import { delaysOf, type Step, settle } from './settle.ts';

/** A value that is not 0 but no number from 1 to 65,535 either: an error, though without a code. */
const codeless = -1;
const errorCodeMax = 65_535;

/** The number that limits compare: NaN where the value is none. */
function numberOf(value: SignalValue): number {
  if (typeof value === 'number') return Number.isFinite(value) ? value : Number.NaN;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return Number.NaN;
}

/** The error code that a value stands for, 0 for none; NaN where it cannot be told. */
function codeOf(value: SignalValue): number {
  const number =
    typeof value === 'string' && /^[0-9]{1,5}$/.test(value) ? Number.parseInt(value, 10) : numberOf(value);
  if (Number.isNaN(number)) return number;
  return Number.isInteger(number) && number >= 0 && number <= errorCodeMax ? number : codeless;
}

/** Can the rule be judged by this reading at all? */
function isJudgeable(rule: CompiledRule, reading: Reading): boolean {
  if (reading.quality === 'BAD') return false;
  if (rule.limits.length > 0 && Number.isNaN(numberOf(reading.value))) return false;
  return rule.source.errorCodes === undefined || !Number.isNaN(codeOf(reading.value));
}

/** True where the reading changes nothing. This is the path of nearly all readings: it allocates nothing. */
function isQuiet(rule: CompiledRule, state: RuleState, reading: Reading): boolean {
  if (reading.quality === 'BAD') return state.timing === null || state.timing.held;
  if (state.timing !== null || (state.stale && reading.quality === 'GOOD')) return false;
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
 * Evaluates one reading of the rule's signal. Undefined where nothing changed, which is nearly always. Readings
 * are evaluated in the order in which they come, whatever their dates.
 */
export function evaluateReading(
  rule: CompiledRule,
  state: RuleState,
  reading: Reading,
  newId: IdentifierSource,
): Step | undefined {
  if (isQuiet(rule, state, reading)) return undefined;
  const judgeable = isJudgeable(rule, reading);
  const timing = state.timing;
  const passed = timing === null || !judgeable ? 0 : Math.max(0, reading.sourceTime - timing.sourceTime);
  const draft = draftOf(state, (timing?.elapsed ?? 0) + passed);
  if (reading.quality === 'GOOD') draft.stale = false;
  if (judgeable) {
    if (rule.limits.length > 0) observeLimits(rule, draft, numberOf(reading.value));
    if (rule.source.errorCodes !== undefined) observeCode(draft, codeOf(reading.value));
    expireDelays(rule, draft);
  }
  const cause = causeOfReading(reading);
  if (!judgeable) return settle(rule, state, draft, cause, newId, timing && { ...timing, held: true });
  return settle(rule, state, draft, cause, newId, {
    signal: reading.signal,
    sourceTime: cause.sourceTime,
    gatewayTime: cause.gatewayTime,
    held: false,
    latest: {
      value: cause.value,
      quality: cause.quality,
      historical: cause.historical,
      ...(cause.unit === undefined ? {} : { unit: cause.unit }),
      ...(cause.bootId === undefined ? {} : { bootId: cause.bootId }),
    },
    ...delaysOf(draft),
  });
}
