import { randomUUID } from 'node:crypto';
import { Kysely, PostgresDialect } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPrimaries, lockAlertsFor } from '../../cloud/alerts/batch-store.ts';
import { changeAlert, listAlerts } from '../../cloud/alerts/store.ts';
import { countMembers, findStormDevices } from '../../cloud/alerts/storm-store.ts';
import { type Database, inTransaction, sql } from '../../cloud/platform/index.ts';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createPlant, type Plant } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

describe('alerts, very many and at once', () => {
  let cloud: TestApp;
  let plant: Plant;
  beforeAll(async () => {
    cloud = await createTestApp();
    plant = await createPlant(cloud, { name: 'many' });
  });
  afterAll(() => cloud.close());

  test('one alert of a device and rule is open, whoever raises it at the same time [I2]', async () => {
    const post = () => {
      const now = cloud.clock.now();
      const alertId = randomUUID();
      return plant.gateway.client.post('/v1/gateway/uplink', {
        lane: 'alerts',
        // An outbox of its own each time, so that no lane makes one wait for another.
        epoch: randomUUID(),
        firstSeq: 1,
        records: [alertTransition({ alertId, deviceId: plant.deviceId, sourceTime: now, gatewayTime: now })],
      });
    };
    // The door lets a few of them in at a time, and tells the others to come again.
    const postUntilTaken = () =>
      eventually('the batch to be taken', async () => (await post()).status === 200, 30_000);
    await Promise.all(Array.from({ length: 24 }, postUntilTaken));
    const counted = await sql<{ open: number; all: number }>`
      select count(*) filter (where condition = 'active') as open, count(*) as all from alerts
      where device_id = ${plant.deviceId} and rule = 'overheating'`.execute(cloud.database);
    expect(counted.rows).toEqual([{ open: 1, all: 24 }]);
    const second = sql`
      insert into alerts select (jsonb_populate_record(alerts, jsonb_build_object('id', gen_random_uuid()))).*
      from alerts where device_id = ${plant.deviceId} and condition = 'active'`;
    await expect(second.execute(cloud.database)).rejects.toThrow('alerts_one_open');
  });

  /** Alerts of the past as they are stored; enough of them that nobody would read them all without an index. */
  const fill = (count: number) =>
    sql`
      insert into alerts
      select filled.*
      from generate_series(1, ${count}::int) as number, (
        select alerts as alert from alerts where device_id = ${plant.deviceId} and condition = 'active' limit 1) as one,
        lateral jsonb_populate_record(one.alert, jsonb_build_object('id', gen_random_uuid(), 'rule', 'rule-' || number,
          'group_key', 'group-' || number % 5000, 'error_code', number % 200,
          'raised_at', now() - number * interval '1 second',
          'created_at', now() - number * interval '1 second')) as filled`.execute(cloud.database);

  test('what is asked most of alerts is answered from an index, also among many', async () => {
    await fill(10_000);
    await sql`analyze alerts`.execute(cloud.database);
    const asked: { sql: string; parameters: readonly unknown[] }[] = [];
    const listening: Database = new Kysely<unknown>({
      dialect: new PostgresDialect({ pool: cloud.pool }),
      log: ({ query }) => {
        asked.push(query);
      },
    });
    const now = new Date();
    const record = alertTransition({
      deviceId: plant.deviceId,
      sourceTime: now.getTime(),
      alertId: randomUUID(),
    });
    await inTransaction(listening, async (transaction) => {
      await lockAlertsFor(transaction, [{ ...record, deviceId: 'nobody' }], 300_000);
      await findPrimaries(transaction, new Map([['group-7', { from: 0, to: now.getTime() }]]));
      const cause = { kind: 'rule', categoryId: 'press', rule: 'rule-9', errorCode: 9 } as const;
      await findStormDevices(transaction, cause, new Date(now.getTime() - 60_000), 50);
      await countMembers(transaction, [randomUUID()]);
      await listAlerts(transaction, { deviceId: plant.deviceId }, { limit: 50 });
      await listAlerts(transaction, { state: 'open' }, { limit: 50 });
      await changeAlert(transaction, record.alertId, { status: 'closed' }, now);
    });
    const queries = asked.filter((query) => /^\s*(select|update)/.test(query.sql));
    expect(queries).toHaveLength(7);
    for (const query of queries) {
      const plan = await cloud.pool.query<{ 'QUERY PLAN': string }>(`explain ${query.sql}`, [
        ...query.parameters,
      ]);
      const text = plan.rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(text, `${query.sql}\n${text}`).not.toContain('Seq Scan on alerts');
      expect(text, query.sql).toContain('Index');
    }
  });
});
