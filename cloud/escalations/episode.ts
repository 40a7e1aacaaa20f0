import type { CasePriority } from '../cases/index.ts';
import type { Decision, Episode, EpisodeEvent } from './episode-model.ts';

export type * from './episode-model.ts';
export { newEpisode } from './episode-model.ts';

const byHandReason = 'by-hand: a person asked for it';

/** How long after its expiry a remedy's end is waited for: a device may be rebooting. */
export const remedyResultGraceMilliseconds = 300_000;

/** A late alert gets this long to prove over before anything is done about it. */
export const lateAlertGraceMilliseconds = 30_000;
/** How often its data are looked at after that, and for how long at most. */
export const backlogLookMilliseconds = 5_000;
export const backlogWaitMillisecondsMax = 3_600_000;

const overWhenHeardOf = 'over-when-heard-of: the alert came late and was over by then';
const overBeforeRemedy = 'cleared-by-itself: the alert was over before the remedy was begun';

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
      return takeCleared(episode, event.alertId, now);
    case 'remedy-issued':
      return takeIssued(episode, event);
    case 'remedy-refused':
      return episode.state === 'remedying' && episode.commandId === null
        ? fail(episode, event.reason, now)
        : nothing(episode);
    case 'remedy-ended':
      return takeEnded(episode, event, now);
    case 'case-requested':
      return takeRequest(episode, event, now);
    case 'case-opened':
      return takeOpened(episode, event.caseId);
    case 'case-closed':
      return takeClosed(episode, event.caseId, now);
    case 'time-passed':
      return passTime(episode, now);
  }
}

const nothing = (episode: Episode): Decision => ({ episode, actions: [] });

function isClear(episode: Episode): boolean {
  return Object.values(episode.alerts).every((condition) => condition === 'cleared');
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
        reason: 'told-late: it is waited whether the fault is over by now',
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

function afterStart(episode: Episode, now: number): Decision {
  const hasAlerts = Object.keys(episode.alerts).length > 0;
  if (episode.policy === null) {
    return giveUp(episode, 'no-policy: nothing is to be tried for this fault', now);
  }
  if (!hasAlerts) {
    return giveUp(episode, 'no-alert: nothing could tell whether a remedy helps', now);
  }
  if (isClear(episode)) {
    return remedied(episode, 'cleared-by-itself: the alert was over before anything was tried', now);
  }
  return tryRemedy(episode, 'no-remedy: the policy names none', now);
}

/** Tries the remedy (again), or gives up with the reason. */
function tryRemedy(episode: Episode, reason: string, now: number): Decision {
  const times = episode.policy?.remedy?.times ?? 0;
  if (episode.attempts >= times) {
    return giveUp(episode, reason, now);
  }
  return {
    episode: {
      ...episode,
      state: 'remedying',
      reason: null,
      attempts: episode.attempts + 1,
      commandId: null,
      clearSince: null,
      verifyUntil: null,
      dueAt: null,
    },
    actions: [{ type: 'issue-remedy' }],
  };
}

const fail = tryRemedy;

function giveUp(episode: Episode, reason: string, now: number): Decision {
  const wantsCase = episode.wantedPriority !== null || episode.policy?.onUnremedied === 'case';
  const next: Episode = {
    ...episode,
    state: 'unremedied',
    reason,
    clearSince: null,
    verifyUntil: null,
    dueAt: null,
    closedAt: wantsCase || !isClear(episode) ? null : now,
  };
  return {
    episode: next,
    actions: [
      { type: 'tell', step: 'unremedied', reason },
      ...(wantsCase ? [{ type: 'open-case', reason } as const] : []),
    ],
  };
}

function remedied(episode: Episode, reason: string, now: number): Decision {
  return {
    episode: {
      ...episode,
      state: 'remedied',
      reason,
      clearSince: null,
      verifyUntil: null,
      dueAt: null,
      closedAt: now,
    },
    actions: [
      ...(episode.attempts > 0 ? [{ type: 'close-alerts', reason } as const] : []),
      { type: 'tell', step: 'remedied', reason },
    ],
  };
}

function takeIssued(episode: Episode, event: Extract<EpisodeEvent, { type: 'remedy-issued' }>): Decision {
  if (episode.state !== 'remedying' || episode.commandId !== null) {
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
      ? remedied(episode, overBeforeRemedy, now)
      : fail(episode, event.reason, now);
  }
  const within = (episode.policy?.verify.withinSeconds ?? 0) * 1000;
  const verifying: Episode = {
    ...episode,
    state: 'verifying',
    clearSince: isClear(episode) ? now : null,
    verifyUntil: now + within,
  };
  const next = passTime(withDue(verifying), now);
  return {
    episode: next.episode,
    actions: [{ type: 'tell', step: 'verifying', reason: null }, ...next.actions],
  };
}

/** While it is verified: when it has been clear for long enough, or when it must have cleared. */
function withDue(episode: Episode): Episode {
  const clearFor = (episode.policy?.verify.clearForSeconds ?? 0) * 1000;
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
  return isLate
    ? nothing(withLateAlert(joined, now))
    : fail(joined, 'raised-again: the fault came back after the remedy', now);
}

/** A late alert is no proof that the remedy failed; it gets time to prove over. */
function withLateAlert(episode: Episode, now: number): Episode {
  const verifyUntil = Math.max(episode.verifyUntil ?? now, now + lateAlertGraceMilliseconds);
  return withDue({ ...episode, clearSince: null, verifyUntil });
}

function takeCleared(episode: Episode, alertId: string, now: number): Decision {
  if (episode.alerts[alertId] !== 'active') {
    return nothing(episode);
  }
  const next: Episode = { ...episode, alerts: { ...episode.alerts, [alertId]: 'cleared' } };
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
      return nothing(next);
  }
}

