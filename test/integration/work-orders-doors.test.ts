import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '../../cloud/platform/index.ts';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp, type TestClient } from '../support/app.ts';
import { createPlant, type Plant, pressCategory } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

describe('work orders', () => {
  let cloud: TestApp;
  let plant: Plant;
  let technician: TestClient;
  let technicianId: string;
  let authorization: string;
  beforeAll(async () => {
    cloud = await createTestApp();
    plant = await createPlant(cloud);
    technician = await cloud.clientWithRole('technician');
    const key = await cloud.administrator.post('/v1/api-keys', { name: 'camera', role: 'technician' });
    authorization = `Bearer ${key.body.key}`;
    const user = await cloud.administrator.post('/v1/users', {
      email: 'tess@andon.local',
      name: 'Tess Technician',
      role: 'technician',
      password: 'a long enough password',
    });
    technicianId = user.body.id;
    const type = await cloud.administrator.post('/v1/incident-types', {
      id: 'bearing-worn',
      name: 'Bearing worn',
      priority: 'high',
      tasks: [
        { title: 'Lock out the drive', minutes: 10 },
        { title: 'Change the bearing', minutes: 90 },
      ],
    });
    expect(type.status).toBe(201);
  });
  afterAll(() => cloud.close());

  const make = async (body: Record<string, unknown> = {}) => {
    const answer = await technician.post('/v1/work-orders', {
      title: 'Change the bearing',
      assetId: plant.assetId,
      ...body,
    });
    expect(answer.status, answer.text).toBe(201);
    return answer.body;
  };
  const step = (id: string, name: string, body: Record<string, unknown> = {}) =>
    technician.post(`/v1/work-orders/${id}/${name}`, body);
  const visit = () => ({ technicianId, from: '2030-03-01T08:00:00Z', until: '2030-03-01T10:00:00Z' });
  const raise = async (): Promise<string> => {
    const alertId = randomUUID();
    await plant.gateway.send(alertTransition({ alertId, deviceId: plant.deviceId }));
    return alertId;
  };

  test('one is made, scheduled, begun, done task by task, completed and posted', async () => {
    const made = await make({ incidentTypeId: 'bearing-worn', tasks: [{ title: 'Take a photo' }] });
    expect(made).toMatchObject({
      status: 'unscheduled',
      priority: 'high',
      accountName: 'plant Ltd',
      contactName: 'Ana Souza',
      tasksDone: 0,
      tasksTotal: 3,
      possibleSteps: ['schedule', 'start', 'cancel'],
    });
    expect(made.number).toMatch(/^WO-\d{6}$/);
    const scheduled = await step(made.id, 'schedule', visit());
    expect(scheduled.body).toMatchObject({ status: 'scheduled', technicianName: 'Tess Technician' });
    expect((await step(made.id, 'start')).body).toMatchObject({ status: 'in-progress' });
    const early = await step(made.id, 'complete', { outcome: 'Done' });
    expect(early.status).toBe(409);
    expect(early.body).toMatchObject({ code: 'work-orders.tasks-open' });
    for (const task of made.tasks) {
      const ticked = await technician.put(`/v1/work-orders/${made.id}/tasks/${task.id}`, { done: true });
      expect(ticked.status).toBe(200);
    }
    const completed = await step(made.id, 'complete', { outcome: 'New bearing, runs quietly' });
    expect(completed.body).toMatchObject({
      status: 'completed',
      outcome: 'New bearing, runs quietly',
      tasksDone: 3,
    });
    expect((await step(made.id, 'post')).status).toBe(403);
    const posted = await cloud.administrator.post(`/v1/work-orders/${made.id}/post`, {});
    expect(posted.body).toMatchObject({ status: 'posted', possibleSteps: [] });
    const titles = posted.body.timeline.map((entry: { title: string }) => entry.title);
    expect(titles).toEqual([
      'completed → posted',
      'in-progress → completed',
      'Task done: Take a photo',
      'Task done: Change the bearing',
      'Task done: Lock out the drive',
      'scheduled → in-progress',
      'unscheduled → scheduled',
      `${made.number} made`,
    ]);
  });

  test('a step that its status does not have is refused with those that it has', async () => {
    const made = await make();
    const refused = await step(made.id, 'complete', { outcome: 'Done' });
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({
      code: 'work-orders.step-refused',
      possible: ['schedule', 'start', 'cancel'],
    });
    await step(made.id, 'cancel', { reason: 'The customer did it' });
    expect((await step(made.id, 'notes', { text: 'Too late' })).body).toMatchObject({
      code: 'work-orders.read-only',
    });
    expect((await step(made.id, 'reopen')).body).toMatchObject({ status: 'unscheduled' });
  });

  test('everybody whose role may do the work is offered, and nobody whose role may not', async () => {
    for (const role of ['service-agent', 'viewer']) {
      const who = { email: `${role}@people.test`, name: `One ${role}`, role, password: 'three quiet hills' };
      expect((await cloud.administrator.post('/v1/users', who)).status).toBe(201);
    }
    const { items } = (await cloud.administrator.get('/v1/work-orders/technicians')).body;
    const names = items.map(({ name }: { name: string }) => name);
    expect(names).toContain('One service-agent');
    expect(names).not.toContain('One viewer');
  });

  test('a visit has a technician who is there, and ends after it begins', async () => {
    const made = await make();
    const backwards = await step(made.id, 'schedule', { ...visit(), until: '2030-03-01T08:00:00Z' });
    expect(backwards.body).toMatchObject({ code: 'work-orders.visit-ends-before-it-begins' });
    const technicianId = randomUUID();
    const nobody = await step(made.id, 'schedule', { ...visit(), technicianId });
    expect(nobody.status).toBe(422);
    expect(nobody.body.title).toContain(technicianId);
    expect(nobody.body).toMatchObject({ code: 'work-orders.reference-unknown' });
    const onlooker = await cloud.administrator.post('/v1/users', {
      email: 'olga@andon.local',
      name: 'Olga Onlooker',
      role: 'viewer',
      password: 'a long enough password',
    });
    const refused = await step(made.id, 'schedule', { ...visit(), technicianId: onlooker.body.id });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'work-orders.not-a-role-for-visits', errors: [{ field: 'technicianId' }] },
    });
    expect(refused.body.nextStep).toContain('/v1/work-orders/technicians');
    const offered = (await technician.get('/v1/work-orders/technicians')).body.items;
    expect(offered.map(({ id }: { id: string }) => id)).not.toContain(onlooker.body.id);
    await expect(
      sql`update work_orders set status = 'scheduled' where id = ${made.id}`.execute(cloud.database),
    ).rejects.toThrow(/work_orders_scheduled_for_somebody/);
  });

  test('a work order from an alert knows device, asset and customer, and the alert is in progress [H9]', async () => {
    const alertId = await raise();
    const made = await make({ assetId: undefined, alertId });
    expect(made).toMatchObject({
      alertId,
      deviceId: plant.deviceId,
      assetId: plant.assetId,
      accountId: plant.accountId,
    });
    const { body: alert } = await technician.get(`/v1/alerts/${alertId}`);
    expect(alert).toMatchObject({
      status: 'in-progress',
      statusReason: 'work-order-open: a work order is open',
    });
    const { body: list } = await technician.get(`/v1/work-orders?alertId=${alertId}&open=true`);
    expect(list.items.map((item: { id: string }) => item.id)).toEqual([made.id]);
  });

  test('the alert of one that ends goes on as its condition has it [H9]', async () => {
    const ends = async (
      how: 'complete' | 'cancel',
      options: { clear?: boolean; withCase?: boolean } = {},
    ) => {
      const [alertId, rule] = [randomUUID(), `rule-${randomUUID().slice(0, 8)}`];
      const now = cloud.clock.now();
      const record = {
        alertId,
        deviceId: plant.deviceId,
        rule,
        errorCode: 7,
        sourceTime: now,
        gatewayTime: now,
      };
      await plant.gateway.send(alertTransition(record));
      if (options.withCase) {
        await cloud.administrator.post(`/v1/alerts/${alertId}/escalate`, {});
      }
      const made = await make({ assetId: undefined, alertId });
      const other = await make({ assetId: undefined, alertId });
      await cloud.settle();
      if (options.clear) {
        await plant.gateway.send(alertTransition({ ...record, number: 2, transition: 'cleared' }));
      }
      await step(made.id, 'start');
      await step(made.id, how, how === 'complete' ? { outcome: 'Oiled' } : {});
      await cloud.settle();
      const alertNow = async () => (await technician.get(`/v1/alerts/${alertId}`)).body;
      // Somebody else is still to be sent.
      expect(await alertNow()).toMatchObject({ status: 'in-progress', progress: 'work-order-created' });
      await step(other.id, 'start');
      await step(other.id, how, how === 'complete' ? { outcome: 'Oiled' } : {});
      await cloud.settle();
      return { alertNow, alert: await alertNow(), other };
    };
    const fixed = await ends('complete', { clear: true });
    expect(fixed.alert).toMatchObject({
      status: 'closed',
      progress: null,
      statusReason: expect.stringMatching(/^work-order-completed/),
    });
    const lasting = await ends('complete');
    expect(lasting.alert).toMatchObject({ status: 'active', progress: null, condition: 'active' });
    await step(lasting.other.id, 'reopen');
    await cloud.settle();
    expect(await lasting.alertNow()).toMatchObject({
      status: 'in-progress',
      progress: 'work-order-created',
    });
    const called = await ends('cancel');
    expect(called.alert).toMatchObject({
      status: 'active',
      statusReason: expect.stringMatching(/^work-order-cancelled/),
    });
    expect((await ends('cancel', { clear: true })).alert).toMatchObject({ status: 'inactive' });
    const cased = await ends('complete', { clear: true, withCase: true });
    expect(cased.alert).toMatchObject({ status: 'in-progress', progress: 'case-created' });
  });

  test('completing one brings its case back to whoever handles it', async () => {
    const opened = await technician.post('/v1/cases', { title: 'It squeaks', assetId: plant.assetId });
    const made = await make({ assetId: undefined, caseId: opened.body.id });
    expect(made).toMatchObject({ caseNumber: opened.body.number, assetId: plant.assetId });
    await technician.post(`/v1/cases/${opened.body.id}/status`, { statusReason: 'on-hold' });
    await step(made.id, 'start');
    await step(made.id, 'complete', { outcome: 'Oiled' });
    const { body: back } = await technician.get(`/v1/cases/${opened.body.id}`);
    expect(back).toMatchObject({ status: 'active', statusReason: 'in-progress' });
    const told = back.timeline.filter((entry: { kind: string }) => entry.kind === 'work-order');
    expect(told.map((entry: { title: string }) => entry.title)).toEqual([
      `${made.number} completed`,
      `${made.number} in-progress`,
      `${made.number} made: Change the bearing`,
    ]);
    expect(told[0].detail).toBe('Oiled');
  });

  test('photos are kept as they are, and what is no photo is refused', async () => {
    const made = await make();
    const put = (body: Buffer, type: string) =>
      fetch(`${cloud.url}/v1/work-orders/${made.id}/photos?caption=The%20old%20bearing`, {
        method: 'POST',
        headers: { authorization, 'content-type': type },
        body,
      });
    const answer = await put(png, 'image/png');
    expect(answer.status).toBe(201);
    const { photos } = (await answer.json()) as { photos: { id: string; caption: string }[] };
    expect(photos).toMatchObject([{ caption: 'The old bearing', mediaType: 'image/png' }]);
    const shown = await fetch(`${cloud.url}/v1/work-orders/${made.id}/photos/${photos[0]?.id}`, {
      headers: { authorization },
    });
    expect(shown.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(png);
    const text = await put(Buffer.from('<script>alert(1)</script>'), 'image/png');
    expect(text.status).toBe(422);
    expect(await text.json()).toMatchObject({ code: 'work-orders.not-a-photo' });
    expect((await put(Buffer.alloc(9_000_000, 0xff), 'image/jpeg')).status).toBe(413);
  });

  test('a fault whose policy sends a technician has one case with one work order [I5]', async () => {
    const other = await createPlant(cloud, {
      name: 'sent',
      category: {
        ...pressCategory,
        id: 'press-with-visit',
        escalationPolicy: {
          errorCodeAbove: 10,
          verify: { clearForSeconds: 1, withinSeconds: 5 },
          onUnremedied: 'case',
          workOrder: { incidentTypeId: 'bearing-worn' },
        },
      },
    });
    for (const rule of ['overheating', 'overheating-again']) {
      await other.gateway.send(
        alertTransition({
          alertId: randomUUID(),
          deviceId: other.deviceId,
          rule,
          sourceTime: cloud.clock.now(),
          gatewayTime: cloud.clock.now(),
        }),
      );
    }
    await cloud.settle();
    const orders = await eventually('a work order', async () => {
      const { body } = await technician.get(`/v1/work-orders?deviceId=${other.deviceId}`);
      return body.items.length > 0 ? body.items : undefined;
    });
    expect(orders).toHaveLength(1);
    expect(orders[0]).toMatchObject({ incidentTypeId: 'bearing-worn', tasksTotal: 2 });
    const { body: cases } = await technician.get(`/v1/cases?deviceId=${other.deviceId}`);
    expect(cases.items.map((item: { id: string }) => item.id)).toEqual([orders[0].caseId]);
  });

  test('of two people who change one at once, the later is told so', async () => {
    const made = await make();
    const edit = (title: string) =>
      technician.put(
        `/v1/work-orders/${made.id}`,
        { title, priority: 'low' },
        { 'if-match': String(made.version) },
      );
    const answers = await Promise.all([edit('One'), edit('Two')]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412]);
  });
});
