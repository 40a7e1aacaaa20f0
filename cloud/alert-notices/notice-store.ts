import { type Database, sql, type Transaction } from '../platform/index.ts';
import type { Notice } from './schemas.ts';

export interface NoticeRow {
  readonly id: string;
  readonly rule_id: string;
  readonly alert_id: string | null;
  readonly incident_id: string | null;
  /** That an incident is over, for those who were told that it began. */
  readonly of_end: boolean;
  readonly event_id: number;
  readonly due_at: Date;
}

export interface DueNotice extends NoticeRow {
  /** How often telling it has failed. */
  readonly attempts: number;
}

/** Once for each rule and event, and once for each rule and the beginning and the end of an incident. */
export async function insertNotice(
  transaction: Transaction,
  notice: NoticeRow & { readonly created_at: Date },
): Promise<void> {
  await sql`
    insert into alert_notices (id, rule_id, alert_id, incident_id, of_end, event_id, due_at, state, created_at)
    values (${notice.id}, ${notice.rule_id}, ${notice.alert_id}, ${notice.incident_id}, ${notice.of_end},
      ${notice.event_id}, ${notice.due_at}, 'waiting', ${notice.created_at})
    on conflict do nothing`.execute(transaction);
}

/** The next whose time has come; another worker's is left to it. */
export async function lockDueNotice(transaction: Transaction, now: Date): Promise<DueNotice | undefined> {
  const found = await sql<DueNotice>`
    select id, rule_id, alert_id, incident_id, of_end, event_id, due_at, attempts from alert_notices
    where state = 'waiting' and due_at <= ${now} order by due_at, id limit 1 for update skip locked`.execute(
    transaction,
  );
  return found.rows[0];
}

export async function decideNotice(
  transaction: Transaction,
  id: string,
  decision: { readonly messageId: string } | { readonly reason: string },
  now: Date,
): Promise<void> {
  const messageId = 'messageId' in decision ? decision.messageId : null;
  const reason = 'reason' in decision ? decision.reason : null;
  await sql`
    update alert_notices set state = case when ${messageId}::uuid is null then 'dropped' else 'told' end,
      message_id = ${messageId}, reason = ${reason}, decided_at = ${now}
    where id = ${id}`.execute(transaction);
}

/** It failed: it is tried again later, and does not stand in the way of others until then. */
export async function putOffNotice(transaction: Transaction, id: string, until: Date): Promise<void> {
  await sql`update alert_notices set attempts = attempts + 1, due_at = ${until} where id = ${id}`.execute(
    transaction,
  );
}

/** The rules whose person was told of this alert, or is going to be: by itself, or as its incident. */
export async function findStandingNotices(
  transaction: Transaction,
  alertId: string,
): Promise<ReadonlySet<string>> {
  const found = await sql<{ rule_id: string }>`
    select rule_id from alert_notices where alert_id = ${alertId} and state in ('waiting', 'told')
    union select notices.rule_id from alert_notices as notices join alerts using (incident_id)
    where alerts.id = ${alertId} and notices.state in ('waiting', 'told')`.execute(transaction);
  return new Set(found.rows.map(({ rule_id }) => rule_id));
}

/** The rules that are in force, and whose person was told that an incident began. */
export async function findToldOfIncident(transaction: Transaction, incidentId: string): Promise<string[]> {
  const found = await sql<{ rule_id: string }>`
    select notices.rule_id from alert_notices as notices
      join alert_notice_rules as rules on rules.id = notices.rule_id
    where notices.incident_id = ${incidentId} and not notices.of_end and notices.state = 'told' and rules.enabled
    order by notices.rule_id`.execute(transaction);
  return found.rows.map(({ rule_id }) => rule_id);
}

const noticesShownMax = 200;

export async function listNotices(
  database: Database,
  filter: { readonly alertId?: string | undefined; readonly incidentId?: string | undefined },
): Promise<Notice[]> {
  const found = await sql<
    NoticeRow & {
      rule_name: string;
      person_name: string | null;
      channel: 'sms' | 'email';
      state: Notice['state'];
      reason: string | null;
      message_id: string | null;
      decided_at: Date | null;
    }
  >`
    select notices.*, rules.name as rule_name, rules.channel, coalesce(contacts.full_name, users.name) as person_name
    from alert_notices as notices join alert_notice_rules as rules on rules.id = notices.rule_id
    left join contacts on contacts.id = rules.contact_id left join users on users.id = rules.user_id
    where (${filter.alertId ?? null}::uuid is null or notices.alert_id = ${filter.alertId ?? null}::uuid)
      and (${filter.incidentId ?? null}::uuid is null or notices.incident_id = ${filter.incidentId ?? null}::uuid)
    order by notices.created_at desc, notices.id desc limit ${noticesShownMax}`.execute(database);
  return found.rows.map((row) => ({
    id: row.id,
    ruleId: row.rule_id,
    ruleName: row.rule_name,
    personName: row.person_name ?? '',
    channel: row.channel,
    alertId: row.alert_id,
    incidentId: row.incident_id,
    ofEnd: row.of_end,
    state: row.state,
    reason: row.reason,
    messageId: row.message_id,
    dueAt: row.due_at.toISOString(),
    decidedAt: row.decided_at?.toISOString() ?? null,
  }));
}
