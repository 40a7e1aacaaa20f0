import { alertReason, Uuid } from '@andon/shared/contracts';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Platform, StoredEvent, Subscription, Transaction } from '../platform/index.ts';
import { changeProgressIfPossible } from './handling.ts';
import { type AlertProgress, mayBecome, stageOf } from './status.ts';
import { findAlerts } from './store.ts';

interface News {
  readonly progress: AlertProgress;
  readonly reason: string;
}

/** What those on our right tell of the work on alerts. */
const newsOf: Readonly<Record<string, (event: StoredEvent) => News | undefined>> = {
  'escalation.remedy-sent': () => ({ progress: 'command-sent', reason: alertReason('remedy-sent') }),
  'escalation.unremedied': ({ payload }) =>
    payload.commandId === null || payload.commandId === undefined
      ? undefined
      : { progress: 'command-failed', reason: String(payload.reason ?? alertReason('remedy-in-vain')) },
  'case.created': () => ({ progress: 'case-created', reason: alertReason('case-open') }),
  'work-order.created': () => ({ progress: 'work-order-created', reason: alertReason('work-order-open') }),
};

const Ids = Type.Array(Uuid);

function alertIdsOf({ payload }: StoredEvent): readonly string[] {
  const { alertIds, alertId } = payload;
  if (Value.Check(Ids, alertIds)) {
    return [...alertIds].sort();
  }
  return Value.Check(Uuid, alertId) ? [alertId] : [];
}

/** The events that change nothing, of alerts that are where they are told to be, or beyond. */
async function findPointless(
  transaction: Transaction,
  events: readonly StoredEvent[],
): Promise<ReadonlySet<number>> {
  const ids = new Set(events.flatMap(alertIdsOf));
  const stages = new Map((await findAlerts(transaction, [...ids])).map((row) => [row.id, stageOf(row)]));
  const moving = new Set<string>();
  for (const event of events) {
    const news = newsOf[event.type]?.(event);
    for (const id of alertIdsOf(event)) {
      const stage = stages.get(id);
      if (news !== undefined && stage !== undefined && mayBecome(stage, news.progress)) {
        moving.add(id);
      }
    }
  }
  const pointless = events.filter((event) => !alertIdsOf(event).some((id) => moving.has(id)));
  return new Set(pointless.map(({ id }) => id));
}

/** Says in one word how far the work on an alert is. */
export function progressSubscription(platform: Pick<Platform, 'clock'>): Subscription {
  return {
    name: 'alerts.progress',
    isUnhurried: true,
    types: Object.keys(newsOf),
    handleTogether: findPointless,
    async handle(transaction: Transaction, event) {
      const news = newsOf[event.type]?.(event);
      if (news === undefined) {
        return;
      }
      for (const alertId of alertIdsOf(event)) {
        await changeProgressIfPossible(transaction, platform, {
          alertId,
          progress: news.progress,
          reason: news.reason,
          actor: event.actor,
          causedBy: event.id,
        });
      }
    },
  };
}
