import { randomUUID } from 'node:crypto';
import type { AlertRecording, AlertShelving } from '@andon/shared/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alertTransition, morning } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createPlant, type Plant } from '../support/plant.ts';

describe('what the edge tells beside its alerts', () => {
  let cloud: TestApp;
  let plant: Plant;
  beforeAll(async () => {
    cloud = await createTestApp();
    plant = await createPlant(cloud);
  });
  afterAll(() => cloud.close());

  const iso = (time: number) => new Date(time).toISOString();
  const recordingOf = (alertId: string, more: Partial<AlertRecording> = {}): AlertRecording => ({
    type: 'alert-recording',
    alertId,
    deviceId: plant.deviceId,
    part: 'before',
    from: morning - 60_000,
    to: morning,
    truncated: false,
    signals: [{ signal: 'temperature', unit: 'Cel', times: [0, 1000], values: [99, null], qualities: 'GB' }],
    frames: [{ at: morning, direction: 'received', hexadecimal: '0103' }],
    ...more,
  });

  test('a transition shows what it was decided by, and for which alerts it stands', async () => {
    const id = randomUUID();
    const alert = { alertId: id, deviceId: plant.deviceId, rule: 'dry' };
    await plant.gateway.send(
      alertTransition({
        ...alert,
        state: 'EXPRESSION',
        evidence: {
          inputs: [{ name: 'running', value: true, quality: 'GOOD', sourceTime: morning }],
          delayMilliseconds: 5000,
          lastedMilliseconds: 5200,
        },
      }),
      alertTransition({
        ...alert,
        number: 2,
        transition: 'updated',
        state: 'EXPRESSION',
        children: [{ deviceId: 'tank-1', rule: 'silent' }],
        childCount: 40,
      }),
    );
    const { body } = await cloud.administrator.get(`/v1/alerts/${id}`);
    expect(body).toMatchObject({ state: 'EXPRESSION', condition: 'active' });
    expect(body.transitions).toMatchObject([
      {
        evidence: {
          inputs: [{ name: 'running', value: true, quality: 'GOOD', sourceTime: iso(morning) }],
          delayMilliseconds: 5000,
          lastedMilliseconds: 5200,
        },
        children: [],
      },
      { transition: 'updated', children: [{ deviceId: 'tank-1', rule: 'silent' }], childCount: 40 },
    ]);
  });

  test('a recording is kept with its alert, each part once, and one of an alert that is not known is counted', async () => {
    const id = randomUUID();
    await plant.gateway.send(
      alertTransition({ alertId: id, deviceId: plant.deviceId, rule: 'recorded' }),
      recordingOf(id, {
        part: 'after',
        from: morning,
        to: morning + 30_000,
        truncated: true,
        reason: 'cut off by a restart',
        frames: [],
      }),
      recordingOf(id),
      recordingOf(id),
      recordingOf(randomUUID()),
    );
    const { status, body } = await cloud.administrator.get(`/v1/alerts/${id}/recording`);
    expect(status).toBe(200);
    expect(body.parts).toMatchObject([
      {
        part: 'before',
        from: iso(morning - 60_000),
        signals: [{ signal: 'temperature', times: [0, 1000], values: [99, null], qualities: 'GB' }],
        frames: [{ at: iso(morning), direction: 'received', hexadecimal: '0103' }],
      },
      { part: 'after', truncated: true, reason: 'cut off by a restart' },
    ]);
    expect((await cloud.administrator.get(`/v1/alerts/${randomUUID()}/recording`)).status).toBe(404);
  });

  test('the latest word on each shelved rule is shown', async () => {
    const shelving = (more: Partial<AlertShelving>): AlertShelving => ({
      type: 'alert-shelving',
      deviceId: plant.deviceId,
      rule: 'hot',
      ruleVersion: 1,
      shelved: true,
      kind: 'chatter',
      at: morning,
      until: morning + 600_000,
      by: 'gateway',
      reason: 'raised 3 times within 60 s: shelved for 600 s',
      ...more,
    });
    const foreign = shelving({ deviceId: 'somebody-elses' });
    await plant.gateway.send(shelving({}), foreign, shelving({ rule: 'cold', kind: 'timed', by: 'ana' }));
    await plant.gateway.send(shelving({ shelved: false, at: morning + 600_000, reason: 'its time is over' }));
    const { body } = await cloud.administrator.get(`/v1/alerts/shelvings?deviceId=${plant.deviceId}`);
    expect(body.items).toMatchObject([
      { rule: 'hot', shelved: false, at: iso(morning + 600_000) },
      { rule: 'cold', shelved: true, kind: 'timed', by: 'ana', until: iso(morning + 600_000) },
    ]);
  });
});
