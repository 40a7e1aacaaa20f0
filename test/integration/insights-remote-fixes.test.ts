import { randomUUID } from 'node:crypto';
import type { AlertTransition } from '@andon/shared/contracts';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createPlant, type Plant, pressCategory } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

const verify = { clearForSeconds: 5, withinSeconds: 30 };
const reboot = { command: 'reboot', times: 1, expiresInSeconds: 60 };
const slow = { command: 'set-speed', parameters: { speed: 100 }, times: 1, expiresInSeconds: 60 };
const escalationPolicy = {
  rules: [
    { when: { errorCodes: [{ from: 10, to: 19 }] }, remedies: [reboot, slow], verify, otherwise: 'case' },
    { when: { errorCodes: [{ from: 20, to: 29 }] }, remedies: [slow], verify, otherwise: 'none' },
    { when: { errorCodes: [{ from: 30, to: 39 }] }, remedies: [], otherwise: 'work-order' },
  ],
};

describe('the report of remote fixes', () => {
  let cloud: TestApp;
  let plant: Plant;
  let from: string;
  let to: string;
  beforeAll(async () => {
    cloud = await createTestApp();
    for (const journey of (await cloud.administrator.get('/v1/journeys')).body.items) {
      await cloud.administrator.post(`/v1/journeys/${journey.id}/stop`);
    }
    plant = await createPlant(cloud, {
      name: 'works',
      category: { ...pressCategory, id: 'reported', escalationPolicy },
    });
    await raise(12, { sourceTime: cloud.clock.now() - 600_000, rule: 'before' });
    await endAll('FAILED');
    await endAll('FAILED');
    from = new Date(cloud.clock.now()).toISOString();
    await tellTheStory();
    cloud.clock.advance(1);
    to = new Date(cloud.clock.now()).toISOString();
  });
  afterAll(() => cloud.close());

  async function raise(errorCode: number, change: Partial<AlertTransition> = {}): Promise<string> {
    const alertId = randomUUID();
    const now = cloud.clock.now();
    await plant.gateway.send(
      alertTransition({
        deviceId: plant.deviceId,
        rule: `rule-${errorCode}`,
        errorCode,
        sourceTime: now,
        gatewayTime: now,
        ...change,
        alertId,
      }),
    );
    await cloud.settle();
    return alertId;
  }
  async function clear(alertId: string, errorCode: number): Promise<void> {
    const at = cloud.clock.now();
    await plant.gateway.send(
      alertTransition({
        deviceId: plant.deviceId,
        rule: `rule-${errorCode}`,
        errorCode,
        alertId,
        number: 2,
        transition: 'cleared',
        sourceTime: at,
        gatewayTime: at,
      }),
    );
    await cloud.settle();
  }
  const commands = async (): Promise<{ id: string; state: string }[]> =>
    (await cloud.administrator.get(`/v1/devices/${plant.deviceId}/commands?limit=200`)).body.items;
  async function endAll(state: 'SUCCEEDED' | 'FAILED'): Promise<void> {
    for (const { id } of (await commands()).filter((command) => ['QUEUED', 'SENT'].includes(command.state))) {
      await plant.gateway.send({
        type: 'command',
        commandId: id,
        deviceId: plant.deviceId,
        state,
        at: cloud.clock.now(),
        bootIdBefore: 'boot-a',
        bootIdAfter: 'boot-b',
      });
    }
    await cloud.settle();
  }
  async function remedied(count: number): Promise<void> {
    cloud.clock.advance(6_000);
    cloud.wake();
    await eventually('the verified episodes', async () => {
      const found = await cloud.administrator.get('/v1/escalations?state=remedied&limit=200');
      return found.body.items.length === count;
    });
    await cloud.settle();
  }

  async function tellTheStory(): Promise<void> {
    // One by the reboot, one by what came after it, one by neither.
    const byReboot = await raise(11);
    await endAll('SUCCEEDED');
    await clear(byReboot, 11);
    await remedied(1);
    const bySpeed = await raise(13);
    await endAll('FAILED');
    await endAll('SUCCEEDED');
    await clear(bySpeed, 13);
    await remedied(2);
    await raise(14);
    await endAll('FAILED');
    await endAll('FAILED');
    // One given up without a call, one to a technician, one that nobody heeds, one that goes by itself, and two
    // that a remedy is tried for now.
    await raise(21);
    await endAll('FAILED');
    await raise(31);
    await raise(1);
    await clear(await raise(2), 2);
    await raise(22);
    await raise(15);
  }

  const report = async (groupBy: string) =>
    (await cloud.administrator.get(`/v1/insights/remote-fixes?from=${from}&to=${to}&groupBy=${groupBy}`))
      .body;
  const count = async (where: string): Promise<number> => {
    const found = await cloud.pool.query(
      `select count(*)::integer as count from alerts
         left join escalation_alerts on alert_id = alerts.id left join escalations on escalations.id = escalation_id
       where raised_at >= $1 and raised_at < $2 and (${where})`,
      [from, to],
    );
    return found.rows[0].count;
  };

  test('counts each alert of the period once, and every figure is one that can be counted again in the rows', async () => {
    const { total } = await report('kind');
    expect(total).toMatchObject({
      alerts: 9,
      fixedRemotely: 2,
      fixedOtherwise: 0,
      toPeople: 2,
      givenUp: 1,
      underWay: 2,
      byThemselves: 1,
      untouched: 1,
      tried: 6,
      shareOfAlerts: 2 / 9,
      shareOfTried: 2 / 6,
    });
    expect(await count('true')).toBe(total.alerts);
    expect(await count("escalations.state = 'remedied' and attempts > 0")).toBe(total.fixedRemotely);
    expect(await count('escalations.case_id is not null or work_order_id is not null')).toBe(total.toPeople);
    expect(await count("escalations.state = 'unremedied'")).toBe(total.givenUp);
    expect(await count("escalations.state in ('remedying', 'verifying')")).toBe(total.underWay);
    expect(await count("escalations.id is null and condition = 'cleared'")).toBe(total.byThemselves);
    expect(await count("escalations.id is null and condition = 'active'")).toBe(total.untouched);
    expect(await count('attempts > 0')).toBe(total.tried);
  });

  test('by kind of alert, by command and by day the same alerts are told apart', async () => {
    const byKind = await report('kind');
    expect(byKind.items).toHaveLength(9);
    expect(byKind.items).toContainEqual(
      expect.objectContaining({
        categoryId: 'reported',
        rule: 'rule-11',
        errorCode: 11,
        alerts: 1,
        fixedRemotely: 1,
        shareOfAlerts: 1,
      }),
    );
    const sum = (items: Record<string, number>[], name: string) =>
      items.reduce((total, item) => total + (item[name] ?? 0), 0);
    for (const name of ['alerts', 'fixedRemotely', 'toPeople', 'givenUp', 'underWay', 'tried']) {
      expect(sum(byKind.items, name)).toBe(byKind.total[name]);
    }
    const { items } = await report('command');
    expect(items).toEqual([
      expect.objectContaining({
        command: 'reboot',
        sent: 4,
        alerts: 4,
        fixedRemotely: 1,
        fixedOtherwise: 1,
        toPeople: 1,
        underWay: 1,
        shareOfTried: 0.25,
      }),
      expect.objectContaining({
        command: 'set-speed',
        sent: 4,
        alerts: 4,
        fixedRemotely: 1,
        fixedOtherwise: 0,
        toPeople: 1,
        givenUp: 1,
        underWay: 1,
      }),
    ]);
    for (const { command, sent } of items) {
      const rows = await cloud.pool.query(
        `select count(*)::integer as count from commands join escalation_commands on command_id = commands.id
           join escalation_alerts using (escalation_id) join alerts on alerts.id = alert_id
         where name = $1 and raised_at >= $2 and raised_at < $3`,
        [command, from, to],
      );
      expect(rows.rows[0].count).toBe(sent);
    }
    const byDay = await report('day');
    expect(sum(byDay.items, 'alerts')).toBe(9);
  });

  test('is a table as well, and refuses a period that makes no sense', async () => {
    const path = `/v1/insights/remote-fixes.csv?from=${from}&to=${to}&groupBy=command`;
    const csv = await cloud.administrator.get(path);
    expect(csv.headers.get('content-type')).toContain('text/csv');
    const rows = parse(csv.text, { columns: true });
    expect(rows).toEqual([
      expect.objectContaining({ command: 'reboot', alerts: '4', fixedRemotely: '1' }),
      expect.objectContaining({ command: 'set-speed', alerts: '4', fixedRemotely: '1' }),
    ]);
    const turned = await cloud.administrator.get(`/v1/insights/remote-fixes?from=${to}&to=${from}`);
    expect([turned.status, turned.body.code]).toEqual([422, 'insights.period-invalid']);
    const empty = await cloud.administrator.get(
      '/v1/insights/remote-fixes?from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z',
    );
    expect(empty.body).toMatchObject({ total: { alerts: 0, shareOfAlerts: null }, items: [] });
  });
});
