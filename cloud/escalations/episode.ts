import { alertReason } from '@andon/shared/contracts';
import type { Remedy } from '../devices/index.ts';
import {
  byHandReason,
  endedByItself,
  endedUnproven,
  giveUp,
  isClear,
  isProven,
  nothing,
  remedied,
} from './episode-ends.ts';
import type { ClearedBy, Decision, Episode, EpisodeEvent } from './episode-model.ts';
import { takeClosed, takeOpened, takeRequest, takeWorkOrder, takeWorkOrderEnded } from './episode-people.ts';

export type * from './episode-model.ts';
export { newEpisode } from './episode-model.ts';

/** How long after its expiry a remedy's end is waited for: a device may be rebooting. */
export const remedyResultGraceMilliseconds = 300_000;

/** A late alert gets this long to prove over before anything is done about it. */
export const lateAlertGraceMilliseconds = 30_000;
/** How often its data are looked at after that, and for how long at most. */
export const backlogLookMilliseconds = 5_000;
export const backlogWaitMillisecondsMax = 3_600_000;

const overWhenHeardOf = alertReason('over-when-heard-of');
const overBeforeRemedy = alertReason('cleared-by-itself');

/** The state machine of a fault episode. Whatever is delivered twice, late or out of order changes nothing. */
export function decide(episode: Episode, event: EpisodeEvent, now: number): Decision {
  switch (event.type) {
    case 'begun':
      return begin(episode, event, now);
    case 'alert-raised':
      return takeRaised(episode, event, now);
    case 'backlog-judged':
      return takeJudgement(episode, event.judgement, now);
    case 'alert-cleared':
      return takeCleared(episode, event.alertId, event.by, now);
    case 'remedy-requested':
      return takeRemedyRequest(episode, event.remedy);
    case 'remedy-issued':
      return takeIssued(episode, event);
    case 'remedy-begun':
      return takeRemedyBegun(episode, event);
    case 'remedy-refused':
      return isIssuing(episode) ? fail(episode, event.reason, now) : nothing(episode);
    case 'remedy-ended':
      return takeEnded(episode, event, now);
    case 'case-requested':
      return takeRequest(episode, event, now);
    case 'case-opened':
      return takeOpened(episode, event);
    case 'work-order-opened':
      return takeWorkOrder(episode, event.workOrderId);
    case 'work-order-ended':
      return takeWorkOrderEnded(episode, event, now);
    case 'case-closed':
      return takeClosed(episode, event.caseId, now);
    case 'time-passed':
      return passTime(episode, now);
  }
}

function begin(episode: Episode, event: Extract<EpisodeEvent, { type: 'begun' }>, now: number): Decision {
  if (episode.state !== 'open' || episode.attempts > 0 || isWaiting(episode)) {
    return nothing(episode);
  }
  const started = { type: 'tell', step: 'started', reason: null } as const;
  const next = event.byHand ? giveUp(episode, byHandReason, now) : beginAsTold(episode, event.told, now);
  return { episode: next.episode, actions: [started, ...next.actions] };
}

function beginAsTold(episode: Episode, told: 'now' | 'late' | 'over', now: number): Decision {
  if (told === 'now') {
    return afterStart(episode, now);
  }
  return told === 'over' || isClear(episode)
    ? remedied(episode, overWhenHeardOf, now)
    : nothing({
        ...episode,
        reason: alertReason('told-late'),
        dueAt: now + lateAlertGraceMilliseconds,
        verifyUntil: now + backlogWaitMillisecondsMax,
      });
}

/** Its alert was told late, and nothing is done until it is known to last. */
function isWaiting(episode: Episode): boolean {
  return episode.state === 'open' && episode.dueAt !== null;
}

function takeJudgement(episode: Episode, judgement: 'still-coming' | 'present', now: number): Decision {
  if (!isWaiting(episode)) {
    return nothing(episode);
  }
  return judgement === 'present' || now >= (episode.verifyUntil ?? 0)
    ? endWaiting(episode, now)
    : nothing({ ...episode, dueAt: now + backlogLookMilliseconds });
}

function endWaiting(episode: Episode, now: number): Decision {
  return afterStart({ ...episode, reason: null, dueAt: null, verifyUntil: null }, now);
}

/** Its command is being issued at this moment. */
function isIssuing(episode: Episode): boolean {
  return episode.state === 'remedying' && episode.commandId === null && episode.dueAt === null;
}

