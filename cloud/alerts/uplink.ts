import type { AlertTransition } from '@andon/shared/contracts';
import type { Refusal, UplinkHandler } from '../gateways/index.ts';
import { appendEvents, type Transaction } from '../platform/index.ts';
import { type AlertDevice, planBatch } from './batch.ts';
import {
  insertAlerts,
  insertTransitions,
  lockAlertsFor,
  lockGateway,
  storedNumbers,
  updateAlerts,
} from './store.ts';

/** The devices among `ids` that this gateway speaks for. */
export type FindDevices = (
  transaction: Transaction,
  gatewayId: string,
  ids: readonly string[],
) => Promise<ReadonlyMap<string, AlertDevice>>;

/** Counts input that was refused: `Gateways.countRefusals`. */
export type CountRefusals = (
  transaction: Transaction,
  gatewayId: string,
  refusals: readonly Refusal[],
) => Promise<void>;

/** Takes the alert records of a batch: nine statements, however many there are. */
export function createUplinkHandler(findDevices: FindDevices, countRefusals: CountRefusals): UplinkHandler {
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
        devices: await findDevices(transaction, batch.gatewayId, deviceIds),
        alerts: await lockAlertsFor(transaction, records),
        known: (alertId, number) => stored.has(`${alertId}/${number}`),
      });
      await updateAlerts(transaction, plan.updated, now);
      await insertAlerts(transaction, plan.inserted, now);
      await insertTransitions(transaction, plan.transitions, now);
      if (plan.setAside.length > 0) {
        await countRefusals(
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
