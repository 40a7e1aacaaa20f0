import type { AlertTransition, AlertTransitionKind } from '@andon/shared/contracts';
import { unitSymbol } from '@andon/shared/kernel';
import type { CompiledLimit, CompiledRule } from './compiled-rule.ts';
import type { Cause, Condition } from './condition.ts';

const significantDigits = 7;
const textLengthMax = 80;

/** `temperature 106.2 °C is at or above HIHI 105 °C`. */
export function conditionReason(
  rule: CompiledRule,
  transition: AlertTransitionKind,
  condition: Condition,
  cause: Cause,
): string {
  const signal = rule.source.signal;
  if (condition.state === 'STALE') {
    const after = duration(rule.source.stale?.afterMilliseconds ?? 0);
    return `${signal} was not heard of with GOOD quality for ${after}`;
  }
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
  const signal = rule.source.signal;
  if (open.state === 'STALE') return `${signal} is heard of again: ${valueText(cause)}, ${cause.quality}`;
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
  if (typeof cause.value === 'number') {
    return `${Number(cause.value.toPrecision(significantDigits))}${unitText(cause)}`;
  }
  return String(cause.value).slice(0, textLengthMax);
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
