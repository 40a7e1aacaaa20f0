import { type Database, sql } from '../platform/index.ts';

/**
 * Of these machines, the devices of those that a technician works at now, or is booked to be at now. A work order of
 * the asset counts, and one of the device itself.
 */
export async function machinesUnderVisit(
  database: Database,
  machines: readonly { readonly deviceId: string; readonly assetId: string }[],
  now: Date,
): Promise<ReadonlySet<string>> {
  if (machines.length === 0) {
    return new Set();
  }
  const visited = sql`(work_orders.status = 'in-progress' or (work_orders.status = 'scheduled'
    and work_orders.scheduled_from <= ${now} and work_orders.scheduled_until > ${now}))`;
  const found = await sql<{ device_id: string }>`
    select machine.device_id from unnest(${machines.map(({ deviceId }) => deviceId)}::text[],
      ${machines.map(({ assetId }) => assetId)}::uuid[]) as machine (device_id, asset_id)
    where exists (select from work_orders where work_orders.device_id = machine.device_id and ${visited})
      or exists (select from work_orders where work_orders.asset_id = machine.asset_id and ${visited})`.execute(
    database,
  );
  return new Set(found.rows.map((row) => row.device_id));
}
