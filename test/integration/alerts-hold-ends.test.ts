import { randomUUID } from 'node:crypto';
import type { AlertShelving, AlertTransition } from '@andon/shared/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '../../cloud/platform/index.ts';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { runningClock } from '../support/clock.ts';
import { createPlant, createTestGateway, type Plant, pressCategory } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

describe('no hold outlives what holds', () => {
  const clock = runningClock();
  let cloud: TestApp;
  beforeAll(async () => {
    cloud = await createTestApp({ clock });
  });
  afterAll(() => cloud.close());

  const alertOf = async (id: string) => (await cloud.administrator.get(`/v1/alerts/${id}`)).body;
  const record = (deviceId: string, change: Partial<AlertTransition> = {}) =>
    alertTransition({
      alertId: randomUUID(),
      deviceId,
      sourceTime: clock.now(),
      gatewayTime: clock.now(),
      errorCode: 3,
      ...change,
    });
  const released = (id: string) =>
    eventually('the alert to be told', async () => {
      cloud.wake();
      return (await alertOf(id)).hold === null;
    });
  const outagesOf = async (gatewayId: string) =>
    (await cloud.administrator.get(`/v1/alerts?gatewayId=${gatewayId}&source=gateway`)).body.items;
  const goAway = async (gatewayId: string, outages: number) => {
    clock.advance(61_000);
    await eventually('the gateway to be away', async () => {
      cloud.wake();
      return (await cloud.administrator.get(`/v1/gateways/${gatewayId}`)).body.connected === false;
    });
    await cloud.settle();
    clock.advance(61_000);
    return eventually('the outage to be an alert', async () => {
      cloud.wake();
      const found = await outagesOf(gatewayId);
      return found.length === outages && found[0];
    });
  };

  /** Stops a batch after it saw what holds its alert, and ends the holder meanwhile; the end may wait for the batch. */
  const endDuring = async (plant: Plant, alert: AlertTransition, end: () => Promise<unknown>) => {
    const shelving: AlertShelving = {
      type: 'alert-shelving',
      deviceId: plant.deviceId,
      rule: 'another',
      at: clock.now(),
      shelved: true,
      ruleVersion: 1,
      kind: 'timed',
      until: clock.now() + 3_600_000,
      by: 'somebody',
      reason: 'because',
    };
    const client = await cloud.pool.connect();
    await client.query('begin; lock table alert_shelvings in access exclusive mode');
    const waiting = async (): Promise<number> =>
      (await client.query('select count(distinct pid)::int as count from pg_locks where not granted')).rows[0]
        .count;
    const sent = plant.gateway.send(alert, shelving);
    await eventually('the batch to be stopped', async () => (await waiting()) === 1);
    let isOver = false;
    const ended = end().then(() => {
      isOver = true;
    });
    await eventually('the end to be made, or to wait', async () => isOver || (await waiting()) > 1);
    await client.query('commit');
    client.release();
    await Promise.all([sent, ended]);
  };

  test('a primary that is closed while a batch stores a child of it holds the child no longer', async () => {
    const category = { ...pressCategory, id: 'ends-group' };
    const [a, b] = [
      await createPlant(cloud, { name: 'ends-a', category }),
      await createPlant(cloud, { name: 'ends-b', category }),
    ];
    const grouping = { fields: ['error-code'], windowSeconds: 300 };
    await cloud.administrator.put('/v1/alerts/groupings/ends-group', grouping);
    const [primary, child] = [record(a.deviceId), record(b.deviceId)];
    await a.gateway.send(primary);
    await endDuring(b, child, () =>
      cloud.administrator.post(`/v1/alerts/${primary.alertId}/status`, { status: 'closed', reason: 'done' }),
    );
    await released(child.alertId);
    expect((await alertOf(child.alertId)).announcedAt).not.toBeNull();
  });

  test('a window that is ended while a batch stores an alert inside it holds the alert no longer', async () => {
    const plant = await createPlant(cloud, { name: 'ends-window' });
    const window = await cloud.administrator.post('/v1/maintenance-windows', {
      scopeKind: 'gateway',
      scopeId: plant.gateway.id,
      reason: 'new cabling',
      startsAt: new Date(clock.now() - 60_000).toISOString(),
      endsAt: new Date(clock.now() + 3_600_000).toISOString(),
    });
    const alert = record(plant.deviceId);
    await endDuring(plant, alert, () =>
      cloud.administrator.post(`/v1/maintenance-windows/${window.body.id}/end`),
    );
    await released(alert.alertId);
  });

  test('a silence that an outage holds has a time at which it is looked at again, and is told', async () => {
    const gateway = await createTestGateway(cloud, 'ends-line');
    const plant = await createPlant(cloud, { name: 'ends-outage', gateway });
    await gateway.send(record(plant.deviceId, { rule: 'hello' }));
    const outage = await goAway('ends-line', 1);
    const silence = record(plant.deviceId, { rule: 'silent', state: 'STALE' });
    await gateway.send(silence);
    await eventually('the outage to be over', async () => {
      cloud.wake();
      return (await alertOf(outage.id)).condition === 'cleared';
    });
    const stored = await sql<{ hold_until: Date | null }>`
      select hold_until from alerts where hold is not null and condition = 'active' and hold_until is null`.execute(
      cloud.database,
    );
    expect(stored.rows).toEqual([]);
    clock.advance(301_000);
    await released(silence.alertId);
  });

  test('a child that gets worse than its primary is told', async () => {
    const category = { ...pressCategory, id: 'ends-worse' };
    const [a, b] = [
      await createPlant(cloud, { name: 'ends-c', category }),
      await createPlant(cloud, { name: 'ends-d', category }),
    ];
    const grouping = { fields: ['rule'], windowSeconds: 300 };
    await cloud.administrator.put('/v1/alerts/groupings/ends-worse', grouping);
    const child = record(b.deviceId, { severity: 'WARNING' });
    await a.gateway.send(record(a.deviceId, { severity: 'WARNING' }));
    await b.gateway.send(child);
    expect((await alertOf(child.alertId)).hold).toMatchObject({ kind: 'group', until: null });
    await b.gateway.send({
      ...child,
      number: 2,
      transition: 'escalated',
      state: 'HIHI',
      severity: 'CRITICAL',
    });
    await released(child.alertId);
  });

  test('a one-shot shelf of a gateway ends when it is back', async () => {
    const gateway = await createTestGateway(cloud, 'ends-shelf');
    const plant = await createPlant(cloud, { name: 'ends-shelf', gateway });
    await gateway.send(record(plant.deviceId, { rule: 'hello' }));
    const first = await goAway('ends-shelf', 1);
    const shelf = { kind: 'one-shot', reason: 'known' };
    expect((await cloud.administrator.post(`/v1/alerts/${first.id}/shelve`, shelf)).status).toBe(200);
    await gateway.send(record(plant.deviceId, { rule: 'hello again' }));
    await eventually('the outage to be over', async () => {
      cloud.wake();
      return (await alertOf(first.id)).condition === 'cleared';
    });
    expect((await goAway('ends-shelf', 2)).hold).toBeNull();
  });

  test('an absence is dated by when the gateway went, not by when it came before', async () => {
    const gateway = await createTestGateway(cloud, 'ends-dated');
    const plant = await createPlant(cloud, { name: 'ends-dated', gateway });
    await gateway.send(record(plant.deviceId, { rule: 'hello' }));
    await cloud.settle();
    const before = clock.now();
    await sql`update gateways set connected = false where id = 'ends-dated'`.execute(cloud.database);
    const said = (connected: boolean) =>
      cloud.emit({
        type: 'gateway.connection-changed',
        key: 'ends-dated',
        payload: { gatewayId: 'ends-dated', connected },
      });
    await said(true);
    clock.advance(50_000);
    await said(false);
    await cloud.settle();
    const found = await sql<{ since: Date }>`
      select since from gateway_absences where gateway_id = 'ends-dated'`.execute(cloud.database);
    expect(found.rows[0]?.since.getTime()).toBeGreaterThanOrEqual(before + 50_000);
  });
});
