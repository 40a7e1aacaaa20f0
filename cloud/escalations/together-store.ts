import { sql, type Transaction } from '../platform/index.ts';
import type { StoredEpisode } from './store.ts';

/** An alert, and what its fault is known by. */
export interface FaultOfAlert {
  readonly alertId: string;
  readonly deviceId: string;
  readonly faultKey: string;
}

/** Those of the alerts that belong to an episode already, or whose fault has one that is not over. */
export async function findTakenUp(
  transaction: Transaction,
  faults: readonly FaultOfAlert[],
): Promise<Set<string>> {
  const found = await sql<{ alert_id: string }>`
    select fault.alert_id from unnest(${faults.map(({ alertId }) => alertId)}::uuid[],
      ${faults.map(({ deviceId }) => deviceId)}::text[], ${faults.map(({ faultKey }) => faultKey)}::text[])
      as fault (alert_id, device_id, fault_key)
      cross join lateral (
        (select from escalation_alerts where escalation_alerts.alert_id = fault.alert_id limit 1)
        union all
        (select from escalations
        where escalations.device_id = fault.device_id and escalations.fault_key = fault.fault_key
          and closed_at is null limit 1)) as taken_up`.execute(transaction);
  return new Set(found.rows.map((row) => row.alert_id));
}

/** Stores new episodes with their alerts, and answers the ids of those whose fault had none that is not over. */
export async function insertEpisodes(
  transaction: Transaction,
  episodes: readonly { readonly stored: StoredEpisode; readonly faultKey: string }[],
  now: Date,
): Promise<Set<string>> {
  const rows = episodes.map(({ stored, faultKey }) => ({
    id: stored.id,
    device_id: stored.deviceId,
    fault_key: faultKey,
    error_code: stored.errorCode,
    state: stored.episode.state,
    reason: stored.episode.reason,
    policy: stored.episode.rule,
    attempts: stored.episode.attempts,
    case_id: stored.episode.caseId,
    wanted_priority: stored.episode.wantedPriority,
  }));
  const members = episodes.flatMap(({ stored }) =>
    Object.keys(stored.episode.alerts).map((alertId) => [alertId, stored.id]),
  );
  const inserted = await sql<{ id: string }>`
    with inserted as (
      insert into escalations (id, device_id, fault_key, error_code, state, reason, policy, attempts, case_id,
        wanted_priority, created_at, updated_at)
      select id, device_id, fault_key, error_code, state, reason, policy, attempts, case_id, wanted_priority, ${now},
        ${now}
      from jsonb_populate_recordset(null::escalations, ${JSON.stringify(rows)}::jsonb)
      on conflict (device_id, fault_key) where closed_at is null do nothing
      returning id
    ), members as (
      insert into escalation_alerts (alert_id, escalation_id, cleared)
      select alert_id, escalation_id, false
      from unnest(${members.map(([alertId]) => alertId)}::uuid[], ${members.map(([, id]) => id)}::uuid[])
        as member (alert_id, escalation_id) join inserted on inserted.id = escalation_id
    )
    select id from inserted`.execute(transaction);
  return new Set(inserted.rows.map(({ id }) => id));
}
