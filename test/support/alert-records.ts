import type { AlertTransition, CommandUpdate } from '@andon/shared/contracts';

/** 2026-03-02T08:00:00Z. */
export const morning = Date.UTC(2026, 2, 2, 8);

/** A UUID that ends in this number. */
export function numberedId(number: number): string {
  return `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;
}

/** A transition of the press's temperature alert, as the gateway sends it. */
export function alertTransition(change: Partial<AlertTransition> = {}): AlertTransition {
  return {
    type: 'alert',
    alertId: numberedId(1),
    number: 1,
    transition: 'raised',
    deviceId: 'press-1',
    rule: 'overheating',
    ruleVersion: 3,
    signal: 'temperature',
    state: 'HI',
    severity: 'MAJOR',
    errorCode: 42,
    value: 101.5,
    setpoint: 100,
    unit: 'Cel',
    quality: 'GOOD',
    sourceTime: morning,
    gatewayTime: morning + 50,
    bootId: 'boot-a',
    historical: false,
    reason: 'temperature 101.5 Cel is at or above 100 Cel (HI)',
    ...change,
  };
}

export function commandUpdate(change: Partial<CommandUpdate> = {}): CommandUpdate {
  return {
    type: 'command',
    commandId: numberedId(100),
    deviceId: 'press-1',
    state: 'DELIVERED',
    at: morning,
    ...change,
  };
}
