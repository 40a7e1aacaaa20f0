import type { AlertTransition } from '@andon/shared/contracts';
import type { IdentifierSource } from '@andon/shared/kernel';
import type { CompiledRule } from './compiled-rule.ts';
import type { Cause } from './condition.ts';
import { type Draft, hasDelayRunning } from './draft.ts';
import { idleState, type RuleState, type Timing } from './rule-state.ts';
import { transitionsTo } from './transitions.ts';

/** What came of an evaluation that changed the state. */
export interface Step {
  readonly state: RuleState;
  readonly transitions: readonly AlertTransition[];
}

/** The part of a timing that a draft has worked out. */
export function delaysOf(draft: Draft) {
  const { elapsed, limitsSince, codeGoneSince, candidateCode, candidateSince } = draft;
  return { elapsed, limitsSince, codeGoneSince, candidateCode, candidateSince };
}

/** Closes a draft: the transitions that it asks for, and the state after them. */
export function settle(
  rule: CompiledRule,
  state: RuleState,
  draft: Draft,
  cause: Cause,
  newId: IdentifierSource,
  timing: Timing | null,
): Step {
  const transitions = transitionsTo(rule, state, draft, cause, newId);
  let { open, raisedAt } = state;
  for (const transition of transitions) {
    open = transition.transition === 'cleared' ? null : transition;
    if (transition.transition === 'raised') raisedAt = transition.sourceTime;
  }
  const isTiming = hasDelayRunning(draft);
  const { activeLimits, activeCode, stale } = draft;
  const isIdle = open === null && activeLimits === 0 && activeCode === 0 && !stale && !isTiming;
  if (isIdle) return { state: idleState, transitions };
  return {
    state: {
      open,
      raisedAt: open === null ? null : raisedAt,
      activeLimits,
      activeCode,
      stale,
      timing: isTiming ? timing : null,
    },
    transitions,
  };
}
