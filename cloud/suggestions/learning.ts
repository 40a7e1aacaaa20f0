import { Uuid } from '@andon/shared/contracts';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Alerts } from '../alerts/index.ts';
import type { StoredEvent, Subscription, Transaction } from '../platform/index.ts';
import { findCommandName, noteOutcome, type OutcomeNews } from './outcome-store.ts';

const Ids = Type.Array(Uuid);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Keeps how alerts ended, by what others tell of them. */
export function outcomesSubscription(alerts: Pick<Alerts, 'findAny'>): Subscription {
  return {
    name: 'suggestions.outcomes',
    types: [
      'alert.cleared',
      'alert.status-changed',
      'case.created',
      'escalation.remedied',
      'escalation.unremedied',
    ],
    async handle(transaction, event) {
      const news = await newsOf(transaction, event);
      if (news === undefined) {
        return;
      }
      for (const alert of await alerts.findAny(transaction, alertIdsOf(event))) {
        const { categoryId, raisedAt, clearedAt } = alert;
        if (categoryId !== null) {
          const end = Date.parse(clearedAt ?? event.occurredAt.toISOString());
          const lastedSeconds = Math.max(0, end - Date.parse(raisedAt)) / 1000;
          const ended = news.endedAt === undefined ? {} : { lastedSeconds };
          await noteOutcome(transaction, { ...alert, categoryId }, { ...news, ...ended });
        }
      }
    },
  };
}

async function newsOf(transaction: Transaction, event: StoredEvent): Promise<OutcomeNews | undefined> {
  const { type, payload, occurredAt } = event;
  switch (type) {
    case 'alert.cleared':
      return { endedAt: occurredAt };
    case 'alert.status-changed':
      return payload.to === 'closed' ? { endedAt: occurredAt } : undefined;
    case 'case.created': {
      const priority = textOf(payload.priority);
      return priority === undefined ? undefined : { priority };
    }
    case 'escalation.remedied':
    case 'escalation.unremedied': {
      const commandId = textOf(payload.commandId);
      const command = commandId === undefined ? undefined : await findCommandName(transaction, commandId);
      return command === undefined ? undefined : { command, commandHelped: type === 'escalation.remedied' };
    }
    default:
      return undefined;
  }
}

function alertIdsOf({ key, type, payload }: StoredEvent): readonly string[] {
  if (type.startsWith('alert.')) {
    return [key];
  }
  const { alertIds, alertId } = payload;
  return Value.Check(Ids, alertIds) ? alertIds : Value.Check(Uuid, alertId) ? [alertId] : [];
}
