import type { HoldAnswer, HoldQuestion } from '../commands/index.ts';
import { commandSecondsMax } from '../devices/index.ts';
import { type Database, sql } from '../platform/index.ts';
import type { JobsGround } from './ground.ts';
import { openUntil, reasonsToWait, type TimeWindow } from './holds.ts';

interface PlaceRow {
  asset_id: string;
  account_id: string;
  site_id: string | null;
  time_zone: string | null;
  time_window: TimeWindow | null;
}

/**
 * What speaks against touching one device now, by the same rules as for a job's own sending. A device that is not
 * known is held by nothing: whoever sends to it is told so.
 */
export async function holdsOfDevice(
  database: Database,
  { dependencies, nextVisits }: JobsGround,
  { deviceId, jobId, despite, now }: HoldQuestion,
): Promise<HoldAnswer> {
  const atMost = now + commandSecondsMax * 1000;
  const found = await sql<PlaceRow>`
    select devices.asset_id, assets.account_id, assets.site_id,
      coalesce(devices.time_zone, sites.time_zone) as time_zone,
      (select time_window from jobs where id = ${jobId}::uuid) as time_window
    from devices join assets on assets.id = devices.asset_id left join sites on sites.id = assets.site_id
    where devices.id = ${deviceId}`.execute(database);
  const [row] = found.rows;
  if (row === undefined) {
    return { reasons: [], openUntil: atMost };
  }
  const visits = await nextVisits(database, [{ deviceId, assetId: row.asset_id }], new Date(now));
  const [customerHours] = await dependencies.accounts.hoursOfPlaces(database, [
    { accountId: row.account_id, siteId: row.site_id },
  ]);
  // What somebody knows of holds nothing, and ends nothing.
  const window = despite.includes('outside-window') ? null : row.time_window;
  const candidate = {
    timeZone: row.time_zone,
    customerHours: despite.includes('outside-customer-hours') ? undefined : customerHours,
    visitAt: despite.includes('technician-visit') ? null : (visits.get(deviceId)?.getTime() ?? null),
  };
  return {
    reasons: reasonsToWait(window, candidate, now),
    openUntil: openUntil(window, candidate, now, atMost),
  };
}
