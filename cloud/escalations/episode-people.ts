import { alertReason } from '@andon/shared/contracts';
import type { CasePriority } from '../cases/index.ts';
import { byHandReason, giveUp, nothing } from './episode-ends.ts';
import type { Decision, Episode, EpisodeEvent } from './episode-model.ts';

export function takeRequest(
  episode: Episode,
  event: Extract<EpisodeEvent, { type: 'case-requested' }>,
  now: number,
): Decision {
  const wanted: Episode = { ...episode, wantedPriority: higher(episode.wantedPriority, event.priority) };
  switch (episode.state) {
    case 'case-opened':
      return nothing(episode);
    case 'unremedied':
    case 'work-order-opened':
      return {
        episode: wanted,
        actions: [{ type: 'open-case', reason: episode.reason ?? alertReason('case-requested') }],
      };
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

export function takeOpened(
  episode: Episode,
  { caseId, workOrderId }: Extract<EpisodeEvent, { type: 'case-opened' }>,
): Decision {
  if (episode.caseId !== null) {
    return nothing(episode);
  }
  return {
    episode: {
      ...episode,
      state: 'case-opened',
      caseId,
      workOrderId: workOrderId ?? episode.workOrderId,
      dueAt: null,
    },
    actions: [{ type: 'tell', step: 'case-opened', reason: episode.reason }],
  };
}

export function takeWorkOrder(episode: Episode, workOrderId: string): Decision {
  if (episode.workOrderId !== null || episode.state !== 'unremedied') {
    return nothing(episode);
  }
  return {
    episode: { ...episode, state: 'work-order-opened', workOrderId },
    actions: [{ type: 'tell', step: 'work-order-opened', reason: episode.reason }],
  };
}

/** Where there is a case the work order returns to it, and the episode goes on until the case is closed. */
export function takeWorkOrderEnded(
  episode: Episode,
  { workOrderId, completed }: Extract<EpisodeEvent, { type: 'work-order-ended' }>,
  now: number,
): Decision {
  if (
    episode.state !== 'work-order-opened' ||
    episode.workOrderId !== workOrderId ||
    episode.closedAt !== null
  ) {
    return nothing(episode);
  }
  const reason = alertReason(completed ? 'work-order-completed' : 'work-order-cancelled');
  return {
    episode: { ...episode, closedAt: now },
    actions: [
      { type: completed ? 'close-alerts' : 'release-alerts', reason },
      { type: 'tell', step: 'closed', reason },
    ],
  };
}

export function takeClosed(episode: Episode, caseId: string, now: number): Decision {
  if (episode.state !== 'case-opened' || episode.caseId !== caseId) {
    return nothing(episode);
  }
  const reason = alertReason('case-closed');
  return {
    episode: { ...episode, closedAt: episode.closedAt ?? now },
    actions: [
      { type: 'close-alerts', reason },
      ...(episode.closedAt === null ? [{ type: 'tell', step: 'closed', reason } as const] : []),
    ],
  };
}
