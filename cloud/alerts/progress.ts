import { alertReason, Uuid } from '@andon/shared/contracts';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Platform, StoredEvent, Subscription, Transaction } from '../platform/index.ts';
import { changeStageIfPossible } from './handling.ts';
import { type AlertStage, mayComeTo, stageOf } from './status.ts';
import { findAlerts } from './store.ts';
import type { AlertRow } from './tables.ts';

interface News {
  readonly stage: AlertStage;
  readonly reason: string;
}

/** What those on our right tell of the work on alerts. */
const newsOf: Readonly<Record<string, (event: StoredEvent, alert: AlertRow) => News | undefined>> = {
  'escalation.remedy-sent': () => ({ stage: 'command-sent', reason: alertReason('remedy-sent') }),
  'escalation.unremedied': ({ payload }) =>
    payload.commandId === null || payload.commandId === undefined
      ? undefined
      : { stage: 'command-failed', reason: String(payload.reason ?? alertReason('remedy-in-vain')) },
  'case.created': () => ({ stage: 'case-created', reason: alertReason('case-open') }),
  'work-order.created': () => workOrderOpen,
  'work-order.status-changed': ofWorkOrder,
};

const workOrderOpen: News = { stage: 'work-order-created', reason: alertReason('work-order-open') };

/**
 * Of a work order that ended: what it was sent for goes on with its case, is closed where the visit ended it, and else
 * is as it was before somebody was sent. The work order of an escalation without a case is seen to by that.
 */
function ofWorkOrder({ payload }: StoredEvent, alert: AlertRow): News | undefined {
  const { from, to, escalationId, caseId, alertHasOthers } = payload;
  const isOfEscalation = typeof escalationId === 'string' && typeof caseId !== 'string';
  if (to !== 'completed' && to !== 'cancelled') {
    return (from === 'completed' || from === 'cancelled') && to !== 'posted' ? workOrderOpen : undefined;
  }
  if (isOfEscalation || alertHasOthers === true || alert.progress !== 'work-order-created') {
    return undefined;
  }
  if (alert.case_id !== null) {
    return { stage: 'case-created', reason: alertReason('case-open') };
  }
  const isOver = alert.condition === 'cleared';
  return to === 'completed'
    ? { stage: isOver ? 'closed' : 'active', reason: alertReason('work-order-completed') }
    : { stage: isOver ? 'inactive' : 'active', reason: alertReason('work-order-cancelled') };
}

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
  const alerts = new Map((await findAlerts(transaction, [...ids])).map((row) => [row.id, row]));
  const moving = new Set<string>();
  for (const event of events) {
    for (const id of alertIdsOf(event)) {
      const alert = alerts.get(id);
      const news = alert && newsOf[event.type]?.(event, alert);
      if (alert !== undefined && news !== undefined && mayComeTo(stageOf(alert), news.stage)) {
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
      for (const alertId of alertIdsOf(event)) {
        await changeStageIfPossible(transaction, platform, {
          alertId,
          stageOf: (alert) => newsOf[event.type]?.(event, alert),
          actor: event.actor,
          causedBy: event.id,
        });
      }
    },
  };
}
