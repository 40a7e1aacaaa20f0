import type { AlertRecording, AlertShelving, AlertTransition } from '@andon/shared/contracts';
import type { DeviceOfGateway, Devices } from '../devices/index.ts';
import {
  eachSent,
  type Gateways,
  type GatheredUplink,
  type SentRecord,
  type SentRecords,
  sentOf,
  type UplinkHandler,
} from '../gateways/index.ts';
import { appendEvents, type Transaction } from '../platform/index.ts';
import { type BatchPlan, planBatch } from './batch.ts';
import {
  findPrimaries,
  insertAlerts,
  insertTransitions,
  lockAlertsFor,
  lockGateways,
  lockGroups,
  type Span,
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
  readonly devices: Pick<Devices, 'findForGateways' | 'findDevices' | 'countOfGateway'>;
  readonly gateways: Pick<Gateways, 'countRefusals' | 'findGateway' | 'findGateways'>;
}

/** Takes alert records: so many statements, however many there are of however many gateways. */
export function createUplinkHandler(dependencies: AlertsDependencies, parts: HoldParts): UplinkHandler {
  return {
    recordTypes: ['alert', 'alert-shelving', 'alert-recording'],
    async handle(transaction, gathered) {
      await takeTransitions(transaction, gathered, dependencies, parts);
      await takeShelvings(transaction, gathered, dependencies);
      await takeRecordings(transaction, gathered, dependencies);
    },
  };
}

async function takeTransitions(
  transaction: Transaction,
  gathered: GatheredUplink,
  dependencies: AlertsDependencies,
  parts: HoldParts,
): Promise<void> {
  const sent = sentOf(gathered, (record): record is AlertTransition => record.type === 'alert');
  if (sent.length === 0) {
    return;
  }
  const now = gathered.receivedAt;
  await lockGateways(
    transaction,
    sent.map(({ gatewayId }) => gatewayId),
  );
  const plan = await planned(transaction, sent, dependencies);
  const quiet = await quietOf(transaction, parts, plan, now);
  await updateAlerts(transaction, plan.updated, now);
  await insertAlerts(transaction, plan.inserted, quiet, now);
  await insertTransitions(transaction, plan.transitions, now);
  await endQuiet(transaction, plan, now);
  await refuse(transaction, dependencies.gateways, plan.setAside);
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
      actor: `gateway:${event.gatewayId}`,
      occurredAt: now,
    })),
  );
}

async function planned(
  transaction: Transaction,
  ofGateways: readonly SentRecords<AlertTransition>[],
  { devices }: AlertsDependencies,
): Promise<BatchPlan> {
  const known = await devices.findForGateways(transaction, ofGateways);
  const sent = eachSent(ofGateways);
  const categories = sent.map(({ gatewayId, record }) => known(gatewayId).get(record.deviceId)?.categoryId);
  const categoryIds = [...new Set(categories)].filter((id) => id !== undefined);
  const groupings = await findGroupings(transaction, categoryIds);
  const groupingOf = (categoryId: string): Grouping => groupings.get(categoryId) ?? defaultGrouping;
  const window = 1000 * Math.max(0, ...categoryIds.map((id) => groupingOf(id).windowSeconds));
  const records = sent.map(({ record }) => record);
  const stored = await storedNumbers(transaction, records);
  const groups = groupsBeyondDevice(sent, known, groupingOf, window);
  await lockGroups(transaction, [...groups.keys()]);
  const primaryIds = await findPrimaries(transaction, groups);
  return planBatch({
    records: sent,
    devices: known,
    alerts: await lockAlertsFor(transaction, records, window, primaryIds),
    known: (alertId, number) => stored.has(`${alertId}/${number}`),
    groupingOf,
  });
}

/** The groups of these records whose primary may be of a device that is not in the batch, and when it was raised. */
function groupsBeyondDevice(
  sent: readonly SentRecord<AlertTransition>[],
  known: (gatewayId: string) => ReadonlyMap<string, DeviceOfGateway>,
  groupingOf: (categoryId: string) => Grouping,
  window: number,
): Map<string, Span> {
  const groups = new Map<string, Span>();
  for (const { gatewayId, record } of sent) {
    const device = known(gatewayId).get(record.deviceId);
    const grouping = device && groupingOf(device.categoryId);
    if (device === undefined || grouping === undefined || grouping.fields.includes('device')) {
      continue;
    }
    const { deviceId, rule, signal } = record;
    const { assetId, categoryId, siteId } = device;
    const key = groupKeyOf(
      { deviceId, gatewayId, siteId, assetId, categoryId, errorCode: record.errorCode ?? null, rule, signal },
      grouping,
    );
    if (key !== null) {
      const { from, to } = groups.get(key) ?? { from: record.sourceTime, to: record.sourceTime };
      groups.set(key, {
        from: Math.min(from, record.sourceTime - window),
        to: Math.max(to, record.sourceTime + window),
      });
    }
  }
  return groups;
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
  gathered: GatheredUplink,
  { devices, gateways }: AlertsDependencies,
): Promise<void> {
  const sent = sentOf(gathered, (record): record is AlertShelving => record.type === 'alert-shelving');
  if (sent.length === 0) {
    return;
  }
  const { own, foreign } = apart(sent, await devices.findForGateways(transaction, sent));
  await storeShelvings(
    transaction,
    own.map(({ record }) => record),
    gathered.receivedAt,
  );
  await refuse(transaction, gateways, foreign);
  await appendEvents(
    transaction,
    own.map(({ gatewayId, record }) => ({
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
      actor: `gateway:${gatewayId}`,
      occurredAt: gathered.receivedAt,
    })),
  );
}

async function takeRecordings(
  transaction: Transaction,
  gathered: GatheredUplink,
  { devices, gateways }: AlertsDependencies,
): Promise<void> {
  const sent = sentOf(gathered, (record): record is AlertRecording => record.type === 'alert-recording');
  if (sent.length === 0) {
    return;
  }
  const { own, foreign } = apart(sent, await devices.findForGateways(transaction, sent));
  const unknown = new Set(
    await storeRecordings(
      transaction,
      own.map(({ record }) => record),
      gathered.receivedAt,
    ),
  );
  const ofUnknown = own
    .filter(({ record }) => unknown.has(record))
    .map((one) => ({ ...one, reason: 'recording-of-unknown-alert' }));
  await refuse(transaction, gateways, [...foreign, ...ofUnknown]);
}

/** What is of devices that the gateway speaks for, and what is to be refused. */
function apart<T extends { readonly deviceId: string }>(
  ofGateways: readonly SentRecords<T>[],
  known: (gatewayId: string) => ReadonlyMap<string, DeviceOfGateway>,
) {
  const sent = eachSent(ofGateways);
  const isOwn = ({ gatewayId, record }: SentRecord<T>) => known(gatewayId).has(record.deviceId);
  return {
    own: sent.filter(isOwn),
    foreign: sent.filter((one) => !isOwn(one)).map((one) => ({ ...one, reason: 'unknown-device' })),
  };
}

async function refuse(
  transaction: Transaction,
  gateways: AlertsDependencies['gateways'],
  refused: readonly (SentRecord<{ readonly deviceId: string }> & { readonly reason: string })[],
): Promise<void> {
  for (const gatewayId of new Set(refused.map((one) => one.gatewayId))) {
    const refusals = refused
      .filter((one) => one.gatewayId === gatewayId)
      .map(({ record, reason }) => ({ deviceId: record.deviceId, reason, count: 1 }));
    await gateways.countRefusals(transaction, gatewayId, refusals);
  }
}
