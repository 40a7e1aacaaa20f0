import type { AlertTransition } from '@andon/shared/contracts';
import type { Devices } from '../devices/index.ts';
import type { Gateways, UplinkHandler } from '../gateways/index.ts';
import { appendEvents } from '../platform/index.ts';
import { planBatch } from './batch.ts';
import {
  insertAlerts,
  insertTransitions,
  lockAlertsFor,
  lockGateway,
  storedNumbers,
  updateAlerts,
} from './batch-store.ts';

export interface AlertsDependencies {
  readonly devices: Pick<Devices, 'findForGateway' | 'findDevices'>;
  readonly gateways: Pick<Gateways, 'countRefusals'>;
}

/** Takes the alert records of a batch: nine statements, however many there are. */
export function createUplinkHandler({ devices, gateways }: AlertsDependencies): UplinkHandler {
  return {
    recordTypes: ['alert'],
    async handle(transaction, batch) {
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
    },
  };
}