/** A remedy failed, and it is waited for the time of the next one. */
function isBetweenTries(episode: Episode): boolean {
  return episode.state === 'remedying' && episode.commandId === null && episode.dueAt !== null;
}

function afterStart(episode: Episode, now: number): Decision {
  const hasAlerts = Object.keys(episode.alerts).length > 0;
  if (episode.rule === null) {
    return giveUp(episode, alertReason('no-policy'), now);
  }
  if (!hasAlerts) {
    return giveUp(episode, alertReason('no-alert'), now);
  }
  if (isClear(episode)) {
    return remedied(episode, alertReason('cleared-by-itself'), now);
  }
  const first = nextRemedy(episode);
  return first === undefined ? giveUp(episode, alertReason('no-remedy'), now) : tryRemedy(episode, first);
}

/** The policy's remedies one after the other, each as often as it says. */
function nextRemedy(episode: Episode): Remedy | undefined {
  let passed = 0;
  for (const remedy of episode.rule?.remedies ?? []) {
    passed += remedy.times;
    if (episode.attempts < passed) {
      return remedy;
    }
  }
  return undefined;
}

function tryRemedy(episode: Episode, remedy: Remedy): Decision {
  return {
    episode: {
      ...episode,
      state: 'remedying',
      reason: null,
      attempts: episode.attempts + 1,
      remedy,
      commandId: null,
      clearSince: null,
      remedyBegunAt: null,
      clearedBlindly: false,
      verifyUntil: null,
      dueAt: null,
    },
    actions: [{ type: 'issue-remedy' }],
  };
}

/** What was tried did not help: the next remedy is tried, perhaps after a wait, or it is given up. */
function fail(episode: Episode, reason: string, now: number): Decision {
  const next = nextRemedy(episode);
  if (next === undefined) {
    return giveUp(episode, reason, now);
  }
  const failed = { type: 'tell', step: 'remedy-failed', reason } as const;
  const wait = (episode.remedy?.waitSeconds ?? 0) * 1000;
  if (wait > 0) {
    const waiting = { ...episode, state: 'remedying', reason, remedy: next, commandId: null } as const;
    return {
      episode: { ...waiting, clearSince: null, remedyBegunAt: null, verifyUntil: null, dueAt: now + wait },
      actions: [failed],
    };
  }
  const again = tryRemedy(episode, next);
  return { episode: again.episode, actions: [failed, ...again.actions] };
}

function takeRemedyRequest(episode: Episode, remedy: Remedy): Decision {
  const isNew = episode.state === 'open' && !isWaiting(episode);
  if (!isNew && episode.state !== 'open' && (episode.state !== 'unremedied' || episode.closedAt !== null)) {
    return nothing(episode);
  }
  const next = tryRemedy(episode, remedy);
  const started = { type: 'tell', step: 'started', reason: null } as const;
  return { episode: next.episode, actions: [...(isNew ? [started] : []), ...next.actions] };
}

function takeIssued(episode: Episode, event: Extract<EpisodeEvent, { type: 'remedy-issued' }>): Decision {
  if (!isIssuing(episode)) {
    return nothing(episode);
  }
  return {
    episode: {
      ...episode,
      commandId: event.commandId,
      dueAt: event.expiresAt + remedyResultGraceMilliseconds,
    },
    actions: [{ type: 'tell', step: 'remedy-sent', reason: null }],
  };
}

function takeRemedyBegun(
  episode: Episode,
  { commandId, at }: Extract<EpisodeEvent, { type: 'remedy-begun' }>,
): Decision {
  return episode.state === 'remedying' && episode.commandId === commandId
    ? nothing({ ...episode, remedyBegunAt: episode.remedyBegunAt ?? at })
    : nothing(episode);
}

function takeEnded(
  episode: Episode,
  event: Extract<EpisodeEvent, { type: 'remedy-ended' }>,
  now: number,
): Decision {
  if (episode.state !== 'remedying' || episode.commandId !== event.commandId) {
    return nothing(episode);
  }
  if (!event.succeeded) {
    return event.isUnbegun && isClear(episode)
      ? endedByItself(episode, overBeforeRemedy, now)
      : fail(episode, event.reason, now);
  }
  return verify({ ...episode, remedyBegunAt: episode.remedyBegunAt ?? event.at }, now);
}

