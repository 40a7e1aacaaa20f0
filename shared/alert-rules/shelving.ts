import type { AlertShelving, AlertTransition, Severity } from '@andon/shared/contracts';
import { settled } from './at-rest.ts';
import { type CompiledRule, expressionBit } from './compiled-rule.ts';
import { type Draft, draftOf, isViolationWaiting, isWaiting } from './draft.ts';
import type { RuleState, Shelf } from './rule-state.ts';
import type { Step } from './settle.ts';

/** Nobody shelves for longer; a one-shot that waits in vain ends then too. */
export const shelvingMillisecondsMax = 7 * 86_400_000;

/** Who asks for what, at which moment of the gateway's clock. */
export interface ShelvingRequest {
  readonly deviceId: string;
  readonly now: number;
  readonly by: string;
  readonly kind: 'timed' | 'one-shot';
  /** How long at most. */
  readonly milliseconds: number;
}

function recordOf(
  rule: CompiledRule,
  deviceId: string,
  shelf: Shelf,
  told: { shelved: boolean; at: number; by: string; reason: string },
): AlertShelving {
  return {
    type: 'alert-shelving',
    deviceId,
    rule: rule.source.name,
    ruleVersion: rule.source.version,
    kind: shelf.kind,
    until: Math.round(shelf.until),
    ...told,
    at: Math.round(told.at),
  };
}

/** Shelves a rule, also one that is shelved already: the new time counts. */
export function shelve(rule: CompiledRule, state: RuleState, request: ShelvingRequest): Step {
  const { deviceId, now, by, kind } = request;
  const until = now + Math.min(request.milliseconds, shelvingMillisecondsMax);
  const reason =
    kind === 'one-shot'
      ? `shelved by ${by} until it is back to normal once`
      : `shelved by ${by} for ${Math.round((until - now) / 1000)} s`;
  const seen = isThere(rule, draftOf(state, state.timing?.elapsed ?? 0));
  const shelf: Shelf = { kind, at: now, until, sourceUntil: null, seen, severity: null, by, reason };
  return {
    state: { ...state, shelf, timing: state.timing && { ...state.timing, blocked: true } },
    transitions: [],
    shelvings: [recordOf(rule, deviceId, shelf, { shelved: true, at: now, by, reason })],
  };
}

/** Takes a rule off the shelf; undefined where it is not on it. What is violated is raised by the next evaluation. */
export function unshelve(
  rule: CompiledRule,
  state: RuleState,
  request: { deviceId: string; now: number; by: string },
): Step | undefined {
  const { shelf } = state;
  if (shelf === null) return undefined;
  const reason = `taken off the shelf by ${request.by}`;
  const rest: RuleState = { ...state, shelf: null };
  return {
    state: settled(rule, rest),
    transitions: [],
    shelvings: [
      recordOf(rule, request.deviceId, shelf, { shelved: false, at: request.now, by: request.by, reason }),
    ],
  };
}

/** Raises that are remembered at most. */
const activationsMax = 20;

const severityRanks: Readonly<Record<Severity, number>> = {
  CRITICAL: 4,
  MAJOR: 3,
  MINOR: 2,
  WARNING: 1,
  INDETERMINATE: 0,
};

interface Moment {
  readonly deviceId: string;
  readonly sourceTime: number;
  readonly gatewayTime: number;
}

/** Ends a shelf whose time has passed, by the gateway's clock or by that of the recording. */
export function expireShelf(rule: CompiledRule, draft: Draft, moment: Moment): void {
  const { shelf } = draft;
  if (shelf === null) return;
  const isOver =
    moment.gatewayTime >= shelf.until ||
    (shelf.sourceUntil !== null && moment.sourceTime >= shelf.sourceUntil);
  if (isOver) endShelf(rule, draft, moment, 'its time on the shelf is over');
}

