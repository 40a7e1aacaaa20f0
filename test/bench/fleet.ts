import type pg from 'pg';
import { openBenchCloud } from './bench-cloud.ts';

export interface FleetGateway {
  readonly id: string;
  readonly key: string;
}

/** The bench cloud with gateways made through the door and devices filled in by SQL, spread evenly over them. */
export async function openFleet(options: { gateways: number; devices: number; category: object }) {
  const cloud = await openBenchCloud();
  const call = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(`${cloud.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${cloud.administratorKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) {
      throw new Error(`${path}: ${response.status} ${await response.text()}`);
    }
    return (await response.json()) as Record<string, unknown>;
  };
  await call('/v1/device-categories', options.category);
  const gateways: FleetGateway[] = [];
  for (let number = 0; number < options.gateways; number += 1) {
    const id = `fleet-${number}`;
    const { key } = await call('/v1/gateways', { id, name: id });
    gateways.push({ id, key: String(key) });
  }
  await fillDevices(cloud.pool, options);
  return { ...cloud, call, gateways };
}

/** Device `device-N` is at gateway `fleet-(N modulo gateways)`. */
async function fillDevices(pool: pg.Pool, { gateways, devices }: { gateways: number; devices: number }) {
  await pool.query(
    `with account as (select id from accounts limit 1), made as (
       insert into assets (id, account_id, name, category_id, created_at, updated_at)
       select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, account.id, 'Machine ' || n, 'fleet',
         now(), now()
       from account, generate_series(0, $1 - 1) as n
       returning id, name)
     insert into devices (id, name, asset_id, category_id, gateway_id, registration_status, simulated,
       reported_connected, connected, presence_at, last_activity_at, boot_id, created_at, updated_at)
     select 'device-' || n, name, id, 'fleet', 'fleet-' || (n % $2), 'registered', true, true, true, now(), now(),
       'boot-a', now(), now()
     from made cross join lateral (select split_part(name, ' ', 2)::integer as n) as number`,
    [devices, gateways],
  );
  await pool.query('analyze');
}
