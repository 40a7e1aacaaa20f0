import { randomUUID } from 'node:crypto';
import { Kysely, PostgresDialect } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { watchIncidents } from '../../cloud/incidents/lifecycle.ts';
import { listGathering, listWatched } from '../../cloud/incidents/store.ts';
import { type Database, sql } from '../../cloud/platform/index.ts';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createPlant, type Plant } from '../support/plant.ts';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  Plans?: Plan[];
}
const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)];

describe('incidents of very many alerts', () => {
  const [gathering, lasting, past] = [randomUUID(), randomUUID(), randomUUID()];
  let cloud: TestApp;
  let plant: Plant;
  beforeAll(async () => {
    cloud = await createTestApp({ background: false });
    plant = await createPlant(cloud, { name: 'masses' });
    const now = cloud.clock.now();
    await plant.gateway.send(
      alertTransition({ alertId: randomUUID(), deviceId: plant.deviceId, sourceTime: now, gatewayTime: now }),
    );
    await sql`
      insert into incidents (id, cause_key, cause, severity, state, opened_at, gathers_since, first_alert_id, updated_at)
      select id, 'site=' || id, jsonb_build_object('kind', 'site', 'siteId', id), 'MAJOR', state,
        now() - interval '1 hour', now() - interval '1 hour', id, now()
      from unnest(${[gathering, lasting, past]}::uuid[], array['gathering', 'settled', 'settled']) as one (id, state)`.execute(
      cloud.database,
    );
    // Two thousand members each; of the last, none is active any more.
    await sql`
      insert into alerts
      select (jsonb_populate_record(one.alert, jsonb_build_object('id', gen_random_uuid(), 'rule', incident.id || '/' || number,
        'incident_id', incident.id, 'condition', incident.condition,
        'cleared_at', case when incident.condition = 'cleared' then now() end,
        'created_at', now() - incident.minutes * interval '1 minute' - number * interval '1 millisecond'))).*
      from generate_series(1, 2000) as number, (select alerts as alert from alerts limit 1) as one,
        unnest(${[gathering, lasting, past]}::uuid[], array['active', 'active', 'cleared'], array[0, 30, 30])
          as incident (id, condition, minutes)`.execute(cloud.database);
    await sql`analyze alerts, incidents`.execute(cloud.database);
  }, 120_000);
  afterAll(() => cloud?.close());

  test('are watched without counting their members, by two looks at an index for each [I10]', async () => {
    const asked: { sql: string; parameters: readonly unknown[] }[] = [];
    const listening: Database = new Kysely<unknown>({
      dialect: new PostgresDialect({ pool: cloud.pool }),
      log: ({ query }) => {
        asked.push(query);
      },
    });
    await listGathering(listening);
    const watched = await listWatched(listening);
    expect(watched.map(({ id }) => id).sort()).toEqual([gathering, past].sort());
    const read: number[] = [];
    for (const query of asked) {
      const { rows } = await cloud.pool.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `explain (analyze, format json) ${query.sql}`,
        [...query.parameters],
      );
      const nodes = rows.flatMap((row) => flat(row['QUERY PLAN'][0].Plan));
      const ofAlerts = nodes.filter((node) => node['Relation Name'] === 'alerts');
      expect(ofAlerts.map((node) => node['Node Type']).join()).not.toContain('Seq Scan');
      read.push(...ofAlerts.map((node) => Math.round(node['Actual Rows'] * node['Actual Loops'])));
    }
    // One row for the latest of each of three, and one for each of the two that have an active one, which PostgreSQL
    // before 18 rounds to one for each of the three.
    expect(read.reduce((sum, rows) => sum + rows, 0)).toBeLessThanOrEqual(6);
  });

  test('end when none of their members lasts, however old the others are [I10]', async () => {
    expect(await watchIncidents(cloud.platform)).toBe(1);
    const stateOf = async (id: string) => (await cloud.administrator.get(`/v1/incidents/${id}`)).body;
    expect(await stateOf(past)).toMatchObject({ state: 'over', alertCount: 2000, activeCount: 0 });
    expect(await stateOf(lasting)).toMatchObject({ state: 'settled', activeCount: 2000 });
    expect(await stateOf(gathering)).toMatchObject({ state: 'gathering' });
    await sql`update alerts set condition = 'cleared', cleared_at = now() where incident_id = ${lasting}`.execute(
      cloud.database,
    );
    expect(await watchIncidents(cloud.platform)).toBe(1);
    expect((await stateOf(lasting)).state).toBe('over');
  });
});
