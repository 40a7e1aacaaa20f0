import { randomUUID } from 'node:crypto';
import type { AlertTransition } from '@andon/shared/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '../../cloud/platform/index.ts';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { runningClock } from '../support/clock.ts';
import { createPlant, createTestGateway, type Plant, pressCategory } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

describe('what keeps an alert quiet', () => {
  const clock = runningClock();
  let cloud: TestApp;
  let plants = 0;
  beforeAll(async () => {
    cloud = await createTestApp({ clock });
    await cloud.administrator.post('/v1/device-categories', {
      ...pressCategory,
      escalationPolicy: {
        errorCodeAbove: 10,
        verify: { clearForSeconds: 0, withinSeconds: 60 },
        onUnremedied: 'case',
      },
    });
  });
  afterAll(() => cloud.close());

  const newPlant = (more: Parameters<typeof createPlant>[1] = {}): Promise<Plant> => {
    plants += 1;
    return createPlant(cloud, { name: `hold-${plants}`, ...more });
  };
  const raise = async (
    { deviceId, gateway }: Pick<Plant, 'deviceId' | 'gateway'>,
    change: Partial<AlertTransition> = {},
  ): Promise<string> => {
    const alertId = change.alertId ?? randomUUID();
    const now = clock.now();
    await gateway.send(alertTransition({ alertId, deviceId, sourceTime: now, gatewayTime: now, ...change }));
    return alertId;
  };
  const clear = (plant: Plant, alertId: string, change: Partial<AlertTransition> = {}) =>
    raise(plant, { alertId, number: 9, transition: 'cleared', ...change });
  const alertOf = async (id: string) => (await cloud.administrator.get(`/v1/alerts/${id}`)).body;
  const typesOf = async (alertId: string): Promise<string[]> => {
    const found = await sql<{ type: string }>`
      select type from events where key = ${alertId} order by id`.execute(cloud.database);
    return found.rows.map((row) => row.type);
  };
  const casesOf = async ({ deviceId }: Plant) =>
    (await cloud.administrator.get('/v1/cases?limit=200')).body.items.filter(
      (one: { deviceId: string }) => one.deviceId === deviceId,
    );
  const pass = (milliseconds: number) => {
    clock.advance(milliseconds);
    cloud.wake();
  };
  const inMinutes = (minutes: number) => new Date(clock.now() + minutes * 60_000).toISOString();

  test('a shelved rule is quiet until its time, with who and why, and comes back by itself and is told [I11]', async () => {
    const plant = await newPlant();
    const first = await raise(plant, { errorCode: 3 });
    const until = inMinutes(10);
    const shelved = await cloud.administrator.post(`/v1/alerts/${first}/shelve`, {
      kind: 'timed',
      until,
      reason: 'the sensor is being replaced',
    });
    expect(shelved.body.hold).toMatchObject({ kind: 'shelved', until });
    expect((await alertOf(first)).shelf).toMatchObject({
      kind: 'timed',
      until,
      reason: 'the sensor is being replaced',
      by: expect.stringMatching(/^api-key:/),
    });
    // It clears and is raised anew on the shelf, now with a code that would be a case.
    await clear(plant, first);
    const second = await raise(plant);
    await cloud.settle();
    expect(await alertOf(second)).toMatchObject({ hold: { kind: 'shelved', until }, announcedAt: null });
    expect(await casesOf(plant)).toEqual([]);
    pass(11 * 60_000);
    await eventually('the alert to come back', async () => (await alertOf(second)).hold === null);
    await cloud.settle();
    expect(await typesOf(second)).toContain('alert.released');
    expect(await casesOf(plant)).toHaveLength(1);
    expect((await cloud.administrator.get('/v1/alerts/shelves')).body.items).toEqual([]);
  });

  test('a one-shot shelf lasts until the alert clears; the next one is told [I11]', async () => {
    const plant = await newPlant();
    const first = await raise(plant, { errorCode: 3 });
    const answer = await cloud.administrator.post(`/v1/alerts/${first}/shelve`, {
      kind: 'one-shot',
      reason: 'known, and looked at tomorrow',
    });
    expect(answer.body.hold.kind).toBe('shelved');
    const again = await cloud.administrator.post(`/v1/alerts/${first}/shelve`, {
      kind: 'one-shot',
      reason: 'twice',
    });
    expect(again.body.code).toBe('alerts.shelved-already');
    await clear(plant, first);
    const second = await raise(plant, { errorCode: 3 });
    expect((await alertOf(second)).hold).toBeNull();
  });

  test('taken off the shelf by hand it is told at once; what is over, or for too long, is not shelved [I11]', async () => {
    const plant = await newPlant();
    const id = await raise(plant, { errorCode: 3 });
    const shelve = (body: Record<string, unknown>) =>
      cloud.administrator.post(`/v1/alerts/${id}/shelve`, { reason: 'because', ...body });
    expect((await shelve({ kind: 'timed', until: inMinutes(8 * 24 * 60) })).body.code).toBe(
      'alerts.shelf-time-refused',
    );
    expect((await shelve({ kind: 'timed' })).body.code).toBe('alerts.shelf-without-end');
    const viewer = await cloud.clientWithRole('viewer');
    expect((await viewer.post(`/v1/alerts/${id}/shelve`, { kind: 'one-shot', reason: 'x' })).status).toBe(
      403,
    );
    expect((await shelve({ kind: 'timed', until: inMinutes(60) })).status).toBe(200);
    const back = await cloud.administrator.post(`/v1/alerts/${id}/unshelve`);
    expect(back.body.hold).toBeNull();
    expect(await typesOf(id)).toEqual(['alert.raised', 'alert.shelved', 'alert.unshelved', 'alert.released']);
    expect((await cloud.administrator.post(`/v1/alerts/${id}/unshelve`)).body.code).toBe(
      'alerts.not-shelved',
    );
    await clear(plant, id);
    expect((await shelve({ kind: 'one-shot' })).body.code).toBe('alerts.nothing-to-shelve');
  });

  test('alerts raised inside a maintenance window are kept, page nobody, and are told when it ends if they last [I11]', async () => {
    const plant = await newPlant();
    const made = await cloud.administrator.post('/v1/maintenance-windows', {
      scopeKind: 'account',
      scopeId: plant.accountId,
      reason: 'yearly service',
      startsAt: inMinutes(-1),
      endsAt: inMinutes(60),
    });
    expect(made.body).toMatchObject({ state: 'in-force', scopeName: expect.stringContaining('Ltd') });
    const lasting = await raise(plant);
    const passing = await raise(plant, { rule: 'other', errorCode: 77 });
    await clear(plant, passing, { rule: 'other', errorCode: 77 });
    await cloud.settle();
    expect((await alertOf(lasting)).hold).toMatchObject({ kind: 'maintenance', id: made.body.id });
    expect(await casesOf(plant)).toEqual([]);
    const window = await cloud.administrator.get(`/v1/maintenance-windows/${made.body.id}`);
    expect(window.body.heldCount).toBe(1);
    pass(61 * 60_000);
    await eventually('the alert to be told', async () => (await alertOf(lasting)).hold === null);
    await cloud.settle();
    expect(await casesOf(plant)).toHaveLength(1);
    // What was over by then stays marked, and nobody hears of it.
    expect(await alertOf(passing)).toMatchObject({ hold: { kind: 'maintenance' }, announcedAt: null });
    expect(await typesOf(passing)).not.toContain('alert.released');
  });

  test('a window of a gateway that is ended by hand lets its alerts go; a stale edit of it is refused', async () => {
    const plant = await newPlant();
    const body = {
      scopeKind: 'gateway',
      scopeId: plant.gateway.id,
      reason: 'new cabling',
      startsAt: inMinutes(-1),
      endsAt: inMinutes(60),
    };
    const { id } = (await cloud.administrator.post('/v1/maintenance-windows', body)).body;
    const alert = await raise(plant, { errorCode: 3 });
    expect((await alertOf(alert)).hold.kind).toBe('maintenance');
    const stale = await cloud.administrator.put(`/v1/maintenance-windows/${id}`, body, { 'if-match': '7' });
    expect(stale.status).toBe(412);
    expect((await cloud.administrator.post(`/v1/maintenance-windows/${id}/end`)).body.state).toBe('over');
    await eventually('the alert to be told', async () => (await alertOf(alert)).hold === null);
    const agent = await cloud.clientWithRole('service-agent');
    expect((await agent.post('/v1/maintenance-windows', body)).status).toBe(403);
    const nowhere = await cloud.administrator.post('/v1/maintenance-windows', {
      ...body,
      scopeId: 'nowhere',
    });
    expect(nowhere.body.code).toBe('maintenance-windows.no-such-place');
  });

  test('a gateway that is away is one alert; its silent devices are held by it, and voided or told when it is back [I10]', async () => {
    const gateway = await createTestGateway(cloud, 'outage-line');
    const one = await newPlant({ gateway });
    const other = await newPlant({ gateway });
    await gateway.send(
      alertTransition({ deviceId: one.deviceId, rule: 'said-hello', alertId: randomUUID() }),
    );
    await cloud.settle();
    const outages = async () =>
      (await cloud.administrator.get(`/v1/alerts?gatewayId=outage-line&source=gateway`)).body.items;
    // Away, but not for long enough: a restart pages nobody.
    pass(61_000);
    await eventually('the gateway to be away', async () => {
      cloud.wake();
      return (await cloud.administrator.get('/v1/gateways/outage-line')).body.connected === false;
    });
    await cloud.settle();
    expect(await outages()).toEqual([]);
    pass(61_000);
    const [outage] = await eventually('the outage to be an alert', async () => {
      const found = await outages();
      return found.length > 0 && found;
    });
    expect(outage).toMatchObject({
      deviceId: null,
      deviceName: 'outage-line',
      rule: 'gateway-down',
      condition: 'active',
      reason: expect.stringContaining('2 devices behind it'),
    });
    // It is back, and finds both devices silent at first.
    const [lasting, passing] = [
      await raise(one, { rule: 'silent', state: 'STALE' }),
      await raise(other, { rule: 'silent', state: 'STALE' }),
    ];
    await eventually('the outage to be over', async () => (await alertOf(outage.id)).condition === 'cleared');
    expect(await alertOf(lasting)).toMatchObject({ hold: { kind: 'gateway-down', id: outage.id } });
    expect((await alertOf(outage.id)).holding).toEqual({ held: 2, voided: 0 });
    await clear(other, passing, { rule: 'silent', state: 'STALE' });
    pass(121_000);
    await eventually('what lasts to be told', async () => (await alertOf(lasting)).hold === null);
    expect((await alertOf(outage.id)).holding).toEqual({ held: 0, voided: 1 });
    expect(await typesOf(passing)).not.toContain('alert.released');
    // The gateway's alert is worked on like any other.
    expect((await cloud.administrator.post(`/v1/alerts/${outage.id}/acknowledge`)).body.response).toBe(
      'acknowledged',
    );
  });

  test('a category groups by the fields that it chose; when the primary is over, the oldest child takes its place [I10]', async () => {
    const category = { ...pressCategory, id: 'grouped-press' };
    const gateway = await createTestGateway(cloud, 'group-line');
    const [a, b, c] = [
      await newPlant({ gateway, category }),
      await newPlant({ gateway, category }),
      await newPlant({ gateway, category }),
    ];
    const chosen = { fields: ['gateway', 'error-code'], windowSeconds: 60 };
    expect((await cloud.administrator.get('/v1/alerts/groupings/grouped-press')).body).toMatchObject({
      fields: ['device', 'error-code'],
      windowSeconds: 300,
      isDefault: true,
    });
    expect((await cloud.administrator.put('/v1/alerts/groupings/grouped-press', chosen)).body).toMatchObject({
      ...chosen,
      isDefault: false,
    });
    const primary = await raise(a);
    const [child, second] = [await raise(b), await raise(c)];
    const worse = await raise(c, { rule: 'worse', severity: 'CRITICAL' });
    expect(await alertOf(child)).toMatchObject({
      parentAlertId: primary,
      hold: { kind: 'group', id: primary },
    });
    // What is worse than its primary is told all the same.
    expect(await alertOf(worse)).toMatchObject({ parentAlertId: primary, hold: null });
    expect((await alertOf(primary)).children).toEqual({ count: 3, active: 3 });
    const children = await cloud.administrator.get(`/v1/alerts?parentAlertId=${primary}`);
    expect(children.body.items).toHaveLength(3);
    await clear(a, primary);
    await eventually('the oldest child to take its place', async () => {
      const promoted = await alertOf(child);
      return promoted.parentAlertId === null && promoted.hold === null;
    });
    expect(await alertOf(second)).toMatchObject({
      parentAlertId: child,
      hold: { kind: 'group', id: child },
    });
    // Later than the window, another is a primary of its own.
    pass(61_000);
    const later = await raise(a);
    expect((await alertOf(later)).parentAlertId).toBeNull();
  });

  test('an alert told late is dated when it happened, joins no storm and says that it is late [I10]', async () => {
    const plant = await newPlant();
    const longAgo = clock.now() - 3_600_000;
    const id = await raise(plant, { sourceTime: longAgo, gatewayTime: longAgo, errorCode: 3 });
    expect(await alertOf(id)).toMatchObject({ late: true, raisedAt: new Date(longAgo).toISOString() });
  });
});
