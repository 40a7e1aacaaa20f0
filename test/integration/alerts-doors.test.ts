import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '../../cloud/platform/index.ts';
import { alertTransition, morning } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createPlant, type Plant } from '../support/plant.ts';

describe('alerts', () => {
  let cloud: TestApp;
  let plant: Plant;
  beforeAll(async () => {
    cloud = await createTestApp();
    plant = await createPlant(cloud);
  });
  afterAll(() => cloud.close());

  const transition = (alertId: string, change: Parameters<typeof alertTransition>[0] = {}) =>
    alertTransition({ alertId, deviceId: plant.deviceId, rule: `rule-${alertId.slice(0, 8)}`, ...change });

  const eventsOf = async (alertId: string): Promise<string[]> => {
    const found = await sql<{ type: string }>`
      select type from events where key = ${alertId} order by id`.execute(cloud.database);
    return found.rows.map((row) => row.type);
  };

  test('a threshold crossed at the edge is on the record of the device, with code, value, limit, rule version and device time [I2]', async () => {
    const id = randomUUID();
    await plant.gateway.send(transition(id));
    const { status, body } = await cloud.administrator.get(
      `/v1/alerts?deviceId=${plant.deviceId}&state=open`,
    );
    expect(status).toBe(200);
    expect(body.items).toEqual([
      expect.objectContaining({
        id,
        deviceId: plant.deviceId,
        deviceName: 'Press of plant',
        accountId: plant.accountId,
        errorCode: 42,
        value: 101.5,
        setpoint: 100,
        unit: 'Cel',
        ruleVersion: 3,
        raisedAt: new Date(morning).toISOString(),
        gatewayReceivedAt: new Date(morning + 50).toISOString(),
        condition: 'active',
        response: 'unacknowledged',
        status: 'active',
      }),
    ]);
    const one = await cloud.administrator.get(`/v1/alerts/${id}`);
    expect(one.body.transitions).toMatchObject([{ number: 1, transition: 'raised', bootId: 'boot-a' }]);
    expect(await eventsOf(id)).toEqual(['alert.raised']);
  });

  test('of an alert with very many transitions the latest are shown, in their order', async () => {
    const id = randomUUID();
    await plant.gateway.send(transition(id));
    await sql`
      insert into alert_transitions (alert_id, number, transition, rule_version, state, severity, quality, reason,
        historical, source_time, gateway_time, received_at)
      select ${id}, number, case when number % 2 = 0 then 'escalated' else 'deescalated' end, 3, 'HI', 'MAJOR', 'GOOD',
        'too hot', false, moment, moment, moment
      from generate_series(2, 1200) as number,
        lateral (select ${new Date(morning)}::timestamptz + number * interval '1 second' as moment) as at`.execute(
      cloud.database,
    );
    const { transitions } = (await cloud.administrator.get(`/v1/alerts/${id}`)).body;
    expect(transitions.map(({ number }: { number: number }) => number)).toEqual(
      Array.from({ length: 1000 }, (_, index) => index + 201),
    );
  });

  test('a batch of a thousand transitions is stored once, however often it is sent', async () => {
    const ids = Array.from({ length: 334 }, () => randomUUID());
    const records = ids.flatMap((id, index) => [
      transition(id, { rule: `mass-${index}`, errorCode: 7, sourceTime: morning + index }),
      transition(id, {
        rule: `mass-${index}`,
        number: 2,
        transition: 'escalated',
        state: 'HIHI',
        errorCode: 7,
      }),
      transition(id, { rule: `mass-${index}`, number: 3, transition: 'cleared', errorCode: 7 }),
    ]);
    await plant.gateway.send(...records.slice(0, 1000));
    // The same again under other numbers: another lane's epoch, as after a restored outbox.
    await plant.gateway.send(...records.slice(0, 1000));
    const found = await sql<{ alerts: number; transitions: number; raised: number }>`
      select (select count(*) from alerts where rule like 'mass-%') as alerts,
        (select count(*) from alert_transitions where alert_id = any(${ids}::uuid[])) as transitions,
        (select count(*) from events where type = 'alert.raised' and key = any(${ids})) as raised`.execute(
      cloud.database,
    );
    expect(found.rows).toEqual([{ alerts: 334, transitions: 1000, raised: 334 }]);
  });

  test('what is not this gateway’s is refused and counted, and never holds up the lane', async () => {
    const other = await createPlant(cloud, { name: 'other' });
    const id = randomUUID();
    await plant.gateway.send(
      transition(randomUUID(), { deviceId: 'never-heard-of' }),
      transition(randomUUID(), { deviceId: other.deviceId }),
      transition(id),
    );
    expect((await cloud.administrator.get(`/v1/alerts/${id}`)).status).toBe(200);
    expect((await cloud.administrator.get(`/v1/alerts?deviceId=${other.deviceId}`)).body.items).toEqual([]);
    const counted = await cloud.administrator.get(`/v1/gateways/${plant.gateway.id}/rejections`);
    expect(counted.body.items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ deviceId: 'never-heard-of', reason: 'unknown-device', count: 1 }),
        expect.objectContaining({ deviceId: other.deviceId, reason: 'unknown-device', count: 1 }),
      ]),
    );
  });

  test('a newer occurrence supersedes one whose clear was lost, and a late clear still dates it', async () => {
    const [older, newer] = [randomUUID(), randomUUID()];
    const rule = 'superseding';
    await plant.gateway.send(transition(older, { rule }));
    await plant.gateway.send(
      transition(newer, { rule, sourceTime: morning + 60_000, gatewayTime: morning + 60_000 }),
    );
    const closed = await cloud.administrator.get(`/v1/alerts/${older}`);
    expect(closed.body).toMatchObject({
      condition: 'cleared',
      status: 'closed',
      statusReason: expect.stringMatching(/^superseded/),
    });
    await plant.gateway.send(
      transition(older, { rule, number: 2, transition: 'cleared', sourceTime: morning + 30_000 }),
    );
    expect((await cloud.administrator.get(`/v1/alerts/${older}`)).body.clearedAt).toBe(
      new Date(morning + 30_000).toISOString(),
    );
    const open = await cloud.administrator.get(
      `/v1/alerts?deviceId=${plant.deviceId}&rule=${rule}&state=open`,
    );
    expect(open.body.items.map((item: { id: string }) => item.id)).toEqual([newer]);
  });

  test('the same device and error code within five minutes becomes a child of the primary alert', async () => {
    const [primary, child] = [randomUUID(), randomUUID()];
    await plant.gateway.send(transition(primary, { errorCode: 77 }));
    await plant.gateway.send(transition(child, { errorCode: 77, sourceTime: morning + 299_000 }));
    const { body } = await cloud.administrator.get(`/v1/alerts?parentAlertId=${primary}`);
    expect(body.items.map((item: { id: string }) => item.id)).toEqual([child]);
  });

  test('acknowledging keeps who was first, and the condition of the device has no part in it', async () => {
    const id = randomUUID();
    await plant.gateway.send(transition(id));
    const technician = await cloud.clientWithRole('technician');
    const first = await technician.post(`/v1/alerts/${id}/acknowledge`);
    expect(first.body).toMatchObject({ response: 'acknowledged', condition: 'active', status: 'active' });
    const second = await cloud.administrator.post(`/v1/alerts/${id}/acknowledge`);
    expect(second.body.acknowledgedBy).toBe(first.body.acknowledgedBy);
    expect(await eventsOf(id)).toEqual(['alert.raised', 'alert.acknowledged']);
    const viewer = await cloud.clientWithRole('viewer');
    expect((await viewer.post(`/v1/alerts/${id}/acknowledge`)).status).toBe(403);
  });

  test('nobody acknowledges what is closed, though its condition lasts; what came back to normal may be', async () => {
    const [id, over] = [randomUUID(), randomUUID()];
    await plant.gateway.send(transition(id));
    const unseen = async () => (await cloud.administrator.get('/v1/alerts/summary')).body.unacknowledged;
    const before = await unseen();
    await cloud.administrator.post(`/v1/alerts/${id}/status`, { status: 'closed' });
    expect(await unseen()).toBe(before - 1);
    const refused = await cloud.administrator.post(`/v1/alerts/${id}/acknowledge`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'alerts.closed-is-not-acknowledged' } });
    const found = await cloud.administrator.get(`/v1/alerts/${id}`);
    expect(found.body).toMatchObject({ condition: 'active', response: 'unacknowledged', status: 'closed' });
    expect(await eventsOf(id)).not.toContain('alert.acknowledged');
    await plant.gateway.send(transition(over));
    await cloud.administrator.post(`/v1/alerts/${over}/acknowledge`);
    await cloud.administrator.post(`/v1/alerts/${over}/status`, { status: 'closed' });
    // Who saw it before stays, and asking again is no mistake.
    expect((await cloud.administrator.post(`/v1/alerts/${over}/acknowledge`)).status).toBe(200);
  });

  test('the status goes by its table, and the rest is refused with 409', async () => {
    const id = randomUUID();
    await plant.gateway.send(transition(id));
    const to = (status: string) => cloud.administrator.post(`/v1/alerts/${id}/status`, { status });
    expect((await to('in-progress')).body.status).toBe('in-progress');
    expect((await to('closed')).body.status).toBe('closed');
    const refused = await to('active');
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: 'alerts.status-refused', errors: [{ field: 'status' }] });
    expect((await to('inactive')).status).toBe(422);
    expect((await to('gone')).status).toBe(422);
  });

  test('the summary counts open alerts by severity', async () => {
    const before = (await cloud.administrator.get('/v1/alerts/summary')).body;
    await plant.gateway.send(transition(randomUUID(), { severity: 'CRITICAL' }));
    const after = (await cloud.administrator.get('/v1/alerts/summary')).body;
    expect(after.open).toBe(before.open + 1);
    expect(after.bySeverity.CRITICAL).toBe(before.bySeverity.CRITICAL + 1);
  });

  test('the list is filtered, and its cursor goes through all of it once', async () => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await cloud.administrator.get(
        `/v1/alerts?deviceId=${plant.deviceId}&errorCode=7&limit=100${cursor}`,
      );
      seen.push(...body.items.map((item: { id: string }) => item.id));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    expect(seen).toHaveLength(334);
    expect(new Set(seen).size).toBe(334);
  });

  test.each([
    ['/v1/alerts?state=wild', 422],
    ['/v1/alerts?cursor=nonsense', 422],
    ['/v1/alerts?severity=LOUD', 422],
    [`/v1/alerts/${randomUUID()}`, 404],
    ['/v1/alerts/not-an-id', 404],
  ])('%s is answered %i with problem details', async (path, status) => {
    const answer = await cloud.administrator.get(path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  test('nobody reads alerts without a permission', async () => {
    expect((await cloud.anonymous.get('/v1/alerts')).status).toBe(401);
    expect((await plant.gateway.client.get('/v1/alerts')).status).toBe(403);
  });

  test('an alert is assigned and commented, with who and when, and found by who sees to it [I11]', async () => {
    const id = randomUUID();
    await plant.gateway.send(transition(id));
    const agent = await cloud.clientWithRole('service-agent');
    const user = await cloud.administrator.post('/v1/users', {
      email: 'tess@andon.local',
      name: 'Tess',
      role: 'technician',
      password: 'a long enough password',
    });
    const userId = user.body.id;
    expect((await agent.post(`/v1/alerts/${id}/assign`, { userId })).body).toMatchObject({
      assignedTo: userId,
    });
    const mine = await agent.get(`/v1/alerts?assignedTo=${userId}`);
    expect(mine.body.items.map((item: { id: string }) => item.id)).toEqual([id]);
    const said = await agent.post(`/v1/alerts/${id}/comments`, { text: 'The fan was off.\nOn again.' });
    expect(said.status).toBe(201);
    expect(said.body.items).toMatchObject([
      { text: 'The fan was off.\nOn again.', actor: expect.stringMatching(/^api-key:/) },
    ]);
    await agent.post(`/v1/alerts/${id}/assign`, { userId: null });
    expect((await agent.post(`/v1/alerts/${id}/assign`, { userId: randomUUID() })).body).toMatchObject({
      code: 'alerts.no-such-user',
    });
    expect(await eventsOf(id)).toEqual([
      'alert.raised',
      'alert.assigned',
      'alert.commented',
      'alert.assigned',
    ]);
    const onlooker = await cloud.administrator.post('/v1/users', {
      email: 'olga@andon.local',
      name: 'Olga',
      role: 'viewer',
      password: 'a long enough password',
    });
    const refused = await agent.post(`/v1/alerts/${id}/assign`, { userId: onlooker.body.id });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'alerts.not-a-role-for-it', errors: [{ field: 'userId' }] },
    });
    expect(refused.body.nextStep).toContain('/v1/alerts/assignees');
    const offered = (await agent.get('/v1/alerts/assignees')).body.items;
    const names = offered.map((person: { name: string }) => person.name);
    expect(names[0]).toBe('Tess');
    expect(names).not.toContain('Olga');
    // Whose role has become another stays to be read on the alert, and nobody else's name is told.
    const before = await cloud.administrator.post('/v1/users', {
      email: 'fred@andon.local',
      name: 'Fred',
      role: 'service-agent',
      password: 'a long enough password',
    });
    expect((await agent.post(`/v1/alerts/${id}/assign`, { userId: before.body.id })).status).toBe(200);
    const asked = `/v1/alerts/assignees?alertId=${id}`;
    expect((await agent.get(asked)).body.former).toBeNull();
    await sql`update users set role = 'viewer' where id = ${before.body.id}`.execute(cloud.database);
    const { items, former } = (await agent.get(asked)).body;
    expect(former).toEqual({ id: before.body.id, name: 'Fred' });
    expect(items.map((person: { name: string }) => person.name)).not.toContain('Fred');
    expect((await agent.get('/v1/alerts/assignees')).body.former).toBeNull();
    await agent.post(`/v1/alerts/${id}/assign`, { userId: null });
    expect((await agent.get(asked)).body.former).toBeNull();
    const viewer = await cloud.clientWithRole('viewer');
    expect((await viewer.post(`/v1/alerts/${id}/comments`, { text: 'no' })).status).toBe(403);
  });
});
