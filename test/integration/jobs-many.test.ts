import type { RawBuilder } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CommandFilter, commandsWhere } from '../../cloud/commands/lists.ts';
import { candidatesOf } from '../../cloud/jobs/target-store.ts';
import { sql } from '../../cloud/platform/index.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createPlant } from '../support/plant.ts';

const jobId = '01900000-0000-7000-8000-00000000b000';
let cloud: TestApp;
let deviceId: string;

beforeAll(async () => {
  cloud = await createTestApp({ background: false });
  deviceId = (await createPlant(cloud)).deviceId;
  await cloud.pool.query(`
    insert into assets (id, account_id, name, category_id, created_at, updated_at)
      select md5('many' || n)::uuid, (select account_id from assets limit 1), 'Press ' || n, 'press', now(), now()
      from generate_series(1, 20000) n;
    insert into devices (id, name, asset_id, category_id, gateway_id, registration_status, simulated, created_at, updated_at)
      select 'many-' || n, 'Press ' || n, md5('many' || n)::uuid, 'press', 'plant-line', 'registered', true, now(), now()
      from generate_series(1, 20000) n;
    insert into jobs (id, name, command, parameters, selection, rate_per_minute, concurrency_max, canary_count, state,
        created_by, created_at, updated_at)
      values ('${jobId}', 'Many', 'set-speed', '{}', '{}', 60, 20, 0, 'running', 'user:nobody', now(), now());
    insert into job_targets (job_id, device_id, position, state, look_at)
      select '${jobId}', 'many-' || n, n, case when n <= 10000 then 'skipped' else 'waiting' end, now()
      from generate_series(1, 20000) n;
    insert into commands (id, device_id, gateway_id, name, parameters, idempotency, state, issued_by, issued_at,
        expires_at, created_at, updated_at)
      select gen_random_uuid(), 'many-' || (1 + n % 20000), 'plant-line', 'set-speed', '{}', 'once',
        case when n % 500 = 0 then 'FAILED' when n % 501 = 0 then 'SENT' else 'SUCCEEDED' end, 'user:nobody',
        now() - n * interval '1 second', now(), now(), now()
      from generate_series(1, 200000) n;
    insert into events (type, key, payload, actor, occurred_at)
      select 'alert.raised', 'alert-' || n, '{}', case when n % 5000 = 0 then 'user:nobody' else 'gateway:plant-line' end, now()
      from generate_series(1, 200000) n`);
  await cloud.pool.query('analyze');
}, 120_000);
afterAll(() => cloud?.close());

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  Plans?: Plan[];
}

async function planOf(query: RawBuilder<unknown>): Promise<Plan[]> {
  const explained = await sql<{ 'QUERY PLAN': [{ Plan: Plan }] }>`explain (format json) ${query}`.execute(
    cloud.database,
  );
  const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)];
  const [row] = explained.rows;
  return row === undefined ? [] : flat(row['QUERY PLAN'][0].Plan);
}
const indexesOf = (plan: Plan[]) => plan.flatMap((node) => node['Index Name'] ?? []);
const scannedWhole = (plan: Plan[]) =>
  plan.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']);

describe('two hundred thousand commands', () => {
  test.each<[string, CommandFilter, string]>([
    ['what expired or failed', { outcome: 'unsuccessful' }, 'commands_unsuccessful'],
    ['all of them', {}, 'commands_by_time'],
    ['those of a device', { deviceId: 'many-7' }, 'commands_by_device'],
  ])('are listed over an index: %s', async (_name, filter, index) => {
    const before = { issuedAt: new Date(cloud.clock.now() - 3_600_000).toISOString(), id: jobId };
    for (const page of [{ limit: 50 }, { limit: 50, before }]) {
      const plan = await planOf(commandsWhere(filter, page));
      expect(scannedWhole(plan)).toEqual([]);
      expect(indexesOf(plan)).toContain(index);
    }
  });

  test('are listed page by page, each once', async () => {
    const seen = new Set<string>();
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await cloud.administrator.get(`/v1/commands?outcome=unsuccessful&limit=200${query}`);
      for (const { id } of body.items) {
        expect(seen.has(id)).toBe(false);
        seen.add(id);
      }
      cursor = body.nextCursor;
    }
    expect(seen.size).toBe(400);
    expect(deviceId).toBe('plant-press');
  });
});

test('a job over twenty thousand devices finds the next ones over its index', async () => {
  const plan = await planOf(candidatesOf(jobId, new Date(cloud.clock.now() + 60_000), 200));
  expect(scannedWhole(plan)).not.toContain('job_targets');
  expect(indexesOf(plan)).toContain('job_targets_by_state');
});

test('what people did is found among the many events of machines', async () => {
  const plan = await planOf(sql`select * from events
    where actor not like 'system:%' and actor not like 'gateway:%' order by id desc limit 51`);
  expect(indexesOf(plan)).toContain('events_by_people');
  const { body } = await cloud.administrator.get('/v1/audit?about=alert&limit=200');
  expect(body.items).toHaveLength(40);
});
