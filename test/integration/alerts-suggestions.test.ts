import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createPlant, type Plant, pressCategory } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

describe('suggestions', () => {
  let cloud: TestApp;
  let plant: Plant;
  beforeAll(async () => {
    cloud = await createTestApp();
    plant = await createPlant(cloud, { name: 'past' });
  });
  afterAll(() => cloud.close());

  const raise = async (): Promise<string> => {
    const alertId = randomUUID();
    const now = cloud.clock.now();
    await plant.gateway.send(
      alertTransition({ alertId, deviceId: plant.deviceId, sourceTime: now, gatewayTime: now, errorCode: 3 }),
    );
    return alertId;
  };
  const clear = (alertId: string) =>
    plant.gateway.send(
      alertTransition({
        alertId,
        deviceId: plant.deviceId,
        number: 2,
        transition: 'cleared',
        sourceTime: cloud.clock.now() + 60_000,
        gatewayTime: cloud.clock.now(),
        errorCode: 3,
      }),
    );
  const suggestionFor = async (alertId: string) =>
    (await cloud.administrator.get(`/v1/alerts/${alertId}/suggestion`)).body;
  /** As escalations tell that a remedy helped, or did not. */
  const remedied = async (alertId: string, helped: boolean) => {
    const commandId = randomUUID();
    await cloud.emit({
      type: 'command.state-changed',
      key: commandId,
      payload: { commandId, name: 'reboot', from: null, to: 'QUEUED' },
    });
    await cloud.emit({
      type: `escalation.${helped ? 'remedied' : 'unremedied'}`,
      key: randomUUID(),
      payload: { alertIds: [alertId], commandId },
    });
  };

  test('for a new alert it is said what helped past ones of its kind, with the numbers, and nothing without enough of them [I12]', async () => {
    for (let past = 0; past < 4; past += 1) {
      const id = await raise();
      await remedied(id, true);
      await clear(id);
    }
    await cloud.settle();
    const fresh = await raise();
    expect(await suggestionFor(fresh)).toEqual({ suggestion: null, history: 4, historyMin: 5 });
    await remedied(fresh, false);
    await clear(fresh);
    await cloud.settle();
    const next = await raise();
    expect(await suggestionFor(next)).toEqual({
      suggestion: {
        basis: 5,
        remedy: { command: 'reboot', tried: 5, helped: 4 },
        priority: null,
        medianSeconds: expect.any(Number),
        endedByThemselves: 1,
      },
      history: 5,
      historyMin: 5,
    });
    expect((await cloud.administrator.get(`/v1/alerts/${randomUUID()}/suggestion`)).status).toBe(404);
  });
});

