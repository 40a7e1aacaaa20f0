import type { CompiledRule } from './compiled-rule.ts';
import { idleState, type RuleState } from './rule-state.ts';

/** Of each rule the state in which nothing is remembered but that its signal was heard of. */
const heardStates = new WeakMap<CompiledRule, RuleState>();

/** The state itself; where nothing is going on, the one that all devices with this rule share. */
export function settled(rule: CompiledRule, state: RuleState): RuleState {
  if (!isNothing(state)) return state;
  if (state.heard === null) return idleState;
  const known = heardStates.get(rule);
  if (known?.heard === state.heard) return known;
  const heard = Object.freeze({ ...idleState, heard: state.heard });
  heardStates.set(rule, heard);
  return heard;
}

function isNothing(state: RuleState): boolean {
  return (
    state.open === null &&
    state.activeLimits === 0 &&
    state.activeCode === 0 &&
    !state.stale &&
    state.timing === null &&
    state.activations.length === 0 &&
    state.shelf === null &&
    state.silentSince === 0 &&
    state.memory === null
  );
}
