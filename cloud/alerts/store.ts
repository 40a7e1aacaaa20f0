import type { Severity } from '@andon/shared/contracts';
import { type Database, sql, type Transaction } from '../platform/index.ts';
import type { AlertStatus } from './status.ts';
import type { AlertRow, AlertTables, TransitionRow } from './tables.ts';

export async function findAlert(database: Database, id: string): Promise<AlertRow | undefined> {
  return (await findAlerts(database, [id]))[0];
}

export async function findAlerts(database: Database, ids: readonly string[]): Promise<AlertRow[]> {
  const found = await sql<AlertRow>`select * from alerts where id = any(${[...ids]}::uuid[])`.execute(
    database,
  );
  return found.rows;
}

export async function lockAlert(transaction: Transaction, id: string): Promise<AlertRow | undefined> {
  return transaction
    .withTables<AlertTables>()
    .selectFrom('alerts')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

export async function changeAlert(
  transaction: Transaction,
  id: string,
  change: Partial<
    Pick<
      AlertRow,
      | 'status'
      | 'status_reason'
      | 'response'
      | 'acknowledged_at'
      | 'acknowledged_by'
      | 'case_id'
      | 'assigned_to'
    >
  >,
  now: Date,
): Promise<void> {
  await transaction
    .withTables<AlertTables>()
    .updateTable('alerts')
    .set((expression) => ({ ...change, updated_at: now, version: expression('version', '+', 1) }))
    .where('id', '=', id)
    .execute();
}

/** The latest, in the order of time. */
export async function listTransitions(
  database: Database,
  alertIds: readonly string[],
): Promise<TransitionRow[]> {
  if (alertIds.length === 0) {
    return [];
  }
  const latest = await database
    .withTables<AlertTables>()
    .selectFrom('alert_transitions')
    .selectAll()
    .where('alert_id', 'in', [...alertIds])
    .orderBy('source_time', 'desc')
    .orderBy('number', 'desc')
    .limit(transitionsMax)
    .execute();
  return latest.reverse();
}

/** Alerts that one case shows at most. */
const alertsOfCaseMax = 100;

export async function listIdsOfCase(database: Database, caseId: string): Promise<string[]> {
  const rows = await database
    .withTables<AlertTables>()
    .selectFrom('alerts')
    .select('id')
    .where('case_id', '=', caseId)
    .orderBy('raised_at')
    .orderBy('id')
    .limit(alertsOfCaseMax)
    .execute();
  return rows.map((row) => row.id);
}

/** Nobody reads further back than this in one answer. */
const transitionsMax = 1000;

export interface AlertFilter {
  readonly deviceId?: string | undefined;
  readonly accountId?: string | undefined;
  readonly caseId?: string | undefined;
  readonly rule?: string | undefined;
  readonly signal?: string | undefined;
  readonly state?: 'open' | 'cleared' | undefined;
  readonly status?: AlertStatus | undefined;
  readonly severity?: Severity | undefined;
  readonly errorCode?: number | undefined;
  readonly parentAlertId?: string | undefined;
  readonly assignedTo?: string | undefined;
  readonly primary?: boolean | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Newest first; one row more than `limit` where there is a next page. */
export async function listAlerts(
  database: Database,
  filter: AlertFilter,
  page: { limit: number; before?: { raisedAt: string; id: string } },
): Promise<AlertRow[]> {
  let query = database.withTables<AlertTables>().selectFrom('alerts').selectAll();
  const equal = {
    device_id: filter.deviceId,
    account_id: filter.accountId,
    case_id: filter.caseId,
    rule: filter.rule,
    signal: filter.signal,
    status: filter.status,
    severity: filter.severity,
    error_code: filter.errorCode,
    parent_alert_id: filter.parentAlertId,
    assigned_to: filter.assignedTo,
    condition: filter.state === undefined ? undefined : filter.state === 'open' ? 'active' : 'cleared',
  };
  for (const [column, value] of Object.entries(equal)) {
    if (value !== undefined) {
      query = query.where(sql<boolean>`${sql.ref(column)} = ${value}`);
    }
  }
  if (filter.primary !== undefined) {
    query = query.where('parent_alert_id', filter.primary ? 'is' : 'is not', null);
  }
  if (filter.from !== undefined) {
    query = query.where('raised_at', '>=', new Date(filter.from));
  }
  if (filter.to !== undefined) {
    query = query.where('raised_at', '<', new Date(filter.to));
  }
  if (page.before !== undefined) {
    query = query.where(
      sql<boolean>`(raised_at, id) < (${page.before.raisedAt}::timestamptz, ${page.before.id}::uuid)`,
    );
  }
  return query
    .orderBy('raised_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute();
}

export interface AlertCount {
  readonly severity: Severity;
  readonly acknowledged: boolean;
  readonly count: number;
}

export async function countOpen(database: Database): Promise<AlertCount[]> {
  const found = await sql<AlertCount>`
    select severity, response = 'acknowledged' as acknowledged, count(*) as count from alerts
    where condition = 'active' group by 1, 2`.execute(database);
  return found.rows;
}
