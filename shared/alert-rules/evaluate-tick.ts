import type { IdentifierSource } from '@andon/shared/kernel';
import { badQualityBit, type CompiledRule } from './compiled-rule.ts';
import type { Cause } from './condition.ts';
import { type Draft, draftOf, expireDelays, isViolationWaiting, observeQuality } from './draft.ts';
import { evidenceInputs } from './evaluate-moment.ts';
import { type CommunicationGate, isBlocked, openGate } from './judge.ts';
import type { RuleState, Timing } from './rule-state.ts';
import { nextMinute } from './schedule.ts';
import { delaysOf, hasChanged, type Step, settle } from './settle.ts';
import { expireShelf } from './shelving.ts';

/** That time has passed at the gateway. */
export interface Tick {
  readonly deviceId: string;
  /** Milliseconds since the epoch by the gateway's clock. */
  readonly now: number;
  /** When the gateway last got the signal with GOOD quality, or began to listen for it; whichever is later. */
  readonly heardAt: number;
  /** May it be told that the device is silent, or BAD? If not given, yes. */
  readonly gate?: CommunicationGate;
}

/**
 * Lets delays expire, the signal go stale and a shelf end, without a reading. While the signal is stale, or its latest
 * reading could not be evaluated, no delay of a value expires: what is not known can neither raise nor clear.
 */
export function evaluateTick(
  rule: CompiledRule,
  state: RuleState,
  tick: Tick,
  newId: IdentifierSource,
): Step | undefined {
  const steps: Step[] = [];
  let current = state;
  for (const part of [expireByTick, passQuality, fallSilent]) {
    const step = part(rule, current, tick, newId);
    if (step === undefined) continue;
    steps.push(step);
    current = step.state;
  }
  if (steps.length === 0) return undefined;
  const shelvings = steps.flatMap((step) => step.shelvings ?? []);
  return {
    state: current,
    transitions: steps.flatMap(({ transitions }) => transitions),
    ...(shelvings.length === 0 ? {} : { shelvings }),
  };
}

/** The delays that count by the device's clock, and the end of a shelf. */
function expireByTick(
  rule: CompiledRule,
  state: RuleState,
  tick: Tick,
  newId: IdentifierSource,
): Step | undefined {
  const { timing, shelf } = state;
  const isShelfOver = shelf !== null && tick.now >= shelf.until;
  const isAsleep = timing === null || timing.held || state.stale;
  if (isAsleep) return isShelfOver ? takeOffShelf(rule, state, tick, newId) : undefined;
  const until = Math.min(tick.now, staleTime(rule, state, tick.heardAt));
  const passed = Math.max(0, until - timing.gatewayTime);
  const sourceTime = timing.sourceTime + passed;
  const blocked = isBlocked(rule, { ...state, shelf: isShelfOver ? null : shelf }, sourceTime);
  const isDue = timing.elapsed + passed >= nextExpiry(rule, state, timing, blocked);
  if (!isDue && !isShelfOver && timing.blocked === blocked && !isMinuteOver(rule, timing, tick)) {
    return undefined;
  }
  const draft = draftOf(state, timing.elapsed + passed);
  const cause = causeOf(state, tick, { ...timing.latest, sourceTime });
  expireShelf(rule, draft, cause);
  draft.blocked = blocked;
  expireDelays(rule, draft);
  const hasMoved = timing.blocked || blocked;
  return settle(rule, state, draft, cause, newId, {
    ...timing,
    ...delaysOf(draft),
    ...(hasMoved
      ? { sourceTime, gatewayTime: Math.max(until, timing.gatewayTime) }
      : { elapsed: timing.elapsed }),
  });
}

/** Outside of a schedule a rule that is violated looks once a minute whether the schedule has begun. */
function isMinuteOver(rule: CompiledRule, timing: Timing, tick: Tick): boolean {
  return timing.blocked && rule.plan?.isOpenAt !== undefined && tick.now >= nextLook(timing);
}

/** When the next minute of the device begins, by the gateway's clock. */
function nextLook({ gatewayTime, sourceTime }: Timing): number {
  return gatewayTime + nextMinute(sourceTime) - sourceTime;
}

/** Nothing waits that the end of the shelf could let through. */
function takeOffShelf(
  rule: CompiledRule,
  state: RuleState,
  tick: Tick,
  newId: IdentifierSource,
): Step | undefined {
  const draft = draftOf(state, state.timing?.elapsed ?? 0);
  const cause = causeOf(state, tick, unknownValue(tick));
  expireShelf(rule, draft, cause);
  draft.blocked = isBlocked(rule, draft, tick.now);
  const step = settle(rule, state, draft, cause, newId, state.timing);
  return hasChanged(state, step) ? step : undefined;
}

/** BAD quality that lasts, and that is over. */
function passQuality(
  rule: CompiledRule,
  state: RuleState,
  tick: Tick,
  newId: IdentifierSource,
): Step | undefined {
  if (tick.now < qualityTime(rule, state)) return undefined;
  const draft: Draft = draftOf(state, state.timing?.elapsed ?? 0);
  const { memory } = state;
  draft.blocked = isBlocked(rule, draft, tick.now);
  observeQuality(rule, draft, tick.now, tick.gate ?? openGate);
  const own = memory?.inputs[rule.source.signal];
  const value = own === undefined ? unknownValue(tick) : { ...own, historical: false };
  const cause = causeOf(state, tick, { ...value, sourceTime: tick.now });
  const step = settle(rule, state, draft, cause, newId, state.timing);
  return hasChanged(state, step) ? step : undefined;
}