describe('suggestions from real escalations', () => {
  let cloud: TestApp;
  beforeAll(async () => {
    cloud = await createTestApp({ logLevel: 'silent' });
    for (const journey of (await cloud.administrator.get('/v1/journeys')).body.items) {
      await cloud.administrator.post(`/v1/journeys/${journey.id}/stop`);
    }
  });
  afterAll(() => cloud.close());

  const get = async (path: string) => (await cloud.administrator.get(path)).body;
  const verify = { clearForSeconds: 5, withinSeconds: 30 };
  const plantWith = (name: string, rule: object): Promise<Plant> =>
    createPlant(cloud, {
      name,
      category: { ...pressCategory, id: name, escalationPolicy: { rules: [{ when: {}, verify, ...rule }] } },
    });
  const send = async (plant: Plant, alertId: string, change: object = {}): Promise<void> => {
    const now = cloud.clock.now();
    const { deviceId } = plant;
    await plant.gateway.send(
      alertTransition({ deviceId, alertId, errorCode: 5, sourceTime: now, gatewayTime: now, ...change }),
    );
    await cloud.settle();
  };
  const raise = async (plant: Plant): Promise<string> => {
    cloud.clock.advance(1000);
    const alertId = randomUUID();
    await send(plant, alertId);
    return alertId;
  };
  const clear = (plant: Plant, alertId: string) =>
    send(plant, alertId, { number: 2, transition: 'cleared', value: 90 });
  const suggestionFor = async (alertId: string) => (await get(`/v1/alerts/${alertId}/suggestion`)).suggestion;
  const commandUnderWay = async (plant: Plant) =>
    (await get(`/v1/devices/${plant.deviceId}/commands`)).items.find(
      ({ state }: { state: string }) => !['SUCCEEDED', 'FAILED'].includes(state),
    );
  const answer = async (plant: Plant, name: string, state: 'SUCCEEDED' | 'FAILED') => {
    const command = await commandUnderWay(plant);
    expect(command.name).toBe(name);
    const boots = { bootIdBefore: 'boot-a', bootIdAfter: 'boot-b' };
    const at = cloud.clock.now();
    const { deviceId } = plant;
    await plant.gateway.send({ type: 'command', commandId: command.id, deviceId, state, at, ...boots });
    await cloud.settle();
  };
  const remedied = async (plant: Plant, alertId: string) => {
    await clear(plant, alertId);
    cloud.clock.advance(5_000);
    cloud.wake();
    await eventually('the alert to be closed', async () => {
      return (await get(`/v1/alerts/${alertId}`)).status === 'closed';
    });
    await cloud.settle();
  };

  test('count each remedy that was tried, also one that another followed [I12]', async () => {
    const remedies = ['reboot', 'set-speed'].map((command) => ({
      command,
      times: 1,
      expiresInSeconds: 60,
      ...(command === 'set-speed' ? { parameters: { speed: 100 } } : {}),
    }));
    const plant = await plantWith('tried', { remedies, otherwise: 'case' });
    for (let fault = 0; fault < 10; fault += 1) {
      const alertId = await raise(plant);
      if (fault % 2 === 0) {
        await answer(plant, 'reboot', 'SUCCEEDED');
      } else {
        await answer(plant, 'reboot', 'FAILED');
        await answer(plant, 'set-speed', 'SUCCEEDED');
      }
      await remedied(plant, alertId);
    }
    const fresh = await raise(plant);
    expect(await suggestionFor(fresh)).toMatchObject({
      basis: 10,
      remedy: { command: 'set-speed', tried: 5, helped: 5 },
      endedByThemselves: 0,
    });
    const counted = await cloud.pool.query(`
      select command, count(*)::integer as tried, (count(*) filter (where helped))::integer as helped
      from alert_outcome_tries where helped is not null group by command order by command`);
    expect(counted.rows).toEqual([
      { command: 'reboot', tried: 10, helped: 5 },
      { command: 'set-speed', tried: 5, helped: 5 },
    ]);
  });

  test('count nothing as ended by itself for which somebody was sent', async () => {
    const plant = await plantWith('visited', { remedies: [], otherwise: 'work-order' });
    for (let fault = 0; fault < 6; fault += 1) {
      const alertId = await raise(plant);
      await clear(plant, alertId);
      const [order] = (await get(`/v1/work-orders?alertId=${alertId}`)).items;
      await cloud.administrator.post(`/v1/work-orders/${order.id}/start`, {});
      await cloud.administrator.post(`/v1/work-orders/${order.id}/complete`, { outcome: 'Oiled' });
      await cloud.settle();
    }
    expect(await suggestionFor(await raise(plant))).toMatchObject({
      basis: 6,
      remedy: null,
      priority: null,
      endedByThemselves: 0,
    });
  });

  test('say the priority that cases had in the end', async () => {
    const plant = await plantWith('urgent', { remedies: [], otherwise: 'none' });
    for (let fault = 0; fault < 6; fault += 1) {
      const alertId = await raise(plant);
      await cloud.administrator.post(`/v1/alerts/${alertId}/escalate`, { priority: 'low' });
      const { caseId } = await get(`/v1/alerts/${alertId}`);
      const { title, description, version } = await get(`/v1/cases/${caseId}`);
      const edited = { title, description, priority: 'critical' };
      expect(
        (await cloud.administrator.put(`/v1/cases/${caseId}`, edited, { 'if-match': `"${version}"` })).status,
      ).toBe(200);
      await clear(plant, alertId);
      await cloud.administrator.post(`/v1/cases/${caseId}/resolve`, { resolution: 'Cooled' });
      await cloud.settle();
    }
    expect(await suggestionFor(await raise(plant))).toMatchObject({
      priority: { priority: 'critical', cases: 6, withThisPriority: 6 },
      endedByThemselves: 0,
    });
  });
});
