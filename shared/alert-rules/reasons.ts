import type { AlertTransition, AlertTransitionKind, SignalValue } from '@andon/shared/contracts';
import { unitSymbol } from '@andon/shared/kernel';
import type { CompiledLimit, CompiledRule } from './compiled-rule.ts';
import type { Cause, Condition } from './condition.ts';

const significantDigits = 7;
const textLengthMax = 80;
const formulaLengthMax = 200;
const inputsTextMax = 6;

/** `temperature 106.2 °C is at or above HIHI 105 °C`. */
export function conditionReason(
  rule: CompiledRule,
  transition: AlertTransitionKind,
  condition: Condition,
  cause: Cause,
): string {
  const signal = subject(rule);
  const other = otherReason(rule, condition, cause);
  if (other !== undefined) return other;
  const limit = rule.limits.find((candidate) => candidate.state === condition.state);
  if (limit === undefined) {
    const delay = rule.source.errorCodes?.onDelayMilliseconds ?? 0;
    return `${signal} holds error code ${valueText(cause)}${forAtLeast(delay)}`;
  }
  if (transition === 'deescalated') {
    const outer = rule.limits.find((candidate) => candidate.isHigh === limit.isHigh);
    return `${outer === undefined ? signal : leftText(signal, outer, cause)}; ${limit.state} ${limit.setpoint} stays in force`;
  }
  const comparison = limit.isHigh ? 'at or above' : 'at or below';
  return `${signal} ${valueText(cause)} is ${comparison} ${setpointText(limit, cause)}${forAtLeast(limit.onDelay)}`;
}

/** Why, where it was no limit and no error code. */
function otherReason({ source }: CompiledRule, { state }: Condition, cause: Cause): string | undefined {
  const { signal, stale, stuck, badQuality, expression } = source;
  switch (state) {
    case 'STALE':
      return `${signal} was not heard of with GOOD quality for ${duration(stale?.afterMilliseconds ?? 0)}`;
    case 'BAD_QUALITY':
      return `${signal} has BAD quality${forAtLeast(badQuality?.onDelayMilliseconds ?? 0)}`;
    case 'STUCK': {
      const lasted = duration(stuck?.forMilliseconds ?? 0);
      return `${signal} ${valueText(cause)} has not moved by more than ${stuck?.epsilon ?? 0} for ${lasted}`;
    }
    case 'EXPRESSION': {
      const formula = expression?.formula.slice(0, formulaLengthMax) ?? '';
      return `${formula} is true${forAtLeast(expression?.onDelayMilliseconds ?? 0)}${inputsText(cause)}`;
    }
    default:
      return undefined;
  }
}

/** ` (pressure 3, running true)`. */
function inputsText(cause: Cause): string {
  const inputs = cause.inputs?.() ?? [];
  if (inputs.length === 0) return '';
  const some = inputs.slice(0, inputsTextMax).map(({ name, value }) => `${name} ${shortText(value)}`);
  return ` (${some.join(', ')}${inputs.length > inputsTextMax ? ', …' : ''})`;
}

/** What the limits are compared with, in words. */
function subject({ source }: CompiledRule): string {
  const { signal, rateOfChange, deviation, window, calculation } = source;
  if (rateOfChange !== undefined) {
    return `change of ${signal} in ${duration(rateOfChange.perMilliseconds)}:`;
  }
  if (deviation !== undefined) return `${signal} less ${deviation.from}:`;
  if (window !== undefined) {
    return `${window.aggregate} of ${signal} over ${duration(window.milliseconds)}:`;
  }
  return calculation === undefined ? signal : `${calculation.formula.slice(0, formulaLengthMax)}:`;
}

/**
 * Why an open occurrence ends: what the value is now, compared with the innermost limit of that side. The off-delay
 * is `cut` where something else came into force before it had passed.
 */
export function leaveReason(
  rule: CompiledRule,
  open: AlertTransition,
  cause: Cause,
  offDelay: 'expired' | 'cut',
): string {
  if (cause.note !== undefined) return cause.note;
  const signal = subject(rule);
  const { state } = open;
  if (state === 'STALE') return `${signal} is heard of again: ${valueText(cause)}, ${cause.quality}`;
  if (state === 'BAD_QUALITY') return `${signal} ${valueText(cause)} has ${cause.quality} quality again`;
  if (state === 'STUCK') return `${signal} ${valueText(cause)} moves again`;
  if (state === 'EXPRESSION') {
    const { formula = signal, offDelayMilliseconds = 0 } = rule.source.expression ?? {};
    const delay = offDelay === 'cut' ? 0 : offDelayMilliseconds;
    return `${formula.slice(0, formulaLengthMax)} is no longer true${forAtLeast(delay)}${inputsText(cause)}`;
  }
  if (open.state === 'ERROR_CODE') {
    const delay = offDelay === 'cut' ? 0 : (rule.source.errorCodes?.offDelayMilliseconds ?? 0);
    return `${signal} ${valueText(cause)} is no longer error code ${open.errorCode ?? open.value}${forAtLeast(delay)}`;
  }
  const isHigh = open.state === 'HIHI' || open.state === 'HI';
  const innermost = rule.limits.findLast((candidate) => candidate.isHigh === isHigh);
  return innermost === undefined
    ? `${signal} ${valueText(cause)}`
    : `${leftText(signal, innermost, cause)}${offDelay === 'cut' ? '' : forAtLeast(innermost.offDelay)}`;
}

/** `temperature 97.9 Cel is below HI 100 Cel by more than the deadband of 2`. */
function leftText(signal: string, limit: CompiledLimit, cause: Cause): string {
  const comparison = limit.isHigh ? 'below' : 'above';
  const margin = limit.deadband > 0 ? ` by more than the deadband of ${limit.deadband}` : '';
  return `${signal} ${valueText(cause)} is ${comparison} ${setpointText(limit, cause)}${margin}`;
}

function setpointText(limit: CompiledLimit, cause: Cause): string {
  return `${limit.state} ${limit.setpoint}${unitText(cause)}`;
}

function valueText(cause: Cause): string {
  return `${shortText(cause.value)}${typeof cause.value === 'number' ? unitText(cause) : ''}`;
}

function shortText(value: SignalValue): string {
  return typeof value === 'number'
    ? String(Number(value.toPrecision(significantDigits)))
    : String(value).slice(0, textLengthMax);
}

function unitText(cause: Cause): string {
  const symbol = cause.unit === undefined ? '' : unitSymbol(cause.unit);
  return symbol === '' ? '' : ` ${symbol}`;
}

function forAtLeast(milliseconds: number): string {
  return milliseconds === 0 ? '' : ` for at least ${duration(milliseconds)}`;
}

function duration(milliseconds: number): string {
  return `${milliseconds / 1000} s`;
}
