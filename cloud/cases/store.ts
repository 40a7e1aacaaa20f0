import type { AccountTables, ContactTables } from '../accounts/index.ts';
import type { AssetTables } from '../assets/index.ts';
import { type Database, sql, type Transaction } from '../platform/index.ts';
import type { CaseOrigin, CasePriority, CasesQuery, TimelineEntry } from './schemas.ts';
import type { CaseStatus, CaseStatusReason } from './status.ts';

export type CaseTables = {
  cases: {
    id: string;
    number: string;
    title: string;
    description: string | null;
    status: CaseStatus;
    status_reason: CaseStatusReason;
    priority: CasePriority;
    origin: CaseOrigin;
    account_id: string;
    contact_id: string | null;
    device_id: string | null;
    asset_id: string | null;
    product_name: string | null;
    serial_number: string | null;
    alert_id: string | null;
    error_code: number | null;
    evidence: unknown;
    escalation_id: string | null;
    public_token: string;
    public_token_sha256: string;
    resolution: string | null;
    resolved_at: Date | null;
    resolved_by: string | null;
    created_by: string;
    created_at: Date;
    updated_at: Date;
    version: number;
  };
  case_activities: {
    id: string;
    case_id: string;
    at: Date;
    kind: TimelineEntry['kind'];
    title: string;
    detail: string | null;
    actor: string | null;
    source: string | null;
  };
};
type CaseColumns = CaseTables['cases'];
export type CaseRow = CaseColumns & {
  account_name: string;
  contact_name: string | null;
  asset_name: string | null;
};
export type ActivityRow = CaseTables['case_activities'];
/** What a new case is made of; the number comes from the database. */
export type NewCaseRow = Omit<
  CaseColumns,
  'number' | 'resolution' | 'resolved_at' | 'resolved_by' | 'version' | 'updated_at'
>;

function selectCases(database: Database) {
  return database
    .withTables<CaseTables & AccountTables & ContactTables & AssetTables>()
    .selectFrom('cases')
    .innerJoin('accounts', 'accounts.id', 'cases.account_id')
    .leftJoin('contacts', 'contacts.id', 'cases.contact_id')
    .leftJoin('assets', 'assets.id', 'cases.asset_id')
    .selectAll('cases')
    .select([
      'accounts.name as account_name',
      'contacts.full_name as contact_name',
      'assets.name as asset_name',
    ]);
}

/** Inserts them, except where its escalation has a case already; answers the numbers of those that were inserted, by id. */
export async function insertCases(
  transaction: Transaction,
  rows: readonly NewCaseRow[],
): Promise<Map<string, string>> {
  const inserted = await sql<{ id: string; number: string }>`
    insert into cases (id, title, description, status, status_reason, priority, origin, account_id, contact_id,
      device_id, asset_id, product_name, serial_number, alert_id, error_code, evidence, escalation_id, public_token,
      public_token_sha256, created_by, created_at, updated_at)
    select id, title, description, status, status_reason, priority, origin, account_id, contact_id, device_id,
      asset_id, product_name, serial_number, alert_id, error_code, evidence, escalation_id, public_token,
      public_token_sha256, created_by, created_at, created_at
    from jsonb_populate_recordset(null::cases, ${JSON.stringify(rows)}::jsonb)
    on conflict (escalation_id) do nothing
    returning id, number`.execute(transaction);
  return new Map(inserted.rows.map(({ id, number }) => [id, number]));
}

export async function findCase(database: Database, id: string): Promise<CaseRow | undefined> {
  return selectCases(database).where('cases.id', '=', id).executeTakeFirst();
}

export async function findCaseOfEscalation(
  database: Database,
  escalationId: string,
): Promise<CaseRow | undefined> {
  return selectCases(database).where('cases.escalation_id', '=', escalationId).executeTakeFirst();
}

