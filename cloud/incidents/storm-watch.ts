import type { AlertSettings, StormAlert, StormMembership, StormWatch } from '../alerts/index.ts';
import { findStormDevices, readAlertSettings, severityRank, worstSeverity } from '../alerts/index.ts';
import { appendEvent, type Platform, type Transaction } from '../platform/index.ts';
import { byCause } from './cause.ts';
import { findGathering, findHolding, type Gathering, insertIncident, raiseSeverity } from './store.ts';

type Ground = Pick<Platform, 'newId'>;

/** Looks at each batch of new alerts, in its transaction, so that not one more is told than must be. */
export function createStormWatch(platform: Ground): StormWatch {
  return {
    findHolding,
    raise: raiseSeverity,
    async join(transaction, alerts, now) {
      const settings = await readAlertSettings(transaction);
      if (!settings.stormEnabled) {
        return new Map();
      }
      const memberships = new Map<string, StormMembership>();
      const groups = byCause(alerts);
      const gathering = await findGathering(
        transaction,
        groups.map(({ key }) => key),
      );
      for (const { key, alerts: own } of groups) {
        const incident = gathering.get(key);
        if (incident !== undefined) {
          joinGathering(memberships, own, incident);
        }
      }
      for (const group of groups.filter(({ key }) => !gathering.has(key))) {
        const free = group.alerts.filter((alert) => !memberships.has(alert.id));
        const begun = await beginIfStorm(transaction, platform, { ...group, alerts: free }, settings, now);
        if (begun !== undefined) {
          addMembers(memberships, free, begun.incidentId, begun.spokesman);
        }
      }
      return memberships;
    },
  };
}

/** What is worse than the incident is told as any alert is; it is gathered afterwards, as what was told before. */
function joinGathering(
  memberships: Map<string, StormMembership>,
  alerts: readonly StormAlert[],
  { id, severity }: Gathering,
): void {
  const fitting = alerts.filter((alert) => severityRank[alert.severity] <= severityRank[severity]);
  addMembers(memberships, fitting, id, undefined);
}

function addMembers(
  memberships: Map<string, StormMembership>,
  alerts: readonly StormAlert[],
  incidentId: string,
  spokesman: string | undefined,
): void {
  for (const { id } of alerts) {
    if (!memberships.has(id)) {
      memberships.set(id, { incidentId, held: id !== spokesman });
    }
  }
}

/** `spokesman`: where none of its cause was told before, the first alert goes its way as any does. */
async function beginIfStorm(
  transaction: Transaction,
  { newId }: Ground,
  group: ReturnType<typeof byCause>[number],
  settings: AlertSettings,
  now: Date,
): Promise<{ incidentId: string; spokesman: string | undefined } | undefined> {
  const { cause, key, alerts } = group;
  const [first] = alerts;
  if (first === undefined) {
    return undefined;
  }
  const gathersSince = new Date(now.getTime() - settings.stormWindowSeconds * 1000);
  const told = await findStormDevices(transaction, cause, gathersSince, settings.stormDevices);
  const devices = new Set([...told, ...alerts.map(({ deviceId }) => deviceId)]);
  if (devices.size < settings.stormDevices) {
    return undefined;
  }
  const incident = {
    id: newId(),
    key,
    cause,
    severity: worstSeverity(alerts.map(({ severity }) => severity)),
    firstAlertId: first.id,
    gathersSince,
    now,
  };
  if (!(await insertIncident(transaction, incident))) {
    const theirs = (await findGathering(transaction, [key])).get(key);
    return theirs === undefined ? undefined : { incidentId: theirs.id, spokesman: undefined };
  }
  await appendEvent(transaction, {
    type: 'incident.opened',
    key: incident.id,
    payload: {
      incidentId: incident.id,
      cause,
      severity: incident.severity,
      alertId: first.id,
      accountId: first.accountId,
      categoryId: first.categoryId,
      gatewayId: first.gatewayId,
      siteId: first.siteId,
      devicesAtLeast: devices.size,
    },
    actor: 'system:incidents',
    occurredAt: now,
  });
  return { incidentId: incident.id, spokesman: told.size === 0 ? first.id : undefined };
}