function fallSilent(
  rule: CompiledRule,
  state: RuleState,
  tick: Tick,
  newId: IdentifierSource,
): Step | undefined {
  if (rule.source.stale === undefined || state.stale) return undefined;
  if (tick.now < staleTime(rule, state, tick.heardAt)) return undefined;
  const draft = draftOf(state, state.timing?.elapsed ?? 0);
  draft.blocked = isBlocked(rule, draft, tick.now);
  if (draft.blocked) draft.silentSince = tick.now;
  else if (tick.gate === undefined || tick.gate()) draft.stale = true;
  else return undefined;
  const cause = causeOf(state, tick, unknownValue(tick));
  const step = settle(rule, state, draft, cause, newId, state.timing);
  return hasChanged(state, step) ? step : undefined;
}

const unknownValue = (tick: Tick) => ({
  value: null,
  quality: 'BAD' as const,
  sourceTime: tick.now,
  historical: false,
});

function causeOf(
  { memory }: RuleState,
  tick: Tick,
  value: Pick<Cause, 'value' | 'quality' | 'sourceTime' | 'historical' | 'unit' | 'bootId'>,
): Cause {
  return {
    deviceId: tick.deviceId,
    value: value.value,
    quality: value.quality,
    sourceTime: value.sourceTime,
    gatewayTime: tick.now,
    historical: value.historical,
    ...(value.unit === undefined ? {} : { unit: value.unit }),
    ...(value.bootId === undefined ? {} : { bootId: value.bootId }),
    ...(memory === null ? {} : { inputs: () => evidenceInputs(memory) }),
  };
}

/**
 * When `evaluateTick` would change something if no reading comes before; undefined where it never would. By the
 * gateway's clock, in milliseconds since the epoch.
 */
export function wakeAt(rule: CompiledRule, state: RuleState, heardAt: number): number | undefined {
  const shelfEnd = state.shelf?.until ?? Infinity;
  const silence = state.stale ? Infinity : staleTime(rule, state, heardAt);
  const earliest = Math.min(silence, delayTime(rule, state), qualityTime(rule, state), shelfEnd);
  return earliest === Infinity ? undefined : earliest;
}

function delayTime(rule: CompiledRule, state: RuleState): number {
  const { timing } = state;
  if (timing === null || timing.held || state.stale) return Infinity;
  const blocked = isBlocked(rule, state, timing.sourceTime);
  if (timing.blocked && !blocked) return timing.gatewayTime;
  const due = timing.gatewayTime + nextExpiry(rule, state, timing, blocked) - timing.elapsed;
  const isWaiting = isViolationWaiting(rule, draftOf(state, timing.elapsed));
  // A shelf has its own time, and what inhibits tells when it no longer does; a schedule must be looked at.
  const looksAgain = rule.plan?.isOpenAt !== undefined && isWaiting && state.shelf === null;
  return looksAgain && timing.blocked ? Math.min(due, nextLook(timing)) : due;
}

function qualityTime(rule: CompiledRule, { memory, activeLimits }: RuleState): number {
  const { badQuality } = rule.source;
  if (badQuality === undefined || memory === null) return Infinity;
  const isActive = (activeLimits & badQualityBit) !== 0;
  const since = isActive ? memory.fineSince : memory.badSince;
  const delay = isActive ? badQuality.offDelayMilliseconds : badQuality.onDelayMilliseconds;
  return since < 0 ? Infinity : since + (delay ?? 0);
}

/** Who never spoke is not silent, unless the rule says so. */
function staleTime(rule: CompiledRule, { silentSince, heard }: RuleState, heardAt: number): number {
  const { stale } = rule.source;
  if (stale === undefined || (heard === null && stale.alsoIfNeverHeard !== true)) return Infinity;
  return Math.max(heardAt, silentSince) + stale.afterMilliseconds;
}

/** When the next delay has run its time, on the scale of `timing.elapsed`. */
function nextExpiry(rule: CompiledRule, state: RuleState, timing: Timing, blocked: boolean): number {
  let earliest = Infinity;
  for (const { index, bit, onDelay, offDelay } of rule.timed) {
    const since = timing.limitsSince[index] ?? -1;
    const isActive = (state.activeLimits & bit) !== 0;
    if (since === -1 || (blocked && !isActive)) continue;
    earliest = Math.min(earliest, since + (isActive ? offDelay : onDelay));
  }
  const { onDelayMilliseconds = 0, offDelayMilliseconds = 0 } = rule.source.errorCodes ?? {};
  if (timing.candidateCode !== 0 && !blocked) {
    earliest = Math.min(earliest, timing.candidateSince + onDelayMilliseconds);
  }
  if (timing.codeGoneSince >= 0) earliest = Math.min(earliest, timing.codeGoneSince + offDelayMilliseconds);
  return earliest;
}
