import { type AlertTransition, alertReason } from '@andon/shared/contracts';
import type { SentRecord } from '../gateways/index.ts';
import { defaultGrouping, type Grouping, groupKeyOf } from './grouping.ts';
import { eventOfTransition, foldTransition, type Occurrence } from './occurrence.ts';
import { type AlertProgress, type AlertStatus, mayBecome, stageOf } from './status.ts';

/** An alert as it is stored. Times are epoch milliseconds. */
export interface AlertRecord extends Occurrence {
  readonly gatewayId: string;
  readonly accountId: string;
  readonly assetId: string;
  readonly categoryId: string;
  readonly siteId: string | null;
  readonly condition: 'active' | 'cleared';
  readonly status: AlertStatus;
  readonly statusReason: string | null;
  readonly progress: AlertProgress | null;
  readonly parentAlertId: string | null;
  readonly groupKey: string | null;
}

/** Whose device it is. */
export interface AlertDevice {
  readonly id: string;
  readonly accountId: string;
  readonly assetId: string;
  readonly categoryId: string;
  readonly siteId: string | null;
}

export interface AlertEvent {
  readonly type: string;
  readonly alertId: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface BatchPlan {
  readonly inserted: readonly AlertRecord[];
  readonly updated: readonly AlertRecord[];
  /** Those that inserted ones are children of, as they are after the batch. */
  readonly primaries: ReadonlyMap<string, AlertRecord>;
  /** News alone; repetitions are not in it. */
  readonly transitions: readonly AlertTransition[];
  /** With the gateway whose word brought each about. */
  readonly events: readonly (AlertEvent & { readonly gatewayId: string })[];
  readonly setAside: readonly (SentRecord<AlertTransition> & { readonly reason: string })[];
}

/**
 * What a batch of transitions makes of the alerts that there are. `alerts` are those of the batch and all open
 * or worked-on ones of its devices, and the primaries of other devices that a new one could be grouped under; `devices`
 * are those that a gateway speaks for; `known` says which numbers of an alert are stored already.
 */
export function planBatch(input: {
  records: readonly SentRecord<AlertTransition>[];
  devices: (gatewayId: string) => ReadonlyMap<string, AlertDevice>;
  alerts: readonly AlertRecord[];
  known: (alertId: string, number: number) => boolean;
  groupingOf?: (categoryId: string) => Grouping;
}): BatchPlan {
  const work = new Batch(input.alerts, input.groupingOf ?? (() => defaultGrouping));
  for (const { gatewayId, record } of input.records) {
    const device = input.devices(gatewayId).get(record.deviceId);
    if (device === undefined) {
      work.setAside.push({ gatewayId, record, reason: 'unknown-device' });
      continue;
    }
    if (input.known(record.alertId, record.number) || work.hasTaken(record)) {
      continue;
    }
    const present = work.alerts.get(record.alertId);
    if (present !== undefined && (present.deviceId !== record.deviceId || present.rule !== record.rule)) {
      work.setAside.push({ gatewayId, record, reason: 'alert-of-another-rule' });
      continue;
    }
    work.take(gatewayId, record);
    if (present === undefined) {
      work.begin(record, device);
    } else {
      work.carryOn(present, record);
    }
  }
  return work.plan();
}

/** The alerts of a batch while it is worked through. */
class Batch {
  readonly alerts = new Map<string, AlertRecord>();
  readonly setAside: BatchPlan['setAside'][number][] = [];
  private readonly inserted = new Set<string>();
  private readonly updated = new Set<string>();
  private readonly taken = new Map<string, AlertTransition>();
  private readonly events: BatchPlan['events'][number][] = [];
  private sender = '';
  private readonly groupingOf: (categoryId: string) => Grouping;

  constructor(alerts: readonly AlertRecord[], groupingOf: (categoryId: string) => Grouping) {
    this.groupingOf = groupingOf;
    for (const alert of alerts) {
      this.alerts.set(alert.id, alert);
    }
  }

  hasTaken(record: AlertTransition): boolean {
    return this.taken.has(`${record.alertId}/${record.number}`);
  }

  take(sender: string, record: AlertTransition): void {
    this.sender = sender;
    this.taken.set(`${record.alertId}/${record.number}`, record);
  }

  begin(record: AlertTransition, device: AlertDevice): void {
    const occurrence = foldTransition(undefined, record);
    const rival = this.openOf(record.deviceId, record.rule);
    if (rival !== undefined && occurrence.clearedAt === null && isNewer(occurrence, rival)) {
      this.supersede(rival, occurrence.raisedAt);
    }
    const { accountId, assetId, categoryId, siteId } = device;
    const place = { gatewayId: this.sender, accountId, assetId, categoryId, siteId };
    const grouping = this.groupingOf(categoryId);
    const groupKey = groupKeyOf({ ...occurrence, ...place }, grouping);
    const alert: AlertRecord = {
      ...occurrence,
      ...place,
      condition: 'active',
      status: 'active',
      statusReason: null,
      progress: null,
      parentAlertId: this.primaryFor(occurrence, groupKey, grouping)?.id ?? null,
      groupKey,
    };
    this.inserted.add(alert.id);
    this.alerts.set(alert.id, alert);
    this.tell('alert.raised', alert, record);
    if (record.transition === 'cleared') {
      this.clear(alert, record);
    } else if (rival !== undefined && !isNewer(occurrence, rival)) {
      this.supersede(alert, rival.raisedAt);
    } else if (record.transition !== 'raised') {
      this.tell(eventOfTransition[record.transition], alert, record);
    }
  }

