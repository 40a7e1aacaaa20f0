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
