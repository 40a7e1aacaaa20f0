import type { CasePriority } from '../cases/index.ts';
import type { EscalationRule, Remedy } from '../devices/index.ts';
import { type Database, putOffUntil, sql, type Transaction } from '../platform/index.ts';
import type { Episode, EpisodeState, EpisodeStep } from './episode.ts';

/** An episode with its identity. */
export interface StoredEpisode {
  readonly id: string;
  readonly deviceId: string;
  readonly errorCode: number | null;
  readonly episode: Episode;
}

export type EscalationTables = {
  escalations: {
    id: string;
    device_id: string;
    fault_key: string;
    error_code: number | null;
    state: EpisodeState;
    reason: string | null;
    /** The rule that covers it. */
    policy: EscalationRule | null;
    remedy: Remedy | null;
    attempts: number;
    command_id: string | null;
    wanted_priority: CasePriority | null;
    clear_since: Date | null;
    remedy_begun_at: Date | null;
    cleared_good_at: Date | null;
    cleared_blindly: boolean;
    verify_until: Date | null;
    due_at: Date | null;
    case_id: string | null;
    work_order_id: string | null;
    closed_at: Date | null;
    created_at: Date;
    updated_at: Date;
    version: number;
  };
};
export type EscalationRow = EscalationTables['escalations'];
interface MemberRow {
  escalation_id: string;
  alert_id: string;
  cleared: boolean;
}
export interface StepRow {
  escalation_id: string;
  at: Date;
  step: EpisodeStep;
  reason: string | null;
}

/** What a fault is known by at its device: its error code, else the alert rule that found it. */
export function faultKeyOf(errorCode: number | null, rule: string | null): string {
  return errorCode === null ? `rule:${rule ?? 'none'}` : `code:${errorCode}`;
}

/** What an alert alone is known by, that has nothing to do with the fault that may be there now. */
export function faultKeyOfAlert(alertId: string): string {
  return `alert:${alertId}`;
}

async function load(database: Database, row: EscalationRow | undefined): Promise<StoredEpisode | undefined> {
  if (row === undefined) {
    return undefined;
  }
  const members = await listMembers(database, [row.id]);
  return {
    id: row.id,
    deviceId: row.device_id,
    errorCode: row.error_code,
    episode: {
      state: row.state,
      reason: row.reason,
      rule: row.policy,
      alerts: Object.fromEntries(
        members.map((member) => [member.alert_id, member.cleared ? 'cleared' : 'active']),
      ),
      attempts: row.attempts,
      remedy: row.remedy,
      commandId: row.command_id,
      wantedPriority: row.wanted_priority,
      clearSince: row.clear_since?.getTime() ?? null,
      remedyBegunAt: row.remedy_begun_at?.getTime() ?? null,
      clearedGoodAt: row.cleared_good_at?.getTime() ?? null,
      clearedBlindly: row.cleared_blindly,
      verifyUntil: row.verify_until?.getTime() ?? null,
      dueAt: row.due_at?.getTime() ?? null,
      caseId: row.case_id,
      workOrderId: row.work_order_id,
      closedAt: row.closed_at?.getTime() ?? null,
    },
  };
}

/** The episode of a fault that is not over, locked. */
export async function lockOngoing(
  transaction: Transaction,
  deviceId: string,
  faultKey: string,
): Promise<StoredEpisode | undefined> {
  const found = await sql<EscalationRow>`
    select * from escalations where device_id = ${deviceId} and fault_key = ${faultKey} and closed_at is null
    for update`.execute(transaction);
  return load(transaction, found.rows[0]);
}

export async function lockById(transaction: Transaction, id: string): Promise<StoredEpisode | undefined> {
  const found = await sql<EscalationRow>`select * from escalations where id = ${id} for update`.execute(
    transaction,
  );
  return load(transaction, found.rows[0]);
}

export async function lockByAlert(
  transaction: Transaction,
  alertId: string,
): Promise<StoredEpisode | undefined> {
  const found = await sql<EscalationRow>`
    select escalations.* from escalations join escalation_alerts on escalation_id = escalations.id
    where alert_id = ${alertId} for update of escalations`.execute(transaction);
  return load(transaction, found.rows[0]);
}

