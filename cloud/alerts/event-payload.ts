import type { AlertRow } from './tables.ts';

/** What an event says of an alert: as that of its raising, with the state of now. */
export function payloadOfRow(row: AlertRow): Readonly<Record<string, unknown>> {
  return {
    alertId: row.id,
    source: row.source,
    deviceId: row.device_id,
    gatewayId: row.gateway_id,
    accountId: row.account_id,
    assetId: row.asset_id,
    categoryId: row.category_id,
    rule: row.rule,
    signal: row.signal,
    state: row.state,
    severity: row.severity,
    errorCode: row.error_code,
    value: row.value,
    setpoint: row.setpoint,
    unit: row.unit,
    reason: row.reason,
    raisedAt: row.raised_at.toISOString(),
    historical: row.historical,
    parentAlertId: row.parent_alert_id,
    held: row.hold,
    incidentId: row.incident_id,
    number: row.current_number,
  };
}
