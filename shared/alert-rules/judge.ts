import type { IdentifierSource } from '@andon/shared/kernel';
import type { CompiledRule } from './compiled-rule.ts';
import type { Cause } from './condition.ts';
import {
  type Draft,
  draftOf,
  expireDelays,
  observeCode,
  observeLimits,
  observeQuality,
  observeStuck,
  observeTruth,
} from './draft.ts';
import type { Memory } from './memory.ts';
import type { RuleState, Timing } from './rule-state.ts';
import { delaysOf, hasChanged, type Step, settle } from './settle.ts';
import { endShelfForWorse, expireShelf, forgetActivations } from './shelving.ts';

/**
 * May a device that is silent, or of BAD quality, be told of? Not while another alert stands for the whole line. The
 * caller knows the other devices; asked only where an alert is due.
 */
export type CommunicationGate = () => boolean;
export const openGate: CommunicationGate = () => true;

/** What a reading, or several of one moment, say to a rule. */
export interface Observation {
  readonly cause: Cause;
  /** What the limits are compared with; NaN where it is unknown. */
  readonly number: number;
  /** The error code, 0 for none; NaN where it cannot be told. */
  readonly code: number;
  /** The truth of the expression; undefined where it is unknown. */
  readonly truth: boolean | undefined;
  /** The rule's own signal was heard of with GOOD quality; or it was BAD. */
  readonly isGood: boolean;
  readonly isBad: boolean;
  /** The rule's memory after it. */
  readonly memory: Memory | null;
}

/** Can the rule be judged by this at all? */
function isJudgeable(rule: CompiledRule, { number, code, truth }: Observation): boolean {
  const { errorCodes, expression } = rule.source;
  if (rule.limits.length > 0 && Number.isNaN(number)) return false;
  if (errorCodes !== undefined && Number.isNaN(code)) return false;
  return expression === undefined || truth !== undefined;
}

/** Works out what follows from an observation; undefined where nothing does. */
export function judge(
  rule: CompiledRule,
  state: RuleState,
  observation: Observation,
  newId: IdentifierSource,
  gate: CommunicationGate,
): Step | undefined {
  const { cause, isGood, memory } = observation;
  const judgeable = isJudgeable(rule, observation);
  const timing = state.timing;
  const passed = timing === null || !judgeable ? 0 : Math.max(0, cause.sourceTime - timing.sourceTime);
  const draft = draftOf(state, (timing?.elapsed ?? 0) + passed);
  draft.memory = memory;
  if (isGood) {
    draft.stale = false;
    draft.silentSince = 0;
    if (rule.source.stale !== undefined) draft.heard = rule.source.signal;
  }
  expireShelf(rule, draft, cause);
  forgetActivations(rule, draft, cause.sourceTime);
  draft.blocked = isBlocked(rule, draft, cause.sourceTime);
  if (judgeable) observe(rule, draft, observation);
  observeQuality(rule, draft, cause.gatewayTime, gate);
  const next = judgeable ? timingOf(rule, draft, cause) : timing && held(timing, draft);
  const step = settle(rule, state, draft, cause, newId, next);
  return hasChanged(state, step) ? step : undefined;
}

function observe(rule: CompiledRule, draft: Draft, observation: Observation): void {
  const { cause, number, code, truth, isBad } = observation;
  if (rule.limits.length > 0) observeLimits(rule, draft, number);
  if (rule.source.errorCodes !== undefined) observeCode(draft, code);
  if (truth !== undefined) observeTruth(rule, draft, truth);
  if (draft.shelf !== null) {
    endShelfForWorse(rule, draft, cause);
    draft.blocked = isBlocked(rule, draft, cause.sourceTime);
  }
  if (!isBad) observeStuck(rule, draft);
  expireDelays(rule, draft);
}

function held(timing: Timing, draft: Draft): Timing {
  return { ...timing, blocked: draft.blocked, held: true };
}

export function timingOf(rule: CompiledRule, draft: Draft, cause: Cause): Timing {
  return {
    signal: rule.source.signal,
    sourceTime: cause.sourceTime,
    gatewayTime: cause.gatewayTime,
    held: false,
    latest: {
      value: cause.value,
      quality: cause.quality,
      historical: cause.historical,
      ...(cause.unit === undefined ? {} : { unit: cause.unit }),
      ...(cause.bootId === undefined ? {} : { bootId: cause.bootId }),
    },
    ...delaysOf(draft),
  };
}

/** May nothing come into force? `sourceTime` is the device's. */
export function isBlocked(
  { plan }: CompiledRule,
  { shelf, memory }: Pick<RuleState, 'shelf' | 'memory'>,
  sourceTime: number,
): boolean {
  if (shelf !== null) return true;
  if (plan === null) return false;
  if (memory !== null && plan.isInhibited?.(memory) === true) return true;
  return plan.isOpenAt !== undefined && !plan.isOpenAt(sourceTime);
}
