import { alertReason } from '@andon/shared/contracts';
import { backoffMilliseconds } from '@andon/shared/kernel';
import type { AnyAlert } from '../alerts/index.ts';
import { worstSeverity } from '../alerts/index.ts';
import { findStayingIncident } from '../incidents/index.ts';
import type { Addressee, Notifications } from '../notifications/index.ts';
import { doOrPutOff, inTransaction, sql, type Transaction } from '../platform/index.ts';
import {
  type DueNotice,
  decideNotice,
  findStandingNotices,
  insertNotice,
  lockDueNotice,
  type NoticeRow,
  putOffNotice,
} from './notice-store.ts';
import { findRule } from './rule-store.ts';
import type { NoticesGround } from './scheduling.ts';
import type { NoticeRule } from './schemas.ts';

export interface TellingGround extends NoticesGround {
  readonly notifications: Pick<Notifications, 'notify'>;
}

/** Tells one that is due, or says why nobody needs to be told; answers how many. */
export function tellDue(ground: TellingGround): Promise<number> {
  const { database, clock } = ground.platform;
  return inTransaction(database, async (transaction) => {
    const now = new Date(clock.now());
    const notice = await lockDueNotice(transaction, now);
    if (notice === undefined) {
      return 0;
    }
    const decision = await tryToTell(transaction, ground, notice);
    if (decision === undefined) {
      const wait = backoffMilliseconds(notice.attempts, patience, () => 1);
      await putOffNotice(transaction, notice.id, new Date(now.getTime() + wait));
    } else {
      await decideNotice(transaction, notice.id, decision, now);
    }
    return 1;
  });
}

type Decision = { readonly messageId: string } | { readonly reason: string };

/** Together a quarter of an hour: what is amiss with one person, rule or template may be mended meanwhile. */
const attemptsMax = 8;
const patience = { baseMilliseconds: 5_000, capMilliseconds: 300_000 };

/** Behind a savepoint, so that one that fails holds up no other; undefined: it is to be tried again later. */
async function tryToTell(
  transaction: Transaction,
  ground: TellingGround,
  notice: DueNotice,
): Promise<Decision | undefined> {
  let decision: Decision | undefined;
  const tell = async (): Promise<void> => {
    const rule = await findRule(transaction, notice.rule_id);
    decision =
      notice.alert_id === null
        ? await tellIncident(transaction, ground, notice, rule)
        : await tellAlert(transaction, ground, { ...notice, alert_id: notice.alert_id }, rule);
  };
  await doOrPutOff(transaction, tell, async (error) => {
    const attempts = notice.attempts + 1;
    ground.platform.logger.error({ err: error, noticeId: notice.id, attempts }, 'a notice could not be told');
    decision = attempts < attemptsMax ? undefined : { reason: alertReason('told-in-vain') };
  });
  return decision;
}

async function tellAlert(
  transaction: Transaction,
  ground: TellingGround,
  notice: NoticeRow & { readonly alert_id: string },
  rule: NoticeRule,
): Promise<Decision> {
  const [alert] = await ground.alerts.findAny(transaction, [notice.alert_id]);
  if (alert === undefined) {
    return { reason: alertReason('alert-gone') };
  }
  if (alert.incidentId !== null) {
    const { newId, clock } = ground.platform;
    await insertNotice(transaction, {
      id: newId(),
      rule_id: rule.id,
      alert_id: null,
      incident_id: alert.incidentId,
      of_end: false,
      event_id: notice.event_id,
      due_at: notice.due_at,
      created_at: new Date(clock.now()),
    });
    return { reason: alertReason('part-of-incident') };
  }
  const [primary] =
    alert.parentAlertId === null ? [] : await ground.alerts.findAny(transaction, [alert.parentAlertId]);
  // Another alert stands for this one only to those who heard of that other.
  const heard = primary !== undefined && (await findStandingNotices(transaction, primary.id)).has(rule.id);
  const reason = reasonNotToTell(alert, heard ? primary : undefined);
  if (reason !== undefined) {
    return { reason };
  }
  return send(transaction, ground, rule, notice, {
    template: `alert-${rule.channel}`,
    values: {
      device: alert.deviceName,
      reason: alert.reason,
      severity: alert.severity,
      raisedAt: shortTime(alert.raisedAt),
      link: new URL(`/alerts/${alert.id}`, ground.platform.publicUrl).toString(),
    },
    caseId: alert.caseId,
  });
}