  carryOn(present: AlertRecord, record: AlertTransition): void {
    const alert: AlertRecord = { ...present, ...foldTransition(present, record) };
    if (record.transition === 'cleared') {
      this.clear(alert, record);
      return;
    }
    this.put(alert);
    // The raising was told when the alert was first heard of; what comes after the clear is history only.
    if (record.transition !== 'raised' && alert.condition === 'active') {
      this.tell(eventOfTransition[record.transition], alert, record);
    }
  }

  plan(): BatchPlan {
    const those = (ids: ReadonlySet<string>): AlertRecord[] =>
      [...ids].map((id) => this.alerts.get(id)).filter((alert) => alert !== undefined);
    const inserted = those(this.inserted);
    return {
      inserted,
      updated: those(this.updated),
      primaries: new Map(
        those(new Set(inserted.map(({ parentAlertId }) => parentAlertId ?? ''))).map((alert) => [
          alert.id,
          alert,
        ]),
      ),
      transitions: [...this.taken.values()],
      events: this.events,
      setAside: this.setAside,
    };
  }

  private clear(alert: AlertRecord, record: AlertTransition): void {
    const wasActive = alert.condition === 'active';
    this.put(
      this.withStatus({ ...alert, condition: 'cleared' }, 'inactive', alertReason('returned-to-normal')),
    );
    if (wasActive) {
      const { quality, gatewayTime, evidence } = record;
      // What the gateway ended of its own accord, as its rule is gone, looked at no input.
      const measured = evidence?.inputs?.length !== 0;
      this.tell('alert.cleared', alert, record, { quality, gatewayTime, measured });
    }
  }

  /** Its clear was lost: a newer occurrence of the same rule is open, so this one cannot be. */
  private supersede(alert: AlertRecord, at: number): void {
    const reason = alertReason('superseded');
    const clearedAt = Math.max(alert.raisedAt, at);
    this.put(this.withStatus({ ...alert, condition: 'cleared', clearedAt }, 'closed', reason));
    this.tell('alert.cleared', alert, { number: alert.currentNumber, reason });
  }

  private withStatus(alert: AlertRecord, status: AlertStatus, statusReason: string): AlertRecord {
    if (!mayBecome(stageOf(alert), status)) {
      return alert;
    }
    this.events.push({ ...statusEvent(alert, status, statusReason), gatewayId: this.sender });
    return { ...alert, status, statusReason, progress: null };
  }

  private put(alert: AlertRecord): void {
    this.alerts.set(alert.id, alert);
    if (!this.inserted.has(alert.id)) {
      this.updated.add(alert.id);
    }
  }

  private openOf(deviceId: string, rule: string): AlertRecord | undefined {
    return [...this.alerts.values()].find(
      (alert) => alert.condition === 'active' && alert.deviceId === deviceId && alert.rule === rule,
    );
  }

  private primaryFor(
    occurrence: Occurrence,
    groupKey: string | null,
    { windowSeconds }: Grouping,
  ): AlertRecord | undefined {
    if (groupKey === null) {
      return undefined;
    }
    return [...this.alerts.values()].find(
      (alert) =>
        alert.parentAlertId === null &&
        (alert.status === 'active' || alert.status === 'in-progress') &&
        alert.groupKey === groupKey &&
        Math.abs(occurrence.raisedAt - alert.raisedAt) <= windowSeconds * 1000,
    );
  }

  private tell(
    type: string,
    alert: AlertRecord,
    record: { number: number; reason: string },
    more: Readonly<Record<string, unknown>> = {},
  ): void {
    const payload = { ...payloadOf(alert, record), ...more };
    this.events.push({ type, alertId: alert.id, payload, gatewayId: this.sender });
  }
}

/** By the gateway's clock: a device's may jump, and a recording is played with the times that it was made at. */
function isNewer(one: Occurrence, other: Occurrence): boolean {
  return one.gatewayReceivedAt === other.gatewayReceivedAt
    ? one.id > other.id
    : one.gatewayReceivedAt > other.gatewayReceivedAt;
}

function payloadOf(alert: AlertRecord, record: { number: number; reason: string }) {
  return {
    alertId: alert.id,
    source: 'device',
    deviceId: alert.deviceId,
    gatewayId: alert.gatewayId,
    accountId: alert.accountId,
    assetId: alert.assetId,
    categoryId: alert.categoryId,
    rule: alert.rule,
    signal: alert.signal,
    state: alert.state,
    severity: alert.severity,
    errorCode: alert.errorCode,
    value: alert.value,
    setpoint: alert.setpoint,
    unit: alert.unit,
    reason: record.reason,
    raisedAt: new Date(alert.raisedAt).toISOString(),
    historical: alert.historical,
    parentAlertId: alert.parentAlertId,
    number: record.number,
  };
}

export function statusEvent(
  alert: { id: string; deviceId: string | null; status: AlertStatus },
  to: AlertStatus,
  reason: string | null,
  progress: AlertProgress | null = null,
): AlertEvent {
  return {
    type: 'alert.status-changed',
    alertId: alert.id,
    payload: { alertId: alert.id, deviceId: alert.deviceId, from: alert.status, to, progress, reason },
  };
}
