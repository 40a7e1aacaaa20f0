import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '../../cloud/platform/index.ts';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { runningClock } from '../support/clock.ts';
import { createPlant, pressCategory } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

describe('notices of alerts', () => {
  const clock = runningClock();
  let cloud: TestApp;
  beforeAll(async () => {
    cloud = await createTestApp({ clock, logLevel: 'silent' });
  });
  afterAll(() => cloud.close());

  const plantOf = (name: string) => createPlant(cloud, { name, category: { ...pressCategory, id: name } });
  const addRule = async (contactId: string, change: Record<string, unknown>): Promise<string> => {
    const answer = await cloud.administrator.post('/v1/alert-notice-rules', {
      name: 'the person on duty',
      contactId,
      channel: 'email',
      waitSeconds: 0,
      ...change,
    });
    expect(answer.status).toBe(201);
    return answer.body.id;
  };
  const raised = (deviceId: string, change: Parameters<typeof alertTransition>[0] = {}) =>
    alertTransition({
      alertId: randomUUID(),
      deviceId,
      sourceTime: clock.now(),
      gatewayTime: clock.now(),
      errorCode: 3,
      ...change,
    });
  const noticesOf = async (alertId: string) =>
    (await cloud.administrator.get(`/v1/alert-notices?alertId=${alertId}`)).body.items as {
      ruleId: string;
      state: string;
      reason: string | null;
    }[];
  const decided = (alertId: string, count: number) =>
    eventually('the notices to be decided', async () => {
      cloud.wake();
      const notices = await noticesOf(alertId);
      return notices.length === count && notices.every(({ state }) => state !== 'waiting') && notices;
    });

  test('an alert that gets worse is told to those whom it was too mild for, and to nobody twice', async () => {
    const plant = await plantOf('worse');
    const anything = await addRule(plant.contactId, { categoryId: 'worse' });
    const grave = await addRule(plant.contactId, { categoryId: 'worse', severityMin: 'CRITICAL' });
    const mild = raised(plant.deviceId, { severity: 'MINOR' });
    await plant.gateway.send(mild);
    expect(await decided(mild.alertId, 1)).toMatchObject([{ ruleId: anything, state: 'told' }]);
    const worse = {
      ...mild,
      number: 2,
      transition: 'escalated',
      state: 'HIHI',
      severity: 'CRITICAL',
    } as const;
    await plant.gateway.send(worse);
    const notices = await decided(mild.alertId, 2);
    expect(notices.map(({ ruleId, state }) => [ruleId, state])).toEqual([
      [grave, 'told'],
      [anything, 'told'],
    ]);
    await plant.gateway.send({ ...worse, number: 3, state: 'HI' });
    await cloud.settle();
    expect(await noticesOf(mild.alertId)).toHaveLength(2);
  });

  test('an alert is told where its primary is one that the person did not hear of', async () => {
    const plant = await plantOf('kin');
    const vibration = await addRule(plant.contactId, { categoryId: 'kin', rule: 'vibration' });
    const anything = await addRule(plant.contactId, { categoryId: 'kin', name: 'all' });
    const primary = raised(plant.deviceId, { rule: 'overheating', errorCode: 7 });
    await plant.gateway.send(primary);
    await decided(primary.alertId, 1);
    const child = raised(plant.deviceId, { rule: 'vibration', errorCode: 7 });
    await plant.gateway.send(child);
    expect((await cloud.administrator.get(`/v1/alerts/${child.alertId}`)).body.parentAlertId).toBe(
      primary.alertId,
    );
    const notices = new Map((await decided(child.alertId, 2)).map((notice) => [notice.ruleId, notice]));
    expect(notices.get(vibration)).toMatchObject({ state: 'told', reason: null });
    expect(notices.get(anything)).toMatchObject({
      state: 'dropped',
      reason: 'primary-told: Its primary alert was told.',
    });
  });

  test('a notice that cannot be told holds up no other, and is given up after some attempts', async () => {
    const plant = await plantOf('stuck');
    await addRule(plant.contactId, { categoryId: 'stuck' });
    await sql`
      create function refuse_stuck() returns trigger language plpgsql as $$ begin
        if new::text like '%cannot be told%' then raise exception 'refused by the test'; end if;
        return new;
      end $$`.execute(cloud.database);
    await sql`create trigger refuse_stuck before insert on messages for each row
      execute function refuse_stuck()`.execute(cloud.database);
    const stuck = raised(plant.deviceId, { errorCode: 1, reason: 'this cannot be told' });
    const fine = raised(plant.deviceId, { rule: 'other', errorCode: 2, reason: 'this can' });
    await plant.gateway.send(stuck);
    await plant.gateway.send(fine);
    expect(await decided(fine.alertId, 1)).toMatchObject([{ state: 'told' }]);
    const [given] = await eventually('the other to be given up', async () => {
      clock.advance(300_000);
      cloud.wake();
      const notices = await noticesOf(stuck.alertId);
      return notices[0]?.state === 'dropped' && notices;
    });
    expect(given?.reason).toContain('told-in-vain');
  });
});
