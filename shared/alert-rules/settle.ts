import type { AlertShelving, AlertTransition } from '@andon/shared/contracts';
import type { IdentifierSource } from '@andon/shared/kernel';
import { settled } from './at-rest.ts';
import type { CompiledRule } from './compiled-rule.ts';
import type { Cause } from './condition.ts';
import { type Draft, hasDelayRunning } from './draft.ts';
import type { RuleState, Timing } from './rule-state.ts';
import { countActivation, endOneShot } from './shelving.ts';
import { transitionsTo } from './transitions.ts';

/** What came of an evaluation that changed the state. */
export interface Step {
  readonly state: RuleState;
  readonly transitions: readonly AlertTransition[];
  /** That the rule was shelved, or is so no longer. */
  readonly shelvings?: readonly AlertShelving[];
}

/** The part of a timing that a draft has worked out. */
export function delaysOf(draft: Draft) {
  const { elapsed, limitsSince, codeGoneSince, candidateCode, candidateSince, blocked } = draft;
  return { elapsed, limitsSince, codeGoneSince, candidateCode, candidateSince, blocked };
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
    if (transition.transition !== 'raised') continue;
    raisedAt = transition.sourceTime;
    countActivation(rule, draft, transition);
  }
  endOneShot(rule, draft, cause);
  const isTiming = hasDelayRunning(draft);
  const { activeLimits, activeCode, stale, activations, shelf, silentSince, memory, heard } = draft;
  const next: RuleState = {
    open,
    raisedAt: open === null ? null : raisedAt,
    activeLimits,
    activeCode,
    stale,
    timing: isTiming ? timing : null,
    activations: [...activations],
    shelf,
    silentSince,
    memory,
    heard,
  };
  const step = { state: settled(rule, next), transitions };
  return draft.shelvings.length === 0 ? step : { ...step, shelvings: draft.shelvings };
}

/** Is the state after a step another one than before, apart from how it lies in memory? */
export function hasChanged(before: RuleState, { state, transitions, shelvings }: Step): boolean {
  if (before === state) return false;
  if (transitions.length > 0 || shelvings !== undefined) return true;
  return (
    state.timing !== null ||
    before.timing !== null ||
    state.memory !== before.memory ||
    state.open !== before.open ||
    state.activeLimits !== before.activeLimits ||
    state.activeCode !== before.activeCode ||
    state.stale !== before.stale ||
    state.shelf !== before.shelf ||
    state.silentSince !== before.silentSince ||
    state.heard !== before.heard ||
    state.activations.length !== before.activations.length
  );
}
