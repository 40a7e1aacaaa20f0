import type { AlertTransition } from '@andon/shared/contracts';
import { sql, type Transaction } from '../platform/index.ts';
import type { AlertRecord } from './batch.ts';
import { type Hold, lookAgainAt, type StormMembership } from './hold.ts';
import type { AlertRow } from './tables.ts';

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** A gateway's own alert is no device's: no record fits it. */
export function toRecord(row: AlertRow): AlertRecord {
  return {
    id: row.id,
    deviceId: row.device_id ?? '',
    gatewayId: row.gateway_id,
    accountId: row.account_id ?? '',
    assetId: row.asset_id ?? '',
    categoryId: row.category_id ?? '',
    siteId: row.site_id,
    rule: row.rule,
    ruleVersion: row.rule_version,
    signal: row.signal,
    state: row.state,
    severity: row.severity,
    errorCode: row.error_code,
    value: row.value,
    setpoint: row.setpoint,
    unit: row.unit,
    quality: row.quality,
    reason: row.reason,
    bootId: row.boot_id,
    peakState: row.peak_state,
    peakSeverity: row.peak_severity,
    condition: row.condition,
    status: row.status,
    statusReason: row.status_reason,
    progress: row.progress,
    raisedAt: row.raised_at.getTime(),
    clearedAt: row.cleared_at?.getTime() ?? null,
    gatewayReceivedAt: row.gateway_received_at.getTime(),
    historical: row.historical,
    parentAlertId: row.parent_alert_id,
    groupKey: row.group_key,
    transitionCount: row.transition_count,
    firstNumber: row.first_number,
    currentNumber: row.current_number,
  };
}

function toRow(alert: AlertRecord) {
  return {
    id: alert.id,
    device_id: alert.deviceId,
    gateway_id: alert.gatewayId,
    account_id: alert.accountId,
    asset_id: alert.assetId,
    category_id: alert.categoryId,
    site_id: alert.siteId,
    rule: alert.rule,
    rule_version: alert.ruleVersion,
    signal: alert.signal,
    state: alert.state,
    severity: alert.severity,
    error_code: alert.errorCode,
    value: alert.value,
    setpoint: alert.setpoint,
    unit: alert.unit,
    quality: alert.quality,
    reason: alert.reason,
    boot_id: alert.bootId,
    peak_state: alert.peakState,
    peak_severity: alert.peakSeverity,
    condition: alert.condition,
    status: alert.status,
    status_reason: alert.statusReason,
    progress: alert.progress,
    raised_at: iso(alert.raisedAt),
    cleared_at: alert.clearedAt === null ? null : iso(alert.clearedAt),
    gateway_received_at: iso(alert.gatewayReceivedAt),
    historical: alert.historical,
    parent_alert_id: alert.parentAlertId,
    group_key: alert.groupKey,
    transition_count: alert.transitionCount,
    first_number: alert.firstNumber,
    current_number: alert.currentNumber,
  };
}

/** Lets one batch of a gateway work at a time, so that two of them never disagree about what is open. */
export const lockGateway = (transaction: Transaction, gatewayId: string): Promise<void> =>
  lockNames(transaction, [`alerts/${gatewayId}`]);

/** The same for several, always in one order. */
export const lockGateways = (transaction: Transaction, gatewayIds: readonly string[]): Promise<void> =>
  lockNames(
    transaction,
    gatewayIds.map((gatewayId) => `alerts/${gatewayId}`),
  );

async function lockNames(transaction: Transaction, names: readonly string[]): Promise<void> {
  if (names.length > 0) {
    await sql`
      select pg_advisory_xact_lock(key) from (
        select distinct hashtextextended(name, 0) as key from unnest(${[...names]}::text[]) as name
        order by key) as keys`.execute(transaction);
  }
}

/** Lets one batch at a time work at groups that reach beyond a gateway; always in the order of their keys. */
export const lockGroups = (transaction: Transaction, keys: readonly string[]): Promise<void> =>
  lockNames(
    transaction,
    keys.map((key) => `alert-group/${key}`),
  );

/**
 * The alerts of a batch, those of its devices that a new one could supersede or be grouped under, and these primaries
 * of other devices; locked, so that none of them ends before what it holds is stored. Primaries go before their
 * children, as where a primary ends: else two could wait for each other.
 */
export async function lockAlertsFor(
  transaction: Transaction,
  records: readonly AlertTransition[],
  windowMilliseconds: number,
  primaryIds: readonly string[] = [],
): Promise<AlertRecord[]> {
  const ids = [...new Set([...records.map((record) => record.alertId), ...primaryIds])];
  const devices = [...new Set(records.map((record) => record.deviceId))];
  const times = records.map((record) => record.sourceTime);
  const from = iso(Math.max(0, Math.min(...times) - windowMilliseconds));
  const found = await sql<AlertRow>`
    select * from alerts where id = any(${ids}::uuid[])
      or (device_id = any(${devices}) and condition = 'active')
      or (device_id = any(${devices}) and status in ('active', 'in-progress') and raised_at >= ${from})
    order by parent_alert_id is not null, id for no key update`.execute(transaction);
  return found.rows.map(toRecord);
}

