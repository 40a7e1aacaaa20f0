import type { Severity } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { type StormCause, severityRank } from '../alerts/index.ts';
import { type Database, sql, type Transaction } from '../platform/index.ts';

export type IncidentState = 'gathering' | 'settled' | 'over' | 'closed';

export interface IncidentRow {
  readonly id: string;
  readonly cause_key: string;
  readonly cause: StormCause;
  readonly severity: Severity;
  readonly state: IncidentState;
  readonly opened_at: Date;
  readonly gathers_since: Date;
  readonly first_alert_id: string;
  readonly settled_at: Date | null;
  readonly over_at: Date | null;
  readonly acknowledged_at: Date | null;
  readonly acknowledged_by: string | null;
  readonly closed_at: Date | null;
  readonly closed_by: string | null;
  readonly close_reason: string | null;
  readonly updated_at: Date;
  readonly version: number;
}

export interface Gathering {
  readonly id: string;
  readonly severity: Severity;
}

/** Those that alerts of these causes join, by cause; none of them is closed before the transaction ends. */
export async function findGathering(
  transaction: Transaction,
  keys: readonly string[],
): Promise<Map<string, Gathering>> {
  const found = await sql<{ id: string; cause_key: string; severity: Severity }>`
    select id, cause_key, severity from incidents where state = 'gathering' and cause_key = any(${[...keys]})
    order by id for share`.execute(transaction);
  return new Map(found.rows.map((row) => [row.cause_key, { id: row.id, severity: row.severity }]));
}

/** False where another worker has begun one of this cause meanwhile, and has committed. */
export async function insertIncident(
  transaction: Transaction,
  incident: {
    readonly id: string;
    readonly key: string;
    readonly cause: StormCause;
    readonly severity: string;
    readonly firstAlertId: string;
    readonly gathersSince: Date;
    readonly now: Date;
  },
): Promise<boolean> {
  const { id, key, cause, severity, firstAlertId, gathersSince, now } = incident;
  const inserted = await sql`
    insert into incidents (id, cause_key, cause, severity, state, opened_at, gathers_since, first_alert_id, updated_at)
    values (${id}, ${key}, ${JSON.stringify(cause)}::jsonb, ${severity}, 'gathering', ${now}, ${gathersSince},
      ${firstAlertId}, ${now})
    on conflict (cause_key) where state = 'gathering' do nothing`.execute(transaction);
  return inserted.numAffectedRows === 1n;
}

