import type { GatewayState } from '../gateways/index.ts';
import {
  appendEvents,
  doOrPutOff,
  type NewEvent,
  type Platform,
  putOffUntil,
  type StoredEvent,
  type Subscription,
  sql,
  type Transaction,
} from '../platform/index.ts';
import { lockGateway, lockGateways } from './batch-store.ts';
import { payloadOfRow } from './event-payload.ts';
import type { Hold, HoldSubject } from './hold.ts';
import { isSilence, lookAgainAt } from './hold.ts';
import { type HoldParts, holdsOf, reconsiderHeldBy, subjectOf } from './holding.ts';
import { readSettings } from './settings.ts';
import { endOneShots } from './shelf-store.ts';
import { mayBecome, stageOf } from './status.ts';
import { findAlert, lockAlert } from './store.ts';
import type { AlertRow } from './tables.ts';

/** The rule that the cloud itself watches gateways by. */
export const gatewayDownRule = 'gateway-down';
const actor = 'system:alerts';

export interface OutageParts extends HoldParts {
  readonly platform: Pick<Platform, 'clock' | 'newId' | 'logger'>;
  readonly findGateway: (transaction: Transaction, id: string) => Promise<GatewayState | undefined>;
  readonly countDevices: (transaction: Transaction, gatewayId: string) => Promise<number>;
}

/** Keeps who is away since when, and clears the alert of a gateway that is back. */
export function absencesSubscription(parts: OutageParts): Subscription {
  return {
    name: 'alerts.gateway-absences',
    types: ['gateway.connection-changed'],
    async handle(transaction, event) {
      // The present state and not the event's: it may be back by now.
      const gateway = await parts.findGateway(transaction, event.key);
      if (gateway?.connected === false) {
        await beginAbsence(transaction, event);
      } else {
        await endAbsence(transaction, parts, event);
      }
    },
    async handleTogether(transaction, events) {
      // Each takes its turn below; what they lock is locked in the order in which posts of many gateways lock it.
      await lockAbsent(transaction, [...new Set(events.map(({ key }) => key))]);
      return new Set();
    },
  };
}

/** It is away since it last went: that it came, told while it is away again, says nothing of since when. */
async function beginAbsence(transaction: Transaction, event: StoredEvent): Promise<void> {
  if (event.payload.connected === false) {
    await sql`
      insert into gateway_absences (gateway_id, since) values (${event.key}, ${event.occurredAt})
      on conflict (gateway_id) do update set since = greatest(gateway_absences.since, excluded.since)
      where gateway_absences.alert_id is null`.execute(transaction);
  }
}

async function lockAbsent(transaction: Transaction, gatewayIds: readonly string[]): Promise<void> {
  const absent = await sql<{ gateway_id: string }>`
    select gateway_id from gateway_absences where gateway_id = any(${gatewayIds})`.execute(transaction);
  await lockGateways(
    transaction,
    absent.rows.map((row) => row.gateway_id),
  );
}

async function endAbsence(transaction: Transaction, parts: OutageParts, event: StoredEvent): Promise<void> {
  const ended = await sql<{ alert_id: string | null }>`
    delete from gateway_absences where gateway_id = ${event.key} returning alert_id`.execute(transaction);
  const alertId = ended.rows[0]?.alert_id ?? null;
  if (alertId !== null) {
    // A batch of it that is under way may be about to store what this alert holds: it goes first, and is seen below.
    await lockGateway(transaction, event.key);
  }
  const alert = alertId === null ? undefined : await lockAlert(transaction, alertId);
  if (alert?.condition !== 'active') {
    return;
  }
  const now = new Date(parts.platform.clock.now());
  const { gatewayRecoverySeconds } = await readSettings(transaction);
  const becomesInactive = mayBecome(stageOf(alert), 'inactive');
  await sql`
    update alerts set condition = 'cleared', cleared_at = ${event.occurredAt}, updated_at = ${now},
      status = case when ${becomesInactive}::boolean then 'inactive' else status end,
      status_reason = case when ${becomesInactive}::boolean then 'the gateway is back' else status_reason end,
      progress = case when ${becomesInactive}::boolean then null else progress end,
      transition_count = transition_count + 1, version = version + 1
    where id = ${alert.id}`.execute(transaction);
  await insertTransition(transaction, alert, 'cleared', 'the gateway is back', event.occurredAt);
  await tell(transaction, 'alert.cleared', alert.id, now);
  await reconsiderHeldBy(transaction, [alert.id], new Date(now.getTime() + gatewayRecoverySeconds * 1000));
  await reconsiderHeldBy(transaction, await endOneShots(transaction, [alert.id], now), now);
}

interface Absence {
  readonly gateway_id: string;
  readonly since: Date;
  readonly failures: number;
}

/** Raises the alert of one gateway that has been away for longer than the grace; answers how many. */
export async function raiseDueOutage(transaction: Transaction, parts: OutageParts): Promise<number> {
  const now = parts.platform.clock.now();
  const { gatewayGraceSeconds, gatewaySeverity } = await readSettings(transaction);
  const due = await sql<Absence>`
    select gateway_id, since, failures from gateway_absences
    where alert_id is null and since <= ${new Date(now - gatewayGraceSeconds * 1000)}
      and (put_off_until is null or put_off_until <= ${new Date(now)})
    order by since limit 1 for no key update skip locked`.execute(transaction);
  const [absence] = due.rows;
  if (absence === undefined) {
    return 0;
  }
  const raise = () => raiseOutage(transaction, parts, absence, { now, severity: gatewaySeverity });
  await doOrPutOff(transaction, raise, async (error) => {
    const { gateway_id: gatewayId, failures } = absence;
    await sql`
      update gateway_absences set failures = failures + 1, put_off_until = ${putOffUntil(failures, new Date(now))}
      where gateway_id = ${gatewayId}`.execute(transaction);
    parts.platform.logger.error({ err: error, gatewayId }, 'the alert of a gateway could not be raised');
  });
  return 1;
}

