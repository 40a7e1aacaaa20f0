import {
  type AlertEvidence,
  type AlertTransition,
  type AlertTransitionKind,
  alertChildrenMax,
  type ConditionState,
} from '@andon/shared/contracts';
import type { IdentifierSource } from '@andon/shared/kernel';
import type { CompiledRule } from './compiled-rule.ts';
import { type Cause, type Condition, conditionOf } from './condition.ts';
import type { Draft, Expiry } from './draft.ts';
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
  if (open === null) {
    return next === null || draft.blocked ? [] : [raise(rule, next, draft, cause, newId)];
  }
  const isLatched = rule.plan?.isLatched === true;
  if (next === null) {
    if (isLatched) return [];
    const reason = leaveReason(rule, open, cause, 'expired');
    return [clear(open, cause, reason, rule.source.version, evidenceOf(cause, draft.expiries.at(-1)))];
  }

  const isSameCode = next.state !== 'ERROR_CODE' || state.activeCode === draft.activeCode;
  if (next.state === open.state && isSameCode) return [];
  const change = changeOfDegree(open.state, next.state);
  if (change === 'deescalated' && isLatched) return [];
  if (change !== null) {
    return [enter(rule, change, next, draft, { alertId: open.alertId, number: open.number + 1 }, cause)];
  }
  const reason = `${leaveReason(rule, open, cause, 'cut')}; ${next.state} takes its place`;
  const ended = clear(open, cause, reason, rule.source.version, evidenceOf(cause, undefined));
  return draft.blocked ? [ended] : [ended, raise(rule, next, draft, cause, newId)];
}

/** Says more of what is open: which other alerts it stands for. */
export function update(
  open: AlertTransition,
  cause: Cause,
  reason: string,
  ruleVersion: number,
): AlertTransition {
  const { rule, signal, alertId } = open;
  const step = { alertId, number: open.number + 1 };
  return assemble(open, step, { rule, ruleVersion, signal }, 'updated', cause, reason);
}

/** What a transition was decided by; undefined where the value and the setpoint say it all. */
function evidenceOf(cause: Cause, expiry: Expiry | undefined): AlertEvidence | undefined {
  const isDelayed = expiry !== undefined && expiry.delayMilliseconds > 0;
  if (cause.inputs === undefined && !isDelayed) return undefined;
  return {
    ...(cause.inputs === undefined ? {} : { inputs: cause.inputs() }),
    ...(isDelayed
      ? { delayMilliseconds: expiry.delayMilliseconds, lastedMilliseconds: expiry.lastedMilliseconds }
      : {}),
  };
}

/** Ends an occurrence. It repeats what the occurrence was raised for; only the value and the reason are new. */
export function clear(
  open: AlertTransition,
  cause: Cause,
  reason: string,
  ruleVersion: number,
  evidence?: AlertEvidence,
): AlertTransition {
  return assemble(
    open,
    { alertId: open.alertId, number: open.number + 1 },
    { rule: open.rule, ruleVersion, signal: open.signal },
    'cleared',
    cause,
    reason,
    evidence,
  );
}

function raise(
  rule: CompiledRule,
  condition: Condition,
  draft: Draft,
  cause: Cause,
  newId: IdentifierSource,
): AlertTransition {
  return enter(rule, 'raised', condition, draft, { alertId: newId(), number: 1 }, cause);
}

function enter(
  rule: CompiledRule,
  transition: AlertTransitionKind,
  condition: Condition,
  draft: Draft,
  step: { alertId: string; number: number },
  cause: Cause,
): AlertTransition {
  const { name, version, signal } = rule.source;
  const reason = cause.note ?? conditionReason(rule, transition, condition, cause);
  const expiry = draft.expiries.findLast(({ bit }) => bit === condition.bit);
  const identity = { rule: name, ruleVersion: version, signal };
  return assemble(condition, step, identity, transition, cause, reason, evidenceOf(cause, expiry));
}

function assemble(
  condition: Omit<Condition, 'bit'>,
  step: { alertId: string; number: number },
  rule: { rule: string; ruleVersion: number; signal: string },
  transition: AlertTransitionKind,
  cause: Cause,
  reason: string,
  evidence?: AlertEvidence,
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
    ...(evidence === undefined ? {} : { evidence }),
    ...(cause.children === undefined
      ? {}
      : { children: cause.children.listed.slice(0, alertChildrenMax), childCount: cause.children.count }),
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
  EXPRESSION: null,
  ERROR_CODE: null,
  STUCK: null,
  BAD_QUALITY: null,
  STALE: null,
};
