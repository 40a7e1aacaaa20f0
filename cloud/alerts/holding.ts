import {
  appendEvents,
  doOrPutOff,
  type NewEvent,
  type Platform,
  putOffUntil,
  type Subscription,
  sql,
  type Transaction,
} from '../platform/index.ts';
import { lockGateway } from './batch-store.ts';
import { payloadOfRow } from './event-payload.ts';
import {
  type Hold,
  type HoldSource,
  type HoldSubject,
  isHeldByPrimary,
  lookAgainAt,
  type StormWatch,
} from './hold.ts';
import { severityRank } from './occurrence.ts';
import { findAlerts } from './store.ts';
import type { AlertRow } from './tables.ts';

/** What says whether alerts are held. The first source that holds one has the word. */
export interface HoldParts {
  readonly platform: Pick<Platform, 'clock' | 'logger'>;
  readonly sources: () => readonly HoldSource[];
  readonly storms: () => StormWatch | undefined;
}

export async function holdsOf(
  transaction: Transaction,
  parts: HoldParts,
  subjects: readonly HoldSubject[],
  now: Date,
): Promise<Map<string, Hold>> {
  const holds = new Map<string, Hold>();
  for (const source of parts.sources()) {
    const free = subjects.filter((subject) => !holds.has(subject.id));
    if (free.length === 0) {
      break;
    }
    for (const [alertId, hold] of await source(transaction, free, now)) {
      holds.set(alertId, hold);
    }
  }
  return holds;
}

export function subjectOf(row: AlertRow): HoldSubject {
  return {
    id: row.id,
    source: row.source,
    deviceId: row.device_id,
    gatewayId: row.gateway_id,
    accountId: row.account_id,
    assetId: row.asset_id,
    siteId: row.site_id,
    categoryId: row.category_id,
    rule: row.rule,
    state: row.state,
  };
}

const alertsAtOnceMax = 100;

const notPutOff = (now: Date) => sql`
  not exists (select from alert_hold_failures where alert_id = alerts.id and put_off_until > ${now})`;

/**
 * Looks at alerts of one gateway whose hold may be over; answers how many. Another worker's are left to it. The gateway is
 * locked first, as by its batches: these lock primaries before their children, and here the children are what is found.
 * Where they cannot be looked at together the oldest is looked at alone, and is put off where that fails, too.
 */
export async function reconsiderDue(transaction: Transaction, parts: HoldParts): Promise<number> {
  const now = new Date(parts.platform.clock.now());
  const first = await sql<{ gateway_id: string }>`
    select gateway_id from alerts where hold_until <= ${now} and ${notPutOff(now)}
    order by hold_until limit 1`.execute(transaction);
  const gatewayId = first.rows[0]?.gateway_id;
  if (gatewayId === undefined) {
    return 0;
  }
  await lockGateway(transaction, gatewayId);
  const due = await sql<AlertRow>`
    select * from alerts where hold_until <= ${now} and gateway_id = ${gatewayId} and ${notPutOff(now)}
    order by hold_until, raised_at limit ${alertsAtOnceMax} for no key update skip locked`.execute(
    transaction,
  );
  const alone = async (row: AlertRow): Promise<void> => {
    await doOrPutOff(
      transaction,
      () => reconsiderOnce(transaction, parts, [row], now),
      (error) => putOffHold(transaction, parts, row.id, error, now),
    );
  };
  const [oldest] = due.rows;
  if (oldest !== undefined) {
    await doOrPutOff(
      transaction,
      () => reconsiderOnce(transaction, parts, due.rows, now),
      () => alone(oldest),
    );
  }
  return due.rows.length;
}

async function reconsiderOnce(
  transaction: Transaction,
  parts: HoldParts,
  rows: readonly AlertRow[],
  now: Date,
): Promise<void> {
  await reconsider(transaction, parts, rows, now);
  const ids = rows.map((row) => row.id);
  await sql`delete from alert_hold_failures where alert_id = any(${ids}::uuid[])`.execute(transaction);
}