/** How many primaries of one group are looked at: the latest. */
const primariesPerGroupMax = 20;

/** From and to, in epoch milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The primaries, of whatever device, that alerts of these groups raised within their times could be children of. */
export async function findPrimaries(
  transaction: Transaction,
  groups: ReadonlyMap<string, Span>,
): Promise<string[]> {
  if (groups.size === 0) {
    return [];
  }
  const spans = [...groups.values()];
  const found = await sql<{ id: string }>`
    select primaries.id
    from unnest(${[...groups.keys()]}::text[], ${spans.map(({ from }) => iso(Math.max(0, from)))}::timestamptz[],
      ${spans.map(({ to }) => iso(to))}::timestamptz[]) as wanted (key, from_time, to_time), lateral (
      select * from alerts
      where group_key = key and parent_alert_id is null and status in ('active', 'in-progress')
        and raised_at between from_time and to_time
      order by raised_at desc limit ${primariesPerGroupMax}) as primaries`.execute(transaction);
  return found.rows.map((row) => row.id);
}

/** Which transitions of these alerts are stored, as `alertId/number`. */
export async function storedNumbers(
  transaction: Transaction,
  records: readonly AlertTransition[],
): Promise<Set<string>> {
  const ids = [...new Set(records.map((record) => record.alertId))];
  const found = await sql<{ key: string }>`
    select alert_id || '/' || number as key from alert_transitions
    where alert_id = any(${ids}::uuid[])`.execute(transaction);
  return new Set(found.rows.map((row) => row.key));
}

export async function insertAlerts(
  transaction: Transaction,
  alerts: readonly AlertRecord[],
  quiet: {
    readonly holds: ReadonlyMap<string, Hold>;
    readonly storms: ReadonlyMap<string, StormMembership>;
  },
  now: Date,
): Promise<void> {
  if (alerts.length === 0) {
    return;
  }
  const stamp = {
    source: 'device',
    response: 'unacknowledged',
    created_at: now,
    updated_at: now,
    version: 1,
  };
  const rows = alerts.map((alert) => {
    const hold = quiet.holds.get(alert.id);
    return {
      ...toRow(alert),
      ...stamp,
      hold: hold?.kind ?? null,
      hold_id: hold?.id ?? null,
      hold_until: hold === undefined ? null : lookAgainAt(hold, now),
      announced_at: hold === undefined ? now : null,
      incident_id: quiet.storms.get(alert.id)?.incidentId ?? null,
    };
  });
  await sql`insert into alerts select * from jsonb_populate_recordset(null::alerts, ${JSON.stringify(rows)}::jsonb)`.execute(
    transaction,
  );
}

/** Writes what the transitions made of them. Superseded ones go before the insertion of what supersedes them. */
export async function updateAlerts(
  transaction: Transaction,
  alerts: readonly AlertRecord[],
  now: Date,
): Promise<void> {
  if (alerts.length === 0) {
    return;
  }
  await sql`
    update alerts set
      rule_version = row.rule_version, state = row.state, severity = row.severity, error_code = row.error_code,
      value = row.value, setpoint = row.setpoint, unit = row.unit, quality = row.quality, reason = row.reason,
      boot_id = row.boot_id, peak_state = row.peak_state, peak_severity = row.peak_severity,
      condition = row.condition, status = row.status, status_reason = row.status_reason, progress = row.progress,
      raised_at = row.raised_at, cleared_at = row.cleared_at, gateway_received_at = row.gateway_received_at,
      historical = row.historical, transition_count = row.transition_count,
      first_number = row.first_number, current_number = row.current_number,
      updated_at = ${now}, version = alerts.version + 1
    from jsonb_populate_recordset(null::alerts, ${JSON.stringify(alerts.map(toRow))}::jsonb) as row
    where alerts.id = row.id`.execute(transaction);
}

export async function insertTransitions(
  transaction: Transaction,
  transitions: readonly AlertTransition[],
  now: Date,
): Promise<void> {
  if (transitions.length === 0) {
    return;
  }
  const rows = transitions.map((transition) => ({
    alert_id: transition.alertId,
    number: transition.number,
    transition: transition.transition,
    rule_version: transition.ruleVersion,
    state: transition.state,
    severity: transition.severity,
    error_code: transition.errorCode ?? null,
    value: transition.value,
    setpoint: transition.setpoint ?? null,
    unit: transition.unit ?? null,
    quality: transition.quality,
    reason: transition.reason,
    boot_id: transition.bootId ?? null,
    historical: transition.historical,
    source_time: iso(transition.sourceTime),
    gateway_time: iso(transition.gatewayTime),
    received_at: now,
    evidence: transition.evidence ?? null,
    children: transition.children ?? null,
    child_count: transition.childCount ?? null,
  }));
  await sql`insert into alert_transitions
    select * from jsonb_populate_recordset(null::alert_transitions, ${JSON.stringify(rows)}::jsonb)`.execute(
    transaction,
  );
}
