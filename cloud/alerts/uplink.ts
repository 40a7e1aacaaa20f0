import type { AlertRecording, AlertShelving, AlertTransition } from '@andon/shared/contracts';
import type { Assets } from '../assets/index.ts';
import type { Devices } from '../devices/index.ts';
import type { Gateways, UplinkHandler, UplinkRecords } from '../gateways/index.ts';
import { appendEvents, type Transaction } from '../platform/index.ts';
import { type AlertDevice, type BatchPlan, planBatch } from './batch.ts';
import {
  findPrimaries,
  insertAlerts,
  insertTransitions,
  lockAlertsFor,
  lockGateway,
  lockGroups,
  storedNumbers,
  updateAlerts,
} from './batch-store.ts';
import { storeRecordings, storeShelvings } from './edge-records.ts';
import { defaultGrouping, type Grouping, groupKeyOf } from './grouping.ts';
import { type HoldParts, reconsiderHeld, reconsiderHeldBy } from './holding.ts';
import { quietOf } from './raising.ts';
import { findGroupings } from './settings.ts';
import { endOneShots } from './shelf-store.ts';

export interface AlertsDependencies {
  readonly assets: Pick<Assets, 'findSitesOf'>;
  readonly devices: Pick<Devices, 'findForGateway' | 'findDevices' | 'countOfGateway'>;
  readonly gateways: Pick<Gateways, 'countRefusals' | 'findGateway'>;
}

/** Takes the alert records of a batch: so many statements, however many there are, and then what belongs to them. */
export function createUplinkHandler(dependencies: AlertsDependencies, parts: HoldParts): UplinkHandler {
  return {
    recordTypes: ['alert', 'alert-shelving', 'alert-recording'],
    async handle(transaction, batch) {
      await takeTransitions(transaction, batch, dependencies, parts);
      await takeShelvings(transaction, batch, dependencies);
      await takeRecordings(transaction, batch, dependencies);
    },
  };
}

async function takeTransitions(
  transaction: Transaction,
  batch: UplinkRecords,
  dependencies: AlertsDependencies,
  parts: HoldParts,
): Promise<void> {
  const records = batch.records.filter((record): record is AlertTransition => record.type === 'alert');
  if (records.length === 0) {
    return;
  }
  const now = batch.receivedAt;
  const { gateways } = dependencies;
  await lockGateway(transaction, batch.gatewayId);
  const plan = await planned(transaction, batch.gatewayId, records, dependencies);
  const quiet = await quietOf(transaction, parts, plan, now);
  await updateAlerts(transaction, plan.updated, now);
  await insertAlerts(transaction, plan.inserted, quiet, now);
  await insertTransitions(transaction, plan.transitions, now);
  await endQuiet(transaction, plan, now);
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
      payload: {
        ...event.payload,
        held: quiet.holds.get(event.alertId)?.kind ?? null,
        incidentId: quiet.storms.get(event.alertId)?.incidentId ?? null,
      },
      actor: `gateway:${batch.gatewayId}`,
      occurredAt: now,
    })),
  );
}

async function planned(
  transaction: Transaction,
  gatewayId: string,
  records: readonly AlertTransition[],
  { assets, devices }: AlertsDependencies,
): Promise<BatchPlan> {
  const ids = [...new Set(records.map((record) => record.deviceId))];
  const found = await devices.findForGateway(transaction, gatewayId, ids);
  const own = [...found.values()];
  const sites = await assets.findSitesOf(transaction, [...new Set(own.map(({ assetId }) => assetId))]);
  const known = new Map<string, AlertDevice>(
    own.map(({ id, accountId, assetId, categoryId }) => [
      id,
      { id, accountId, assetId, categoryId, siteId: sites.get(assetId) ?? null },
    ]),
  );
  const groupings = await findGroupings(transaction, [...new Set(own.map(({ categoryId }) => categoryId))]);
  const groupingOf = (categoryId: string): Grouping => groupings.get(categoryId) ?? defaultGrouping;
  const window = 1000 * Math.max(0, ...own.map(({ categoryId }) => groupingOf(categoryId).windowSeconds));
  const stored = await storedNumbers(transaction, records);
  const keys = groupsBeyondDevice(gatewayId, records, known, groupingOf);
  await lockGroups(transaction, keys);
  const times = records.map((record) => record.sourceTime);
  const primaryIds = await findPrimaries(transaction, keys, {
    from: Math.min(...times) - window,
    to: Math.max(...times) + window,
  });
  return planBatch({
    gatewayId,
    records,
    devices: known,
    alerts: await lockAlertsFor(transaction, records, window, primaryIds),
    known: (alertId, number) => stored.has(`${alertId}/${number}`),
    groupingOf,
  });
}

/** The keys of the groups of these records whose primary may be of a device that is not in the batch. */
function groupsBeyondDevice(
  gatewayId: string,
  records: readonly AlertTransition[],
  devices: ReadonlyMap<string, AlertDevice>,
  groupingOf: (categoryId: string) => Grouping,
): string[] {
  const keys = new Set<string>();
  for (const record of records) {
    const device = devices.get(record.deviceId);
    const grouping = device && groupingOf(device.categoryId);
    if (device === undefined || grouping === undefined || grouping.fields.includes('device')) {
      continue;
    }
    const { deviceId, rule, signal } = record;
    const { assetId, categoryId, siteId = null } = device;
    const key = groupKeyOf(
      { deviceId, gatewayId, siteId, assetId, categoryId, errorCode: record.errorCode ?? null, rule, signal },
      grouping,
    );
    if (key !== null) {
      keys.add(key);
    }
  }
  return [...keys];
}

/** What cleared needs no one-shot shelf, and holds no child of its group back; what got worse may be held no more. */
async function endQuiet(transaction: Transaction, plan: BatchPlan, now: Date): Promise<void> {
  const over = plan.events.filter(({ type }) => type === 'alert.cleared').map(({ alertId }) => alertId);
  const shelves = await endOneShots(transaction, over, now);
  await reconsiderHeldBy(transaction, [...shelves, ...over], now);
  const worse = plan.events.filter(({ type }) => type === 'alert.escalated').map(({ alertId }) => alertId);
  await reconsiderHeld(transaction, worse, now);
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