function takeRequest(
  episode: Episode,
  event: Extract<EpisodeEvent, { type: 'case-requested' }>,
  now: number,
): Decision {
  const wanted: Episode = { ...episode, wantedPriority: higher(episode.wantedPriority, event.priority) };
  switch (episode.state) {
    case 'case-opened':
      return nothing(episode);
    case 'unremedied':
      return { episode: wanted, actions: [{ type: 'open-case', reason: episode.reason ?? 'requested' }] };
    case 'remedied':
      return event.byHand
        ? { episode: wanted, actions: [{ type: 'open-case', reason: byHandReason }] }
        : nothing(episode);
    case 'open':
    case 'remedying':
    case 'verifying':
      return event.byHand ? giveUp(wanted, byHandReason, now) : nothing(wanted);
  }
}

const ranks: Readonly<Record<CasePriority, number>> = { critical: 3, high: 2, normal: 1, low: 0 };

function higher(one: CasePriority | null, other: CasePriority): CasePriority {
  return one !== null && ranks[one] >= ranks[other] ? one : other;
}

function takeOpened(episode: Episode, caseId: string): Decision {
  if (episode.caseId !== null) {
    return nothing(episode);
  }
  return {
    episode: { ...episode, state: 'case-opened', caseId, dueAt: null },
    actions: [{ type: 'tell', step: 'case-opened', reason: episode.reason }],
  };
}

function takeClosed(episode: Episode, caseId: string, now: number): Decision {
  if (episode.state !== 'case-opened' || episode.caseId !== caseId) {
    return nothing(episode);
  }
  return {
    episode: { ...episode, closedAt: episode.closedAt ?? now },
    actions: [
      { type: 'close-alerts', reason: 'its case was closed' },
      ...(episode.closedAt === null
        ? [{ type: 'tell', step: 'closed', reason: 'its case was closed' } as const]
        : []),
    ],
  };
}

function passTime(episode: Episode, now: number): Decision {
  if (episode.dueAt === null || now < episode.dueAt) {
    return nothing(episode);
  }
  if (isWaiting(episode)) {
    return { episode, actions: [{ type: 'judge-backlog' }] };
  }
  if (episode.state === 'remedying') {
    return fail(episode, 'no-result: nothing was heard of the remedy in time', now);
  }
  if (episode.state === 'verifying') {
    return episode.clearSince === null
      ? fail(episode, 'not-cleared: the remedy succeeded and the alert stayed', now)
      : remedied(episode, 'remedied by command, and the alert stayed clear', now);
  }
  return nothing({ ...episode, dueAt: null });
}
