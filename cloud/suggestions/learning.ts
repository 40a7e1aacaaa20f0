import { Uuid } from '@andon/shared/contracts';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Alerts, AnyAlert } from '../alerts/index.ts';
import type { StoredEvent, Subscription, Transaction } from '../platform/index.ts';
import { type AlertOutcome, findCommandName, noteOutcomes, type OutcomeNews } from './outcome-store.ts';

const Ids = Type.Array(Uuid);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Keeps how alerts ended, by what others tell of them. */
export function outcomesSubscription(alerts: Pick<Alerts, 'findAny'>): Subscription {
  return {
    name: 'suggestions.outcomes',
    isUnhurried: true,
    types: [
      'alert.cleared',
      'alert.status-changed',
      'case.created',
      'escalation.remedied',
      'escalation.unremedied',
    ],
    handle: (transaction, event) => learn(transaction, alerts, [event]),
    async handleTogether(transaction, events) {
      await learn(transaction, alerts, events);
      return new Set(events.map(({ id }) => id));
    },
  };
}

async function learn(
  transaction: Transaction,
  alerts: Pick<Alerts, 'findAny'>,
  events: readonly StoredEvent[],
): Promise<void> {
  const told: { readonly alertId: string; readonly news: OutcomeNews }[] = [];
  for (const event of events) {
    const news = await newsOf(transaction, event);
    if (news !== undefined) {
      told.push(...alertIdsOf(event).map((alertId) => ({ alertId, news })));
    }
  }
  if (told.length === 0) {
    return;
  }
  const found = await alerts.findAny(transaction, [...new Set(told.map(({ alertId }) => alertId))]);
  const outcomes: AlertOutcome[] = [];
  for (const alert of found) {
    const { categoryId } = alert;
    if (categoryId !== null) {
      const own = told.filter(({ alertId }) => alertId === alert.id).map(({ news }) => news);
      outcomes.push({ alert: { ...alert, categoryId }, news: withDuration(mergeNews(own), alert) });
    }
  }
  await noteOutcomes(transaction, outcomes);
}

/** Of what was told in this order: an end stays, of everything else the latest holds. */
function mergeNews(told: readonly OutcomeNews[]): OutcomeNews {
  const end = told.find(({ endedAt }) => endedAt !== undefined)?.endedAt;
  return Object.assign({}, ...told, end === undefined ? {} : { endedAt: end });
}

function withDuration(news: OutcomeNews, { raisedAt, clearedAt }: AnyAlert): OutcomeNews {
  if (news.endedAt === undefined) {
    return news;
  }
  const end = clearedAt === null ? news.endedAt.getTime() : Date.parse(clearedAt);
  return { ...news, lastedSeconds: Math.max(0, end - Date.parse(raisedAt)) / 1000 };
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