export async function lockByCommand(
  transaction: Transaction,
  commandId: string,
): Promise<StoredEpisode | undefined> {
  const found = await sql<EscalationRow>`
    select escalations.* from escalations join escalation_commands on escalation_id = escalations.id
    where escalation_commands.command_id = ${commandId} for update of escalations`.execute(transaction);
  return load(transaction, found.rows[0]);
}

export async function lockByCase(
  transaction: Transaction,
  caseId: string,
): Promise<StoredEpisode | undefined> {
  const found =
    await sql<EscalationRow>`select * from escalations where case_id = ${caseId} for update`.execute(
      transaction,
    );
  return load(transaction, found.rows[0]);
}

export async function lockByWorkOrder(
  transaction: Transaction,
  workOrderId: string,
): Promise<StoredEpisode | undefined> {
  const found = await sql<EscalationRow>`
    select * from escalations where work_order_id = ${workOrderId} for update`.execute(transaction);
  return load(transaction, found.rows[0]);
}

/** One whose time has come, without those that somebody else holds. */
export async function lockDue(transaction: Transaction, now: Date): Promise<StoredEpisode | undefined> {
  const found = await sql<EscalationRow>`
    select * from escalations where due_at <= ${now} and (put_off_until is null or put_off_until <= ${now})
    order by due_at limit 1 for update skip locked`.execute(transaction);
  return load(transaction, found.rows[0]);
}

/** Time could not pass for it: it is tried again later, and holds up no other until then. */
export async function putOff(transaction: Transaction, id: string, now: Date): Promise<void> {
  const counted = await sql<{ failures: number }>`
    update escalations set failures = failures + 1 where id = ${id} returning failures`.execute(transaction);
  const before = (counted.rows[0]?.failures ?? 1) - 1;
  await sql`update escalations set put_off_until = ${putOffUntil(before, now)} where id = ${id}`.execute(
    transaction,
  );
}

/** Time passed for it: what failed before is over, and the next failure waits as a first one does. */
export async function endPuttingOff(transaction: Transaction, id: string): Promise<void> {
  await sql`update escalations set failures = 0, put_off_until = null where id = ${id} and failures > 0`.execute(
    transaction,
  );
}

/** Stores a new episode; false where the fault has one that is not over. */
export async function insertEpisode(
  transaction: Transaction,
  stored: StoredEpisode,
  faultKey: string,
  now: Date,
): Promise<boolean> {
  const { episode } = stored;
  const inserted = await sql`
    insert into escalations (id, device_id, fault_key, error_code, state, policy, attempts, wanted_priority,
      created_at, updated_at)
    values (${stored.id}, ${stored.deviceId}, ${faultKey}, ${stored.errorCode}, ${episode.state},
      ${episode.rule === null ? null : JSON.stringify(episode.rule)}::jsonb, ${episode.attempts},
      ${episode.wantedPriority}, ${now}, ${now})
    on conflict (device_id, fault_key) where closed_at is null do nothing`.execute(transaction);
  if (inserted.numAffectedRows !== 1n) {
    return false;
  }
  await putMembers(transaction, stored, {});
  return true;
}

export async function updateEpisode(
  transaction: Transaction,
  before: StoredEpisode,
  stored: StoredEpisode,
  now: Date,
): Promise<void> {
  const { episode } = stored;
  const time = (milliseconds: number | null): Date | null =>
    milliseconds === null ? null : new Date(milliseconds);
  await transaction
    .withTables<EscalationTables>()
    .updateTable('escalations')
    .set((expression) => ({
      state: episode.state,
      reason: episode.reason,
      attempts: episode.attempts,
      remedy: episode.remedy === null ? null : sql<Remedy>`${JSON.stringify(episode.remedy)}::jsonb`,
      command_id: episode.commandId,
      wanted_priority: episode.wantedPriority,
      clear_since: time(episode.clearSince),
      remedy_begun_at: time(episode.remedyBegunAt),
      cleared_good_at: time(episode.clearedGoodAt),
      cleared_blindly: episode.clearedBlindly,
      verify_until: time(episode.verifyUntil),
      due_at: time(episode.dueAt),
      case_id: episode.caseId,
      work_order_id: episode.workOrderId,
      closed_at: time(episode.closedAt),
      updated_at: now,
      version: expression('version', '+', 1),
    }))
    .where('id', '=', stored.id)
    .execute();
  await putMembers(transaction, stored, before.episode.alerts);
}

