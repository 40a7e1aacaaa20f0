import type { AlertShelving } from '@andon/shared/contracts';
import {
  badQualityBit,
  type CompiledLimit,
  type CompiledRule,
  expressionBit,
  highSide,
  lowSide,
  stuckBit,
  timedConditionsMax,
} from './compiled-rule.ts';
import { type Memory, stuckMilliseconds } from './memory.ts';
import type { Activation, RuleState, Shelf } from './rule-state.ts';

/** A delay that has run its time: what was required, and how long the condition (or its end) had lasted. */
export interface Expiry {
  readonly bit: number;
  readonly delayMilliseconds: number;
  readonly lastedMilliseconds: number;
}

/** A state being worked out: made only where something may change. */
export interface Draft {
  activeLimits: number;
  activeCode: number;
  stale: boolean;
  elapsed: number;
  limitsSince: number[];
  codeGoneSince: number;
  candidateCode: number;
  candidateSince: number;
  /** Nothing may come into force; and it was so when the state was worked out last. */
  blocked: boolean;
  wasBlocked: boolean;
  activations: readonly Activation[];
  shelf: Shelf | null;
  silentSince: number;
  memory: Memory | null;
  heard: string | null;
  readonly expiries: Expiry[];
  readonly shelvings: AlertShelving[];
}

/** `elapsed` is the time on the timing's scale at which the draft is worked out. */
export function draftOf(state: RuleState, elapsed: number): Draft {
  const timing = state.timing;
  return {
    activeLimits: state.activeLimits,
    activeCode: state.activeCode,
    stale: state.stale,
    elapsed,
    limitsSince: timing === null ? Array(timedConditionsMax).fill(-1) : [...timing.limitsSince],
    codeGoneSince: timing === null ? -1 : timing.codeGoneSince,
    candidateCode: timing === null ? 0 : timing.candidateCode,
    candidateSince: timing === null ? -1 : timing.candidateSince,
    blocked: timing?.blocked ?? false,
    wasBlocked: timing?.blocked ?? false,
    activations: state.activations,
    shelf: state.shelf,
    silentSince: state.silentSince,
    memory: state.memory,
    heard: state.heard,
    expiries: [],
    shelvings: [],
  };
}

export function hasDelayRunning(draft: Draft): boolean {
  return (
    draft.codeGoneSince >= 0 || draft.candidateCode !== 0 || draft.limitsSince.some((since) => since >= 0)
  );
}

/** Does something wait to come into force? */
export function isViolationWaiting(rule: CompiledRule, draft: Draft): boolean {
  return draft.candidateCode !== 0 || rule.timed.some((timed) => isWaiting(draft, timed));
}

export function isWaiting(draft: Draft, { bit, index }: { bit: number; index: number }): boolean {
  return (draft.activeLimits & bit) === 0 && (draft.limitsSince[index] ?? -1) >= 0;
}

/**
 * Starts, keeps and stops the delays of the limits for a new value. An inactive limit waits as long as the value
 * is at or beyond its setpoint; an active one is being left as long as the value is inside the deadband's inner
 * edge. In between nothing starts, and what was running stops.
 */
export function observeLimits(rule: CompiledRule, draft: Draft, value: number): void {
  for (const limit of rule.limits) {
    const isActive = (draft.activeLimits & limit.bit) !== 0;
    run(draft, limit.index, isActive ? leaves(limit, value) : reaches(limit, value));
  }
}

/** Is the value inside the deadband's inner edge? */
export function leaves({ isHigh, leave }: Pick<CompiledLimit, 'isHigh' | 'leave'>, value: number): boolean {
  return isHigh ? value < leave : value > leave;
}

function reaches({ isHigh, setpoint }: CompiledLimit, value: number): boolean {
  return isHigh ? value >= setpoint : value <= setpoint;
}

/** The same for the expression: it comes into force while true, and is left while false. */
export function observeTruth(rule: CompiledRule, draft: Draft, truth: boolean): void {
  const expression = rule.timed.find(({ bit }) => bit === expressionBit);
  if (expression === undefined) return;
  const isActive = (draft.activeLimits & expressionBit) !== 0;
  run(draft, expression.index, truth !== isActive);
}

function run(draft: Draft, index: number, runs: boolean): void {
  if (!runs) draft.limitsSince[index] = -1;
  else if (draft.limitsSince[index] === -1) draft.limitsSince[index] = draft.elapsed;
}

/** The same for the error code that the signal holds now, 0 for none. */
export function observeCode(draft: Draft, code: number): void {
  if (draft.activeCode === 0 || code === draft.activeCode) draft.codeGoneSince = -1;
  else if (draft.codeGoneSince === -1) draft.codeGoneSince = draft.elapsed;

  if (code === 0 || code === draft.activeCode) {
    draft.candidateCode = 0;
    draft.candidateSince = -1;
  } else if (draft.candidateCode !== code) {
    draft.candidateCode = code;
    draft.candidateSince = draft.elapsed;
  }
}

/** A signal that has not moved for its time; it needs no other delay. */
export function observeStuck(rule: CompiledRule, draft: Draft): void {
  const { memory } = draft;
  const { stuck } = rule.source;
  if (stuck === undefined || memory === null || memory.anchor === null) return;
  const lastedMilliseconds = stuckMilliseconds(memory);
  const isStuck = lastedMilliseconds >= stuck.forMilliseconds;
  const isActive = (draft.activeLimits & stuckBit) !== 0;
  if (isStuck === isActive) return;
  if (isStuck && draft.blocked) {
    draft.memory = { ...memory, anchor: { ...memory.anchor, since: memory.elapsed } };
    return;
  }
  draft.activeLimits ^= stuckBit;
  const delayMilliseconds = isStuck ? stuck.forMilliseconds : 0;
  draft.expiries.push({ bit: stuckBit, delayMilliseconds, lastedMilliseconds });
}

