import { type Database, sql } from '../platform/index.ts';
import { findCategories } from './category-store.ts';
import { definitionState } from './definition-reports.ts';
import { requireDevice, toDevice } from './device-store.ts';
import { differencesOf } from './properties.ts';
import type { DefinitionOnTrial, DeviceLocation, DeviceWithCategory, Properties } from './schemas.ts';

interface DetailsRow {
  latitude: number | null;
  longitude: number | null;
  site_id: string | null;
  site_name: string | null;
  site_address: string | null;
  site_latitude: number | null;
  site_longitude: number | null;
  site_time_zone: string | null;
  time_zone: string | null;
  desired: Record<string, unknown>;
  desired_version: number;
  desired_at: Date | null;
  desired_by: string | null;
  reported: Record<string, unknown>;
  reported_version: number;
  reported_at: Date | null;
  definition_sent_at: Date | null;
  definition_taken: boolean;
  definition_state: DefinitionOnTrial['state'];
}

/** A device with everything that its page shows. */
export async function describeDevice(database: Database, id: string): Promise<DeviceWithCategory> {
  const device = toDevice(await requireDevice(database, id));
  const category = (await findCategories(database, [device.categoryId])).get(device.categoryId);
  const details = await findDetails(database, id);
  if (category === undefined || details === undefined) {
    throw new Error(`the device ${id} has no category`);
  }
  const { name, signals, rules, commands, escalationPolicy } = category;
  return {
    ...device,
    category: { name, signals, rules, commands, escalationPolicy },
    location: locationOf(details),
    effectiveTimeZone: details.time_zone ?? details.site_time_zone,
    properties: propertiesOf(details),
    definition: {
      sentAt: details.definition_sent_at?.toISOString() ?? null,
      taken: details.definition_taken,
      state: details.definition_state,
    },
  };
}

async function findDetails(database: Database, id: string): Promise<DetailsRow | undefined> {
  const found = await sql<DetailsRow>`
    select devices.latitude, devices.longitude, devices.time_zone, sites.id as site_id, sites.name as site_name,
      sites.address as site_address, sites.latitude as site_latitude, sites.longitude as site_longitude,
      sites.time_zone as site_time_zone, desired, desired_version, desired_at, desired_by, reported,
      reported_version, reported_at, definition_sent_at,
      coalesce(definition_number <= gateways.downlink_acknowledged, false) as definition_taken,
      ${definitionState} as definition_state
    from devices
      join assets on assets.id = devices.asset_id
      join gateways on gateways.id = devices.gateway_id
      left join sites on sites.id = assets.site_id
    where devices.id = ${id}`.execute(database);
  return found.rows[0];
}

/** Its own place, or else that of its site. */
function locationOf(row: DetailsRow): DeviceLocation | null {
  const site = { siteId: row.site_id, siteName: row.site_name, address: row.site_address };
  if (row.latitude !== null && row.longitude !== null) {
    return { latitude: row.latitude, longitude: row.longitude, from: 'device', ...site };
  }
  return row.site_latitude === null || row.site_longitude === null
    ? null
    : { latitude: row.site_latitude, longitude: row.site_longitude, from: 'site', ...site };
}

function propertiesOf(row: DetailsRow): Properties {
  return {
    desired: {
      properties: row.desired,
      version: row.desired_version,
      at: row.desired_at?.toISOString() ?? null,
      by: row.desired_by,
    },
    reported: {
      properties: row.reported,
      version: row.reported_version,
      at: row.reported_at?.toISOString() ?? null,
    },
    differences: differencesOf(row.desired, row.reported),
  };
}
