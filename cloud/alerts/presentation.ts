import { AndonError } from '@andon/shared/kernel';
import type { Alert, Transition } from './schemas.ts';
import type { AlertRow, TransitionRow } from './tables.ts';

export function toAlert(row: AlertRow, deviceName: string | undefined): Alert {
  return {
    id: row.id,
    deviceId: row.device_id,
    deviceName: deviceName ?? row.device_id,
    gatewayId: row.gateway_id,
    accountId: row.account_id,
    assetId: row.asset_id,
    categoryId: row.category_id,
    rule: row.rule,
    ruleVersion: row.rule_version,
    signal: row.signal,
    severity: row.severity,
    state: row.state,
    peakSeverity: row.peak_severity,
    peakState: row.peak_state,
    condition: row.condition,
    response: row.response,
    status: row.status,
    statusReason: row.status_reason,
    errorCode: row.error_code,
    value: row.value,
    setpoint: row.setpoint,
    unit: row.unit,
    quality: row.quality,
    reason: row.reason,
    bootId: row.boot_id,
    raisedAt: row.raised_at.toISOString(),
    clearedAt: row.cleared_at?.toISOString() ?? null,
    gatewayReceivedAt: row.gateway_received_at.toISOString(),
    historical: row.historical,
    parentAlertId: row.parent_alert_id,
    acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
    acknowledgedBy: row.acknowledged_by,
    caseId: row.case_id,
    transitionCount: row.transition_count,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

export function toTransition(row: TransitionRow): Transition {
  return {
    number: row.number,
    transition: row.transition,
    ruleVersion: row.rule_version,
    state: row.state,
    severity: row.severity,
    errorCode: row.error_code,
    value: row.value,
    setpoint: row.setpoint,
    unit: row.unit,
    quality: row.quality,
    reason: row.reason,
    bootId: row.boot_id,
    historical: row.historical,
    sourceTime: row.source_time.toISOString(),
    gatewayTime: row.gateway_time.toISOString(),
    receivedAt: row.received_at.toISOString(),
  };
}

export function noSuchAlert(): AndonError {
  return new AndonError({
    code: 'alerts.no-such-alert',
    message: 'There is no such alert.',
    nextStep: 'Look for it in GET /v1/alerts.',
    status: 404,
  });
}