/** BAD quality counts by the gateway's clock, as silence does: what a device says of the time may be BAD too. */
export function observeQuality(rule: CompiledRule, draft: Draft, now: number, mayRaise: () => boolean): void {
  const { badQuality } = rule.source;
  const { memory } = draft;
  if (badQuality === undefined || memory === null) return;
  const isActive = (draft.activeLimits & badQualityBit) !== 0;
  const { onDelayMilliseconds = 0, offDelayMilliseconds = 0 } = badQuality;
  const since = isActive ? memory.fineSince : memory.badSince;
  const delayMilliseconds = isActive ? offDelayMilliseconds : onDelayMilliseconds;
  if (since < 0) return;
  if (!isActive && draft.blocked) {
    draft.memory = { ...memory, badSince: now };
    return;
  }
  const lastedMilliseconds = now - since;
  if (lastedMilliseconds < delayMilliseconds || (!isActive && !mayRaise())) return;
  draft.activeLimits ^= badQualityBit;
  draft.expiries.push({ bit: badQualityBit, delayMilliseconds, lastedMilliseconds });
}

/** Lets every delay that has run its time take effect. While the draft is blocked, nothing comes into force. */
export function expireDelays(rule: CompiledRule, draft: Draft): void {
  const before = draft.activeLimits;
  if (draft.blocked || draft.wasBlocked) beginOnDelaysAnew(rule, draft);
  for (const { index, bit, onDelay, offDelay } of rule.timed) {
    const since = draft.limitsSince[index] ?? -1;
    const isActive = (draft.activeLimits & bit) !== 0;
    const delayMilliseconds = isActive ? offDelay : onDelay;
    if (since === -1 || draft.elapsed - since < delayMilliseconds || (draft.blocked && !isActive)) continue;
    draft.activeLimits ^= bit;
    draft.limitsSince[index] = -1;
    draft.expiries.push({ bit, delayMilliseconds, lastedMilliseconds: draft.elapsed - since });
  }
  includeInnerLimits(rule, draft);
  keepOneSide(rule, draft, before);
  expireCode(rule, draft);
}

function beginOnDelaysAnew(rule: CompiledRule, draft: Draft): void {
  for (const timed of rule.timed) {
    if (isWaiting(draft, timed)) draft.limitsSince[timed.index] = draft.elapsed;
  }
  if (draft.candidateCode !== 0) draft.candidateSince = draft.elapsed;
}

/** An outer limit takes the inner one along, delay or not: from HIHI the way back leads over HI. */
function includeInnerLimits(rule: CompiledRule, draft: Draft): void {
  for (const limit of rule.limits) {
    const isInner = limit.state === 'HI' || limit.state === 'LO';
    const outerBit = limit.isHigh ? limit.bit >> 1 : limit.bit << 1;
    if (!isInner || !isWaiting(draft, limit) || (draft.activeLimits & outerBit) === 0) continue;
    draft.activeLimits |= limit.bit;
    draft.limitsSince[limit.index] = -1;
  }
}

/**
 * The side that is reached anew wins, and cuts the off-delay of the other short. Where the other side is not even
 * being left (setpoints that overlap) it stays instead, or every reading would flap.
 */
function keepOneSide(rule: CompiledRule, draft: Draft, before: number): void {
  if ((draft.activeLimits & highSide) === 0 || (draft.activeLimits & lowSide) === 0) return;
  const oldSide = (before & lowSide) === 0 ? highSide : lowSide;
  const isLeft = rule.limits.every(
    (limit) =>
      (draft.activeLimits & oldSide & limit.bit) === 0 || (draft.limitsSince[limit.index] ?? -1) >= 0,
  );
  const losing = isLeft ? oldSide : oldSide ^ (highSide | lowSide);
  for (const limit of rule.limits) {
    if ((limit.bit & losing & draft.activeLimits) !== 0) draft.limitsSince[limit.index] = -1;
  }
  draft.activeLimits &= ~losing;
}

function expireCode(rule: CompiledRule, draft: Draft): void {
  const errorCodes = rule.source.errorCodes;
  if (errorCodes === undefined) return;
  const { onDelayMilliseconds = 0, offDelayMilliseconds = 0 } = errorCodes;
  const waited = draft.elapsed - draft.candidateSince;
  const gone = draft.elapsed - draft.codeGoneSince;
  if (draft.candidateCode !== 0 && waited >= onDelayMilliseconds && !draft.blocked) {
    draft.activeCode = draft.candidateCode;
    draft.candidateCode = 0;
    draft.candidateSince = -1;
    draft.codeGoneSince = -1;
    draft.expiries.push({ bit: 0, delayMilliseconds: onDelayMilliseconds, lastedMilliseconds: waited });
  } else if (draft.codeGoneSince >= 0 && gone >= offDelayMilliseconds) {
    draft.activeCode = 0;
    draft.codeGoneSince = -1;
    draft.expiries.push({ bit: 0, delayMilliseconds: offDelayMilliseconds, lastedMilliseconds: gone });
  }
}
