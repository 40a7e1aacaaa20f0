import type { IdentifierSource } from '@andon/shared/kernel';
import type { CompiledRule } from './compiled-rule.ts';
import type { Cause } from './condition.ts';
import { draftOf, expireDelays } from './draft.ts';
import type { RuleState, Timing } from './rule-state.ts';
import { delaysOf, type Step, settle } from './settle.ts';

/** That time has passed at the gateway. */
export interface Tick {
  readonly deviceId: string;
  /** Milliseconds since the epoch by the gateway's clock. */
  readonly now: number;
  /** When the gateway last got the signal with GOOD quality, or began to listen for it. */
  readonly heardAt: number;
}

/**
 * Lets delays expire, and the signal go stale, without a reading. While the signal is stale, or its latest reading
 * could not be evaluated, no delay expires: what is not known can neither raise nor clear.
 */
export function evaluateTick(
  rule: CompiledRule,
  state: RuleState,
  tick: Tick,
  newId: IdentifierSource,
): Step | undefined {
  const expired = expireByTick(rule, state, tick, newId);
  const between = expired?.state ?? state;
  if (rule.source.stale === undefined || between.stale || tick.now < staleTime(rule, tick.heardAt)) {
    return expired;
  }
  const draft = draftOf(between, between.timing?.elapsed ?? 0);
  draft.stale = true;
  const cause: Cause = {
    deviceId: tick.deviceId,
    value: null,
    quality: 'BAD',
    sourceTime: tick.now,
    gatewayTime: tick.now,
    historical: false,
  };
  const silent = settle(rule, between, draft, cause, newId, between.timing);
  return { state: silent.state, transitions: [...(expired?.transitions ?? []), ...silent.transitions] };
}

function expireByTick(
  rule: CompiledRule,
  state: RuleState,
  tick: Tick,
  newId: IdentifierSource,
): Step | undefined {
  const timing = state.timing;
  if (timing === null || timing.held || state.stale) return undefined;
  const until = Math.min(tick.now, staleTime(rule, tick.heardAt));
  const passed = Math.max(0, until - timing.gatewayTime);
  if (timing.elapsed + passed < nextExpiry(rule, state, timing)) return undefined;
  const draft = draftOf(state, timing.elapsed + passed);
  expireDelays(rule, draft);
  const cause: Cause = {
    deviceId: tick.deviceId,
    ...timing.latest,
    sourceTime: timing.sourceTime + passed,
    gatewayTime: tick.now,
  };
  return settle(rule, state, draft, cause, newId, {
    ...timing,
    ...delaysOf(draft),
    elapsed: timing.elapsed,
  });
}

/**
 * When `evaluateTick` would change something if no reading comes before; undefined where it never would. By the
 * gateway's clock, in milliseconds since the epoch.
 */
export function wakeAt(rule: CompiledRule, state: RuleState, heardAt: number): number | undefined {
  if (state.stale) return undefined;
  const timing = state.timing;
  const stale = staleTime(rule, heardAt);
  const delay =
    timing === null || timing.held
      ? Infinity
      : timing.gatewayTime + nextExpiry(rule, state, timing) - timing.elapsed;
  const earliest = Math.min(stale, delay);
  return earliest === Infinity ? undefined : earliest;
}

function staleTime(rule: CompiledRule, heardAt: number): number {
  return rule.source.stale === undefined ? Infinity : heardAt + rule.source.stale.afterMilliseconds;
}

/** When the next delay has run its time, on the scale of `timing.elapsed`. */
function nextExpiry(rule: CompiledRule, state: RuleState, timing: Timing): number {
  let earliest = Infinity;
  for (const limit of rule.limits) {
    const since = timing.limitsSince[limit.index] ?? -1;
    if (since === -1) continue;
    const isActive = (state.activeLimits & limit.bit) !== 0;
    earliest = Math.min(earliest, since + (isActive ? limit.offDelay : limit.onDelay));
  }
  const { onDelayMilliseconds = 0, offDelayMilliseconds = 0 } = rule.source.errorCodes ?? {};
  if (timing.candidateCode !== 0) earliest = Math.min(earliest, timing.candidateSince + onDelayMilliseconds);
  if (timing.codeGoneSince >= 0) earliest = Math.min(earliest, timing.codeGoneSince + offDelayMilliseconds);
  return earliest;
}
