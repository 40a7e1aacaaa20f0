import type { AlertTransition } from '@andon/shared/contracts';
import { settled } from './at-rest.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { type Cause, conditionOf } from './condition.ts';
import { draftOf } from './draft.ts';
import type { RuleState } from './rule-state.ts';
import type { Step } from './settle.ts';
import { clear } from './transitions.ts';

/** Why a rule could not be reset. */
export type ResetRefusal = 'nothing-open' | 'still-in-force';

/** Ends a latched occurrence whose condition is over. What is still wrong is not reset away. */
export function resetLatched(
  rule: CompiledRule,
  state: RuleState,
  request: { deviceId: string; now: number; by: string },
): Step | ResetRefusal {
  const { open } = state;
  if (open === null) return 'nothing-open';
  if (conditionOf(rule, draftOf(state, state.timing?.elapsed ?? 0)) !== null) return 'still-in-force';
  const { deviceId, now, by } = request;
  const own = state.memory?.inputs[rule.source.signal];
  const cause: Cause = {
    deviceId,
    value: own?.value ?? open.value,
    quality: own?.quality ?? open.quality,
    sourceTime: now,
    gatewayTime: now,
    historical: false,
    ...(open.unit === undefined ? {} : { unit: open.unit }),
  };
  const transitions: AlertTransition[] = [
    clear(open, cause, `reset by ${by}; its condition was over`, rule.source.version),
  ];
  const rest: RuleState = { ...state, open: null, raisedAt: null };
  return { state: settled(rule, rest), transitions };
}
