import type { Severity } from '@andon/shared/contracts';
import { type Database, sql, type Transaction } from '../platform/index.ts';
import { lateArrivalMilliseconds } from './lateness.ts';

/** What very many alerts may have in common. */
export type StormCause =
  | {
      readonly kind: 'rule';
      readonly categoryId: string;
      readonly rule: string;
      readonly errorCode: number | null;
    }
  | { readonly kind: 'site'; readonly siteId: string }
  | { readonly kind: 'gateway'; readonly gatewayId: string };

function isOf(cause: StormCause): ReturnType<typeof sql> {
  switch (cause.kind) {
    case 'rule':
      return sql`category_id = ${cause.categoryId} and rule = ${cause.rule}
        and error_code is not distinct from ${cause.errorCode}::integer`;
    case 'site':
      return sql`site_id = ${cause.siteId}`;
    case 'gateway':
      return sql`gateway_id = ${cause.gatewayId}`;
  }
}

const tellingNow = sql`source = 'device' and hold is null and incident_id is null and not historical
  and created_at - gateway_received_at <= make_interval(secs => ${lateArrivalMilliseconds / 1000})`;

/** Alerts of one device that are looked at, for each device that is counted. */
const alertsPerDeviceMax = 5;

/** The devices, `max` at most, with alerts of this cause that came since a time and were told one by one. */
export async function findStormDevices(
  transaction: Transaction,
  cause: StormCause,
  since: Date,
  max: number,
): Promise<Set<string>> {
  const found = await sql<{ device_id: string }>`
    select distinct device_id from (
      select device_id from alerts where ${isOf(cause)} and created_at > ${since} and ${tellingNow}
      order by created_at desc limit ${max * alertsPerDeviceMax}) as recent
    limit ${max}`.execute(transaction);
  return new Set(found.rows.map((row) => row.device_id));
}

const joinedAtOnceMax = 1000;

/** Makes alerts of this cause members of an incident, which were told before it was seen; answers how bad they are. */
export async function joinTold(
  transaction: Transaction,
  cause: StormCause,
  since: Date,
  incidentId: string,
): Promise<Severity[]> {
  const joined = await sql<{ severity: Severity }>`
    update alerts set incident_id = ${incidentId}, version = version + 1
    where id in (
      select id from alerts where ${isOf(cause)} and created_at > ${since} and ${tellingNow}
      order by created_at limit ${joinedAtOnceMax} for no key update skip locked)
    returning severity`.execute(transaction);
  return joined.rows.map((row) => row.severity);
}

export interface MemberCount {
  readonly alerts: number;
  readonly active: number;
  readonly devices: number;
  readonly lastAt: Date | null;
}

const nobody: MemberCount = { alerts: 0, active: 0, devices: 0, lastAt: null };

/** Counted from the members themselves, so that it is always right. */
export async function countMembers(
  database: Database,
  incidentIds: readonly string[],
): Promise<(incidentId: string) => MemberCount> {
  const found = await sql<{
    incident_id: string;
    alerts: number;
    active: number;
    devices: number;
    last_at: Date;
  }>`
    select incident_id, count(*) as alerts, count(*) filter (where condition = 'active' and status <> 'closed') as active,
      count(distinct device_id) as devices, max(created_at) as last_at
    from alerts where incident_id = any(${[...incidentIds]}::uuid[]) group by incident_id`.execute(database);
  const counts = new Map(
    found.rows.map(({ incident_id, alerts, active, devices, last_at }) => [
      incident_id,
      { alerts, active, devices, lastAt: last_at },
    ]),
  );
  return (incidentId) => counts.get(incidentId) ?? nobody;
}

/** How many alerts each of these holds back now, and how many were over before anybody was told. */
export async function countHeldBy(
  database: Database,
  holdIds: readonly string[],
): Promise<(holdId: string) => { held: number; voided: number }> {
  const found = await sql<{ hold_id: string; held: number; voided: number }>`
    select hold_id, count(*) filter (where condition = 'active' and status <> 'closed') as held,
      count(*) filter (where condition = 'cleared' or status = 'closed') as voided
    from alerts where hold_id = any(${[...holdIds]}::uuid[]) group by hold_id`.execute(database);
  const counts = new Map(found.rows.map(({ hold_id, held, voided }) => [hold_id, { held, voided }]));
  return (holdId) => counts.get(holdId) ?? { held: 0, voided: 0 };
}
