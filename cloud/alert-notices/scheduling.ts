import { Severity } from '@andon/shared/contracts';
import { Value } from 'typebox/value';
import type { Accounts } from '../accounts/index.ts';
import { type Alerts, worstSeverity } from '../alerts/index.ts';
import type { Platform, StoredEvent, Subscription, Transaction } from '../platform/index.ts';
import { findStandingNotices, findToldOfIncident, insertNotice } from './notice-store.ts';
import { findMatchingRules, isAnybodyTold } from './rule-store.ts';

export interface NoticesGround {
  readonly platform: Platform;
  readonly accounts: Pick<Accounts, 'findLines' | 'findContact'>;
  readonly alerts: Pick<Alerts, 'findAny' | 'countMembers'>;
}

/** What came late may be over, with its end on the way: it gets this long to show it. */
const lateWaitMilliseconds = 60_000;

/** Notes who is to be told of what is new, each once. */
export function noticesSubscription(ground: NoticesGround): Subscription {
  return {
    name: 'alert-notices',
    types: ['alert.raised', 'alert.escalated', 'alert.released', 'incident.over', 'incident.closed'],
    handle: (transaction, event) =>
      event.type === 'incident.over' || event.type === 'incident.closed'
        ? scheduleEnd(transaction, ground, event)
        : schedule(transaction, ground, event),
    async handleTogether(transaction, events) {
      return new Set((await isAnybodyTold(transaction)) ? [] : events.map(({ id }) => id));
    },
  };
}

/**
 * Who heard that an incident began hears how many it were, once it is over or a person closes it before, whichever
 * comes first; nobody else needs to.
 */
async function scheduleEnd(
  transaction: Transaction,
  { platform }: NoticesGround,
  event: StoredEvent,
): Promise<void> {
  const now = new Date(platform.clock.now());
  for (const ruleId of await findToldOfIncident(transaction, event.key)) {
    await insertNotice(transaction, {
      id: platform.newId(),
      rule_id: ruleId,
      alert_id: null,
      incident_id: event.key,
      of_end: true,
      event_id: event.id,
      due_at: now,
      created_at: now,
    });
  }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

async function schedule(transaction: Transaction, ground: NoticesGround, event: StoredEvent): Promise<void> {
  const { payload } = event;
  const held = textOf(payload.held);
  if (held !== null && held !== 'incident') {
    return;
  }
  const accountId = textOf(payload.accountId);
  const lines =
    accountId === null ? [] : [...(await ground.accounts.findLines(transaction, [accountId])).values()];
  const about = {
    categoryId: textOf(payload.categoryId),
    rule: textOf(payload.rule),
    accountIds: lines.flat(),
  };
  const severity = Value.Check(Severity, payload.severity) ? payload.severity : 'INDETERMINATE';
  const matching = (await findMatchingRules(transaction, about)).filter(
    ({ severityMin }) => worstSeverity([severity, severityMin]) === severity,
  );
  const isWorse = event.type === 'alert.escalated';
  // Whom it was told, or soon will be, need not hear that it got worse.
  const standing = isWorse ? await findStandingNotices(transaction, event.key) : undefined;
  const rules = matching.filter(({ id }) => !standing?.has(id));
  const incidentId = textOf(payload.incidentId);
  const [alert] =
    rules.length === 0 || incidentId !== null ? [] : await ground.alerts.findAny(transaction, [event.key]);
  if (isWorse && alert !== undefined && alert.hold !== null) {
    // Its release gives it one.
    return;
  }
  const { clock, newId } = ground.platform;
  const now = clock.now();
  for (const { id, waitSeconds } of rules) {
    const wait = Math.max(waitSeconds * 1000, alert?.late === true ? lateWaitMilliseconds : 0);
    await insertNotice(transaction, {
      id: newId(),
      rule_id: id,
      alert_id: incidentId === null ? event.key : null,
      incident_id: incidentId,
      of_end: false,
      event_id: event.id,
      due_at: new Date(now + wait),
      created_at: new Date(now),
    });
  }
}
