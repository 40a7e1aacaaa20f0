import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createPlant, type Plant, pressCategory } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

describe('an alert with the built-in journeys', () => {
  let cloud: TestApp;
  beforeAll(async () => {
    cloud = await createTestApp();
  });
  afterAll(() => cloud.close());

  const raise = async (
    plant: Plant,
    errorCode: number,
    rule = 'overheating',
    change: Parameters<typeof alertTransition>[0] = {},
  ) => {
    const alertId = change.alertId ?? randomUUID();
    const now = cloud.clock.now();
    await plant.gateway.send(
      alertTransition({
        alertId,
        deviceId: plant.deviceId,
        rule,
        errorCode,
        sourceTime: now,
        gatewayTime: now,
        ...change,
      }),
    );
    await cloud.settle();
    return alertId;
  };
  const casesOf = async (plant: Plant) =>
    (await cloud.administrator.get(`/v1/cases?deviceId=${plant.deviceId}`)).body.items;
  const messagesOf = async (plant: Plant) =>
    (await cloud.administrator.get(`/v1/messages?contactId=${plant.contactId}`)).body.items;

  test('gets one case of critical priority, and its customer one text message with the link that follows it [J9]', async () => {
    const plant = await createPlant(cloud, { name: 'uncovered' });
    const alertId = await raise(plant, 42);
    const [opened] = await eventually('the case', async () => {
      const cases = await casesOf(plant);
      return cases.length > 0 && cases;
    });
    expect(opened).toMatchObject({ errorCode: 42, deviceId: plant.deviceId, priority: 'critical', alertId });
    const [message] = await eventually('the text message', async () => {
      const messages = await messagesOf(plant);
      return messages.length > 0 && messages;
    });
    const whole = (await cloud.administrator.get(`/v1/cases/${opened.id}`)).body;
    expect(message).toMatchObject({ channel: 'sms', caseId: opened.id });
    expect(message.text).toContain(whole.publicUrl);
    await cloud.settle();
    expect(await casesOf(plant)).toHaveLength(1);
    await eventually('the message in the timeline, once', async () => {
      const { timeline } = (await cloud.administrator.get(`/v1/cases/${opened.id}`)).body;
      return timeline.filter((entry: { kind: string }) => entry.kind === 'message').length === 1;
    });
  });

  test('whose fault a reboot cures gets no case and no message', async () => {
    const plant = await createPlant(cloud, {
      name: 'covered',
      category: {
        ...pressCategory,
        id: 'covered-press',
        escalationPolicy: {
          errorCodeAbove: 10,
          remedy: { command: 'reboot', times: 1, expiresInSeconds: 120 },
          verify: { clearForSeconds: 1, withinSeconds: 30 },
          onUnremedied: 'case',
        },
      },
    });
    const alertId = await raise(plant, 42);
    const commands = await cloud.administrator.get(`/v1/devices/${plant.deviceId}/commands`);
    const now = cloud.clock.now();
    await plant.gateway.send(
      {
        type: 'command',
        commandId: commands.body.items[0].id,
        deviceId: plant.deviceId,
        state: 'SUCCEEDED',
        at: now,
        bootIdBefore: 'boot-a',
        bootIdAfter: 'boot-b',
      },
      alertTransition({
        alertId,
        deviceId: plant.deviceId,
        number: 2,
        transition: 'cleared',
        sourceTime: now,
      }),
    );
    await cloud.settle();
    cloud.clock.advance(2000);
    cloud.wake();
    await eventually('the remedy to be verified', async () => {
      const { body } = await cloud.administrator.get(`/v1/escalations?deviceId=${plant.deviceId}`);
      return body.items[0].state === 'remedied';
    });
    await cloud.settle();
    expect(await casesOf(plant)).toEqual([]);
    expect(await messagesOf(plant)).toEqual([]);
    const { body } = await cloud.administrator.get('/v1/escalations?state=remedied');
    expect(body.items[0]).toMatchObject({ wantedPriority: 'critical', caseId: null });
  });

  test('that joins a fault which has its case ends its run, and its customer gets no second text', async () => {
    const plant = await createPlant(cloud, { name: 'flapping' });
    await raise(plant, 42);
    await eventually('the text message', async () => (await messagesOf(plant)).length === 1);
    const second = await raise(plant, 42, 'overheating-again');
    await cloud.settle();
    expect((await cloud.administrator.get(`/v1/alerts/${second}`)).body.caseId).toBe(
      (await casesOf(plant))[0].id,
    );
    const { items } = (await cloud.administrator.get('/v1/journeys')).body;
    const journey = items.find(({ definition }: { definition: { trigger: string } }) => {
      return definition.trigger === 'device-error';
    });
    const runs = await cloud.administrator.get(
      `/v1/journeys/${journey.id}/runs?contactId=${plant.contactId}`,
    );
    expect(runs.body.items.map(({ status, reason }: Record<string, unknown>) => [status, reason])).toEqual([
      ['exited', 'its fault is dealt with already'],
      ['done', null],
    ]);
    expect(await messagesOf(plant)).toHaveLength(1);
  });

  test('of a fault of the past that is over, which a backlog tells of, pages nobody', async () => {
    const plant = await createPlant(cloud, { name: 'replayed' });
    const past = { historical: true, sourceTime: cloud.clock.now() - 2 * 86_400_000 };
    const alertId = await raise(plant, 42, 'overheating', past);
    expect(await casesOf(plant)).toEqual([]);
    await raise(plant, 42, 'overheating', { ...past, alertId, number: 2, transition: 'cleared' });
    cloud.clock.advance(3_600_000);
    cloud.wake();
    await cloud.settle();
    expect(await casesOf(plant)).toEqual([]);
    expect(await messagesOf(plant)).toEqual([]);
  });

  test('of a code that is not above ten gets nothing', async () => {
    const plant = await createPlant(cloud, { name: 'harmless' });
    await raise(plant, 10);
    expect(await casesOf(plant)).toEqual([]);
  });
});
