import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '../../cloud/platform/index.ts';
import { createTestApp, type TestApp, type TestClient } from '../support/app.ts';
import { createPlant, type Plant } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

describe('a command that is tried again', () => {
  let cloud: TestApp;
  let manager: TestClient;
  beforeAll(async () => {
    cloud = await createTestApp();
    manager = await cloud.clientWithRole('service-manager');
  });
  afterAll(() => cloud.close());

  const fail = (plant: Plant, commandId: string) =>
    plant.gateway.send({
      type: 'command',
      commandId,
      deviceId: plant.deviceId,
      state: 'FAILED',
      reason: 'jammed: the press does not move',
      at: cloud.clock.now(),
    });
  /** A command of a job that failed; answers its id. */
  const failedOfJob = async (plant: Plant, more: object = {}) => {
    const made = await manager.post('/v1/jobs', {
      name: 'Slow down',
      command: 'set-speed',
      parameters: { speed: 900 },
      selection: { deviceIds: [plant.deviceId] },
      expiresInSeconds: 86_400,
      ...more,
    });
    await manager.post(`/v1/jobs/${made.body.id}/submit`, {}, { 'if-match': `${made.body.version}` });
    const commandId: string = await eventually('the job to send', async () => {
      const [target] = (await manager.get(`/v1/jobs/${made.body.id}/targets`)).body.items;
      return target?.commandId ?? undefined;
    });
    await fail(plant, commandId);
    return { commandId, jobId: made.body.id as string };
  };
  const failedOfPerson = async (plant: Plant) => {
    const sent = await manager.post(`/v1/devices/${plant.deviceId}/commands`, { name: 'reboot' });
    await fail(plant, sent.body.id);
    return sent.body.id as string;
  };
  const retry = (commandId: string, body?: object) => manager.post(`/v1/commands/${commandId}/retry`, body);
  const despiteOf = async (commandId: string) => {
    const told = await sql<{ despite: string[] | null }>`
      select payload->'despite' as despite from events
      where type = 'command.state-changed' and key = ${commandId} and payload->>'to' = 'QUEUED'`.execute(
      cloud.database,
    );
    expect(told.rows).toHaveLength(1);
    return told.rows[0]?.despite ?? null;
  };
  const beginVisit = async ({ assetId }: Plant) => {
    const order = (await manager.post('/v1/work-orders', { title: 'New bearing', assetId })).body;
    await sql`update work_orders set status = 'in-progress' where id = ${order.id}`.execute(cloud.database);
  };
  const closeAll = async ({ accountId }: Plant) => {
    const yesterday = (new Date(cloud.clock.now()).getUTCDay() + 6) % 7 || 7;
    const weekly = [{ days: [yesterday], from: '00:00', until: '00:01' }];
    await manager.put(`/v1/accounts/${accountId}/hours`, { timeZone: 'UTC', weekly });
  };

  test('is held like the job that it is of: by a visit, and by the hours of the customer [I4]', async () => {
    const plant = await createPlant(cloud, { name: 'held' });
    const { commandId } = await failedOfJob(plant);
    await beginVisit(plant);
    await closeAll(plant);
    const refused = await retry(commandId);
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'commands.held', reasons: ['technician-visit', 'outside-customer-hours'] },
    });
    expect(refused.body.title).toContain('a technician is at the machine');
    // Who knows of one does not yet know of the other.
    const half = await retry(commandId, { despite: ['technician-visit'] });
    expect(half).toMatchObject({ status: 409, body: { reasons: ['outside-customer-hours'] } });
    const sent = await sql`select from commands where retry_of = ${commandId}`.execute(cloud.database);
    expect(sent.rows).toHaveLength(0);
  });

  test('is sent by whoever names what they know of, and the audit trail says so [I4]', async () => {
    const plant = await createPlant(cloud, { name: 'known' });
    const { commandId, jobId } = await failedOfJob(plant);
    await beginVisit(plant);
    const again = await retry(commandId, { despite: ['technician-visit'] });
    expect(again).toMatchObject({ status: 201, body: { retryOf: commandId, jobId } });
    expect(await despiteOf(again.body.id)).toEqual(['technician-visit']);
  });

  test('is recorded with what held it, and with nothing that did not, whatever was named [I4]', async () => {
    const plant = await createPlant(cloud, { name: 'named' });
    const despite = ['outside-window', 'technician-visit', 'outside-customer-hours'];
    const free = await retry((await failedOfJob(plant)).commandId, { despite });
    expect(await despiteOf(free.body.id)).toBeNull();
    await fail(plant, free.body.id);
    await beginVisit(plant);
    const held = await retry(free.body.id, { despite });
    expect(await despiteOf(held.body.id)).toEqual(['technician-visit']);

    const alone = await retry(await failedOfPerson(plant), { despite });
    expect(await despiteOf(alone.body.id)).toEqual(['technician-visit']);
  });

  test("is held by its job's own hours, and expires before a technician comes [I4]", async () => {
    const plant = await createPlant(cloud, { name: 'window' });
    const { commandId, jobId } = await failedOfJob(plant);
    const yesterday = (new Date(cloud.clock.now()).getUTCDay() + 6) % 7 || 7;
    const window = {
      zone: 'job',
      timeZone: 'UTC',
      weekly: [{ days: [yesterday], from: '00:00', until: '00:01' }],
    };
    await sql`update jobs set time_window = ${JSON.stringify(window)}::jsonb where id = ${jobId}`.execute(
      cloud.database,
    );
    expect(await retry(commandId)).toMatchObject({ status: 409, body: { reasons: ['outside-window'] } });
    const holds = await manager.get(`/v1/devices/${plant.deviceId}/holds?jobId=${jobId}`);
    expect(holds.body).toEqual({ reasons: ['outside-window'] });
    const order = (await manager.post('/v1/work-orders', { title: 'New bearing', assetId: plant.assetId }))
      .body;
    const visit = cloud.clock.now() + 60_000;
    await sql`
      update work_orders set status = 'scheduled', technician_id = (select id from users limit 1),
        scheduled_from = ${new Date(visit)}, scheduled_until = ${new Date(visit + 3_600_000)}
      where id = ${order.id}`.execute(cloud.database);
    const again = await retry(commandId, { despite: ['outside-window'] });
    expect(Date.parse(again.body.expiresAt)).toBe(visit);
  });

  test('is sent at once where a person alone had sent it, who may ask before what speaks against it [I4]', async () => {
    const plant = await createPlant(cloud, { name: 'alone' });
    const commandId = await failedOfPerson(plant);
    await beginVisit(plant);
    expect((await manager.get(`/v1/devices/${plant.deviceId}/holds`)).body).toEqual({
      reasons: ['technician-visit'],
    });
    expect(await retry(commandId)).toMatchObject({ status: 201, body: { retryOf: commandId, jobId: null } });
    expect((await manager.get('/v1/devices/nowhere/holds')).status).toBe(404);
  });
});
