import type { AlertTransition, AlertTransitionKind, ConditionState } from '@andon/shared/contracts';
import type { IdentifierSource } from '@andon/shared/kernel';
import type { CompiledRule } from './compiled-rule.ts';
import { type Cause, type Condition, conditionOf } from './condition.ts';
import type { Draft } from './draft.ts';
import { conditionReason, leaveReason } from './reasons.ts';
import type { RuleState } from './rule-state.ts';

/** The transitions that lead from a state's open occurrence to the condition of the draft: none, one or two. */
export function transitionsTo(
  rule: CompiledRule,
  state: RuleState,
  draft: Draft,
  cause: Cause,
  newId: IdentifierSource,
): AlertTransition[] {
  const open = state.open;
  const next = conditionOf(rule, draft);
  if (open === null) return next === null ? [] : [raise(rule, next, cause, newId)];
  if (next === null)
    return [clear(open, cause, leaveReason(rule, open, cause, 'expired'), rule.source.version)];

  const isSameCode = next.state !== 'ERROR_CODE' || state.activeCode === draft.activeCode;
  if (next.state === open.state && isSameCode) return [];
  const change = changeOfDegree(open.state, next.state);
  if (change !== null) {
    return [enter(rule, change, next, { alertId: open.alertId, number: open.number + 1 }, cause)];
  }
  const reason = `${leaveReason(rule, open, cause, 'cut')}; ${next.state} takes its place`;
  return [clear(open, cause, reason, rule.source.version), raise(rule, next, cause, newId)];
}

/** Ends an occurrence. It repeats what the occurrence was raised for; only the value and the reason are new. */
export function clear(
  open: AlertTransition,
  cause: Cause,
  reason: string,
  ruleVersion: number,
): AlertTransition {
  return assemble(
    open,
    { alertId: open.alertId, number: open.number + 1 },
    { rule: open.rule, ruleVersion, signal: open.signal },
    'cleared',
    cause,
    reason,
  );
}

function raise(
  rule: CompiledRule,
  condition: Condition,
  cause: Cause,
  newId: IdentifierSource,
): AlertTransition {
  return enter(rule, 'raised', condition, { alertId: newId(), number: 1 }, cause);
}

function enter(
  rule: CompiledRule,
  transition: AlertTransitionKind,
  condition: Condition,
  step: { alertId: string; number: number },
  cause: Cause,
): AlertTransition {
  const { name, version, signal } = rule.source;
  const reason = cause.note ?? conditionReason(rule, transition, condition, cause);
  return assemble(condition, step, { rule: name, ruleVersion: version, signal }, transition, cause, reason);
}

function assemble(
  condition: Condition,
  step: { alertId: string; number: number },
  rule: { rule: string; ruleVersion: number; signal: string },
  transition: AlertTransitionKind,
  cause: Cause,
  reason: string,
): AlertTransition {
  return {
    type: 'alert',
    alertId: step.alertId,
    number: step.number,
    transition,
    deviceId: cause.deviceId,
    rule: rule.rule,
    ruleVersion: rule.ruleVersion,
    signal: rule.signal,
    state: condition.state,
    severity: condition.severity,
    value: cause.value,
    quality: cause.quality,
    sourceTime: cause.sourceTime,
    gatewayTime: cause.gatewayTime,
    historical: cause.historical,
    reason: reason.slice(0, reasonLengthMax),
    ...(condition.errorCode === undefined ? {} : { errorCode: condition.errorCode }),
    ...(condition.setpoint === undefined ? {} : { setpoint: condition.setpoint }),
    ...(cause.unit === undefined ? {} : { unit: cause.unit }),
    ...(cause.bootId === undefined ? {} : { bootId: cause.bootId }),
  };
}

const reasonLengthMax = 500;

/** HI to HIHI is more of the same, and so is the way back; between the sides it is something else. */
function changeOfDegree(from: ConditionState, to: ConditionState): 'escalated' | 'deescalated' | null {
  if (sides[from] === null || sides[from] !== sides[to] || from === to) return null;
  return to === 'HIHI' || to === 'LOLO' ? 'escalated' : 'deescalated';
}

const sides: Readonly<Record<ConditionState, 'high' | 'low' | null>> = {
  HIHI: 'high',
  HI: 'high',
  LO: 'low',
  LOLO: 'low',
  ERROR_CODE: null,
  STALE: null,
};
