import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '../../cloud/platform/index.ts';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createPlant, type Plant, pressCategory } from '../support/plant.ts';

const escalationPolicy = { rules: [{ when: {}, remedies: [], otherwise: 'case' }] };

describe('alerts whose policy opens a case at once', () => {
  let cloud: TestApp;
  let plant: Plant;
  beforeAll(async () => {
    cloud = await createTestApp();
    for (const journey of (await cloud.administrator.get('/v1/journeys')).body.items) {
      await cloud.administrator.post(`/v1/journeys/${journey.id}/stop`);
    }
    plant = await createPlant(cloud, { category: { ...pressCategory, escalationPolicy } });
  });
  afterAll(() => cloud.close());

  const record = (errorCode: number, change: object = {}) => {
    const now = cloud.clock.now();
    return alertTransition({
      alertId: randomUUID(),
      deviceId: plant.deviceId,
      rule: `rule-${errorCode}`,
      errorCode,
      sourceTime: now,
      gatewayTime: now,
      ...change,
    });
  };
  /** All that is stored and told of the fault with an alert, without ids, numbers, versions and times. */
  const traceOf = async (alertId: string, errorCode: number) => {
    const alert = (await cloud.administrator.get(`/v1/alerts/${alertId}`)).body;
    const found = await cloud.administrator.get(`/v1/escalations?alertId=${alertId}`);
    const [episode] = found.body.items;
    const whole = (await cloud.administrator.get(`/v1/cases/${episode.caseId}`)).body;
    const events = await sql<{ type: string; payload: object; actor: string; caused: string | null }>`
      select events.type, events.payload, events.actor, cause.type as caused
      from events left join events as cause on cause.id = events.caused_by
      where events.key in (${alertId}, ${episode.id}, ${episode.caseId}) order by events.type, events.id`.execute(
      cloud.database,
    );
    const same = (value: unknown): unknown =>
      JSON.parse(
        JSON.stringify(value)
          .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
          .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
          .replaceAll(/\d{4}-\d\d-\d\d [\d:]+ UTC \(\d+ seconds? ago\)/g, 'TIME')
          .replaceAll(/CAS-\d+/g, 'NUMBER')
          .replaceAll(/"version":\d+/g, '"version":0')
          .replaceAll(/\/c\/[\w-]+/g, 'LINK')
          .replaceAll(
            new RegExp(`rule-${errorCode}|"errorCode":${errorCode}|[Ee]rror ${errorCode}`, 'g'),
            (word) => word.replace(`${errorCode}`, '0'),
          ),
      );
    return same({ alert, episode, whole: { ...whole, number: 'NUMBER' }, events: events.rows });
  };

  test('have the same episodes, cases and events when many come at once as when one comes alone', async () => {
    const alone = record(100);
    await plant.gateway.send(alone);
    await cloud.settle();
    const many = Array.from({ length: 12 }, (_, index) => record(101 + index));
    await plant.gateway.send(...many);
    await cloud.settle();
    const expected = await traceOf(alone.alertId, 100);
    for (const { alertId, errorCode = 0 } of [many[0] ?? alone, many[11] ?? alone]) {
      expect(await traceOf(alertId, errorCode)).toEqual(expected);
    }
    const cases = await cloud.administrator.get(`/v1/cases?deviceId=${plant.deviceId}&limit=200`);
    expect(cases.body.items).toHaveLength(13);
  });

  test('join their fault, and are left alone once they cleared, also in the middle of a storm', async () => {
    const first = record(201);
    const second = record(201, { rule: 'another' });
    const over = record(202);
    const later = record(203);
    await plant.gateway.send(
      first,
      second,
      over,
      { ...over, number: 2, transition: 'cleared' },
      later,
      record(204),
    );
    await cloud.settle();
    const [mine] = (await cloud.administrator.get(`/v1/escalations?alertId=${first.alertId}`)).body.items;
    expect(mine.alertIds.toSorted()).toEqual([first.alertId, second.alertId].toSorted());
    const cases = await cloud.administrator.get(`/v1/cases?deviceId=${plant.deviceId}&limit=200`);
    const codes = cases.body.items.map(({ errorCode }: { errorCode: number }) => errorCode);
    expect(codes.filter((code: number) => code > 200).toSorted()).toEqual([201, 203, 204]);
  });

  test('have one case each when the log is read again from the beginning', async () => {
    await cloud.pool.query("update event_cursors set position = 0 where subscriber = 'escalations'");
    cloud.wake();
    await cloud.settle();
    const { rows } = await cloud.pool.query('select count(*)::integer as count from cases');
    expect(rows[0].count).toBe(16);
  });
});
