import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DeviceFilter, devicesWhere } from '../../cloud/devices/device-store.ts';
import { sql } from '../../cloud/platform/index.ts';
import { createTestApp, type TestApp } from '../support/app.ts';

const devices = 100_000;
const accountId = '01900000-0000-7000-8000-00000000a000';

let cloud: TestApp;

beforeAll(async () => {
  cloud = await createTestApp({ background: false });
  await cloud.pool.query(`
    insert into accounts (id, name, created_at, updated_at) values ('${accountId}', 'Everybody', now(), now());
    insert into accounts (id, name, created_at, updated_at)
      select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'Account ' || n, now(), now()
      from generate_series(1, 500) n;
    insert into device_categories (id, name, signals, rules, commands, rule_versions, created_at, updated_at)
      select 'category-' || n, 'Category ' || n, '[]', '[]', '[]', '{}', now(), now() from generate_series(0, 49) n;
    insert into gateways (id, name, created_at, updated_at)
      select 'gateway-' || n, 'Gateway ' || n, now(), now() from generate_series(0, 999) n;
    insert into assets (id, account_id, name, created_at, updated_at)
      select ('01900000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid,
        ('01900000-0000-7000-8000-' || lpad(to_hex(1 + n % 500), 12, '0'))::uuid, 'Machine ' || n, now(), now()
      from generate_series(1, ${devices}) n;
    insert into devices (id, name, asset_id, category_id, gateway_id, registration_status, simulated, tags, latitude,
        longitude, created_at, updated_at)
      select 'device-' || lpad(n::text, 6, '0'), 'Machine ' || n,
        ('01900000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid, 'category-' || case when n % 500 = 3 then 3 else n % 2 end, 'gateway-' || n % 1000,
        case when n % 5000 = 0 then 'error' else 'registered' end, false, array['lot-' || n % 20000],
        (n % 120) - 60, (n % 340) - 170, now(), now()
      from generate_series(1, ${devices}) n`);
  await cloud.pool.query('analyze');
});
afterAll(() => cloud.close());

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  Plans?: Plan[];
}

async function planOf(filter: Partial<DeviceFilter>): Promise<Plan[]> {
  const explained = await sql<{ 'QUERY PLAN': [{ Plan: Plan }] }>`
    explain (format json) ${devicesWhere({ limit: 50, ...filter })}`.execute(cloud.database);
  const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)];
  const [row] = explained.rows;
  return row === undefined ? [] : flat(row['QUERY PLAN'][0].Plan);
}

describe('a hundred thousand devices', () => {
  const afterId = 'device-050000';
  test.each<[string, Partial<DeviceFilter>, string]>([
    ['all of them', {}, 'devices_id'],
    ['those of a gateway', { gatewayId: 'gateway-7' }, 'devices_by_gateway'],
    ['those of a category', { categoryId: 'category-3' }, 'devices_by_category'],
    ['those in error', { registrationStatus: 'error' }, 'devices_by_status'],
    ['those with a tag', { tags: 'lot-7' }, 'devices_by_tag'],
    ['those that are connected', { connected: true }, 'devices_by_connection'],
    ['those of an account', { accountId: '01900000-0000-7000-8000-000000000007' }, 'devices_by_asset'],
  ])('are listed page by page over an index: %s', async (_, filter, index) => {
    for (const page of [filter, { ...filter, afterId }]) {
      const plan = await planOf(page);
      expect(
        plan.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']),
      ).not.toContain('devices');
      expect(plan.map((node) => node['Index Name'])).toContain(index);
    }
  });

  test('are walked to the end by cursor, each once', async () => {
    const seen = new Set<string>();
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await cloud.administrator.get(`/v1/devices?limit=200&categoryId=category-3${query}`);
      for (const { id } of body.items) {
        seen.add(id);
      }
      cursor = body.nextCursor;
    }
    expect(seen.size).toBe(devices / 500);
  });

  test('are on the map as a thousand points at the most', async () => {
    const { body } = await cloud.administrator.get('/v1/map?grainDegrees=2');
    expect(body.points.length).toBeLessThanOrEqual(1000);
    expect(body).toMatchObject({ more: true, withoutPlace: 0 });
  });
});
