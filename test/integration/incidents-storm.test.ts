import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTransaction, sql } from '../../cloud/platform/index.ts';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { runningClock } from '../support/clock.ts';
import { createPlant, createTestGateway, type Plant, type TestGateway } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

describe('a storm of alerts', () => {
  const clock = runningClock();
  let cloud: TestApp;
  let plant: Plant;
  beforeAll(async () => {
    cloud = await createTestApp({ clock });
    plant = await createPlant(cloud, { name: 'storm' });
  });
  afterAll(() => cloud.close());

  /** Further devices of the plant's asset and category, as registered ones are stored. */
  const addDevices = async (gateway: TestGateway, count: number): Promise<string[]> => {
    const ids = Array.from({ length: count }, (_, index) => `${gateway.id}-${index}`);
    await inTransaction(cloud.database, async (transaction) => {
      await sql`
        insert into assets (id, account_id, name, created_at, updated_at, version)
        select gen_random_uuid(), ${plant.accountId}, name, now(), now(), 1
        from unnest(${ids}::text[]) as name`.execute(transaction);
      await sql`
        insert into devices (id, name, asset_id, category_id, gateway_id, registration_status, simulated, created_at,
          updated_at)
        select name, name, assets.id, 'press', ${gateway.id}, 'registered', true, now(), now()
        from unnest(${ids}::text[]) as name join assets using (name)`.execute(transaction);
    });
    return ids;
  };
  const tell = (change: Record<string, unknown>) =>
    cloud.administrator.post('/v1/alert-notice-rules', {
      name: 'the person on duty',
      contactId: plant.contactId,
      channel: 'sms',
      waitSeconds: 0,
      ...change,
    });
  const received = async (): Promise<string[]> =>
    (await cloud.administrator.get('/v1/received-messages')).body.items.map(
      ({ text, subject }: { text: string; subject: string | null }) => `${subject ?? ''} ${text}`,
    );
  /** A thousand alerts take whoever listens a while. */
  const caughtUp = () =>
    eventually(
      'all subscribers to catch up',
      async () => {
        cloud.wake();
        const { rows } = await sql`
          select from event_cursors join event_order on event_order.position > event_cursors.position
          where event_order.type = any(event_cursors.types)
          union all select from events_to_order limit 1`.execute(cloud.database);
        return rows.length === 0;
      },
      60_000,
    );
  const raisedNow = (deviceId: string, change: Parameters<typeof alertTransition>[0] = {}) =>
    alertTransition({
      alertId: randomUUID(),
      deviceId,
      sourceTime: clock.now(),
      gatewayTime: clock.now(),
      errorCode: 3,
      ...change,
    });

  const set = async (change: Record<string, number>) => {
    const { version, ...rest } = (await cloud.administrator.get('/v1/alerts/settings')).body;
    const match = { 'if-match': String(version) };
    const changed = await cloud.administrator.put('/v1/alerts/settings', { ...rest, ...change }, match);
    expect(changed.status).toBe(200);
  };
  const noticesOf = async (incidentId: string) =>
    (await cloud.administrator.get(`/v1/alert-notices?incidentId=${incidentId}`)).body.items as {
      ruleId: string;
      state: string;
      ofEnd: boolean;
      reason: string | null;
    }[];
  const cleared = (alerts: readonly ReturnType<typeof raisedNow>[]) =>
    alerts.map((alert) => ({
      ...alert,
      number: 2,
      transition: 'cleared' as const,
      gatewayTime: clock.now(),
    }));
  const isOver = async (incidentId: string): Promise<boolean> =>
    (await cloud.administrator.get(`/v1/incidents/${incidentId}`)).body.state === 'over';

  test('the person named by the rule is notified on the channel that was chosen [I6]', async () => {
    const rule = await tell({ categoryId: 'press', rule: 'overheating', severityMin: 'MAJOR' });
    expect(rule.status).toBe(201);
    const byEmail = await tell({ name: 'the office', categoryId: 'press', channel: 'email' });
    await plant.gateway.send(
      raisedNow(plant.deviceId, { reason: 'temperature 101.5 Cel is at or above 100 Cel (HI)' }),
      raisedNow(plant.deviceId, { rule: 'mild', severity: 'WARNING', errorCode: 4, reason: 'a little warm' }),
    );
    await eventually('the messages to be received', async () => {
      cloud.wake();
      return (await received()).length === 3;
    });
    const texts = await received();
    expect(texts.filter((text) => text.includes('Press of storm: temperature 101.5'))).toHaveLength(1);
    expect(texts.filter((text) => text.includes('Alert MAJOR: Press of storm'))).toHaveLength(2);
    expect(texts.filter((text) => text.includes('Alert WARNING: Press of storm'))).toHaveLength(1);
    expect((await cloud.administrator.get('/v1/messages')).body.items[0].to).toMatch(/ana|\+55/);
    for (const { id } of [rule.body, byEmail.body]) {
      expect((await cloud.administrator.delete(`/v1/alert-notice-rules/${id}`)).status).toBe(204);
    }
  });

  test('of a thousand devices in a minute it makes one incident, one page and the right count [I10]', async () => {
    const before = (await received()).length;
    await tell({ categoryId: 'press', rule: 'pressure-lost' });
    const gateways = [];
    for (let index = 0; index < 4; index += 1) {
      const gateway = await createTestGateway(cloud, `storm-line-${index}`);
      gateways.push({ gateway, devices: await addDevices(gateway, 250) });
    }
    const records = (devices: readonly string[]) =>
      devices.map((deviceId) =>
        raisedNow(deviceId, { rule: 'pressure-lost', errorCode: 7, reason: 'the pressure is lost' }),
      );
    // From four gateways at once, each in batches of fifty.
    await Promise.all(
      gateways.map(async ({ gateway, devices }) => {
        for (let from = 0; from < devices.length; from += 50) {
          await gateway.send(...records(devices.slice(from, from + 50)));
        }
      }),
    );
    const incidents = await eventually(
      'the incident to have gathered all',
      async () => {
        cloud.wake();
        const { items } = (await cloud.administrator.get('/v1/incidents?open=true')).body;
        return items.length > 0 && items[0].alertCount === 1000 && items;
      },
      30_000,
    );
    expect(incidents).toHaveLength(1);
    expect(incidents[0]).toMatchObject({
      cause: { kind: 'rule', categoryId: 'press', rule: 'pressure-lost', errorCode: 7 },
      alertCount: 1000,
      activeCount: 1000,
      deviceCount: 1000,
      state: 'gathering',
    });
    const told = await eventually(
      'the page to be received',
      async () => {
        cloud.wake();
        const texts = (await received()).slice(0, -before || undefined);
        return texts.length > 0 && texts;
      },
      30_000,
    );
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/Incident MAJOR: \d+ devices with pressure-lost \(7\)/);
    // A later one joins, and pages nobody; at most the first of them went its way as any alert does.
    const latecomer = await createTestGateway(cloud, 'storm-line-late');
    await latecomer.send(...records(await addDevices(latecomer, 1)));
    await caughtUp();
    const joined = await cloud.administrator.get(`/v1/incidents/${incidents[0].id}`);
    expect(joined.body.alertCount).toBe(1001);
    expect((await received()).slice(0, -before || undefined)).toHaveLength(1);
    const announced = await sql<{ count: number }>`
      select count(*) as count from alerts where rule = 'pressure-lost' and announced_at is not null`.execute(
      cloud.database,
    );
    expect(announced.rows).toEqual([{ count: 1 }]);
    const members = await cloud.administrator.get(`/v1/alerts?incidentId=${incidents[0].id}&limit=200`);
    expect(members.body.items).toHaveLength(200);
  }, 150_000);

  test('what is worse than its incident is told all the same, and the incident is then as bad [I10]', async () => {
    const settings = (await cloud.administrator.get('/v1/alerts/settings')).body;
    const { version, ...rest } = settings;
    const changed = await cloud.administrator.put(
      '/v1/alerts/settings',
      { ...rest, stormDevices: 3 },
      { 'if-match': String(version) },
    );
    expect(changed.status).toBe(200);
    const gateway = await createTestGateway(cloud, 'storm-worse');
    const devices = await addDevices(gateway, 6);
    const send = async (index: number, change: Parameters<typeof alertTransition>[0]) => {
      const alert = raisedNow(devices[index] ?? '', change);
      await gateway.send(alert);
      return (await cloud.administrator.get(`/v1/alerts/${alert.alertId}`)).body;
    };
    for (const index of [0, 1, 2]) {
      await send(index, { rule: `odd-${index}`, severity: 'WARNING' });
    }
    const [incident] = (await cloud.administrator.get('/v1/incidents?open=true')).body.items;
    expect(incident).toMatchObject({ cause: { gatewayId: gateway.id }, severity: 'WARNING' });
    expect((await send(3, { rule: 'odd-3', severity: 'WARNING' })).hold).toMatchObject({ id: incident.id });
    expect((await send(4, { rule: 'fire', severity: 'CRITICAL' })).hold).toBeNull();
    await eventually('the incident to be as bad as the worst of it', async () => {
      cloud.wake();
      const found = (await cloud.administrator.get(`/v1/incidents/${incident.id}`)).body;
      return found.severity === 'CRITICAL' && found.alertCount === 5;
    });
    expect((await send(5, { rule: 'flood', severity: 'CRITICAL' })).hold).toMatchObject({ id: incident.id });
  });

  test('those who were told that it began are told its final count once it is over, and nobody twice [I10]', async () => {
    await set({ stormDevices: 3 });
    await tell({ categoryId: 'press', rule: 'cold', channel: 'email' });
    const mute = (await tell({ categoryId: 'press', rule: 'cold' })).body;
    const gateway = await createTestGateway(cloud, 'storm-over');
    const devices = await addDevices(gateway, 5);
    const alerts = devices.map((deviceId) => raisedNow(deviceId, { rule: 'cold', errorCode: 9 }));
    await gateway.send(...alerts.slice(0, 4));
    const [incident] = (await cloud.administrator.get('/v1/incidents?open=true')).body.items;
    await eventually('both to be told that it began', async () => {
      cloud.wake();
      return (await noticesOf(incident.id)).filter(({ state }) => state === 'told').length === 2;
    });
    // Whose rule is off by then is told nothing more.
    const {
      id,
      version: ruleVersion,
      createdAt: _made,
      updatedAt: _edited,
      personName: _name,
      ...rule
    } = mute;
    const off = await cloud.administrator.put(
      `/v1/alert-notice-rules/${id}`,
      { ...rule, enabled: false },
      { 'if-match': String(ruleVersion) },
    );
    expect(off.status, off.text).toBe(200);
    await gateway.send(...alerts.slice(4));
    await gateway.send(...cleared(alerts));
    await set({ stormQuietSeconds: 1 });
    const overs = async () => (await received()).filter((text) => text.includes('in the end it was'));
    const [told] = await eventually('its end to be told', async () => {
      cloud.wake();
      const texts = await overs();
      return texts.length > 0 && texts;
    });
    expect(told).toContain('in the end it was 5 alerts of 5 devices');
    await cloud.emit({
      type: 'incident.over',
      key: incident.id,
      payload: { incidentId: incident.id, from: 'settled', to: 'over' },
    });
    await caughtUp();
    await cloud.settle();
    expect(await overs()).toHaveLength(1);
    expect((await noticesOf(incident.id)).filter(({ ofEnd }) => ofEnd)).toMatchObject([{ state: 'told' }]);
  }, 60_000);

  test('one that is over before its time to be told came is told to nobody, neither begin nor end [I10]', async () => {
    await set({ stormDevices: 3, stormQuietSeconds: 1 });
    await tell({ categoryId: 'press', rule: 'damp', channel: 'email', waitSeconds: 3600 });
    const gateway = await createTestGateway(cloud, 'storm-brief');
    const devices = await addDevices(gateway, 4);
    const alerts = devices.map((deviceId) => raisedNow(deviceId, { rule: 'damp', errorCode: 11 }));
    await gateway.send(...alerts);
    const [incident] = (await cloud.administrator.get('/v1/incidents?open=true')).body.items;
    await caughtUp();
    await gateway.send(...cleared(alerts));
    await eventually('the incident to be over', async () => {
      cloud.wake();
      return isOver(incident.id);
    });
    await caughtUp();
    await sql`update alert_notices set due_at = ${new Date(clock.now())} where state = 'waiting'`.execute(
      cloud.database,
    );
    const notices = await eventually('its notice to be decided', async () => {
      cloud.wake();
      const found = await noticesOf(incident.id);
      return found.length > 0 && found.every(({ state }) => state !== 'waiting') && found;
    });
    expect(notices).toMatchObject([
      { ofEnd: false, state: 'dropped', reason: expect.stringContaining('over-before-told') },
    ]);
  }, 60_000);

  test('one that a person closes has its end told once to who heard of it, and says of the others why not [I10]', async () => {
    await set({ stormDevices: 3, stormQuietSeconds: 600 });
    const heard = (await tell({ categoryId: 'press', rule: 'loud', channel: 'email' })).body;
    const slow = (await tell({ categoryId: 'press', rule: 'loud', channel: 'email', waitSeconds: 3600 }))
      .body;
    const gateway = await createTestGateway(cloud, 'storm-closed');
    const devices = await addDevices(gateway, 4);
    await gateway.send(...devices.map((deviceId) => raisedNow(deviceId, { rule: 'loud', errorCode: 13 })));
    const [incident] = (await cloud.administrator.get('/v1/incidents?open=true')).body.items;
    await eventually('its begin to be told to one, and to wait for the other', async () => {
      cloud.wake();
      const notices = await noticesOf(incident.id);
      return notices.length === 2 && notices.some(({ state }) => state === 'told');
    });
    const close = { reason: 'a test of the horn' };
    expect((await cloud.administrator.post(`/v1/incidents/${incident.id}/close`, close)).status).toBe(200);
    await caughtUp();
    await sql`update alert_notices set due_at = ${new Date(clock.now())} where state = 'waiting'`.execute(
      cloud.database,
    );
    const notices = await eventually('all of its notices to be decided', async () => {
      cloud.wake();
      const found = await noticesOf(incident.id);
      return found.length === 3 && found.every(({ state }) => state !== 'waiting') && found;
    });
    expect(notices.filter(({ ruleId }) => ruleId === heard.id)).toMatchObject([
      { ofEnd: true, state: 'told' },
      { ofEnd: false, state: 'told' },
    ]);
    expect(notices.filter(({ ruleId }) => ruleId === slow.id)).toMatchObject([
      { ofEnd: false, state: 'dropped', reason: expect.stringMatching(/^incident-closed-before-told: /) },
    ]);
    const ends = (await received()).filter((text) => text.includes('A person closed the incident'));
    expect(ends).toHaveLength(1);
    expect(ends[0]).toContain('by then it was 4 alerts of 4 devices');
  }, 60_000);

  test('one that is over while its begin is being told has its end told, too [I10]', async () => {
    await set({ stormDevices: 3, stormQuietSeconds: 1 });
    await tell({ categoryId: 'press', rule: 'dry', channel: 'email' });
    const gateway = await createTestGateway(cloud, 'storm-race');
    const devices = await addDevices(gateway, 4);
    const alerts = devices.map((deviceId) => raisedNow(deviceId, { rule: 'dry', errorCode: 12 }));
    const waits = async (statement: string): Promise<boolean> => {
      const { rows } = await sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
          and query ilike ${`%${statement}%`}`.execute(cloud.database);
      return rows.length > 0;
    };
    const heardOfEnd = async (incidentId: string): Promise<boolean> => {
      const { rows } = await sql`
        select from events join event_order on event_order.event_id = events.id
          join event_cursors on event_cursors.position >= event_order.position
        where events.type = 'incident.over' and events.key = ${incidentId}
          and event_cursors.subscriber = 'alert-notices'`.execute(cloud.database);
      return rows.length > 0;
    };
    const incidentId = await inTransaction(cloud.database, async (transaction) => {
      // Whoever tells gets no further than to the message.
      await sql`lock table messages in share mode`.execute(transaction);
      await gateway.send(...alerts);
      const [incident] = (await cloud.administrator.get('/v1/incidents?open=true')).body.items;
      await eventually('its begin to be half told', async () => {
        cloud.wake();
        return waits('insert into "messages"');
      });
      await gateway.send(...cleared(alerts));
      await eventually(
        'it to wait until that is told, or whoever tells to have heard that it is over',
        async () => {
          cloud.wake();
          return (await waits('update incidents set state')) || (await heardOfEnd(incident.id));
        },
      );
      return incident.id as string;
    });
    const told = await eventually('its end to be told', async () => {
      cloud.wake();
      const found = (await noticesOf(incidentId)).filter(({ state }) => state === 'told');
      return found.some(({ ofEnd }) => ofEnd) && found;
    });
    expect(told.map(({ ofEnd }) => ofEnd).sort()).toEqual([false, true]);
  }, 90_000);
});
