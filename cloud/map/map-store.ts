import { type Database, sql } from '../platform/index.ts';
import { type MapPoint, type MapQuery, type MapView, pointsMax } from './schemas.ts';

interface PointRow {
  latitude: number;
  longitude: number;
  places: number;
  devices: number;
  connected: number;
  open_alerts: number;
  worst_severity: MapPoint['worstSeverity'];
  site_id: string | null;
  site_name: string | null;
  device_id: string | null;
  device_name: string | null;
  account_name: string | null;
}

/** From the mildest to the worst (X.733). */
const severities = ['INDETERMINATE', 'WARNING', 'MINOR', 'MAJOR', 'CRITICAL'];
const grainDegreesDefault = 1;

const toPoint = (row: PointRow): MapPoint => ({
  latitude: row.latitude,
  longitude: row.longitude,
  places: row.places,
  devices: row.devices,
  connected: row.connected,
  openAlerts: row.open_alerts,
  worstSeverity: row.worst_severity,
  siteId: row.site_id,
  siteName: row.site_name,
  deviceId: row.device_id,
  deviceName: row.device_name,
  accountName: row.account_name,
});

/** Each device in service with where it stands, its own place before that of its site. */
const placed = sql`
  select devices.id, devices.name, devices.connected, assets.account_id,
    coalesce(devices.latitude, sites.latitude) as latitude,
    coalesce(devices.longitude, sites.longitude) as longitude,
    case when devices.latitude is null then sites.id end as site_id,
    case when devices.latitude is null then sites.name end as site_name
  from devices join assets on assets.id = devices.asset_id left join sites on sites.id = assets.site_id
  where in_service`;

export async function viewMap(database: Database, query: MapQuery): Promise<MapView> {
  const { west = -180, south = -90, east = 180, north = 90, accountId } = query;
  const { grainDegrees = grainDegreesDefault } = query;
  const ofAccount = accountId === undefined ? sql`` : sql`and account_id = ${accountId}`;
  const within =
    west <= east
      ? sql`longitude between ${west} and ${east}`
      : sql`(longitude >= ${west} or longitude <= ${east})`;
  const found = await sql<PointRow>`
    with placed as (${placed}),
    open as (
      select device_id, count(*) as alerts,
        max(array_position(${severities}::text[], severity)) as worst
      from alerts where status in ('active', 'in-progress') and condition = 'active' and device_id is not null
      group by device_id)
    select avg(latitude) as latitude, avg(longitude) as longitude, count(*) as devices,
      count(distinct coalesce(site_id::text, placed.id)) as places,
      count(*) filter (where connected) as connected, coalesce(sum(alerts), 0)::bigint as open_alerts,
      (${severities}::text[])[max(worst)] as worst_severity,
      case when count(*) = count(site_id) and count(distinct site_id) = 1 then min(site_id::text) end as site_id,
      case when count(*) = count(site_id) and count(distinct site_id) = 1 then min(site_name) end as site_name,
      case when count(*) = 1 then min(placed.id) end as device_id,
      case when count(*) = 1 then min(placed.name) end as device_name,
      case when count(distinct account_id) = 1 then min(accounts.name) end as account_name
    from placed join accounts on accounts.id = placed.account_id left join open on open.device_id = placed.id
    where latitude between ${south} and ${north} and ${within} ${ofAccount}
    group by floor(latitude / ${grainDegrees}::float8), floor(longitude / ${grainDegrees}::float8)
    order by max(worst) desc nulls last, count(*) desc, 1, 2
    limit ${pointsMax + 1}`.execute(database);
  const elsewhere = await sql<{ count: number }>`
    with placed as (${placed})
    select count(*) as count from placed where latitude is null ${ofAccount}`.execute(database);
  return {
    points: found.rows.slice(0, pointsMax).map(toPoint),
    more: found.rows.length > pointsMax,
    withoutPlace: elsewhere.rows[0]?.count ?? 0,
  };
}
