import type { AlertRecording, AlertShelving, AlertTransition } from '@andon/shared/contracts';
import type { Devices } from '../devices/index.ts';
import type { Gateways, UplinkHandler, UplinkRecords } from '../gateways/index.ts';
import { appendEvents, type Transaction } from '../platform/index.ts';
import { planBatch } from './batch.ts';
import {
  insertAlerts,
  insertTransitions,
  lockAlertsFor,
  lockGateway,
  storedNumbers,
  updateAlerts,
} from './batch-store.ts';
import { storeRecordings, storeShelvings } from './edge-records.ts';

export interface AlertsDependencies {
  readonly devices: Pick<Devices, 'findForGateway' | 'findDevices'>;
  readonly gateways: Pick<Gateways, 'countRefusals'>;
}

/** Takes the alert records of a batch: nine statements, however many there are, and then what belongs to them. */
export function createUplinkHandler(dependencies: AlertsDependencies): UplinkHandler {
  return {
    recordTypes: ['alert', 'alert-shelving', 'alert-recording'],
    async handle(transaction, batch) {
      await takeTransitions(transaction, batch, dependencies);
      await takeShelvings(transaction, batch, dependencies);
      await takeRecordings(transaction, batch, dependencies);
    },
  };
}

async function takeTransitions(
  transaction: Transaction,
  batch: UplinkRecords,
  { devices, gateways }: AlertsDependencies,
): Promise<void> {
  const records = batch.records.filter((record): record is AlertTransition => record.type === 'alert');
  if (records.length === 0) {
    return;
  }
  const now = batch.receivedAt;
  await lockGateway(transaction, batch.gatewayId);
  const deviceIds = [...new Set(records.map((record) => record.deviceId))];
  const stored = await storedNumbers(transaction, records);
  const plan = planBatch({
    gatewayId: batch.gatewayId,
    records,
    devices: await devices.findForGateway(transaction, batch.gatewayId, deviceIds),
    alerts: await lockAlertsFor(transaction, records),
    known: (alertId, number) => stored.has(`${alertId}/${number}`),
  });
  await updateAlerts(transaction, plan.updated, now);
  await insertAlerts(transaction, plan.inserted, now);
  await insertTransitions(transaction, plan.transitions, now);
  if (plan.setAside.length > 0) {
    await gateways.countRefusals(
      transaction,
      batch.gatewayId,
      plan.setAside.map(({ record, reason }) => ({ deviceId: record.deviceId, reason, count: 1 })),
    );
  }
  await appendEvents(
    transaction,
    plan.events.map((event) => ({
      type: event.type,
      key: event.alertId,
      payload: event.payload,
      actor: `gateway:${batch.gatewayId}`,
      occurredAt: now,
    })),
  );
}

/** A shelf of a device that this gateway does not speak for is counted as a refusal, as an alert of it would be. */
async function takeShelvings(
  transaction: Transaction,
  batch: UplinkRecords,
  { devices, gateways }: AlertsDependencies,
): Promise<void> {
  const records = batch.records.filter((record): record is AlertShelving => record.type === 'alert-shelving');
  if (records.length === 0) {
    return;
  }
  const ids = [...new Set(records.map((record) => record.deviceId))];
  const known = await devices.findForGateway(transaction, batch.gatewayId, ids);
  const [own, foreign] = [
    records.filter((record) => known.has(record.deviceId)),
    records.filter((record) => !known.has(record.deviceId)),
  ];
  await storeShelvings(transaction, own, batch.receivedAt);
  await refuse(transaction, batch, gateways, foreign, 'unknown-device');
  await appendEvents(
    transaction,
    own.map((record) => ({
      type: record.shelved ? 'alert-rule.shelved' : 'alert-rule.unshelved',
      key: record.deviceId,
      payload: {
        deviceId: record.deviceId,
        rule: record.rule,
        kind: record.kind,
        until: new Date(record.until).toISOString(),
        by: record.by,
        reason: record.reason,
      },
      actor: `gateway:${batch.gatewayId}`,
      occurredAt: batch.receivedAt,
    })),
  );
}

async function takeRecordings(
  transaction: Transaction,
  batch: UplinkRecords,
  { devices, gateways }: AlertsDependencies,
): Promise<void> {
  const records = batch.records.filter(
    (record): record is AlertRecording => record.type === 'alert-recording',
  );
  if (records.length === 0) {
    return;
  }
  const ids = [...new Set(records.map((record) => record.deviceId))];
  const known = await devices.findForGateway(transaction, batch.gatewayId, ids);
  const own = records.filter((record) => known.has(record.deviceId));
  const foreign = records.filter((record) => !known.has(record.deviceId));
  const unknown = await storeRecordings(transaction, own, batch.receivedAt);
  await refuse(transaction, batch, gateways, foreign, 'unknown-device');
  await refuse(transaction, batch, gateways, unknown, 'recording-of-unknown-alert');
}

async function refuse(
  transaction: Transaction,
  batch: UplinkRecords,
  gateways: AlertsDependencies['gateways'],
  records: readonly { readonly deviceId: string }[],
  reason: string,
): Promise<void> {
  if (records.length > 0) {
    const refusals = records.map(({ deviceId }) => ({ deviceId, reason, count: 1 }));
    await gateways.countRefusals(transaction, batch.gatewayId, refusals);
  }
}