/** Pure: an alert that nobody needs to hear of says why. `primary`: the alert of its group that the person heard of. */
export function reasonNotToTell(
  alert: Pick<AnyAlert, 'condition' | 'status' | 'response' | 'hold' | 'severity'>,
  primary: Pick<AnyAlert, 'severity' | 'condition'> | undefined,
): string | undefined {
  if (alert.condition === 'cleared' || alert.status === 'closed') {
    return alertReason('over-before-told');
  }
  if (alert.hold !== null) {
    return alertReason('alert-held', alert.hold.kind);
  }
  if (alert.response === 'acknowledged') {
    return alertReason('seen-already');
  }
  if (primary?.condition !== 'active') {
    return undefined;
  }
  const isWorse =
    primary.severity !== alert.severity &&
    worstSeverity([primary.severity, alert.severity]) === alert.severity;
  return isWorse ? undefined : alertReason('primary-told');
}

async function tellIncident(
  transaction: Transaction,
  ground: TellingGround,
  notice: NoticeRow,
  rule: NoticeRule,
): Promise<Decision> {
  const incidentId = notice.incident_id ?? '';
  // Whoever is told that it began is known as told before it can be over, and so hears of its end.
  const incident = await findStayingIncident(transaction, incidentId);
  // That it is over is told also of one that somebody has closed since.
  if (incident === undefined || (incident.state === 'closed' && !notice.of_end)) {
    return { reason: alertReason('incident-closed-before-told') };
  }
  if (incident.state === 'over' && !notice.of_end) {
    return { reason: alertReason('over-before-told') };
  }
  const members = (await ground.alerts.countMembers(transaction, [incidentId]))(incidentId);
  const [first] = await ground.alerts.findAny(transaction, [incident.first_alert_id]);
  const code = incident.cause.kind === 'rule' ? incident.cause.errorCode : null;
  const cause =
    incident.cause.kind === 'rule'
      ? `${incident.cause.rule}${code === null ? '' : ` (${code})`}`
      : `alerts like: ${first?.reason ?? ''}`;
  return send(transaction, ground, rule, notice, {
    template: `${notice.of_end ? (incident.over_at === null ? 'incident-closed' : 'incident-over') : 'incident'}-${rule.channel}`,
    values: {
      devices: members.devices,
      alerts: members.alerts,
      cause,
      severity: incident.severity,
      openedAt: shortTime(incident.opened_at.toISOString()),
      ...(notice.of_end
        ? { overAt: shortTime((incident.over_at ?? incident.closed_at ?? incident.opened_at).toISOString()) }
        : {}),
      link: new URL(`/incidents/${incidentId}`, ground.platform.publicUrl).toString(),
    },
    caseId: null,
  });
}

async function send(
  transaction: Transaction,
  ground: TellingGround,
  rule: NoticeRule,
  notice: NoticeRow,
  message: {
    readonly template: string;
    readonly values: Readonly<Record<string, string | number>>;
    readonly caseId: string | null;
  },
): Promise<Decision> {
  const contact = await personOf(transaction, ground, rule);
  const messageId = await ground.notifications.notify(transaction, {
    channel: rule.channel,
    template: message.template,
    values: message.values,
    purpose: 'transactional',
    topic: 'alerts',
    contact,
    caseId: message.caseId,
    test: false,
    causedBy: notice.event_id,
    origin: null,
  });
  return messageId === undefined ? { reason: alertReason('nothing-sent') } : { messageId };
}

async function personOf(
  transaction: Transaction,
  { accounts }: NoticesGround,
  rule: NoticeRule,
): Promise<Addressee | null> {
  if (rule.contactId !== null) {
    return (await accounts.findContact(transaction, rule.contactId)) ?? null;
  }
  const found = await sql<{ id: string; name: string; email: string }>`
    select id, name, email from users where id = ${rule.userId} and disabled_at is null`.execute(transaction);
  const [user] = found.rows;
  return user === undefined
    ? null
    : { id: user.id, fullName: user.name, email: user.email, phone: null, language: 'en' };
}

/** Whom it reaches may be anywhere: the hour of the world, to the minute. */
const shortTime = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;
