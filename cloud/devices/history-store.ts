import { type Database, sql } from '../platform/index.ts';
import type { RegistrationAction, RegistrationResult, RegistrationStatus } from './registration-status.ts';
import type { RegistrationStep } from './schemas.ts';

interface HistoryRow {
  id: number;
  action: RegistrationAction;
  result: RegistrationResult;
  from_status: RegistrationStatus;
  to_status: RegistrationStatus;
  actor: string;
  actor_name: string | null;
  detail: string;
  at: Date;
}

export function toRegistrationStep(row: HistoryRow): RegistrationStep {
  return {
    id: row.id,
    action: row.action,
    result: row.result,
    from: row.from_status,
    to: row.to_status,
    actor: row.actor,
    actorName: row.actor_name,
    detail: row.detail,
    at: row.at.toISOString(),
  };
}

export async function listRegistrationHistory(
  database: Database,
  filter: { deviceId: string; afterId?: number; limit: number },
): Promise<HistoryRow[]> {
  const found = await sql<HistoryRow>`
    select history.id, action, result, from_status, to_status, actor, coalesce(users.name, api_keys.name) as actor_name,
      detail, at
    from device_registration_history as history
      left join users on actor = 'user:' || users.id
      left join api_keys on actor = 'api-key:' || api_keys.id
    where device_id = ${filter.deviceId} and history.id > ${filter.afterId ?? 0}
    order by history.id limit ${filter.limit + 1}`.execute(database);
  return found.rows;
}
