import type { IdentifierSource } from '@andon/shared/kernel';
import { type CompiledRule, limitStates } from './compiled-rule.ts';
import type { Cause } from './condition.ts';
import { draftOf } from './draft.ts';
import { idleState, type RuleState } from './rule-state.ts';
import { delaysOf, type Step, settle } from './settle.ts';
import { clear } from './transitions.ts';

/**
 * Takes a state over to another version of its rule, or to a gateway that starts: an open occurrence goes on where
 * the rule still has what it was raised for, and ends with the reason where not.
 */
export function adoptState(
  rule: CompiledRule,
  state: RuleState,
  moment: { deviceId: string; now: number },
  newId: IdentifierSource,
): Step | undefined {
  if (state === idleState) return undefined;
  const { signal, version, errorCodes, stale } = rule.source;
  const watched = state.open?.signal ?? state.timing?.signal ?? signal;
  if (watched !== signal) {
    return dismissState(
      state,
      `version ${version} of the rule watches ${signal} instead of ${watched}`,
      moment,
    );
  }
  const draft = draftOf(state, state.timing?.elapsed ?? 0);
  const kept = rule.limits.reduce((bits, limit) => bits | limit.bit, 0);
  draft.activeLimits &= kept;
  for (const index of limitStates.keys()) {
    if ((kept & (1 << index)) === 0) draft.limitsSince[index] = -1;
  }
  if (errorCodes === undefined) {
    draft.activeCode = 0;
    draft.codeGoneSince = -1;
    draft.candidateCode = 0;
    draft.candidateSince = -1;
  }
  draft.stale &&= stale !== undefined;
  const note = `version ${version} of the rule has no ${state.open?.state ?? ''} any more`;
  const cause = administrativeCause(state, moment, note);
  // A clock set back while the gateway was down must not stop the delays.
  const timing = state.timing && {
    ...state.timing,
    ...delaysOf(draft),
    gatewayTime: Math.min(state.timing.gatewayTime, moment.now),
  };
  const step = settle(rule, state, draft, cause, newId, timing);
  return JSON.stringify(step.state) === JSON.stringify(state) ? undefined : step;
}

/** Ends what is open because the rule itself is gone. `reason` is for people. */
export function dismissState(
  state: RuleState,
  reason: string,
  moment: { deviceId: string; now: number },
): Step {
  const open = state.open;
  if (open === null) return { state: idleState, transitions: [] };
  const cause = administrativeCause(state, moment, reason);
  return { state: idleState, transitions: [clear(open, cause, reason, open.ruleVersion)] };
}

/** Nothing was measured: the last known value stands, dated by the gateway. */
function administrativeCause(
  state: RuleState,
  moment: { deviceId: string; now: number },
  note: string,
): Cause {
  const { value = null, quality = 'BAD', unit } = state.open ?? {};
  return {
    deviceId: moment.deviceId,
    value,
    quality,
    sourceTime: moment.now,
    gatewayTime: moment.now,
    historical: false,
    note,
    ...(unit === undefined ? {} : { unit }),
  };
}
