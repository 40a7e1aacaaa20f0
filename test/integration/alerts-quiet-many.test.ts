import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '../../cloud/platform/index.ts';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { runningClock } from '../support/clock.ts';
import { createPlant, createTestGateway } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

describe('gateways that are away, one of which cannot be told of', () => {
  const clock = runningClock();
  let cloud: TestApp;
  beforeAll(async () => {
    cloud = await createTestApp({ clock, logLevel: 'silent' });
  });
  afterAll(() => cloud?.close());

  test('one gateway whose alert cannot be stored keeps no other from its own, and is told later [I10]', async () => {
    // The bad one went first, so it is looked at first.
    for (const id of ['bad-line', 'good-line']) {
      const gateway = await createTestGateway(cloud, id);
      await createPlant(cloud, { name: id, gateway });
    }
    await sql`
      create function refuse_bad_line() returns trigger language plpgsql as
      $$ begin raise exception 'this row is not to be had'; end $$`.execute(cloud.database);
    await sql`
      create trigger refuse_bad_line before insert on alerts for each row
      when (new.gateway_id = 'bad-line') execute function refuse_bad_line()`.execute(cloud.database);
    const since = new Date(clock.now() - 3_600_000);
    await sql`
      insert into gateway_absences (gateway_id, since)
      values ('bad-line', ${since}), ('good-line', ${new Date(since.getTime() + 60_000)})`.execute(
      cloud.database,
    );
    const outagesOf = async (gatewayId: string): Promise<unknown[]> => {
      cloud.wake();
      return (await cloud.administrator.get(`/v1/alerts?gatewayId=${gatewayId}&source=gateway`)).body.items;
    };
    await eventually('the good one to be told', async () => (await outagesOf('good-line')).length === 1);
    expect(await outagesOf('bad-line')).toEqual([]);
    await sql`drop trigger refuse_bad_line on alerts`.execute(cloud.database);
    clock.advance(60_000);
    await eventually('the other to be told', async () => (await outagesOf('bad-line')).length === 1);
  });
});

describe('alerts that are held, one of which cannot be looked at', () => {
  const clock = runningClock();
  let cloud: TestApp;
  beforeAll(async () => {
    cloud = await createTestApp({ clock, logLevel: 'silent' });
  });
  afterAll(() => cloud?.close());

  test('one gateway whose alert cannot be let go keeps no other held, and is let go later [I11]', async () => {
    const alertIds: Record<string, string[]> = {};
    for (const id of ['bad-line', 'good-line']) {
      const gateway = await createTestGateway(cloud, id);
      const { deviceId } = await createPlant(cloud, { name: id, gateway });
      const now = clock.now();
      const alerts = ['one', 'two'].map((rule) => ({
        ...alertTransition({ alertId: randomUUID(), deviceId, sourceTime: now, gatewayTime: now, rule }),
      }));
      await gateway.send(...alerts);
      alertIds[id] = (await cloud.administrator.get(`/v1/alerts?gatewayId=${id}`)).body.items.map(
        (alert: { id: string }) => alert.id,
      );
      expect(alertIds[id]).toHaveLength(2);
    }
    const bad = alertIds['bad-line']?.[0] ?? '';
    await sql`
      create function refuse_to_release() returns trigger language plpgsql as
      $$ begin raise exception 'this row is not to be had'; end $$`.execute(cloud.database);
    await sql`
      create trigger refuse_to_release before update on alerts for each row
      when (new.id = ${sql.lit(bad)}) execute function refuse_to_release()`.execute(cloud.database);
    const shelved = new Date(clock.now() + 1000);
    await sql`alter table alerts disable trigger refuse_to_release`.execute(cloud.database);
    // The bad one is the oldest of all that are due.
    await sql`
      update alerts set hold = 'maintenance', hold_id = gen_random_uuid(), announced_at = null,
        hold_until = ${shelved}::timestamptz + case when id = ${bad} then interval '0' else interval '1 second' end`.execute(
      cloud.database,
    );
    await sql`alter table alerts enable trigger refuse_to_release`.execute(cloud.database);
    const heldAlerts = async (): Promise<unknown[]> => {
      cloud.wake();
      const { rows } = await cloud.pool.query('select id from alerts where hold is not null');
      return rows.map(({ id }) => id);
    };
    clock.advance(5_000);
    await eventually('the others to be let go', async () => (await heldAlerts()).length === 1);
    expect(await heldAlerts()).toEqual([bad]);
    await sql`drop trigger refuse_to_release on alerts`.execute(cloud.database);
    clock.advance(120_000);
    await eventually('the last to be let go', async () => (await heldAlerts()).length === 0);
    expect((await cloud.pool.query('select 1 from alert_hold_failures')).rows).toEqual([]);
  });
});

describe('very many shelves', () => {
  let cloud: TestApp;
  beforeAll(async () => {
    cloud = await createTestApp({ background: false });
    const plant = await createPlant(cloud, { name: 'shelves' });
    const now = cloud.clock.now();
    await plant.gateway.send(
      alertTransition({ alertId: randomUUID(), deviceId: plant.deviceId, sourceTime: now, gatewayTime: now }),
    );
    await sql`
      insert into alert_shelves (id, source, subject_id, rule, alert_id, kind, shelved_at, shelved_by, reason, until_time)
      select gen_random_uuid(), 'device', ${plant.deviceId}, 'rule-' || number, alerts.id, 'timed', now(), 'user:nobody',
        'many', date_trunc('second', now()) + (1 + number / 3) * interval '1 minute'
      from generate_series(1, 5000) as number, (select id from alerts limit 1) as alerts`.execute(
      cloud.database,
    );
    await sql`analyze alert_shelves`.execute(cloud.database);
  });
  afterAll(() => cloud?.close());

  test('are listed page by page, the first to come back first, each once [I11]', async () => {
    const seen: { id: string; until: string; subjectName: string }[] = [];
    let cursor: string | null = null;
    do {
      const from: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await cloud.administrator.get(`/v1/alerts/shelves?limit=200${from}`);
      expect(page.status).toBe(200);
      expect(page.body.items.length).toBeLessThanOrEqual(200);
      seen.push(...page.body.items);
      cursor = page.body.nextCursor;
    } while (cursor !== null);
    expect(seen).toHaveLength(5000);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(5000);
    expect(seen.map(({ until }) => until)).toEqual(seen.map(({ until }) => until).sort());
    expect(seen[0]?.subjectName).toBe('Press of shelves');
  });

  test('are found over an index, however many there are', async () => {
    const { rows } = await sql<{ 'QUERY PLAN': string }>`
      explain select * from alert_shelves where ended_at is null
        and (until_time, id) > (now() + interval '20 hours', ${randomUUID()}::uuid)
      order by until_time, id limit 51`.execute(cloud.database);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('alert_shelves_open');
    expect(plan).not.toMatch(/Seq Scan|Sort/);
  });
});