export async function lockCase(transaction: Transaction, id: string): Promise<CaseColumns | undefined> {
  return transaction
    .withTables<CaseTables>()
    .selectFrom('cases')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

export async function changeCase(
  transaction: Transaction,
  id: string,
  change: Partial<
    Pick<
      CaseColumns,
      | 'title'
      | 'description'
      | 'priority'
      | 'contact_id'
      | 'status'
      | 'status_reason'
      | 'resolution'
      | 'resolved_at'
      | 'resolved_by'
    >
  >,
  now: Date,
): Promise<void> {
  await transaction
    .withTables<CaseTables>()
    .updateTable('cases')
    .set((expression) => ({ ...change, updated_at: now, version: expression('version', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

/** Newest first; one row more than `limit` where there is a next page. */
export async function listCases(
  database: Database,
  filter: CasesQuery,
  page: { limit: number; before?: { createdAt: string; id: string } },
): Promise<CaseRow[]> {
  const equal = {
    'cases.status': filter.status,
    'cases.priority': filter.priority,
    'cases.account_id': filter.accountId,
    'cases.contact_id': filter.contactId,
    'cases.device_id': filter.deviceId,
    'cases.asset_id': filter.assetId,
    'cases.alert_id': filter.alertId,
    'cases.product_name': filter.productName,
    'cases.serial_number': filter.serialNumber,
  };
  let query = selectCases(database);
  for (const [column, value] of Object.entries(equal)) {
    if (value !== undefined) {
      query = query.where(sql<boolean>`${sql.ref(column)} = ${value}`);
    }
  }
  if (filter.q !== undefined) {
    query = query.where(
      sql<boolean>`position(lower(${filter.q}) in lower(concat_ws(' ', cases.number, cases.title,
        accounts.name, contacts.full_name, cases.device_id, assets.name, cases.serial_number))) > 0`,
    );
  }
  if (page.before !== undefined) {
    query = query.where(
      sql<boolean>`(cases.created_at, cases.id) <
        (${page.before.createdAt}::timestamptz, ${page.before.id}::uuid)`,
    );
  }
  return query
    .orderBy('cases.created_at', 'desc')
    .orderBy('cases.id', 'desc')
    .limit(page.limit + 1)
    .execute();
}

/** Adds to the timeline. An activity of a source that is there already takes its place; its time stays. */
export async function putActivity(transaction: Transaction, activity: ActivityRow): Promise<void> {
  await sql`
    insert into case_activities (id, case_id, at, kind, title, detail, actor, source)
    values (${activity.id}, ${activity.case_id}, ${activity.at}, ${activity.kind}, ${activity.title},
      ${activity.detail}, ${activity.actor}, ${activity.source})
    on conflict (case_id, source) do update set title = excluded.title, detail = excluded.detail`.execute(
    transaction,
  );
}

/** Nobody reads further back than this in one answer. */
const activitiesMax = 1000;

export async function listActivities(database: Database, caseId: string): Promise<ActivityRow[]> {
  return database
    .withTables<CaseTables>()
    .selectFrom('case_activities')
    .selectAll()
    .where('case_id', '=', caseId)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(activitiesMax)
    .execute();
}

/** What the customer's page shows, and in which language. */
export interface PublicCaseRow {
  number: string;
  title: string;
  status: CaseStatus;
  status_reason: CaseStatusReason;
  origin: CaseOrigin;
  /** A remedy was tried from afar before the case was opened. */
  was_tried: boolean;
  created_at: Date;
  updated_at: Date;
  resolved_at: Date | null;
  language: string | null;
}

export async function findPublicCase(
  database: Database,
  tokenSha256: string,
): Promise<PublicCaseRow | undefined> {
  const found = await sql<PublicCaseRow>`
    select cases.number, cases.title, cases.status, cases.status_reason, cases.origin,
      coalesce(jsonb_array_length(cases.evidence->'commands'), 0) > 0 as was_tried, cases.created_at,
      cases.updated_at, cases.resolved_at, contacts.language
    from cases left join contacts on contacts.id = cases.contact_id
    where cases.public_token_sha256 = ${tokenSha256}`.execute(database);
  return found.rows[0];
}