/** What holds it could not be found out: it is looked at again later, and stays held until then. */
async function putOffHold(
  transaction: Transaction,
  { platform }: HoldParts,
  alertId: string,
  error: unknown,
  now: Date,
): Promise<void> {
  const counted = await sql<{ failures: number }>`
    insert into alert_hold_failures (alert_id, failures) values (${alertId}, 1)
    on conflict (alert_id) do update set failures = alert_hold_failures.failures + 1 returning failures`.execute(
    transaction,
  );
  const before = (counted.rows[0]?.failures ?? 1) - 1;
  await sql`
    update alert_hold_failures set put_off_until = ${putOffUntil(before, now)}
    where alert_id = ${alertId}`.execute(transaction);
  platform.logger.error({ err: error, alertId }, 'what holds an alert could not be found out');
}

/** Finds out anew what holds these alerts, which this transaction has locked, and tells those that nothing holds. */
export async function reconsider(
  transaction: Transaction,
  parts: HoldParts,
  rows: readonly AlertRow[],
  now: Date,
): Promise<void> {
  const lasting = rows.filter(isToBeTold);
  const holds = await holdsOf(transaction, parts, lasting.map(subjectOf), now);
  await addIncidents(transaction, parts, lasting, holds, now);
  await addGroups(transaction, lasting, holds, now);
  await letRest(
    transaction,
    rows.filter((row) => !isToBeTold(row)),
  );
  await keep(
    transaction,
    lasting.filter((row) => holds.has(row.id)),
    holds,
    now,
  );
  await release(
    transaction,
    lasting.filter((row) => !holds.has(row.id)),
    now,
  );
}

/** The condition lasts, and nobody put an end to the alert. */
function isToBeTold(row: AlertRow): boolean {
  return row.condition === 'active' && row.status !== 'closed';
}

async function addIncidents(
  transaction: Transaction,
  parts: HoldParts,
  rows: readonly AlertRow[],
  holds: Map<string, Hold>,
  now: Date,
): Promise<void> {
  // What was told before it joined is told again as any alert is; the incident holds back the others alone.
  const members = rows.filter(
    (row) => row.incident_id !== null && row.announced_at === null && !holds.has(row.id),
  );
  const storms = parts.storms();
  if (members.length === 0 || storms === undefined) {
    return;
  }
  const ids = [...new Set(members.map((row) => row.incident_id ?? ''))];
  const severityOf = new Map(await storms.findHolding(transaction, ids));
  for (const { id, severity, incident_id: incidentId } of members) {
    const known = incidentId === null ? undefined : severityOf.get(incidentId);
    if (incidentId === null || known === undefined) {
      continue;
    }
    if (severityRank[severity] > severityRank[known]) {
      // The first that is so bad is told; it speaks for those that get as bad after it.
      severityOf.set(incidentId, severity);
      await storms.raise(transaction, incidentId, severity, now);
    } else {
      holds.set(id, { kind: 'incident', id: incidentId, until: null });
    }
  }
}

/** Where a primary is over, the oldest child that lasts takes its place: it is told, and the others are its children. */
async function addGroups(
  transaction: Transaction,
  rows: readonly AlertRow[],
  holds: Map<string, Hold>,
  now: Date,
): Promise<void> {
  const children = rows.filter((row) => row.parent_alert_id !== null && !holds.has(row.id));
  const primaries = await findAlerts(transaction, [
    ...new Set(children.map((row) => row.parent_alert_id ?? '')),
  ]);
  for (const primary of primaries) {
    const own = children.filter((row) => row.parent_alert_id === primary.id);
    const isActive = isToBeTold(primary);
    const heldBy = isActive ? primary : own[0];
    if (heldBy === undefined) {
      continue;
    }
    if (!isActive && own.some((row) => row.hold === 'group')) {
      await promote(transaction, primary.id, heldBy.id, now);
    }
    for (const child of own) {
      const isHeld =
        child.id !== heldBy.id && isHeldByPrimary(memberOf(child), { ...memberOf(heldBy), isActive: true });
      if (isHeld && (isActive || child.hold === 'group')) {
        holds.set(child.id, { kind: 'group', id: heldBy.id, until: null });
      }
    }
  }
}