async function raiseOutage(
  transaction: Transaction,
  parts: OutageParts,
  absence: Absence,
  { now, severity }: { readonly now: number; readonly severity: string },
): Promise<void> {
  const gateway = await parts.findGateway(transaction, absence.gateway_id);
  if (gateway === undefined || gateway.connected || gateway.keyRevoked) {
    // It came back, or nobody expects it any more.
    await sql`delete from gateway_absences where gateway_id = ${absence.gateway_id}`.execute(transaction);
    return;
  }
  const alertId = parts.platform.newId();
  const devices = await parts.countDevices(transaction, gateway.id);
  const reason = `nothing is heard of the gateway ${gateway.name}; ${devices} ${devices === 1 ? 'device' : 'devices'} behind it cannot be reached`;
  await insertOutage(transaction, { alertId, gateway, reason, severity }, absence.since, now);
  await sql`update gateway_absences set alert_id = ${alertId} where gateway_id = ${gateway.id}`.execute(
    transaction,
  );
  await holdIfNeeded(transaction, parts, alertId, new Date(now));
  await tell(transaction, 'alert.raised', alertId, new Date(now));
}

async function insertOutage(
  transaction: Transaction,
  outage: { alertId: string; gateway: GatewayState; reason: string; severity: string },
  since: Date,
  now: number,
): Promise<void> {
  const { alertId, gateway, reason, severity } = outage;
  const at = new Date(now);
  await sql`
    insert into alerts (id, source, gateway_id, rule, rule_version, signal, state, severity, quality, reason,
      peak_state, peak_severity, condition, response, status, raised_at, gateway_received_at, historical,
      announced_at, transition_count, first_number, current_number, created_at, updated_at, version)
    values (${alertId}, 'gateway', ${gateway.id}, ${gatewayDownRule}, 1, 'connection', 'STALE', ${severity}, 'GOOD',
      ${reason}, 'STALE', ${severity}, 'active', 'unacknowledged', 'active', ${since}, ${since}, false, ${at}, 1, 1, 1,
      ${at}, ${at}, 1)`.execute(transaction);
  const alert = await findAlert(transaction, alertId);
  if (alert !== undefined) {
    await insertTransition(transaction, alert, 'raised', reason, since);
  }
}

async function insertTransition(
  transaction: Transaction,
  alert: AlertRow,
  transition: 'raised' | 'cleared',
  reason: string,
  at: Date,
): Promise<void> {
  const number = transition === 'raised' ? 1 : 2;
  await sql`
    insert into alert_transitions (alert_id, number, transition, rule_version, state, severity, quality, reason,
      historical, source_time, gateway_time, received_at)
    values (${alert.id}, ${number}, ${transition}, 1, ${alert.state}, ${alert.severity}, 'GOOD', ${reason}, false,
      ${at}, ${at}, ${at})`.execute(transaction);
}

async function holdIfNeeded(
  transaction: Transaction,
  parts: HoldParts,
  alertId: string,
  now: Date,
): Promise<void> {
  const row = await findAlert(transaction, alertId);
  const hold = row && (await holdsOf(transaction, parts, [subjectOf(row)], now)).get(alertId);
  if (hold !== undefined) {
    await sql`
      update alerts set hold = ${hold.kind}, hold_id = ${hold.id}, hold_until = ${lookAgainAt(hold, now)}, announced_at = null
      where id = ${alertId}`.execute(transaction);
  }
}

async function tell(transaction: Transaction, type: string, alertId: string, now: Date): Promise<void> {
  const row = await findAlert(transaction, alertId);
  if (row !== undefined) {
    const event: NewEvent = { type, key: alertId, payload: payloadOfRow(row), actor, occurredAt: now };
    await appendEvents(transaction, [event]);
  }
}

/** Devices that seem silent while their gateway is away, or only just back: its alert stands for theirs. */
export async function outagesHolding(
  transaction: Transaction,
  subjects: readonly HoldSubject[],
  now: Date,
): Promise<Map<string, Hold>> {
  const silent = subjects.filter(({ source, state }) => source === 'device' && isSilence(state));
  if (silent.length === 0) {
    return new Map();
  }
  const gatewayIds = [...new Set(silent.map(({ gatewayId }) => gatewayId))];
  const found = await sql<{ id: string; gateway_id: string; until_time: Date | null }>`
    select alerts.id, gateway_id, cleared_at + make_interval(secs => gateway_recovery_seconds) as until_time
    from alerts, alert_settings
    where source = 'gateway' and gateway_id = any(${gatewayIds}) and rule = ${gatewayDownRule}
      and (condition = 'active' or cleared_at > ${now}::timestamptz - make_interval(secs => gateway_recovery_seconds))
    order by raised_at`.execute(transaction);
  const outageOf = new Map(found.rows.map((row) => [row.gateway_id, row]));
  const holds = new Map<string, Hold>();
  for (const { id, gatewayId } of silent) {
    const outage = outageOf.get(gatewayId);
    if (outage !== undefined) {
      holds.set(id, { kind: 'gateway-down', id: outage.id, until: outage.until_time });
    }
  }
  return holds;
}
