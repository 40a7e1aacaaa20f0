import type { IdentifierSource } from '@andon/shared/kernel';
import { badQualityBit, type CompiledRule, stuckBit } from './compiled-rule.ts';
import type { Cause } from './condition.ts';
import { draftOf } from './draft.ts';
import { isBlocked } from './judge.ts';
import { type Memory, ruleInput } from './memory.ts';
import { idleState, type RuleState } from './rule-state.ts';
import { delaysOf, type Step, settle } from './settle.ts';
import { clear } from './transitions.ts';

/**
 * Takes a state over to another version of its rule, or to a gateway that starts: an open occurrence goes on where
 * the rule still has what it was raised for, and ends with the reason where not. `isHeard` says that the signal is
 * known to have been heard of, whatever this rule remembers.
 */
export function adoptState(
  rule: CompiledRule,
  state: RuleState,
  moment: { deviceId: string; now: number; isHeard?: boolean },
  newId: IdentifierSource,
): Step | undefined {
  const { signal, version, errorCodes, stale } = rule.source;
  const heard = moment.isHeard === true ? signal : state.heard;
  if (state === idleState && (stale === undefined || heard === null)) return undefined;
  const watched = state.open?.signal ?? state.timing?.signal ?? state.heard ?? signal;
  if (watched !== signal) {
    return dismissState(
      state,
      `version ${version} of the rule watches ${signal} instead of ${watched}`,
      moment,
    );
  }
  const draft = draftOf(state, state.timing?.elapsed ?? 0);
  const kept = keptBits(rule);
  draft.activeLimits &= kept;
  for (const index of draft.limitsSince.keys()) {
    if ((kept & (1 << index)) === 0) draft.limitsSince[index] = -1;
  }
  draft.memory = keptMemory(rule, state.memory);
  draft.blocked = state.timing?.blocked ?? isBlocked(rule, draft, moment.now);
  if (errorCodes === undefined) {
    draft.activeCode = 0;
    draft.codeGoneSince = -1;
    draft.candidateCode = 0;
    draft.candidateSince = -1;
  }
  draft.stale &&= stale !== undefined;
  draft.heard = stale === undefined ? null : heard;
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

function keptBits({ timed, source }: CompiledRule): number {
  const bits = timed.reduce((some, { bit }) => some | bit, 0);
  return (
    bits | (source.stuck === undefined ? 0 : stuckBit) | (source.badQuality === undefined ? 0 : badQualityBit)
  );
}

/** What was gathered stays where the rule still gathers it the same way. */
function keptMemory({ plan, source }: CompiledRule, memory: Memory | null): Memory | null {
  if (plan === null || memory === null) return null;
  const names = new Set([...plan.signals, ...plan.rules.map(ruleInput)]);
  const inputs = Object.entries(memory.inputs).filter(([name]) => names.has(name));
  const isSameWindow = plan.windowMilliseconds > 0 && memory.bucketMilliseconds === plan.bucketMilliseconds;
  return {
    ...memory,
    inputs: Object.fromEntries(inputs),
    buckets: isSameWindow ? memory.buckets : [],
    anchor: source.stuck === undefined ? null : memory.anchor,
  };
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
  return { state: idleState, transitions: [clear(open, cause, reason, open.ruleVersion, { inputs: [] })] };
}

/**
 * Nothing was measured: the last known value stands, dated by the gateway, and is UNCERTAIN at best (OPC UA Part 8,
 * UncertainLastUsableValue), and no input was looked at: so nobody takes it for the evidence that the condition is over.
 */
function administrativeCause(
  state: RuleState,
  moment: { deviceId: string; now: number },
  note: string,
): Cause {
  const { value = null, quality = 'BAD', unit } = state.open ?? {};
  const known = quality === 'GOOD' ? 'UNCERTAIN' : quality;
  return {
    deviceId: moment.deviceId,
    value,
    quality: known,
    sourceTime: moment.now,
    gatewayTime: moment.now,
    historical: false,
    note,
    inputs: () => [],
    ...(unit === undefined ? {} : { unit }),
  };
}