const memberOf = (row: AlertRow) => ({
  source: row.source,
  deviceId: row.device_id,
  severity: row.severity,
});

async function promote(transaction: Transaction, from: string, to: string, now: Date): Promise<void> {
  await sql`update alerts set parent_alert_id = null where id = ${to}`.execute(transaction);
  await sql`
    update alerts set parent_alert_id = ${to}, hold_id = ${to}, updated_at = ${now}
    where hold_id = ${from} and hold = 'group' and condition = 'active' and id <> ${to}`.execute(transaction);
}

/** Over while it was held: nobody needs to hear of it. That it was held stays to be seen. */
async function letRest(transaction: Transaction, rows: readonly AlertRow[]): Promise<void> {
  if (rows.length > 0) {
    const ids = rows.map((row) => row.id);
    await sql`update alerts set hold_until = null where id = any(${ids}::uuid[])`.execute(transaction);
  }
}

async function keep(
  transaction: Transaction,
  rows: readonly AlertRow[],
  holds: ReadonlyMap<string, Hold>,
  now: Date,
): Promise<void> {
  if (rows.length === 0) {
    return;
  }
  const kept = rows.map(({ id }) => {
    const hold = holds.get(id);
    return {
      id,
      hold: hold?.kind,
      hold_id: hold?.id,
      hold_until: hold && lookAgainAt(hold, now).toISOString(),
    };
  });
  await sql`
    update alerts set hold = row.hold, hold_id = row.hold_id, hold_until = row.hold_until
    from jsonb_to_recordset(${JSON.stringify(kept)}::jsonb)
      as row (id uuid, hold text, hold_id uuid, hold_until timestamptz)
    where alerts.id = row.id`.execute(transaction);
}

async function release(transaction: Transaction, rows: readonly AlertRow[], now: Date): Promise<void> {
  if (rows.length === 0) {
    return;
  }
  const ids = rows.map((row) => row.id);
  await sql`
    update alerts set hold = null, hold_id = null, hold_until = null, announced_at = coalesce(announced_at, ${now}),
      updated_at = ${now}, version = version + 1
    where id = any(${ids}::uuid[])`.execute(transaction);
  await appendEvents(
    transaction,
    rows.map(
      (row): NewEvent => ({
        type: 'alert.released',
        key: row.id,
        payload: {
          ...payloadOfRow(row),
          held: null,
          heldBy: row.hold,
          isFirst: row.announced_at === null,
        },
        actor: 'system:alerts',
        occurredAt: now,
      }),
    ),
  );
}

/** Has alerts that this one, window or incident holds looked at again at a time; now where it is over. */
export async function reconsiderHeldBy(
  transaction: Transaction,
  holdIds: readonly string[],
  at: Date,
): Promise<void> {
  if (holdIds.length > 0) {
    await sql`
      update alerts set hold_until = ${at} where id in (
        select id from alerts where hold_id = any(${[...holdIds]}::uuid[]) and condition = 'active'
        order by id for no key update)`.execute(transaction);
  }
}

/** Has these alerts, where they are held, looked at again soon: what holds others may not hold them as they are now. */
export async function reconsiderHeld(
  transaction: Transaction,
  alertIds: readonly string[],
  now: Date,
): Promise<void> {
  if (alertIds.length > 0) {
    await sql`
      update alerts set hold_until = ${now}
      where id = any(${[...alertIds]}::uuid[]) and hold is not null and condition = 'active'`.execute(
      transaction,
    );
  }
}

/**
 * Where a person ends what holds alerts, they are looked at in a transaction of their own, once the end is committed:
 * a batch locks alerts first and then what may hold them, so that the two would wait for each other otherwise.
 */
export function endedHoldersSubscription({ platform }: HoldParts): Subscription {
  return {
    name: 'alerts.ended-holders',
    types: ['incident.closed', 'maintenance-window.changed', 'maintenance-window.ended'],
    handle: (transaction, event) =>
      reconsiderHeldBy(transaction, [event.key], new Date(platform.clock.now())),
  };
}
