import type {
  AlertChild,
  AlertEvidence,
  AlertTransition,
  ConditionState,
  Quality,
  Severity,
  SignalValue,
} from '@andon/shared/contracts';
import type { HoldKind } from './hold.ts';
import type { AlertProgress, AlertStatus } from './status.ts';

export type AlertTables = {
  alerts: {
    id: string;
    source: 'device' | 'gateway';
    /** Null of a gateway's alert, as the three after it are. */
    device_id: string | null;
    gateway_id: string;
    account_id: string | null;
    asset_id: string | null;
    category_id: string | null;
    site_id: string | null;
    rule: string;
    rule_version: number;
    signal: string;
    state: ConditionState;
    severity: Severity;
    error_code: number | null;
    value: SignalValue;
    setpoint: number | null;
    unit: string | null;
    quality: Quality;
    reason: string;
    boot_id: string | null;
    peak_state: ConditionState;
    peak_severity: Severity;
    condition: 'active' | 'cleared';
    response: 'unacknowledged' | 'acknowledged';
    status: AlertStatus;
    status_reason: string | null;
    progress: AlertProgress | null;
    raised_at: Date;
    cleared_at: Date | null;
    gateway_received_at: Date;
    historical: boolean;
    parent_alert_id: string | null;
    group_key: string | null;
    hold: HoldKind | null;
    hold_id: string | null;
    hold_until: Date | null;
    announced_at: Date | null;
    incident_id: string | null;
    acknowledged_at: Date | null;
    acknowledged_by: string | null;
    case_id: string | null;
    assigned_to: string | null;
    transition_count: number;
    first_number: number;
    current_number: number;
    created_at: Date;
    updated_at: Date;
    version: number;
  };
  alert_transitions: {
    alert_id: string;
    number: number;
    transition: AlertTransition['transition'];
    rule_version: number;
    state: ConditionState;
    severity: Severity;
    error_code: number | null;
    value: SignalValue;
    setpoint: number | null;
    unit: string | null;
    quality: Quality;
    reason: string;
    boot_id: string | null;
    historical: boolean;
    source_time: Date;
    gateway_time: Date;
    received_at: Date;
    evidence: AlertEvidence | null;
    children: AlertChild[] | null;
    child_count: number | null;
  };
};
export type AlertRow = AlertTables['alerts'];
export type TransitionRow = AlertTables['alert_transitions'];
