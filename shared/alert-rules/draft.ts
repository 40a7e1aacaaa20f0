import { type CompiledRule, highSide, lowSide } from './compiled-rule.ts';
import type { RuleState, Timing } from './rule-state.ts';

/** A state being worked out: made only where something may change. */
export interface Draft {
  activeLimits: number;
  activeCode: number;
  stale: boolean;
  elapsed: number;
  limitsSince: Timing['limitsSince'];
  codeGoneSince: number;
  candidateCode: number;
  candidateSince: number;
}

/** `elapsed` is the time on the timing's scale at which the draft is worked out. */
export function draftOf(state: RuleState, elapsed: number): Draft {
  const timing = state.timing;
  return {
    activeLimits: state.activeLimits,
    activeCode: state.activeCode,
    stale: state.stale,
    elapsed,
    limitsSince: timing === null ? [-1, -1, -1, -1] : [...timing.limitsSince],
    codeGoneSince: timing === null ? -1 : timing.codeGoneSince,
    candidateCode: timing === null ? 0 : timing.candidateCode,
    candidateSince: timing === null ? -1 : timing.candidateSince,
  };
}

export function hasDelayRunning(draft: Draft): boolean {
  return (
    draft.codeGoneSince >= 0 || draft.candidateCode !== 0 || draft.limitsSince.some((since) => since >= 0)
  );
}

/**
 * Starts, keeps and stops the delays of the limits for a new value. An inactive limit waits as long as the value
 * is at or beyond its setpoint; an active one is being left as long as the value is inside the deadband's inner
 * edge. In between nothing starts, and what was running stops.
 */
export function observeLimits(rule: CompiledRule, draft: Draft, value: number): void {
  for (const limit of rule.limits) {
    const isActive = (draft.activeLimits & limit.bit) !== 0;
    const edge = isActive ? limit.leave : limit.setpoint;
    const runs = isActive
      ? limit.isHigh
        ? value < edge
        : value > edge
      : limit.isHigh
        ? value >= edge
        : value <= edge;
    if (!runs) draft.limitsSince[limit.index] = -1;
    else if (draft.limitsSince[limit.index] === -1) draft.limitsSince[limit.index] = draft.elapsed;
  }
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

/** Lets every delay that has run its time take effect. */
export function expireDelays(rule: CompiledRule, draft: Draft): void {
  const before = draft.activeLimits;
  for (const limit of rule.limits) {
    const since = draft.limitsSince[limit.index] ?? -1;
    const isActive = (draft.activeLimits & limit.bit) !== 0;
    if (since === -1 || draft.elapsed - since < (isActive ? limit.offDelay : limit.onDelay)) continue;
    draft.activeLimits ^= limit.bit;
    draft.limitsSince[limit.index] = -1;
  }
  includeInnerLimits(rule, draft);
  keepOneSide(rule, draft, before);
  expireCode(rule, draft);
}

/** An outer limit takes the inner one along, delay or not: from HIHI the way back leads over HI. */
function includeInnerLimits(rule: CompiledRule, draft: Draft): void {
  for (const limit of rule.limits) {
    const isInner = limit.state === 'HI' || limit.state === 'LO';
    const outerBit = limit.isHigh ? limit.bit >> 1 : limit.bit << 1;
    const waits = (draft.limitsSince[limit.index] ?? -1) >= 0 && (draft.activeLimits & limit.bit) === 0;
    if (!isInner || !waits || (draft.activeLimits & outerBit) === 0) continue;
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
  if (draft.candidateCode !== 0 && draft.elapsed - draft.candidateSince >= onDelayMilliseconds) {
    draft.activeCode = draft.candidateCode;
    draft.candidateCode = 0;
    draft.candidateSince = -1;
    draft.codeGoneSince = -1;
  } else if (draft.codeGoneSince >= 0 && draft.elapsed - draft.codeGoneSince >= offDelayMilliseconds) {
    draft.activeCode = 0;
    draft.codeGoneSince = -1;
  }
}
