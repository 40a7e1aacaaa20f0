import type { Database } from '../platform/index.ts';
import { type CasesGround, noSuchCase, publicUrlOf } from './ground.ts';
import type { Case, CaseSummary } from './schemas.ts';
import { type CaseRow, findCase, listActivities } from './store.ts';
import { composeTimeline } from './timeline.ts';

export function toSummary(row: CaseRow): CaseSummary {
  return {
    id: row.id,
    number: row.number,
    title: row.title,
    status: row.status,
    statusReason: row.status_reason,
    priority: row.priority,
    origin: row.origin,
    accountId: row.account_id,
    accountName: row.account_name,
    contactId: row.contact_id,
    contactName: row.contact_name,
    deviceId: row.device_id,
    assetId: row.asset_id,
    assetName: row.asset_name,
    productName: row.product_name,
    serialNumber: row.serial_number,
    alertId: row.alert_id,
    errorCode: row.error_code,
    resolvedAt: row.resolved_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

/** Commands of the device that a timeline shows at most. */
const commandsMax = 100;

/** One request gives the whole case: its evidence, its link and its timeline. */
export async function presentCase(database: Database, ground: CasesGround, id: string): Promise<Case> {
  const row = await findCase(database, id);
  if (row === undefined) {
    throw noSuchCase();
  }
  const { alerts, commands } = ground.dependencies;
  const [activities, alertsOfCase] = await Promise.all([
    listActivities(database, id),
    alerts.listOfCase(database, id),
  ]);
  const begin = Math.min(
    row.created_at.getTime(),
    ...alertsOfCase.map((alert) => Date.parse(alert.createdAt)),
  );
  const commandsOfDevice =
    row.device_id === null
      ? []
      : await commands.listOfDevice(database, {
          deviceId: row.device_id,
          from: new Date(begin),
          ...(row.resolved_at === null ? {} : { to: row.resolved_at }),
          limit: commandsMax,
        });
  return {
    ...toSummary(row),
    description: row.description,
    evidence: row.evidence,
    escalationId: row.escalation_id,
    resolution: row.resolution,
    resolvedBy: row.resolved_by,
    createdBy: row.created_by,
    publicUrl: publicUrlOf(ground.platform, row.public_token),
    timeline: composeTimeline({ activities, alerts: alertsOfCase, commands: commandsOfDevice }),
  };
}
