import { AndonError } from '@andon/shared/kernel';
import type { RecordingRow, ShelvingRow } from './edge-records.ts';
import { hasEnd } from './hold.ts';
import { isToldLate } from './lateness.ts';
import type { Alert, AnyAlert, Recording, Shelf, Shelving, Transition } from './schemas.ts';
import type { ShelfRow } from './shelf-store.ts';
import type { AlertRow, TransitionRow } from './tables.ts';

/** Of a device's alert alone. */
export function toDeviceAlert(row: AlertRow, deviceName: string | undefined): Alert | undefined {
  const { device_id: deviceId, account_id: accountId, asset_id: assetId, category_id: categoryId } = row;
  if (deviceId === null || accountId === null || assetId === null || categoryId === null) {
    return undefined;
  }
  return { ...toAlert(row, deviceName), deviceId, accountId, assetId, categoryId };
}

/** `subjectName`: of the device, or of the gateway where it is the gateway's alert. */
export function toAlert(row: AlertRow, subjectName: string | undefined): AnyAlert {
  return {
    id: row.id,
    source: row.source,
    deviceId: row.device_id,
    deviceName: subjectName ?? row.device_id ?? row.gateway_id,
    gatewayId: row.gateway_id,
    accountId: row.account_id,
    assetId: row.asset_id,
    categoryId: row.category_id,
    siteId: row.site_id,
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
    progress: row.progress,
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
    late: isToldLate({
      historical: row.historical,
      receivedAt: row.gateway_received_at.getTime(),
      storedAt: row.created_at.getTime(),
    }),
    parentAlertId: row.parent_alert_id,
    hold:
      row.hold === null || row.hold_id === null
        ? null
        : {
            kind: row.hold,
            id: row.hold_id,
            until: hasEnd(row.hold) ? (row.hold_until?.toISOString() ?? null) : null,
          },
    announcedAt: row.announced_at?.toISOString() ?? null,
    incidentId: row.incident_id,
    acknowledgedAt: row.acknowledged_at?.toISOString() ?? null,
    acknowledgedBy: row.acknowledged_by,
    caseId: row.case_id,
    assignedTo: row.assigned_to,
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
    evidence: evidenceOf(row.evidence),
    children: row.children ?? [],
    childCount: row.child_count ?? 0,
  };
}

function evidenceOf(evidence: TransitionRow['evidence']): Transition['evidence'] {
  return {
    inputs: (evidence?.inputs ?? []).map((input) => ({
      ...input,
      sourceTime: new Date(input.sourceTime).toISOString(),
    })),
    delayMilliseconds: evidence?.delayMilliseconds ?? null,
    lastedMilliseconds: evidence?.lastedMilliseconds ?? null,
  };
}

export function toRecording(row: RecordingRow): Recording {
  return {
    part: row.part,
    from: row.from_time.toISOString(),
    to: row.to_time.toISOString(),
    truncated: row.truncated,
    framesTruncated: row.frames_truncated,
    ...(row.reason === null ? {} : { reason: row.reason }),
    signals: row.signals,
    frames: row.frames.map((frame) => ({ ...frame, at: new Date(frame.at).toISOString() })),
  };
}

export function toShelving(row: ShelvingRow): Shelving {
  return {
    deviceId: row.device_id,
    rule: row.rule,
    ruleVersion: row.rule_version,
    shelved: row.shelved,
    kind: row.kind,
    at: row.at.toISOString(),
    until: row.until_time.toISOString(),
    by: row.shelved_by,
    reason: row.reason,
  };
}

export function toShelf(row: ShelfRow, subjectName: string | undefined): Shelf {
  return {
    id: row.id,
    alertId: row.alert_id,
    source: row.source,
    subjectId: row.subject_id,
    subjectName: subjectName ?? row.subject_id,
    rule: row.rule,
    kind: row.kind,
    at: row.shelved_at.toISOString(),
    by: row.shelved_by,
    reason: row.reason,
    until: row.until_time.toISOString(),
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