/** Writes what is news: a fault that comes and goes for days has thousands of alerts. */
async function putMembers(
  transaction: Transaction,
  stored: StoredEpisode,
  before: Episode['alerts'],
): Promise<void> {
  const members = Object.entries(stored.episode.alerts).filter(([id, condition]) => before[id] !== condition);
  if (members.length === 0) {
    return;
  }
  await sql`
    insert into escalation_alerts (alert_id, escalation_id, cleared)
    select alert_id, ${stored.id}, cleared
    from unnest(${members.map(([alertId]) => alertId)}::uuid[],
      ${members.map(([, condition]) => condition === 'cleared')}::boolean[]) as row (alert_id, cleared)
    on conflict (alert_id) do update set cleared = excluded.cleared`.execute(transaction);
}

export async function insertCommand(
  transaction: Transaction,
  escalationId: string,
  commandId: string,
): Promise<void> {
  await sql`insert into escalation_commands (command_id, escalation_id)
    values (${commandId}, ${escalationId})`.execute(transaction);
}

export async function insertSteps(transaction: Transaction, steps: readonly StepRow[]): Promise<void> {
  await sql`
    insert into escalation_steps (escalation_id, at, step, reason)
    select escalation_id, at, step, reason
    from jsonb_to_recordset(${JSON.stringify(steps.map((step, number) => ({ ...step, number })))}::jsonb)
      as row (number integer, escalation_id uuid, at timestamptz, step text, reason text)
    order by number`.execute(transaction);
}

/** Was this request for a case dealt with before? */
export async function isKnownRequest(transaction: Transaction, triggerEventId: string): Promise<boolean> {
  const found = await sql`
    select 1 from escalation_requests where trigger_event_id = ${triggerEventId}`.execute(transaction);
  return found.rows.length > 0;
}

export async function insertRequest(
  transaction: Transaction,
  triggerEventId: string,
  escalationId: string,
): Promise<void> {
  await sql`insert into escalation_requests (trigger_event_id, escalation_id)
    values (${triggerEventId}, ${escalationId}) on conflict do nothing`.execute(transaction);
}

export async function listMembers(database: Database, ids: readonly string[]): Promise<MemberRow[]> {
  const found = await sql<MemberRow>`
    select escalation_id, alert_id, cleared from escalation_alerts
    where escalation_id = any(${[...ids]}::uuid[]) order by position`.execute(database);
  return found.rows;
}

export async function listCommandIds(database: Database, escalationId: string): Promise<string[]> {
  const found = await sql<{ command_id: string }>`
    select command_id from escalation_commands where escalation_id = ${escalationId}
    order by command_id`.execute(database);
  return found.rows.map((row) => row.command_id);
}

export async function listSteps(database: Database, ids: readonly string[]): Promise<StepRow[]> {
  const found = await sql<StepRow>`
    select escalation_id, at, step, reason from escalation_steps
    where escalation_id = any(${[...ids]}::uuid[]) order by id`.execute(database);
  return found.rows;
}

/** Newest first; one row more than `limit` where there is a next page. */
export async function listEscalations(
  database: Database,
  filter: {
    id?: string | undefined;
    deviceId?: string | undefined;
    alertId?: string | undefined;
    state?: EpisodeState | undefined;
  },
  page: { limit: number; before?: { createdAt: string; id: string } },
): Promise<EscalationRow[]> {
  let query = database.withTables<EscalationTables>().selectFrom('escalations').selectAll();
  if (filter.id !== undefined) {
    query = query.where('id', '=', filter.id);
  }
  if (filter.deviceId !== undefined) {
    query = query.where('device_id', '=', filter.deviceId);
  }
  if (filter.alertId !== undefined) {
    query = query.where(
      sql<boolean>`id = (select escalation_id from escalation_alerts where alert_id = ${filter.alertId}::uuid)`,
    );
  }
  if (filter.state !== undefined) {
    query = query.where('state', '=', filter.state);
  }
  if (page.before !== undefined) {
    query = query.where(
      sql<boolean>`(created_at, id) < (${page.before.createdAt}::timestamptz, ${page.before.id}::uuid)`,
    );
  }
  return query
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute();
}
