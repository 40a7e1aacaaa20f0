import { alertReason } from '@andon/shared/contracts';
import type { Decision, Episode, EpisodeAction } from './episode-model.ts';

export const byHandReason = alertReason('by-hand');

export const nothing = (episode: Episode): Decision => ({ episode, actions: [] });

export function isClear(episode: Episode): boolean {
  return Object.values(episode.alerts).every((condition) => condition === 'cleared');
}

/** Nothing helped, or nothing was to be tried: people are called, as the rule or somebody's wish has it. */
export function giveUp(episode: Episode, reason: string, now: number): Decision {
  const otherwise = episode.rule?.otherwise ?? 'none';
  const wantsCase =
    episode.wantedPriority !== null || otherwise === 'case' || otherwise === 'case-and-work-order';
  const wantsWorkOrder = otherwise === 'work-order';
  const calls: EpisodeAction[] = wantsCase
    ? [{ type: 'open-case', reason }]
    : wantsWorkOrder
      ? [{ type: 'open-work-order', reason }]
      : [];
  const next: Episode = {
    ...episode,
    state: 'unremedied',
    reason,
    clearSince: null,
    verifyUntil: null,
    dueAt: null,
    closedAt: calls.length > 0 || !isClear(episode) ? null : now,
  };
  return { episode: next, actions: [{ type: 'tell', step: 'unremedied', reason }, ...calls] };
}

/** Does what was measured say that the remedy helped? */
export function isProven({ remedyBegunAt, clearedGoodAt, clearedBlindly }: Episode): boolean {
  return (
    remedyBegunAt !== null && clearedGoodAt !== null && clearedGoodAt >= remedyBegunAt && !clearedBlindly
  );
}

/** It is over, but not because of what was tried: nobody may count it as fixed. */
export function endedByItself(episode: Episode, reason: string, now: number): Decision {
  const { episode: ended } = remedied(episode, reason, now);
  return {
    episode: ended,
    actions: [
      { type: 'close-alerts', reason },
      { type: 'tell', step: 'closed', reason },
    ],
  };
}

/** Its alerts are gone and nothing measured says why. Nothing is left that could be verified: people look at it. */
export function endedUnproven(episode: Episode, now: number): Decision {
  const reason = alertReason('cleared-unproven');
  const { episode: next, actions } = giveUp(episode, reason, now);
  return next.closedAt === null
    ? { episode: next, actions }
    : { episode: next, actions: [{ type: 'close-alerts', reason }, ...actions] };
}

export function remedied(episode: Episode, reason: string, now: number): Decision {
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
