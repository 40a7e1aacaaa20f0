import type { Severity } from '@andon/shared/contracts';
import { type Database, sql, staleVersion, type Transaction } from '../platform/index.ts';
import { noSuchRule } from './problems.ts';
import type { NoticeRule, NoticeRuleInput } from './schemas.ts';

interface RuleRow {
  readonly id: string;
  readonly name: string;
  readonly category_id: string | null;
  readonly rule: string | null;
  readonly account_id: string | null;
  readonly severity_min: Severity;
  readonly contact_id: string | null;
  readonly user_id: string | null;
  readonly person_name: string | null;
  readonly channel: 'sms' | 'email';
  readonly wait_seconds: number;
  readonly enabled: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
}

const selectRules = sql`
  select rules.*, coalesce(contacts.full_name, users.name) as person_name from alert_notice_rules as rules
  left join contacts on contacts.id = rules.contact_id left join users on users.id = rules.user_id`;

function toRule(row: RuleRow): NoticeRule {
  return {
    id: row.id,
    name: row.name,
    categoryId: row.category_id,
    rule: row.rule,
    accountId: row.account_id,
    severityMin: row.severity_min,
    contactId: row.contact_id,
    userId: row.user_id,
    personName: row.person_name ?? '',
    channel: row.channel,
    waitSeconds: row.wait_seconds,
    enabled: row.enabled,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

const rulesMax = 1000;

export async function listRules(database: Database): Promise<NoticeRule[]> {
  const found = await sql<RuleRow>`${selectRules} order by rules.name, rules.id limit ${rulesMax}`.execute(
    database,
  );
  return found.rows.map(toRule);
}

export async function findRule(database: Database, id: string): Promise<NoticeRule> {
  const found = await sql<RuleRow>`${selectRules} where rules.id = ${id}`.execute(database);
  const [row] = found.rows;
  if (row === undefined) {
    throw noSuchRule();
  }
  return toRule(row);
}

export async function insertRule(
  transaction: Transaction,
  id: string,
  input: NoticeRuleInput,
  now: Date,
): Promise<void> {
  await sql`
    insert into alert_notice_rules (id, name, category_id, rule, account_id, severity_min, contact_id, user_id, channel,
      wait_seconds, enabled, created_at, updated_at)
    values (${id}, ${input.name}, ${input.categoryId ?? null}, ${input.rule ?? null}, ${input.accountId ?? null},
      ${input.severityMin ?? 'INDETERMINATE'}, ${input.contactId ?? null}, ${input.userId ?? null}, ${input.channel},
      ${input.waitSeconds ?? waitSecondsByDefault}, ${input.enabled ?? true}, ${now}, ${now})`.execute(
    transaction,
  );
}

export async function updateRule(
  transaction: Transaction,
  id: string,
  input: NoticeRuleInput,
  stamp: { readonly expected: number; readonly now: Date },
): Promise<void> {
  const { expected, now } = stamp;
  const updated = await sql`
    update alert_notice_rules set name = ${input.name}, category_id = ${input.categoryId ?? null},
      rule = ${input.rule ?? null}, account_id = ${input.accountId ?? null},
      severity_min = ${input.severityMin ?? 'INDETERMINATE'}, contact_id = ${input.contactId ?? null},
      user_id = ${input.userId ?? null}, channel = ${input.channel},
      wait_seconds = ${input.waitSeconds ?? waitSecondsByDefault}, enabled = ${input.enabled ?? true},
      updated_at = ${now}, version = version + 1
    where id = ${id} and version = ${expected}`.execute(transaction);
  if (updated.numAffectedRows !== 1n) {
    throw staleVersion(expected, (await findRule(transaction, id)).version);
  }
}

export async function deleteRule(transaction: Transaction, id: string): Promise<void> {
  const deleted = await sql`delete from alert_notice_rules where id = ${id}`.execute(transaction);
  if (deleted.numAffectedRows !== 1n) {
    throw noSuchRule();
  }
}

/** Long enough to see that it is one of many. */
export const waitSecondsByDefault = 5;

export interface MatchingRule {
  readonly id: string;
  readonly severityMin: Severity;
  readonly waitSeconds: number;
}

/** Those that are about such alerts, whatever their severity. `accountIds`: the account with those above it. */
export async function findMatchingRules(
  transaction: Transaction,
  about: {
    readonly categoryId: string | null;
    readonly rule: string | null;
    readonly accountIds: readonly string[];
  },
): Promise<MatchingRule[]> {
  const found = await sql<MatchingRule>`
    select id, severity_min as "severityMin", wait_seconds as "waitSeconds" from alert_notice_rules
    where enabled and (category_id is null or category_id = ${about.categoryId})
      and (rule is null or rule = ${about.rule})
      and (account_id is null or account_id = any(${[...about.accountIds]}::uuid[]))
    order by id limit ${rulesMax}`.execute(transaction);
  return found.rows;
}

/** Is there any rule at all by which somebody is told? */
export async function isAnybodyTold(database: Database): Promise<boolean> {
  const { rows } = await sql`select 1 from alert_notice_rules where enabled limit 1`.execute(database);
  return rows.length > 0;
}
