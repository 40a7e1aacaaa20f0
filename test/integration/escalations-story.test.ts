import { randomUUID } from 'node:crypto';
import type { CommandUpdate } from '@andon/shared/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApplication } from '../../cloud/app.ts';
import { connectDatabase, sql } from '../../cloud/platform/index.ts';
import { alertTransition } from '../support/alert-records.ts';
import { administratorEmail, administratorPassword, createTestApp, type TestApp } from '../support/app.ts';
import { createPlant, type Plant, pressCategory } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

const policy = {
  errorCodeAbove: 10,
  remedy: { command: 'reboot', times: 1, expiresInSeconds: 120 },
  verify: { clearForSeconds: 5, withinSeconds: 30 },
  onUnremedied: 'case',
};

describe('escalations', () => {
  let cloud: TestApp;
  let plants = 0;
  beforeAll(async () => {
    cloud = await createTestApp();
    // The built-in journeys ask for cases by themselves; here it is asked by hand.
    for (const journey of (await cloud.administrator.get('/v1/journeys')).body.items) {
      await cloud.administrator.post(`/v1/journeys/${journey.id}/stop`);
    }
  });
  afterAll(() => cloud.close());

  const covered = { ...pressCategory, id: 'covered-press', escalationPolicy: policy };
  const newPlant = (category: Parameters<typeof createPlant>[1] = { category: covered }): Promise<Plant> => {
    plants += 1;
    return createPlant(cloud, { name: `works-${plants}`, ...category });
  };

  const raise = async (plant: Plant, change: Parameters<typeof alertTransition>[0] = {}): Promise<string> => {
    const alertId = change.alertId ?? randomUUID();
    await plant.gateway.send(
      alertTransition({
        deviceId: plant.deviceId,
        sourceTime: cloud.clock.now(),
        gatewayTime: cloud.clock.now(),
        ...change,
        alertId,
      }),
    );
    await cloud.settle();
    return alertId;
  };
  const clear = async (plant: Plant, alertId: string): Promise<void> => {
    await raise(plant, { alertId, number: 2, transition: 'cleared', value: 90 });
  };
  const get = async (path: string) => (await cloud.administrator.get(path)).body;
  const commandsOf = async (plant: Plant) => (await get(`/v1/devices/${plant.deviceId}/commands`)).items;
  const casesOf = async (plant: Plant) => (await get(`/v1/cases?deviceId=${plant.deviceId}`)).items;
  const episodesOf = async (plant: Plant) => (await get(`/v1/escalations?deviceId=${plant.deviceId}`)).items;
  const say = async (plant: Plant, commandId: string, change: Partial<CommandUpdate>) => {
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
    await eventually(`the episode to be ${state}`, async () => (await episodesOf(plant))[0].state === state);
    await cloud.settle();
  };
  const eventsOf = async (key: string) => {
    const found = await sql<{ type: string }>`select type from events where key = ${key} order by id`.execute(
      cloud.database,
    );
    return found.rows.map((row) => row.type);
  };

  test('a fault is remedied by its reboot, verified by the alert staying clear, and closed', async () => {
    const plant = await newPlant();
    const alertId = await raise(plant);
    const [command] = await commandsOf(plant);
    expect(command).toMatchObject({ name: 'reboot', issuedBy: 'system:escalations' });
    expect(await get(`/v1/alerts/${alertId}`)).toMatchObject({ status: 'in-progress' });
    await say(plant, command.id, {});
    await clear(plant, alertId);
    expect((await episodesOf(plant))[0].state).toBe('verifying');
    await pass(5_000, plant, 'remedied');
    expect(await get(`/v1/alerts/${alertId}`)).toMatchObject({
      status: 'closed',
      statusReason: expect.stringMatching(/^stayed-clear: remedied by command/),
    });
    expect(await casesOf(plant)).toEqual([]);
    const [episode] = await episodesOf(plant);
    expect(await eventsOf(episode.id)).toEqual([
      'escalation.started',
      'escalation.remedy-sent',
      'escalation.verifying',
      'escalation.remedied',
    ]);
    expect(episode.alertIds).toEqual([alertId]);
  });

  test('a command that fails, expires or does not cure the symptom escalates once, with the evidence attached [I5]', async () => {
    const failing = await newPlant();
    await raise(failing);
    await say(failing, (await commandsOf(failing))[0].id, { state: 'FAILED', reason: 'no-boot: silence' });

    const expiring = await newPlant();
    await raise(expiring);
    cloud.clock.advance(140_000);
    cloud.wake();
    await eventually('the case of the expired command', async () => (await casesOf(expiring)).length === 1);

    const uncured = await newPlant();
    const alertId = await raise(uncured);
    await say(uncured, (await commandsOf(uncured))[0].id, {});
    const putOff = async (change: ReturnType<typeof sql>) =>
      (
        await sql<{ failures: number; put_off_until: Date | null }>`
          update escalations set ${change} where device_id = ${uncured.deviceId}
          returning failures, put_off_until`.execute(cloud.database)
      ).rows;
    await putOff(sql`failures = 4, put_off_until = ${new Date(cloud.clock.now())}`);
    await pass(30_000, uncured, 'case-opened');
    // It could not be looked at, and then it could: the next failure is a first one.
    expect(await putOff(sql`version = version`)).toEqual([{ failures: 0, put_off_until: null }]);

    for (const [plant, reason] of [
      [failing, /^command-failed: no-boot/],
      [expiring, /^command-expired/],
      [uncured, /^not-cleared/],
    ] as const) {
      const cases = await casesOf(plant);
      expect(cases).toHaveLength(1);
      const whole = await get(`/v1/cases/${cases[0].id}`);
      expect(whole.evidence.reason).toMatch(reason);
      expect(whole.evidence.alerts[0].transitions).toHaveLength(1);
      expect(whole.evidence.commands).toHaveLength(1);
      expect(whole.evidence.commands[0].history.length).toBeGreaterThan(1);
    }
    const [opened] = await casesOf(uncured);
    expect(await get(`/v1/alerts/${alertId}`)).toMatchObject({
      status: 'in-progress',
      statusReason: 'case-open: a case is open',
      caseId: opened.id,
    });
  });

  test('a case from an alert is linked to alert, device and asset, and a replayed alert makes no second one [C4]', async () => {
    const plant = await newPlant();
    const alertId = await raise(plant);
    const [command] = await commandsOf(plant);
    await say(plant, command.id, { state: 'REJECTED', reason: 'busy' });
    await raise(plant, { alertId });
    await say(plant, command.id, { state: 'REJECTED', reason: 'busy', at: cloud.clock.now() + 1 });
    await clear(plant, alertId);
    const again = await raise(plant);
    const cases = await casesOf(plant);
    expect(cases).toEqual([
      expect.objectContaining({
        alertId,
        deviceId: plant.deviceId,
        assetId: plant.assetId,
        accountId: plant.accountId,
        contactId: plant.contactId,
        errorCode: 42,
        origin: 'iot',
        priority: 'high',
        serialNumber: expect.stringMatching(/^SN-/),
        title: `Error 42 on Press of ${plant.deviceId.replace(/-press$/, '')}`,
      }),
    ]);
    expect(await commandsOf(plant)).toHaveLength(1);
    expect(await get(`/v1/alerts/${again}`)).toMatchObject({ caseId: cases[0].id });
    const { timeline } = await get(`/v1/cases/${cases[0].id}`);
    const titles: string[] = timeline.map((entry: { title: string }) => entry.title);
    expect(titles).toEqual(expect.arrayContaining(['Command reboot: REJECTED', 'Command reboot: QUEUED']));
    expect(titles.filter((title) => title === 'Temperature is too high (error 42)')).toHaveLength(2);
    expect(titles.filter((title) => title === 'Temperature is back to normal')).toHaveLength(1);
    expect(timeline).toContainEqual(
      expect.objectContaining({
        title: 'The fault could not be remedied from afar',
        detail: 'The remedy was refused: busy.',
      }),
    );
    expect(titles.filter((title) => title === 'A remedy was sent to the device')).toHaveLength(1);
    expect((await eventsOf(cases[0].id)).filter((type) => type === 'case.created')).toHaveLength(1);
  });

  test('an alert that joins a fault with a case touches none of its many others', async () => {
    const plant = await newPlant();
    const hourAgo = cloud.clock.now() - 3_600_000;
    const first = await raise(plant, { sourceTime: hourAgo });
    await say(plant, (await commandsOf(plant))[0].id, { state: 'FAILED' });
    await clear(plant, first);
    const other = await cloud.pool.connect();
    try {
      await other.query('begin');
      await other.query('select from alerts where id = $1 for update', [first]);
      await other.query('select from escalation_alerts where alert_id = $1 for update', [first]);
      const [opened] = await casesOf(plant);
      const second = await raise(plant, { rule: 'another' });
      expect(await get(`/v1/alerts/${second}`)).toMatchObject({ status: 'in-progress', caseId: opened.id });
    } finally {
      await other.query('rollback');
      other.release();
    }
  });

  test('when its case is resolved the episode is over, and the next fault is a new one', async () => {
    const plant = await newPlant();
    const alertId = await raise(plant);
    await say(plant, (await commandsOf(plant))[0].id, { state: 'FAILED' });
    const [opened] = await casesOf(plant);
    await cloud.administrator.post(`/v1/cases/${opened.id}/resolve`, { resolution: 'New bearing' });
    await cloud.settle();
    expect(await get(`/v1/alerts/${alertId}`)).toMatchObject({ status: 'closed' });
    await clear(plant, alertId);
    await raise(plant);
    expect(await commandsOf(plant)).toHaveLength(2);
    expect(await episodesOf(plant)).toHaveLength(2);
  });

  test('a code that the policy does not cover, and an old fault that is over, are left alone', async () => {
    const plant = await newPlant();
    await raise(plant, { errorCode: 10 });
    const old = randomUUID();
    await plant.gateway.send(
      alertTransition({ alertId: old, deviceId: plant.deviceId, rule: 'old', historical: true }),
      alertTransition({
        alertId: old,
        deviceId: plant.deviceId,
        rule: 'old',
        historical: true,
        number: 2,
        transition: 'cleared',
      }),
    );
    await cloud.settle();
    expect(await episodesOf(plant)).toEqual([]);
    expect(await commandsOf(plant)).toEqual([]);
  });

  const requestCase = async (plant: Plant, alertId: string, change: Record<string, unknown> = {}) => {
    const triggerEventId = randomUUID();
    await cloud.emit({
      type: 'trigger.raised',
      key: triggerEventId,
      payload: {
        triggerEventId,
        trigger: 'case-creation',
        attributes: { deviceId: plant.deviceId, errorCode: 42, alertId, priority: 'critical' },
        contactId: null,
        runId: null,
        test: false,
        ...change,
      },
    });
    return triggerEventId;
  };

  test('a fault of the past that a backlog tells of, and then its end, gets no command and no case', async () => {
    const plant = await newPlant();
    const twoDaysAgo = cloud.clock.now() - 2 * 86_400_000;
    for (let hour = 0; hour < 3; hour += 1) {
      const at = twoDaysAgo + hour * 3_600_000;
      const alertId = await raise(plant, { historical: true, sourceTime: at });
      await requestCase(plant, alertId);
      await cloud.settle();
      cloud.clock.advance(700);
      await raise(plant, { alertId, number: 2, transition: 'cleared', value: 90, sourceTime: at + 60_000 });
      await requestCase(plant, alertId);
      await cloud.settle();
    }
    cloud.clock.advance(3_600_000);
    cloud.wake();
    await cloud.settle();
    expect(await commandsOf(plant)).toEqual([]);
    expect(await casesOf(plant)).toEqual([]);
    expect((await episodesOf(plant)).map(({ state }: { state: string }) => state)).toEqual([
      'remedied',
      'remedied',
      'remedied',
    ]);
  });

  test('a late alert that lasts is taken up when its data have come to their end', async () => {
    const plant = await newPlant();
    await raise(plant, { historical: true, sourceTime: cloud.clock.now() - 2 * 86_400_000 });
    expect((await episodesOf(plant))[0]).toMatchObject({
      state: 'open',
      reason: expect.stringMatching(/^told-late/),
    });
    expect(await commandsOf(plant)).toEqual([]);
    await pass(3_600_000, plant, 'remedying');
    expect(await commandsOf(plant)).toHaveLength(1);
  });

  test('a remedy that no device has heard of is called back when the alert clears, and no case is opened', async () => {
    const plant = await newPlant();
    const alertId = await raise(plant);
    await clear(plant, alertId);
    const [command] = await commandsOf(plant);
    const asked = await sql<{ by: string }>`
      select cancel_requested_by as by from commands where id = ${command.id}`.execute(cloud.database);
    expect(asked.rows).toEqual([{ by: 'system:escalations' }]);
    await say(plant, command.id, { state: 'CANCELLED', reason: 'cancelled before it began' });
    expect((await episodesOf(plant))[0]).toMatchObject({ state: 'remedied' });
    expect(await casesOf(plant)).toEqual([]);
  });

  test('the case-creation flow makes one case with code, device and critical priority; a redelivery leaves one [J9]', async () => {
    const plant = await newPlant({ category: pressCategory });
    const alertId = await raise(plant);
    expect(await casesOf(plant)).toEqual([]);
    await requestCase(plant, alertId, { test: true });
    await cloud.settle();
    expect(await casesOf(plant)).toEqual([]);
    const triggerEventId = await requestCase(plant, alertId);
    await requestCase(plant, alertId, { triggerEventId });
    await requestCase(plant, alertId);
    await cloud.settle();
    const cases = await casesOf(plant);
    expect(cases).toEqual([
      expect.objectContaining({ priority: 'critical', errorCode: 42, deviceId: plant.deviceId, alertId }),
    ]);
    await cloud.administrator.post(`/v1/cases/${cases[0].id}/resolve`, { resolution: 'Done' });
    await requestCase(plant, alertId, { triggerEventId });
    await requestCase(plant, alertId);
    await cloud.settle();
    expect(await casesOf(plant)).toHaveLength(1);
  });

  test('a case that is asked for while a remedy is tried opens when that fails, with the priority asked for', async () => {
    const plant = await newPlant();
    const alertId = await raise(plant);
    await requestCase(plant, alertId);
    await cloud.settle();
    expect(await casesOf(plant)).toEqual([]);
    expect((await episodesOf(plant))[0]).toMatchObject({ state: 'remedying', wantedPriority: 'critical' });
    await say(plant, (await commandsOf(plant))[0].id, { state: 'TIMED_OUT' });
    expect(await casesOf(plant)).toEqual([expect.objectContaining({ priority: 'critical' })]);
  });

  test('a person opens the case by hand, also while a remedy is tried', async () => {
    const plant = await newPlant();
    const alertId = await raise(plant);
    const answer = await cloud.administrator.post(`/v1/alerts/${alertId}/escalate`, { priority: 'low' });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ state: 'case-opened', reason: expect.stringMatching(/^by-hand/) });
    await cloud.administrator.post(`/v1/alerts/${alertId}/escalate`, {});
    await say(plant, (await commandsOf(plant))[0].id, { state: 'FAILED' });
    const cases = await casesOf(plant);
    expect(cases).toEqual([expect.objectContaining({ id: answer.body.caseId, priority: 'low' })]);
    const { errorCode: _code, ...withoutCode } = alertTransition({
      deviceId: plant.deviceId,
      rule: 'no-code',
    });
    const uncoded = randomUUID();
    await plant.gateway.send({ ...withoutCode, alertId: uncoded });
    const second = await cloud.administrator.post(`/v1/alerts/${uncoded}/escalate`, {});
    expect(second.body.caseId).not.toBe(answer.body.caseId);
    const missing = await cloud.administrator.post(`/v1/alerts/${randomUUID()}/escalate`, {});
    expect(missing.status).toBe(404);
    const viewer = await cloud.clientWithRole('viewer');
    expect((await viewer.post(`/v1/alerts/${alertId}/escalate`, {})).status).toBe(403);
  });

  test('two workers at once leave one remedy and one case for each fault', async () => {
    const connection = connectDatabase(cloud.databaseUrl, {
      connectionsMax: 8,
      applicationName: 'andon-second-worker',
      onError: (error) => process.stderr.write(`${error.message}\n`),
    });
    const second = await createApplication({
      connection,
      clock: cloud.clock,
      newId: cloud.platform.newId,
      random: cloud.platform.random,
      logger: cloud.platform.logger,
      publicUrl: cloud.platform.publicUrl,
      administrator: { email: administratorEmail, password: administratorPassword },
    });
    second.background.start();
    const plant = await newPlant();
    const codes = Array.from({ length: 8 }, (_, index) => 100 + index);
    const alertIds = codes.map(() => randomUUID());
    const now = cloud.clock.now();
    await plant.gateway.send(
      ...codes.map((errorCode, index) =>
        alertTransition({
          alertId: alertIds[index] ?? '',
          deviceId: plant.deviceId,
          rule: `rule-${errorCode}`,
          errorCode,
          sourceTime: now,
          gatewayTime: now,
        }),
      ),
    );
    await Promise.all(
      alertIds.flatMap((alertId) => [requestCase(plant, alertId), requestCase(plant, alertId)]),
    );
    await cloud.settle();
    cloud.clock.advance(140_000);
    cloud.wake();
    await eventually('all cases', async () => (await casesOf(plant)).length === codes.length);
    await cloud.settle();
    await second.background.stop();
    await connection.close();
    expect(await commandsOf(plant)).toHaveLength(codes.length);
    expect(await casesOf(plant)).toHaveLength(codes.length);
  });

  test('ten who ask at once for the case of one fault get one case [J9]', async () => {
    const plant = await newPlant({ category: pressCategory });
    const alertId = await raise(plant);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => cloud.administrator.post(`/v1/alerts/${alertId}/escalate`, {})),
    );
    expect(answers.map((answer) => answer.status)).toEqual(Array(10).fill(201));
    expect(new Set(answers.map((answer) => answer.body.caseId)).size).toBe(1);
    expect(await casesOf(plant)).toHaveLength(1);
  });
});
