import { appendEvents, type Platform, sql, type Transaction } from '../platform/index.ts';
import { statusEvent } from './batch.ts';
import { mayBecome, stageOf } from './status.ts';
import type { AlertRow } from './tables.ts';

/** Which case deals with an alert, and after which event of the log. */
export interface HandedOver {
  readonly alertId: string;
  readonly caseId: string;
  readonly causedBy?: number | undefined;
}

/**
 * Alerts whose cases are open are in progress with it and say which case is theirs, by a few statements for all; the
 * first case of each stays.
 */
export async function handOver(
  transaction: Transaction,
  { clock }: Pick<Platform, 'clock'>,
  handed: readonly HandedOver[],
  { reason, actor }: { readonly reason: string; readonly actor: string },
): Promise<void> {
  const now = new Date(clock.now());
  const { rows } = await sql<AlertRow>`
    select * from alerts where id = any(${handed.map(({ alertId }) => alertId)}::uuid[]) order by id
    for no key update`.execute(transaction);
  const moved = rows.filter((row) => mayBecome(stageOf(row), 'case-created'));
  const movedIds = moved.map(({ id }) => id);
  await sql`
    update alerts set
      status = case when alerts.id = any(${movedIds}::uuid[]) then 'in-progress' else status end,
      progress = case when alerts.id = any(${movedIds}::uuid[]) then 'case-created' else progress end,
      status_reason = case when alerts.id = any(${movedIds}::uuid[]) or status = 'in-progress' then ${reason}
        else status_reason end,
      case_id = coalesce(alerts.case_id, handed.case_id), updated_at = ${now}, version = version + 1
    from unnest(${handed.map(({ alertId }) => alertId)}::uuid[], ${handed.map(({ caseId }) => caseId)}::uuid[])
      as handed (alert_id, case_id)
    where alerts.id = handed.alert_id`.execute(transaction);
  const causes = new Map(handed.map(({ alertId, causedBy }) => [alertId, causedBy]));
  await appendEvents(
    transaction,
    moved.map((row) => {
      const event = statusEvent(
        { id: row.id, deviceId: row.device_id, status: row.status },
        'in-progress',
        reason,
        'case-created',
      );
      const causedBy = causes.get(row.id);
      return {
        type: event.type,
        key: event.alertId,
        payload: event.payload,
        actor,
        occurredAt: now,
        ...(causedBy === undefined ? {} : { causedBy }),
      };
    }),
  );
}
