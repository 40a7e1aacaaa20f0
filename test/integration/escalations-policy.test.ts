import { randomUUID } from 'node:crypto';
import type { AlertTransition, CommandUpdate } from '@andon/shared/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createPlant, type Plant, pressCategory } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

const reboot = { command: 'reboot', times: 1, expiresInSeconds: 60 };
const verify = { clearForSeconds: 5, withinSeconds: 30 };

describe('an escalation policy', () => {
  let cloud: TestApp;
  let plants = 0;
  beforeAll(async () => {
    cloud = await createTestApp({ logLevel: 'silent' });
    for (const journey of (await cloud.administrator.get('/v1/journeys')).body.items) {
      await cloud.administrator.post(`/v1/journeys/${journey.id}/stop`);
    }
    await cloud.administrator.post('/v1/incident-types', { id: 'hot', name: 'Too hot', priority: 'high' });
  });
  afterAll(() => cloud.close());

  const newPlant = (escalationPolicy: object | null): Promise<Plant> => {
    plants += 1;
    const category = { ...pressCategory, id: `press-${plants}`, escalationPolicy };
    return createPlant(cloud, { name: `site-${plants}`, category });
  };
  const raise = async (plant: Plant, change: Partial<AlertTransition> = {}): Promise<string> => {
    const alertId = change.alertId ?? randomUUID();
    const now = cloud.clock.now();
    await plant.gateway.send(
      alertTransition({
        deviceId: plant.deviceId,
        sourceTime: now,
        gatewayTime: now,
        ...change,
        alertId,
      }),
    );
    await cloud.settle();
    return alertId;
  };
  const clear = (plant: Plant, alertId: string, change: Partial<AlertTransition> = {}) =>
    raise(plant, { ...change, alertId, number: 2, transition: 'cleared', value: 90 });
  const get = async (path: string) => (await cloud.administrator.get(path)).body;
  const commandsOf = async (plant: Plant) => (await get(`/v1/devices/${plant.deviceId}/commands`)).items;
  const casesOf = async (plant: Plant) => (await get(`/v1/cases?deviceId=${plant.deviceId}`)).items;
  const ordersOf = async (plant: Plant) => (await get(`/v1/work-orders?deviceId=${plant.deviceId}`)).items;
  const episodeOf = async (plant: Plant) =>
    (await get(`/v1/escalations?deviceId=${plant.deviceId}`)).items[0];
  const fixesOf = async ({ deviceId }: Plant) => {
    const { categoryId } = await get(`/v1/devices/${deviceId}`);
    return get(`/v1/insights/remote-fixes?categoryId=${categoryId}`);
  };
  const say = async (plant: Plant, commandId: string, change: Partial<CommandUpdate> = {}) => {
    await plant.gateway.send({
      type: 'command',
      commandId,
      deviceId: plant.deviceId,
      state: 'SUCCEEDED',
      at: cloud.clock.now(),
      bootIdBefore: 'boot-a',
      bootIdAfter: 'boot-b',
      ...change,
    });
    await cloud.settle();
  };
  const pass = async (milliseconds: number, plant: Plant, state: string) => {
    cloud.clock.advance(milliseconds);
    cloud.wake();
    await eventually(`the episode to be ${state}`, async () => (await episodeOf(plant)).state === state);
    await cloud.settle();
  };

  test('of one rule, as policies were written before, is taken and kept as a list of that rule', async () => {
    const category = {
      ...pressCategory,
      id: 'former',
      escalationPolicy: {
        errorCodeAbove: 10,
        remedy: reboot,
        verify,
        onUnremedied: 'case',
        workOrder: { incidentTypeId: 'hot' },
      },
    };
    const made = await cloud.administrator.post('/v1/device-categories', category);
    expect(made.body.escalationPolicy).toEqual({
      rules: [
        {
          when: { errorCodes: [{ from: 11 }] },
          remedies: [reboot],
          verify,
          otherwise: 'case-and-work-order',
          incidentTypeId: 'hot',
        },
      ],
    });
  });

  test('that makes no sense is refused at the door, and the field is named', async () => {
    const rule = { when: {}, remedies: [], otherwise: 'case' };
    const wrong: [object, string][] = [
      [{ rules: [{ ...rule, remedies: [{ ...reboot, command: 'dance' }] }] }, 'rules.0.remedies.0.command'],
      [
        { rules: [rule, { ...rule, remedies: [{ ...reboot, command: 'set-speed' }] }] },
        'rules.1.remedies.0.parameters.speed',
      ],
      [{ rules: [{ ...rule, when: { rules: ['no-rule'] } }] }, 'rules.0.when.rules.0'],
      [{ rules: [{ ...rule, when: { signals: ['noise'] } }] }, 'rules.0.when.signals.0'],
      [{ rules: [{ ...rule, when: { errorCodes: [{ from: 9, to: 3 }] } }] }, 'rules.0.when.errorCodes.0.to'],
      [{ rules: [{ ...rule, incidentTypeId: 'hot' }] }, 'rules.0.incidentTypeId'],
      [{ rules: [{ ...rule, otherwise: 'hope' }] }, 'rules.0.otherwise'],
      [
        { rules: [rule, { ...rule, otherwise: 'work-order', incidentTypeId: 'no-such-type' }] },
        'rules.1.incidentTypeId',
      ],
      [
        { errorCodeAbove: 10, verify, onUnremedied: 'case', workOrder: { incidentTypeId: 'no-such-type' } },
        'workOrder.incidentTypeId',
      ],
      [{ rules: [rule], onUnremedied: 'case' }, 'onUnremedied'],
      [{ errorCodeAbove: 10, verify }, 'onUnremedied'],
    ];
    for (const [escalationPolicy, field] of wrong) {
      const category = { ...pressCategory, id: 'wrong', escalationPolicy };
      const answer = await cloud.administrator.post('/v1/device-categories', category);
      expect([answer.status, answer.body.errors?.[0]?.field]).toEqual([
        expect.toBeOneOf([400, 422]),
        `escalationPolicy.${field}`,
      ]);
    }
  });

  test('tries its remedies in turn, waits between them, and closes the alert when one helps', async () => {
    const plant = await newPlant({
      rules: [
        {
          name: 'Hot press',
          when: { rules: ['overheating'], severities: ['MAJOR'] },
          remedies: [
            { ...reboot, waitSeconds: 20 },
            { command: 'set-speed', parameters: { speed: 100 }, times: 1, expiresInSeconds: 60 },
          ],
          verify,
          otherwise: 'case',
        },
      ],
    });
    const alertId = await raise(plant);
    await say(plant, (await commandsOf(plant))[0].id, { state: 'FAILED', reason: 'busy' });
    expect(await episodeOf(plant)).toMatchObject({
      state: 'remedying',
      rule: 'Hot press',
      command: 'set-speed',
      commandId: null,
    });
    expect(await commandsOf(plant)).toHaveLength(1);
    cloud.clock.advance(20_000);
    cloud.wake();
    await eventually('the second remedy', async () => (await commandsOf(plant)).length === 2);
    const second = (await commandsOf(plant)).find(({ name }: { name: string }) => name === 'set-speed');
    expect(second).toMatchObject({ parameters: { speed: 100 } });
    await say(plant, second.id);
    await clear(plant, alertId);
    await pass(5_000, plant, 'remedied');
    expect(await get(`/v1/alerts/${alertId}`)).toMatchObject({ status: 'closed' });
    expect((await episodeOf(plant)).steps.map(({ step }: { step: string }) => step)).toEqual([
      'started',
      'remedy-sent',
      'remedy-failed',
      'remedy-sent',
      'verifying',
      'remedied',
    ]);
  });

  test('tries nothing more where the fault went while it waited for the next try', async () => {
    const plant = await newPlant({
      rules: [{ when: {}, remedies: [{ ...reboot, times: 2, waitSeconds: 60 }], verify, otherwise: 'case' }],
    });
    const alertId = await raise(plant);
    await say(plant, (await commandsOf(plant))[0].id, { state: 'FAILED' });
    await clear(plant, alertId);
    await pass(60_000, plant, 'verifying');
    await pass(5_000, plant, 'remedied');
    expect(await commandsOf(plant)).toHaveLength(1);
    expect(await casesOf(plant)).toEqual([]);
    // The only remedy failed: what ended by itself is nobody's success.
    expect(await get(`/v1/alerts/${alertId}`)).toMatchObject({
      status: 'closed',
      statusReason: expect.stringMatching(/^ended-by-itself/),
    });
    expect((await fixesOf(plant)).total).toMatchObject({ fixedRemotely: 0, byThemselves: 1, tried: 1 });
  });

  test('counts an alert whose rule is gone as nobody has fixed it, though the command succeeded [I5]', async () => {
    for (const otherwise of ['case', 'none']) {
      const plant = await newPlant({ rules: [{ when: {}, remedies: [reboot], verify, otherwise }] });
      const alertId = await raise(plant);
      await say(plant, (await commandsOf(plant))[0].id);
      await clear(plant, alertId, { value: null, quality: 'BAD', reason: 'the rule is gone' });
      cloud.clock.advance(5_000);
      cloud.wake();
      await eventually(
        'the end of the verification',
        async () => (await episodeOf(plant)).state !== 'verifying',
      );
      await cloud.settle();
      const told: { step: string }[] = (await episodeOf(plant)).steps;
      expect(told.map(({ step }) => step)).not.toContain('remedied');
      expect(await casesOf(plant)).toHaveLength(otherwise === 'case' ? 1 : 0);
      expect(await get(`/v1/alerts/${alertId}`)).toMatchObject(
        otherwise === 'case'
          ? { status: 'in-progress', progress: 'case-created' }
          : { status: 'closed', statusReason: expect.stringMatching(/^cleared-unproven/) },
      );
      expect((await fixesOf(plant)).total).toMatchObject({ alerts: 1, fixedRemotely: 0, tried: 1 });
    }
  });

  test('takes a value of UNCERTAIN quality for proof, as of a machine whose clock is not set after its reboot, and no value for none', async () => {
    const ends = [
      { evidence: {}, state: 'remedied' },
      { evidence: { evidence: { inputs: [] } }, state: 'case-opened' },
    ];
    for (const { evidence, state } of ends) {
      const plant = await newPlant({ rules: [{ when: {}, remedies: [reboot], verify, otherwise: 'case' }] });
      const alertId = await raise(plant);
      await say(plant, (await commandsOf(plant))[0].id);
      await clear(plant, alertId, { quality: 'UNCERTAIN', ...evidence });
      await pass(5_000, plant, state);
      expect((await fixesOf(plant)).total).toMatchObject({ fixedRemotely: state === 'remedied' ? 1 : 0 });
    }
  });

  test('counts a clear that was measured before the device began the command as none of its doing', async () => {
    const plant = await newPlant({ rules: [{ when: {}, remedies: [reboot], verify, otherwise: 'case' }] });
    const alertId = await raise(plant);
    const [{ id }] = await commandsOf(plant);
    await say(plant, id, { state: 'DELIVERED' });
    await clear(plant, alertId);
    cloud.clock.advance(10);
    await say(plant, id);
    await pass(5_000, plant, 'remedied');
    expect((await episodeOf(plant)).steps.at(-1)).toMatchObject({
      step: 'closed',
      reason: expect.stringMatching(/^ended-by-itself/),
    });
    expect((await fixesOf(plant)).total).toMatchObject({ fixedRemotely: 0, byThemselves: 1 });
  });

  test('sends a technician without a case, and what the technician completes ends the fault [H9]', async () => {
    const plant = await newPlant({
      rules: [
        { when: { severities: ['MINOR'] }, remedies: [], otherwise: 'none' },
        { when: {}, remedies: [], otherwise: 'work-order', incidentTypeId: 'hot', priority: 'critical' },
      ],
    });
    const now = cloud.clock.now();
    const { errorCode: _code, ...uncoded } = alertTransition({
      deviceId: plant.deviceId,
      sourceTime: now,
      gatewayTime: now,
    });
    await plant.gateway.send(uncoded);
    await cloud.settle();
    const { alertId } = uncoded;
    const [order] = await ordersOf(plant);
    expect(order).toMatchObject({ incidentTypeId: 'hot', priority: 'critical', alertId, caseId: null });
    expect(await episodeOf(plant)).toMatchObject({ state: 'work-order-opened', workOrderId: order.id });
    expect(await casesOf(plant)).toEqual([]);
    const [technician] = (await get('/v1/work-orders/technicians')).items;
    const visit = {
      technicianId: technician.id,
      from: '2026-12-01T08:00:00Z',
      until: '2026-12-01T10:00:00Z',
    };
    await cloud.administrator.post(`/v1/work-orders/${order.id}/schedule`, visit);
    await cloud.administrator.post(`/v1/work-orders/${order.id}/start`, {});
    const done = { outcome: 'New fan' };
    const completed = await cloud.administrator.post(`/v1/work-orders/${order.id}/complete`, done);
    expect(completed.body).toMatchObject({
      status: 'completed',
      technicianId: technician.id,
      scheduledFrom: '2026-12-01T08:00:00.000Z',
    });
    await cloud.settle();
    expect(await get(`/v1/alerts/${alertId}`)).toMatchObject({
      status: 'closed',
      statusReason: 'work-order-completed: its work order was completed',
    });
    expect((await episodeOf(plant)).closedAt).not.toBeNull();
  });

  test('of a case and a work order: the visit returns to the case that the alert led to [H9]', async () => {
    const plant = await newPlant({
      rules: [{ when: {}, remedies: [], otherwise: 'case-and-work-order' }],
    });
    const alertId = await raise(plant);
    const [opened] = await casesOf(plant);
    const [order] = await ordersOf(plant);
    expect(order).toMatchObject({ caseId: opened.id, alertId });
    // The last that was told is the furthest: a technician is ordered.
    expect(await get(`/v1/alerts/${alertId}`)).toMatchObject({ progress: 'work-order-created' });
    const [technician] = (await get('/v1/work-orders/technicians')).items;
    const visit = {
      technicianId: technician.id,
      from: '2026-12-01T08:00:00Z',
      until: '2026-12-01T10:00:00Z',
    };
    await cloud.administrator.post(`/v1/work-orders/${order.id}/schedule`, visit);
    await cloud.administrator.post(`/v1/work-orders/${order.id}/start`, {});
    await cloud.administrator.post(`/v1/work-orders/${order.id}/complete`, { outcome: 'New fan' });
    await cloud.settle();
    const { timeline } = await get(`/v1/cases/${opened.id}`);
    expect(timeline).toContainEqual(
      expect.objectContaining({ title: `${order.number} completed`, detail: 'New fan' }),
    );
    expect(await get(`/v1/alerts/${alertId}`)).toMatchObject({ status: 'in-progress' });
    await cloud.administrator.post(`/v1/cases/${opened.id}/resolve`, { resolution: 'New fan' });
    await cloud.settle();
    expect(await get(`/v1/alerts/${alertId}`)).toMatchObject({ status: 'closed' });
  });

  test('takes the work order that a person has made for the alert as its own', async () => {
    const plant = await newPlant({
      rules: [{ when: {}, remedies: [reboot], verify, otherwise: 'case-and-work-order' }],
    });
    const alertId = await raise(plant);
    const made = await cloud.administrator.post('/v1/work-orders', { alertId, title: 'Have a look' });
    await say(plant, (await commandsOf(plant))[0].id, { state: 'FAILED' });
    const [opened] = await casesOf(plant);
    expect(await ordersOf(plant)).toEqual([
      expect.objectContaining({ id: made.body.id, title: 'Have a look', caseId: opened.id }),
    ]);
  });

  test('that names an incident type which is gone sends the technician nevertheless', async () => {
    await cloud.administrator.post('/v1/incident-types', { id: 'gone', name: 'Gone', priority: 'high' });
    const plant = await newPlant({
      rules: [{ when: {}, remedies: [], otherwise: 'work-order', incidentTypeId: 'gone' }],
    });
    await cloud.pool.query("delete from incident_types where id = 'gone'");
    // Nor does that stand in the way of an edit of something else.
    const path = `/v1/device-categories/press-${plants}`;
    const { id: _id, version, createdAt: _made, updatedAt: _changed, ...category } = await get(path);
    const renamed = { ...category, name: 'Renamed' };
    const edited = await cloud.administrator.put(path, renamed, { 'if-match': `${version}` });
    expect(edited.status).toBe(200);
    await raise(plant);
    expect(await ordersOf(plant)).toEqual([expect.objectContaining({ incidentTypeId: null })]);
  });

  test('of one device whose case cannot be stored keeps no other device from its own, and is tried again [I5]', async () => {
    const policy = { rules: [{ when: {}, remedies: [reboot], verify, otherwise: 'case' }] };
    const bad = await newPlant(policy);
    const good = await newPlant(policy);
    await raise(bad);
    await raise(good);
    for (const plant of [bad, good]) {
      await say(plant, (await commandsOf(plant))[0].id);
    }
    await cloud.pool.query(`
      create function refuse_bad_case() returns trigger language plpgsql as
        $$ begin raise exception 'this row is not to be had'; end $$;
      create trigger refuse_bad_case before insert on cases for each row
        when (new.device_id = '${bad.deviceId}') execute function refuse_bad_case()`);
    // The remedy was carried out and cured nothing; the bad one is looked at first.
    cloud.clock.advance(60_000);
    cloud.wake();
    await eventually('the good one to have its case', async () => (await casesOf(good)).length === 1);
    expect(await casesOf(bad)).toEqual([]);
    await cloud.pool.query('drop trigger refuse_bad_case on cases');
    cloud.clock.advance(60_000);
    cloud.wake();
    await eventually('the other to have its own', async () => (await casesOf(bad)).length === 1);
  });

  test('gives up on a device that cannot be reached, and the case says from what that is known [I5]', async () => {
    const plant = await newPlant({
      rules: [{ when: {}, remedies: [{ ...reboot, times: 2 }], verify, otherwise: 'case' }],
    });
    const heardAt = cloud.clock.now();
    await plant.gateway.send({
      type: 'device-status',
      deviceId: plant.deviceId,
      connected: true,
      at: heardAt,
    });
    await plant.gateway.send({
      type: 'device-status',
      deviceId: plant.deviceId,
      connected: false,
      at: heardAt + 1,
    });
    await raise(plant);
    for (const count of [1, 2]) {
      await eventually('the next try', async () => (await commandsOf(plant)).length === count);
      cloud.clock.advance(80_000);
      cloud.wake();
      await eventually('the command to have expired', async () =>
        (await commandsOf(plant)).every(({ state }: { state: string }) => state === 'EXPIRED'),
      );
      await cloud.settle();
    }
    const opened = await eventually('the case', async () => (await casesOf(plant))[0]);
    const whole = await get(`/v1/cases/${opened.id}`);
    // The clock ran on beside the two steps of 80 seconds, on a busy machine for longer than it seems.
    const minutesMost = Math.floor((cloud.clock.now() - heardAt) / 60_000);
    const minutes = Number(/\((\d+) minutes ago\)/.exec(whole.evidence.reachability.chain[0])?.[1]);
    expect(minutes).toBeGreaterThanOrEqual(2);
    expect(minutes).toBeLessThanOrEqual(minutesMost);
    expect(whole.evidence.reachability).toEqual({
      cannotBeReached: true,
      verdict: expect.stringMatching(/^The device cannot be reached/),
      chain: [
        expect.stringMatching(
          new RegExp(`^Device offline since ${new Date(heardAt).toISOString().slice(0, 10)}.* ago`),
        ),
        expect.stringMatching(/^Gateway site-\d+-line /),
        'reboot tried 2 times: expired, expired.',
      ],
    });
    expect(whole.description).toContain('reboot tried 2 times: expired, expired.');
  });

  test('is not needed for a remedy by hand, which is verified and closes the alert', async () => {
    const plant = await newPlant(null);
    const alertId = await raise(plant);
    expect(await episodeOf(plant)).toBeUndefined();
    const path = `/v1/alerts/${alertId}/remedies`;
    const unknown = await cloud.administrator.post(path, { command: 'dance' });
    expect(unknown.status).toBe(422);
    expect(await episodeOf(plant)).toBeUndefined();
    const viewer = await cloud.clientWithRole('viewer');
    expect((await viewer.post(path, { command: 'reboot' })).status).toBe(403);
    const started = await cloud.administrator.post(path, { command: 'reboot' });
    expect(started.body).toMatchObject({ state: 'remedying', command: 'reboot', attempts: 1 });
    const again = await cloud.administrator.post(path, { command: 'reboot' });
    expect([again.status, again.body.code]).toEqual([409, 'escalations.remedy-under-way']);
    const [command] = await commandsOf(plant);
    expect(command.issuedBy).toMatch(/^api-key:/);
    await say(plant, command.id, { state: 'FAILED' });
    expect(await episodeOf(plant)).toMatchObject({ state: 'unremedied', closedAt: null });
    await cloud.administrator.post(path, { command: 'reboot' });
    const second = (await commandsOf(plant)).find(({ state }: { state: string }) => state !== 'FAILED');
    await say(plant, second.id);
    await clear(plant, alertId);
    await pass(30_000, plant, 'remedied');
    expect(await get(`/v1/alerts/${alertId}`)).toMatchObject({ status: 'closed' });
    const late = await cloud.administrator.post(path, { command: 'reboot' });
    expect([late.status, late.body.code]).toEqual([409, 'escalations.alert-over']);
  });

  test('that led to a case leaves people free to try a command, which stands with the evidence', async () => {
    const plant = await newPlant({ rules: [{ when: {}, remedies: [], otherwise: 'case' }] });
    const alertId = await raise(plant);
    const answer = await cloud.administrator.post(`/v1/alerts/${alertId}/remedies`, { command: 'reboot' });
    expect(answer.body).toMatchObject({ state: 'case-opened' });
    expect(await commandsOf(plant)).toHaveLength(1);
    expect(await casesOf(plant)).toHaveLength(1);
  });
});
