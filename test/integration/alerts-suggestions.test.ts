import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createPlant, type Plant } from '../support/plant.ts';

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
