import { type Database, sql } from '../platform/index.ts';

/**
 * Of these machines, the devices of those that a technician works at now, or is booked to be at, with when that began
 * or begins: the earliest visit of each that is not over. A work order of the asset counts, and one of the device itself.
 */
export async function nextVisits(
  database: Database,
  machines: readonly { readonly deviceId: string; readonly assetId: string }[],
  now: Date,
): Promise<ReadonlyMap<string, Date>> {
  if (machines.length === 0) {
    return new Map();
  }
  const visits = (owner: ReturnType<typeof sql>) => sql`
    select case when status = 'in-progress' then ${now}::timestamptz else scheduled_from end as begins from work_orders
    where ${owner} and (status = 'in-progress' or (status = 'scheduled' and scheduled_until > ${now}))`;
  const found = await sql<{ device_id: string; begins: Date }>`
    select machine.device_id, min(visit.begins) as begins
    from unnest(${machines.map(({ deviceId }) => deviceId)}::text[],
        ${machines.map(({ assetId }) => assetId)}::uuid[]) as machine (device_id, asset_id),
      lateral (${visits(sql`work_orders.device_id = machine.device_id`)}
        union all ${visits(sql`work_orders.asset_id = machine.asset_id`)}) as visit
    where visit.begins is not null group by machine.device_id`.execute(database);
  return new Map(found.rows.map((row) => [row.device_id, row.begins]));
}