/** Ends a one-shot whose condition came and went. */
export function endOneShot(rule: CompiledRule, draft: Draft, moment: Moment): void {
  const { shelf } = draft;
  if (shelf?.kind !== 'one-shot') return;
  const isStillThere = isThere(rule, draft);
  if (isStillThere && !shelf.seen) draft.shelf = { ...shelf, seen: true };
  if (!isStillThere && shelf.seen) endShelf(rule, draft, moment, 'it is back to normal');
}

/** Chatter must not hide what is worse: where that waits to come into force, the shelf ends. */
export function endShelfForWorse(rule: CompiledRule, draft: Draft, moment: Moment): void {
  const { shelf } = draft;
  if (shelf?.kind !== 'chatter' || shelf.severity === null) return;
  const shelved = severityRanks[shelf.severity];
  const isWorse = (severity: Severity) => severityRanks[severity] > shelved;
  const { expression, errorCodes } = rule.source;
  const code = draft.candidateCode;
  const worse =
    rule.limits.some((limit) => isWaiting(draft, limit) && isWorse(limit.severity)) ||
    (expression !== undefined &&
      isWorse(expression.severity) &&
      rule.timed.some((timed) => timed.bit === expressionBit && isWaiting(draft, timed))) ||
    (errorCodes !== undefined &&
      code !== 0 &&
      isWorse(errorCodes.severities?.[String(code)] ?? errorCodes.severity));
  if (worse) endShelf(rule, draft, moment, `something worse than ${shelf.severity} must not be hidden`);
}

/** Is, or will be, something wrong? */
function isThere(rule: CompiledRule, draft: Draft): boolean {
  const { activeLimits, activeCode, stale } = draft;
  return activeLimits !== 0 || activeCode !== 0 || stale || isViolationWaiting(rule, draft);
}

function endShelf(rule: CompiledRule, draft: Draft, moment: Moment, reason: string): void {
  const { shelf } = draft;
  if (shelf === null) return;
  draft.shelf = null;
  draft.shelvings.push(
    recordOf(rule, moment.deviceId, shelf, { shelved: false, at: moment.gatewayTime, by: 'gateway', reason }),
  );
}

/** Lets go of raises that are too old to count, or that a clock which was set back has made meaningless. */
export function forgetActivations(rule: CompiledRule, draft: Draft, sourceTime: number): void {
  if (draft.activations.length === 0) return;
  const within = rule.chatter?.withinMilliseconds ?? 0;
  const kept = draft.activations.filter(({ at }) => sourceTime >= at && sourceTime - at < within);
  if (kept.length !== draft.activations.length) draft.activations = kept;
}

/** Counts a raise; one too many within the time puts the rule on the shelf. */
export function countActivation(rule: CompiledRule, draft: Draft, raised: AlertTransition): void {
  const { chatter } = rule;
  if (chatter === undefined) return;
  const code = raised.state === 'ERROR_CODE' ? (raised.errorCode ?? -1) : -1;
  const activations = [...draft.activations, { at: raised.sourceTime, code }].slice(-activationsMax);
  draft.activations = activations;
  const same = activations.filter((activation) => activation.code === code);
  if (same.length < chatter.activations || draft.shelf !== null) return;
  const within = chatter.withinMilliseconds / 1000;
  const shelved = chatter.shelveMilliseconds / 1000;
  const reason = `raised ${chatter.activations} times within ${within} s: shelved for ${shelved} s`;
  const shelf: Shelf = {
    kind: 'chatter',
    at: raised.gatewayTime,
    until: raised.gatewayTime + chatter.shelveMilliseconds,
    sourceUntil: raised.sourceTime + chatter.shelveMilliseconds,
    seen: true,
    severity: raised.severity,
    by: 'gateway',
    reason,
  };
  draft.shelf = shelf;
  draft.activations = [];
  draft.shelvings.push(
    recordOf(rule, raised.deviceId, shelf, { shelved: true, at: raised.gatewayTime, by: 'gateway', reason }),
  );
}