/** Those that hold their members back: all but the ones that were closed to let them go. */
export async function findHolding(
  transaction: Transaction,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Severity>> {
  const found = await sql<Gathering>`
    select id, severity from incidents where id = any(${[...ids]}::uuid[]) and not released`.execute(
    transaction,
  );
  return new Map(found.rows.map((row) => [row.id, row.severity]));
}

/** Leaves it where it is as bad already. */
export async function raiseSeverity(
  database: Database,
  id: string,
  severity: Severity,
  now: Date,
): Promise<void> {
  const milder = Object.entries(severityRank).filter(([, rank]) => rank < severityRank[severity]);
  await sql`
    update incidents set severity = ${severity}, updated_at = ${now}, version = version + 1
    where id = ${id} and severity = any(${milder.map(([name]) => name)})`.execute(database);
}

const openAtOnceMax = 200;

export async function listGathering(database: Database): Promise<IncidentRow[]> {
  const found = await sql<IncidentRow>`
    select * from incidents where state = 'gathering' order by opened_at limit ${openAtOnceMax}`.execute(
    database,
  );
  return found.rows;
}

export interface WatchedRow extends IncidentRow {
  /** When the latest of its members came; null: it has none. */
  readonly latest_at: Date | null;
  readonly lasts: boolean;
}

/**
 * Those that time may move: all that gather, and of the settled ones those of whose members none lasts. Members are
 * not counted: two looks at an index for each incident, however many it has. (The order makes sure of the index, where
 * the planner would expect to find any one soon by reading on.)
 */
export async function listWatched(database: Database): Promise<WatchedRow[]> {
  const found = await sql<WatchedRow>`
    select incidents.*, latest.created_at as latest_at, lasting.found is not null as lasts from incidents
    left join lateral (select created_at from alerts where incident_id = incidents.id
      order by created_at desc limit 1) as latest on true
    left join lateral (select true as found from alerts where incident_id = incidents.id
      and condition = 'active' and status <> 'closed' order by created_at desc limit 1) as lasting on true
    where incidents.state in ('gathering', 'settled')
      and (incidents.state = 'gathering' or lasting.found is null)
    order by incidents.opened_at limit ${openAtOnceMax}`.execute(database);
  return found.rows;
}

/** False where it has moved on meanwhile. */
export async function moveIncident(
  transaction: Transaction,
  id: string,
  move: { readonly from: readonly IncidentState[]; readonly to: 'settled' | 'over' },
  now: Date,
): Promise<boolean> {
  const moved = await sql`
    update incidents set state = ${move.to}, updated_at = ${now}, version = version + 1,
      settled_at = coalesce(settled_at, ${now}),
      over_at = case when ${move.to} = 'over' then ${now}::timestamptz end
    where id = ${id} and state = any(${[...move.from]})`.execute(transaction);
  return moved.numAffectedRows === 1n;
}

export async function findIncident(database: Database, id: string): Promise<IncidentRow | undefined> {
  const found = await sql<IncidentRow>`select * from incidents where id = ${id}`.execute(database);
  return found.rows[0];
}

/** It does not move on before the transaction ends. */
export async function findStayingIncident(
  transaction: Transaction,
  id: string,
): Promise<IncidentRow | undefined> {
  const found = await sql<IncidentRow>`select * from incidents where id = ${id} for share`.execute(
    transaction,
  );
  return found.rows[0];
}

export async function lockIncident(transaction: Transaction, id: string): Promise<IncidentRow> {
  const found = await sql<IncidentRow>`select * from incidents where id = ${id} for update`.execute(
    transaction,
  );
  const [row] = found.rows;
  if (row === undefined) {
    throw noSuchIncident();
  }
  return row;
}

export async function acknowledgeIncident(
  transaction: Transaction,
  id: string,
  by: { readonly actor: string; readonly now: Date },
): Promise<void> {
  await sql`
    update incidents set acknowledged_at = ${by.now}, acknowledged_by = ${by.actor}, updated_at = ${by.now},
      version = version + 1 where id = ${id}`.execute(transaction);
}

export async function closeIncident(
  transaction: Transaction,
  id: string,
  close: {
    readonly actor: string;
    readonly now: Date;
    readonly reason: string;
    readonly release: boolean;
  },
): Promise<void> {
  await sql`
    update incidents set state = 'closed', closed_at = ${close.now}, closed_by = ${close.actor},
      close_reason = ${close.reason}, released = ${close.release}, updated_at = ${close.now}, version = version + 1
    where id = ${id}`.execute(transaction);
}

/** Newest first; one row more than `limit` where there is a next page. */
export async function listIncidents(
  database: Database,
  filter: { readonly open: boolean | undefined },
  page: { readonly limit: number; readonly before?: { readonly openedAt: string; readonly id: string } },
): Promise<IncidentRow[]> {
  const states = filter.open === true ? ['gathering', 'settled'] : ['gathering', 'settled', 'over', 'closed'];
  const before = page.before;
  const found = await sql<IncidentRow>`
    select * from incidents where state = any(${states})
      and (${before?.id ?? null}::uuid is null
        or (opened_at, id) < (${before?.openedAt ?? null}::timestamptz, ${before?.id ?? null}::uuid))
    order by opened_at desc, id desc limit ${page.limit + 1}`.execute(database);
  return found.rows;
}

export function noSuchIncident(): AndonError {
  return new AndonError({
    code: 'incidents.no-such-incident',
    message: 'There is no such incident.',
    nextStep: 'Look for it in GET /v1/incidents.',
    status: 404,
  });
}