/** It is waited whether the symptom goes, and stays away. */
function verify(episode: Episode, now: number): Decision {
  const { withinSeconds } = verificationOf(episode);
  const verifying: Episode = {
    ...episode,
    state: 'verifying',
    clearSince: isClear(episode) ? now : null,
    verifyUntil: now + withinSeconds * 1000,
  };
  const next = passTime(withDue(verifying), now);
  return {
    episode: next.episode,
    actions: [{ type: 'tell', step: 'verifying', reason: null }, ...next.actions],
  };
}

/** Where a rule says nothing of it. */
const verificationDefault = { clearForSeconds: 30, withinSeconds: 300 };

function verificationOf(episode: Episode) {
  return episode.rule?.verify ?? verificationDefault;
}

/** While it is verified: when it has been clear for long enough, or when it must have cleared. */
function withDue(episode: Episode): Episode {
  const clearFor = verificationOf(episode).clearForSeconds * 1000;
  return {
    ...episode,
    dueAt: episode.clearSince === null ? episode.verifyUntil : episode.clearSince + clearFor,
  };
}

function takeRaised(
  episode: Episode,
  { alertId, isLate }: Extract<EpisodeEvent, { type: 'alert-raised' }>,
  now: number,
): Decision {
  if (episode.alerts[alertId] !== undefined) {
    return nothing(episode);
  }
  const joined: Episode = { ...episode, alerts: { ...episode.alerts, [alertId]: 'active' } };
  if (isWaiting(joined)) {
    return isLate ? nothing(joined) : endWaiting(joined, now);
  }
  if (joined.state !== 'verifying') {
    return nothing(joined);
  }
  return isLate ? nothing(withLateAlert(joined, now)) : fail(joined, alertReason('raised-again'), now);
}

/** A late alert is no proof that the remedy failed; it gets time to prove over. */
function withLateAlert(episode: Episode, now: number): Episode {
  const verifyUntil = Math.max(episode.verifyUntil ?? now, now + lateAlertGraceMilliseconds);
  return withDue({ ...episode, clearSince: null, verifyUntil });
}

function takeCleared(episode: Episode, alertId: string, by: ClearedBy, now: number): Decision {
  if (episode.alerts[alertId] !== 'active') {
    return nothing(episode);
  }
  const next = withClear(episode, alertId, by);
  if (!isClear(next)) {
    return nothing(next);
  }
  switch (next.state) {
    case 'open':
      return isWaiting(next) ? remedied(next, overWhenHeardOf, now) : nothing(next);
    case 'remedying':
      return { episode: next, actions: next.commandId === null ? [] : [{ type: 'withdraw-remedy' }] };
    case 'unremedied':
      return nothing({ ...next, closedAt: next.closedAt ?? now });
    case 'verifying': {
      const isLate = next.verifyUntil !== null && now > next.verifyUntil;
      return passTime(isLate ? next : withDue({ ...next, clearSince: now }), now);
    }
    case 'remedied':
    case 'case-opened':
    case 'work-order-opened':
      return nothing(next);
  }
}

function withClear(episode: Episode, alertId: string, by: ClearedBy): Episode {
  const next: Episode = { ...episode, alerts: { ...episode.alerts, [alertId]: 'cleared' } };
  switch (by) {
    case 'successor':
      return next;
    case 'nothing-measured':
      return { ...next, clearedBlindly: true };
    default:
      return { ...next, clearedGoodAt: Math.max(by.goodAt, episode.clearedGoodAt ?? by.goodAt) };
  }
}

function passTime(episode: Episode, now: number): Decision {
  if (episode.dueAt === null || now < episode.dueAt) {
    return nothing(episode);
  }
  if (isWaiting(episode)) {
    return { episode, actions: [{ type: 'judge-backlog' }] };
  }
  if (isBetweenTries(episode) && episode.remedy !== null) {
    return isClear(episode) ? verify(episode, now) : tryRemedy(episode, episode.remedy);
  }
  if (episode.state === 'remedying') {
    return fail(episode, alertReason('no-result'), now);
  }
  if (episode.state === 'verifying') {
    return episode.clearSince === null
      ? fail(episode, alertReason('not-cleared'), now)
      : endVerified(episode, now);
  }
  return nothing({ ...episode, dueAt: null });
}

/** It stayed clear for long enough. What ended it decides whether that was the remedy's doing. */
function endVerified(episode: Episode, now: number): Decision {
  if (isProven(episode)) {
    return remedied(episode, alertReason('stayed-clear'), now);
  }
  const endedMeasured = episode.clearedGoodAt !== null && !episode.clearedBlindly;
  return endedMeasured
    ? endedByItself(episode, alertReason('ended-by-itself'), now)
    : endedUnproven(episode, now);
}
