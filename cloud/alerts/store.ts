import type { Severity } from '@andon/shared/contracts';
import { type Database, sql, type Transaction } from '../platform/index.ts';
import type { HoldKind } from './hold.ts';
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
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** Answers it as it is now; undefined where there is none. */
export async function changeAlert(
  transaction: Transaction,
  id: string,
  change: Partial<
    Pick<
      AlertRow,
      | 'status'
      | 'status_reason'
      | 'progress'
      | 'hold'
      | 'hold_id'
      | 'hold_until'
      | 'response'
      | 'acknowledged_at'
      | 'acknowledged_by'
      | 'case_id'
      | 'assigned_to'
    >
  >,
  now: Date,
): Promise<AlertRow | undefined> {
  return transaction
    .withTables<AlertTables>()
    .updateTable('alerts')
    .set((expression) => ({ ...change, updated_at: now, version: expression('version', '+', 1) }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
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
  readonly incidentId?: string | undefined;
  readonly gatewayId?: string | undefined;
  readonly source?: 'device' | 'gateway' | undefined;
  readonly held?: boolean | undefined;
  readonly hold?: HoldKind | undefined;
  readonly holdId?: string | undefined;
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
    incident_id: filter.incidentId,
    gateway_id: filter.gatewayId,
    source: filter.source,
    hold: filter.hold,
    hold_id: filter.holdId,
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
  if (filter.held !== undefined) {
    query = query.where('hold', filter.held ? 'is not' : 'is', null);
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
  readonly held: boolean;
  readonly count: number;
}

/** A closed one is nothing that anybody still has to see. */
export async function countOpen(database: Database): Promise<AlertCount[]> {
  const found = await sql<AlertCount>`
    select severity, response = 'acknowledged' or status = 'closed' as acknowledged, hold is not null as held, count(*) as count
    from alerts where condition = 'active' group by 1, 2, 3`.execute(database);
  return found.rows;
}

/** How many alerts are under this one: as children of its group, and held by it. */
export async function countUnder(
  database: Database,
  alertId: string,
): Promise<{ children: { count: number; active: number }; holding: { held: number; voided: number } }> {
  const found = await sql<{ count: number; active: number; held: number; voided: number }>`
    select children.count, children.active, holding.held, holding.voided from
      (select count(*) as count, count(*) filter (where condition = 'active') as active
        from alerts where parent_alert_id = ${alertId}) as children,
      (select count(*) filter (where condition = 'active' and status <> 'closed') as held,
          count(*) filter (where condition = 'cleared' or status = 'closed') as voided
        from alerts where hold_id = ${alertId}) as holding`.execute(database);
  const row = found.rows[0] ?? { count: 0, active: 0, held: 0, voided: 0 };
  return {
    children: { count: row.count, active: row.active },
    holding: { held: row.held, voided: row.voided },
  };
}
