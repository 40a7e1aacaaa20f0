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
    detail: row.detail,
    at: row.at.toISOString(),
  };
}

export async function listRegistrationHistory(
  database: Database,
  filter: { deviceId: string; afterId?: number; limit: number },
): Promise<HistoryRow[]> {
  const found = await sql<HistoryRow>`
    select id, action, result, from_status, to_status, actor, detail, at from device_registration_history
    where device_id = ${filter.deviceId} and id > ${filter.afterId ?? 0}
    order by id limit ${filter.limit + 1}`.execute(database);
  return found.rows;
}
