import { readAlertReason, Uuid } from '@andon/shared/contracts';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Alerts, AnyAlert } from '../alerts/index.ts';
import type { StoredEvent, Subscription, Transaction } from '../platform/index.ts';
import { type AlertOutcome, noteOutcomes, noteTry, type OutcomeNews, type TryNews } from './outcome-store.ts';

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
      'case.changed',
      'work-order.created',
      'escalation.alert-joined',
      'escalation.work-order-opened',
      'escalation.remedy-sent',
      'escalation.remedy-failed',
      'escalation.remedied',
      'escalation.unremedied',
      'escalation.closed',
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
    const tried = tryOf(event);
    if (tried !== undefined) {
      await noteTry(transaction, tried);
    }
    const news = newsOf(event);
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

function newsOf(event: StoredEvent): OutcomeNews | undefined {
  const { type, payload, occurredAt } = event;
  switch (type) {
    case 'alert.cleared':
      return { endedAt: occurredAt, cleared: true };
    case 'alert.status-changed':
      return payload.to === 'closed' ? { endedAt: occurredAt } : undefined;
    case 'case.created':
    case 'case.changed': {
      const priority = textOf(payload.priority);
      return { toPeople: true, ...(priority === undefined ? {} : { priority }) };
    }
    case 'work-order.created':
    case 'escalation.work-order-opened':
      return { toPeople: true };
    case 'escalation.alert-joined': {
      const isWithPeople = textOf(payload.caseId) ?? textOf(payload.workOrderId);
      return isWithPeople === undefined ? undefined : { toPeople: true };
    }
    default:
      return undefined;
  }
}

/** What is told of the remedies that an escalation tries, one after the other. */
function tryOf(event: StoredEvent): TryNews | undefined {
  const { type, payload } = event;
  const commandId = textOf(payload.commandId) ?? null;
  const alertIds = alertIdsOf(event);
  switch (type) {
    case 'escalation.remedy-sent':
      return commandId === null ? undefined : { alertIds, commandId, became: 'sent' };
    case 'escalation.remedy-failed':
      return { alertIds, commandId: null, became: 'failed' };
    case 'escalation.remedied':
      return commandId === null ? undefined : { alertIds, commandId, became: 'helped' };
    case 'escalation.unremedied':
      return commandId === null ? undefined : { alertIds, commandId, became: 'failed' };
    case 'escalation.closed': {
      const isUnbegun = readAlertReason(textOf(payload.reason) ?? '')?.token === 'cleared-by-itself';
      const became = isUnbegun ? 'withdrawn' : 'failed';
      return commandId === null ? undefined : { alertIds, commandId: null, became };
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
