import { randomUUID } from 'node:crypto';
import type { CommandUpdate } from '@andon/shared/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '../../cloud/platform/index.ts';
import { createTestApp, type TestApp, type TestClient } from '../support/app.ts';
import { createPlant, type Plant, pressCategory } from '../support/plant.ts';
import { eventually } from '../support/wait.ts';

/** What a gateway without memory hears first: everything up to a command. */
async function readDownlink(url: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const abort = new AbortController();
  const response = await fetch(url, { headers, signal: abort.signal });
  let heard = '';
  for await (const chunk of response.body ?? []) {
    heard += Buffer.from(chunk).toString('utf8');
    if (heard.includes('"type":"command"')) {
      break;
    }
  }
  abort.abort();
  return heard;
}

describe('commands', () => {
  let cloud: TestApp;
  let plant: Plant;
  let technician: TestClient;
  beforeAll(async () => {
    cloud = await createTestApp();
    plant = await createPlant(cloud);
    technician = await cloud.clientWithRole('technician');
  });
  afterAll(() => cloud.close());

  const issue = (body: unknown, deviceId = plant.deviceId) =>
    technician.post(`/v1/devices/${deviceId}/commands`, body);
  const read = async (id: string) => (await technician.get(`/v1/commands/${id}`)).body;
  const say = (commandId: string, change: Partial<CommandUpdate>) =>
    plant.gateway.send({
      type: 'command',
      commandId,
      deviceId: plant.deviceId,
      state: 'DELIVERED',
      at: cloud.clock.now(),
      ...change,
    });
  const downlinkOf = async (commandId: string) => {
    const found = await sql<{ type: string }>`
      select message->>'type' as type from gateway_downlink
      where message->'command'->>'id' = ${commandId} or message->>'commandId' = ${commandId}
      order by number`.execute(cloud.database);
    return found.rows.map((row) => row.type);
  };

  test('a technician sends a reboot and sees every state to succeeded, with boot ids [I4]', async () => {
    const { status, body } = await issue({ name: 'reboot' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      name: 'reboot',
      // The gateway was heard of just now, by its batches or not at all.
      state: expect.stringMatching(/^(QUEUED|SENT)$/),
      issuedBy: expect.stringMatching(/^api-key:/),
    });
    expect(await downlinkOf(body.id)).toEqual(['command']);
    await say(body.id, { state: 'DELIVERED', bootIdBefore: 'boot-a' });
    await say(body.id, { state: 'ACCEPTED' });
    await say(body.id, { state: 'EXECUTING' });
    await say(body.id, { state: 'SUCCEEDED', bootIdBefore: 'boot-a', bootIdAfter: 'boot-b' });
    const done = await read(body.id);
    expect(done).toMatchObject({ state: 'SUCCEEDED', bootIdBefore: 'boot-a', bootIdAfter: 'boot-b' });
    expect(done.history.map((entry: { state: string }) => entry.state)).toEqual(
      expect.arrayContaining(['QUEUED', 'DELIVERED', 'ACCEPTED', 'EXECUTING', 'SUCCEEDED']),
    );
    const list = await technician.get(`/v1/devices/${plant.deviceId}/commands`);
    expect(list.body.items[0]).toMatchObject({ id: body.id, state: 'SUCCEEDED' });
  });

  test('a reboot that succeeded by its word and kept its boot id has failed [I4]', async () => {
    const { body } = await issue({ name: 'reboot' });
    await say(body.id, { state: 'SUCCEEDED', bootIdBefore: 'boot-b', bootIdAfter: 'boot-b' });
    expect(await read(body.id)).toMatchObject({
      state: 'FAILED',
      reason: expect.stringMatching(/^same-boot-id/),
    });
  });

  test('each change of state has one event, whatever is repeated or comes late', async () => {
    const { body } = await issue({ name: 'set-speed', parameters: { speed: 1200 } });
    await say(body.id, { state: 'EXECUTING', at: 3 });
    await say(body.id, { state: 'ACCEPTED', at: 2 });
    await say(body.id, { state: 'SUCCEEDED', at: 4 });
    await say(body.id, { state: 'SUCCEEDED', at: 4 });
    await say(body.id, { state: 'DELIVERED', at: 1 });
    const found = await sql<{ to: string }>`
      select payload->>'to' as to from events where type = 'command.state-changed' and key = ${body.id}
      order by id`.execute(cloud.database);
    const states = found.rows.map((row) => row.to).filter((state) => state !== 'SENT');
    expect(states).toEqual(['QUEUED', 'EXECUTING', 'SUCCEEDED']);
    const { history } = await read(body.id);
    expect(history.filter((entry: { state: string }) => entry.state === 'SUCCEEDED')).toHaveLength(1);
    expect(history.find((entry: { state: string }) => entry.state === 'DELIVERED').tookEffect).toBe(false);
  });

  test('a command that waits for its gateway is sent when the gateway comes', async () => {
    const away = await createPlant(cloud, { name: 'away' });
    const { body } = await issue({ name: 'reboot' }, away.deviceId);
    expect(body.state).toBe('QUEUED');
    await cloud.emit({
      type: 'gateway.connection-changed',
      key: away.gateway.id,
      payload: { gatewayId: away.gateway.id, connected: true },
    });
    await eventually('the command to be sent', async () => (await read(body.id)).state === 'SENT');
  });

  test('a gateway that knows nothing is told of what it never said that it has, and of nothing it may have begun', async () => {
    const fresh = await createPlant(cloud, { name: 'fresh' });
    // Begun was issued first, so it would be told first.
    const [begun, waiting] = [
      await issue({ name: 'reboot' }, fresh.deviceId),
      await issue({ name: 'reboot' }, fresh.deviceId),
    ];
    await fresh.gateway.send({
      type: 'command',
      commandId: begun.body.id,
      deviceId: fresh.deviceId,
      state: 'ACCEPTED',
      at: 1,
    });
    const told = await readDownlink(`${cloud.url}/v1/gateway/downlink`, fresh.gateway.client.headers);
    expect(told).toContain(waiting.body.id);
    expect(told).not.toContain(begun.body.id);
    await eventually('the command to be sent', async () => (await read(waiting.body.id)).state === 'SENT');
    expect(await readDownlink(`${cloud.url}/v1/gateway/downlink`, fresh.gateway.client.headers)).toContain(
      waiting.body.id,
    );
  });

  test('a command that nobody began expires, and a late word is kept beside that', async () => {
    const { body } = await issue({ name: 'set-speed', parameters: { speed: 1 }, expiresInSeconds: 1 });
    await say(body.id, { state: 'DELIVERED' });
    cloud.clock.advance(30_000);
    cloud.wake();
    await eventually('the command to expire', async () => (await read(body.id)).state === 'EXPIRED');
    await say(body.id, { state: 'SUCCEEDED' });
    expect(await read(body.id)).toMatchObject({
      state: 'EXPIRED',
      reason: expect.stringMatching(/^no-word/),
      late: { state: 'SUCCEEDED' },
    });
  });

  test('cancelling asks the gateway, whose answer ends the command', async () => {
    const { body } = await issue({ name: 'reboot' });
    const asked = await technician.post(`/v1/commands/${body.id}/cancel`);
    expect(asked.status).toBe(202);
    expect(asked.body.cancelRequestedAt).not.toBeNull();
    await technician.post(`/v1/commands/${body.id}/cancel`);
    expect(await downlinkOf(body.id)).toEqual(['command', 'cancel']);
    await say(body.id, { state: 'CANCELLED', reason: 'cancelled: before it began' });
    expect((await read(body.id)).state).toBe('CANCELLED');
    const again = await technician.post(`/v1/commands/${body.id}/cancel`);
    expect(again.status).toBe(409);
    expect(again.body.code).toBe('commands.already-ended');
  });

  test('a device has a limited queue, also when many are sent at once', async () => {
    const full = await createPlant(cloud, { name: 'full' });
    const answers = await Promise.all(
      Array.from({ length: 25 }, () => issue({ name: 'set-speed', parameters: { speed: 5 } }, full.deviceId)),
    );
    const statuses = answers.map((answer) => answer.status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
  });

  test('a word about the command of another gateway is refused and counted', async () => {
    const { body } = await issue({ name: 'reboot' });
    const other = await createPlant(cloud, { name: 'intruder' });
    await other.gateway.send({
      type: 'command',
      commandId: body.id,
      deviceId: plant.deviceId,
      state: 'SUCCEEDED',
      at: 1,
      bootIdBefore: 'boot-a',
      bootIdAfter: 'boot-b',
    });
    expect((await read(body.id)).state).not.toBe('SUCCEEDED');
    const counted = await cloud.administrator.get(`/v1/gateways/${other.gateway.id}/rejections`);
    expect(counted.body.items).toMatchObject([{ reason: 'unknown-command', count: 1 }]);
  });

  test.each([
    [{ name: 'explode' }, 'name'],
    [{ name: 'reboot', parameters: { hard: true } }, 'parameters.hard'],
    [{ name: 'set-speed' }, 'parameters.speed'],
    [{ name: 'set-speed', parameters: { speed: 'fast' } }, 'parameters.speed'],
    [{ name: 'set-speed', parameters: { speed: 3001 } }, 'parameters.speed'],
    [{ name: 'reboot', expiresInSeconds: 0 }, 'expiresInSeconds'],
    [{}, 'name'],
  ])('%j is refused, naming %s', async (body, field) => {
    const answer = await issue(body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].field).toBe(field);
  });

  test('who may not send commands is refused, and what does not exist is not found', async () => {
    const viewer = await cloud.clientWithRole('viewer');
    const refused = await viewer.post(`/v1/devices/${plant.deviceId}/commands`, { name: 'reboot' });
    expect(refused.status).toBe(403);
    expect((await issue({ name: 'reboot' }, 'no-such-device')).status).toBe(404);
    expect((await technician.get(`/v1/commands/${randomUUID()}`)).status).toBe(404);
  });

  describe('definitions', () => {
    const mixer = {
      ...pressCategory,
      id: 'mixer',
      name: 'Mixer',
      commands: [
        {
          name: 'run-profile',
          title: 'Run a profile',
          destructive: false,
          idempotency: 'idempotent',
          expiresInSeconds: 600,
          parameters: [
            {
              name: 'profile',
              type: 'object',
              required: true,
              parameters: [
                { name: 'speed', type: 'integer', required: true, minimum: 0, maximum: 3000 },
                { name: 'from', type: 'datetime' },
                {
                  name: 'ramp',
                  type: 'object',
                  parameters: [{ name: 'seconds', type: 'number', default: 2.5 }],
                },
              ],
            },
          ],
        },
        {
          name: 'wipe',
          title: 'Wipe the memory',
          destructive: true,
          idempotency: 'once',
          roles: ['service-manager'],
          parameters: [],
        },
      ],
    };
    let mixerId: string;
    beforeAll(async () => {
      mixerId = (await createPlant(cloud, { name: 'mixer', category: mixer })).deviceId;
    });

    test('a technician sends nested parameters, and the gateway gets them with their defaults [I4]', async () => {
      const given = { profile: { speed: 900, from: '2026-03-02T08:00:00Z' } };
      const { status, body } = await issue({ name: 'run-profile', parameters: given }, mixerId);
      expect(status).toBe(201);
      const whole = { profile: { ...given.profile, ramp: { seconds: 2.5 } } };
      expect(body.parameters).toEqual(whole);
      expect(Date.parse(body.expiresAt) - Date.parse(body.issuedAt)).toBe(600_000);
      const found = await sql<{ command: { parameters: unknown } }>`
        select message->'command' as command from gateway_downlink
        where message->'command'->>'id' = ${body.id}`.execute(cloud.database);
      expect(found.rows[0]?.command.parameters).toEqual(whole);
    });

    test.each([
      [{ profile: { speed: 3001 } }, 'parameters.profile.speed'],
      [{ profile: { speed: 1, ramp: { seconds: '2' } } }, 'parameters.profile.ramp.seconds'],
      [{ profile: { speed: 1, from: 'tomorrow' } }, 'parameters.profile.from'],
      [{ profile: { speed: 1, colour: 'red' } }, 'parameters.profile.colour'],
      [{}, 'parameters.profile'],
    ])('%j is refused, naming %s [I4]', async (parameters, field) => {
      const answer = await issue({ name: 'run-profile', parameters }, mixerId);
      expect(answer.status).toBe(422);
      expect(answer.body.errors[0].field).toContain(field);
    });

    test('a command is sent by the roles alone that its definition names [I4]', async () => {
      const refused = await issue({ name: 'wipe' }, mixerId);
      expect(refused.status).toBe(403);
      expect(refused.body).toMatchObject({ code: 'commands.not-for-this-role', roles: ['service-manager'] });
      const manager = await cloud.clientWithRole('service-manager');
      expect((await manager.post(`/v1/devices/${mixerId}/commands`, { name: 'wipe' })).status).toBe(201);
    });

    test.each([
      [
        [{ name: 'a', type: 'object', parameters: [{ name: 'b', type: 'integer', default: 1.5 }] }],
        'commands.0.parameters.0.parameters.0.default',
      ],
      [[{ name: 'a', type: 'text', choices: ['x', 2] }], 'commands.0.parameters.0.choices.1'],
      [[{ name: 'a', type: 'shape' }], 'commands.0.parameters.0.type'],
    ])('a definition with the parameters %j is refused, naming %s', async (parameters, field) => {
      const { id: _id, ...category } = pressCategory;
      const command = { ...mixer.commands[0], parameters };
      const answer = await cloud.administrator.post('/v1/device-categories', {
        ...category,
        id: 'senseless',
        commands: [command],
      });
      expect(answer.status).toBe(422);
      expect(answer.body.errors[0].field).toBe(field);
    });
  });

  describe('what did not succeed', () => {
    test('is listed with why, and tried again by hand: a new command, linked, once [I4]', async () => {
      const own = await createPlant(cloud, { name: 'again' });
      const first = (await issue({ name: 'set-speed', parameters: { speed: 7 } }, own.deviceId)).body;
      const early = await technician.post(`/v1/commands/${first.id}/retry`);
      expect(early.body.code).toBe('commands.nothing-to-retry');
      await own.gateway.send({
        type: 'command',
        commandId: first.id,
        deviceId: own.deviceId,
        state: 'FAILED',
        at: cloud.clock.now(),
        reason: 'no-answer: the device said nothing',
      });
      const listed = await technician.get(`/v1/commands?outcome=unsuccessful&deviceId=${own.deviceId}`);
      expect(listed.body.items).toMatchObject([
        {
          id: first.id,
          deviceName: 'Press of again',
          reason: 'no-answer: the device said nothing',
          retriedBy: null,
        },
      ]);
      const answers = await Promise.all(
        [1, 2, 3].map(() => technician.post(`/v1/commands/${first.id}/retry`)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
      const again = answers.find(({ status }) => status === 201)?.body;
      expect(again).toMatchObject({ retryOf: first.id, name: 'set-speed', parameters: { speed: 7 } });
      expect(await read(first.id)).toMatchObject({ state: 'FAILED', retriedBy: again.id });
      const waiting = await technician.get(`/v1/commands?outcome=waiting&deviceId=${own.deviceId}`);
      expect(waiting.body.items.map(({ id }: { id: string }) => id)).toEqual([again.id]);
    });
  });

  describe('the audit trail', () => {
    test('names who sent and who cancelled, to those who may read it [I4]', async () => {
      const { body } = await issue({ name: 'set-speed', parameters: { speed: 3 } });
      await technician.post(`/v1/commands/${body.id}/cancel`);
      const manager = await cloud.clientWithRole('service-manager');
      const trail = await manager.get(`/v1/audit?about=command&key=${body.id}`);
      expect(trail.body.items).toMatchObject([
        { type: 'command.cancel-requested', actor: body.issuedBy, actorName: expect.any(String) },
        { type: 'command.state-changed', actor: body.issuedBy, payload: { to: 'QUEUED', name: 'set-speed' } },
      ]);
      expect((await technician.get('/v1/audit')).status).toBe(403);
    });

    test.each(['update events set actor = $$user:nobody$$', 'delete from events', 'truncate events'])(
      'is refused by the database when somebody tries to %s [I4]',
      async (statement) => {
        await expect(cloud.pool.query(statement)).rejects.toThrow('append-only');
      },
    );
  });
});
