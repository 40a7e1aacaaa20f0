import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { DownlinkMessage } from '@andon/shared/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { revokeKeys } from '../../cloud/gateways/key-store.ts';
import { inTransaction } from '../../cloud/platform/index.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import {
  type Downlink,
  enrolGateway,
  openDownlink,
  readingOf,
  registerDevice,
} from '../support/edge-gateway.ts';
import { eventually } from '../support/wait.ts';

let cloud: TestApp;

beforeAll(async () => {
  cloud = await createTestApp();
});
afterAll(() => cloud.close());

const rename = async (deviceId: string, name: string) => {
  const { body } = await cloud.administrator.get(`/v1/devices/${deviceId}`);
  const answer = await cloud.administrator.put(
    `/v1/devices/${deviceId}`,
    { name, categoryId: body.categoryId },
    { 'if-match': String(body.version) },
  );
  expect(answer.status).toBe(200);
};
const namesIn = (downlink: Downlink) =>
  downlink.messages.map(({ message }) => (message.type === 'device' ? message.device.name : message.type));
const waitForName = (downlink: Downlink, name: string) =>
  eventually(`the name ${name}`, () => namesIn(downlink).includes(name));

describe('the downlink', () => {
  test('a gateway with an empty data folder gets its devices first, then the commands that wait for it', async () => {
    const gateway = await enrolGateway(cloud, 'line-1');
    await registerDevice(cloud, gateway, 'press-1');
    const issued = await cloud.administrator.post('/v1/devices/press-1/commands', { name: 'reboot' });
    expect(issued.status).toBe(201);
    const downlink = await gateway.listen();
    await eventually('both', () => downlink.messages.length >= 2);
    const types = downlink.messages.map(({ message }: { message: DownlinkMessage }) => message.type);
    expect(types.slice(0, 2)).toEqual(['device', 'command']);
    const anew = await gateway.listen();
    await eventually('the device again', () => anew.messages.length >= 1);
    expect(anew.messages[0]?.message.type).toBe('device');
    expect(anew.messages[0]?.id).toBeGreaterThan(downlink.messages[1]?.id ?? 0);
    anew.close();
  });

  test('a gateway that resumes gets what it has not journaled, in order and with the same numbers', async () => {
    const gateway = await enrolGateway(cloud, 'line-2');
    await registerDevice(cloud, gateway, 'press-2');
    await registerDevice(cloud, gateway, 'press-3');
    const first = await gateway.listen();
    await eventually('two devices', () => first.messages.length === 2);
    await rename('press-2', 'one');
    await rename('press-3', 'two');
    await waitForName(first, 'two');
    first.close();
    const [, second, third] = first.messages;
    const resumed = await gateway.listen(second?.id);
    await waitForName(resumed, 'two');
    expect(resumed.messages).toEqual(first.messages.slice(2));
    await rename('press-2', 'three');
    await waitForName(resumed, 'three');
    const ids = resumed.messages.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((one, other) => one - other));
    expect(ids[0]).toBe(third?.id);
    resumed.close();
    const { downlink } = (await cloud.administrator.get('/v1/gateways/line-2')).body;
    expect(downlink.acknowledged).toBe(second?.id);
  });

  test('of several changes of one device while its gateway is away, the last one is told', async () => {
    const gateway = await enrolGateway(cloud, 'line-3');
    await registerDevice(cloud, gateway, 'press-4');
    const first = await gateway.listen();
    const [told] = await eventually('it', () => first.messages.length === 1 && first.messages);
    first.close();
    for (const name of ['one', 'two', 'three']) {
      await rename('press-4', name);
    }
    const resumed = await gateway.listen(told?.id);
    await waitForName(resumed, 'three');
    expect(namesIn(resumed)).toEqual(['three']);
    resumed.close();
  });

  test('a gateway that asks for what is no longer kept, or for numbers that never were, gets the whole state', async () => {
    const gateway = await enrolGateway(cloud, 'line-4');
    await registerDevice(cloud, gateway, 'press-5');
    const first = await gateway.listen();
    const [told] = await eventually('it', () => first.messages.length === 1 && first.messages);
    first.close();
    (await gateway.listen(told?.id)).close();
    const restored = await gateway.listen(0);
    await eventually('the state', () => restored.messages.length === 1);
    expect(restored.messages[0]?.id).toBeGreaterThan(told?.id ?? 0);
    restored.close();
    const fromTheFuture = await gateway.listen(5000);
    await eventually('the state again', () => fromTheFuture.messages.length === 1);
    expect(fromTheFuture.messages[0]?.id).toBe(5001);
    fromTheFuture.close();
  });

  test('the newer of two streams wins, and a new key ends the stream of the old one', async () => {
    const gateway = await enrolGateway(cloud, 'line-5');
    const older = await gateway.listen();
    const newer = await gateway.listen();
    await eventually('the older one to end', older.ended);
    expect(newer.ended()).toBe(false);
    await cloud.administrator.post('/v1/gateways/line-5/key?formerValidForSeconds=0');
    await eventually('the newer one to end', newer.ended);
  });

  test('of a gateway that reads nothing is cut when its key is revoked, with what waits for it', async () => {
    const gateway = await enrolGateway(cloud, 'line-5c');
    await cloud.pool.query(
      `insert into gateway_downlink (gateway_id, number, message, created_at)
       select 'line-5c', number, jsonb_build_object('type', 'cancel', 'commandId', repeat('x', 100000)), now()
       from generate_series(1, 200) as number`,
    );
    await cloud.pool.query(`update gateways set downlink_number = 200 where id = 'line-5c'`);
    const { server } = cloud.application.app;
    const asked = new Promise<ServerResponse>((resolve) =>
      server.on('request', (request: IncomingMessage, response: ServerResponse) => {
        if (request.headers['last-event-id'] === '0' && request.headers['x-test'] === 'reads nothing') {
          resolve(response);
        }
      }),
    );
    const request = get(`${cloud.url}/v1/gateway/downlink`, {
      headers: {
        authorization: `Bearer ${gateway.key}`,
        'last-event-id': '0',
        'x-test': 'reads nothing',
      },
    });
    request.on('response', (answer) => answer.pause().on('error', () => undefined));
    request.on('error', () => undefined);
    const response = await asked;
    const { socket } = response;
    await eventually('the stream to be full', () => response.writableNeedDrain);
    expect((await cloud.administrator.delete('/v1/gateways/line-5c/key')).status).toBe(204);
    await eventually('the connection to be cut', () => socket?.destroyed === true);
    request.destroy();
  });

  test('does not begin with a key that is revoked between the door and the stream', async () => {
    const gateway = await enrolGateway(cloud, 'line-5b');
    expect((await gateway.client.get('/v1/gateway/identity')).status).toBe(200);
    let opening: Promise<Downlink> | undefined;
    await inTransaction(cloud.database, async (transaction) => {
      await revokeKeys(transaction, 'line-5b', new Date(cloud.clock.now()));
      opening = gateway.listen();
      await eventually('the stream to wait for the row of its gateway', async () => {
        const waiting = await cloud.pool.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return waiting.rowCount === 1;
      });
    });
    expect((await opening)?.status).toBe(401);
  });

  test('refuses numbers that are none, and callers that are no gateway', async () => {
    const gateway = await enrolGateway(cloud, 'line-6');
    for (const wrong of ['one', '-1', '99999999999999999999']) {
      const answer = await gateway.client.get('/v1/gateway/downlink', { 'last-event-id': wrong });
      expect([answer.status, answer.body.errors[0].field]).toEqual([422, 'Last-Event-ID']);
    }
    expect((await openDownlink(cloud.url, 'andon_gw_guessed')).status).toBe(401);
    expect((await cloud.administrator.get('/v1/gateway/downlink')).status).toBe(403);
  });
});

describe('who is here', () => {
  const connectionEvents = async (key: string) => {
    const found = await cloud.pool.query(
      `select payload->>'connected' as connected from events
       where key = $1 and type in ('gateway.connection-changed', 'device.connection-changed') order by id`,
      [key],
    );
    return found.rows.map((row: { connected: string }) => row.connected);
  };

  test('a gateway is connected from its first word, away a minute after its last, and its devices with it', async () => {
    const gateway = await enrolGateway(cloud, 'line-7');
    await registerDevice(cloud, gateway, 'press-7');
    const state = async () => (await cloud.administrator.get('/v1/gateways/line-7')).body;
    expect((await state()).connected).toBe(false);
    await gateway.send('readings', [
      readingOf({ deviceId: 'press-7', gatewayTime: cloud.clock.now(), sourceTime: cloud.clock.now() }),
    ]);
    expect((await state()).connected).toBe(true);
    cloud.clock.advance(61_000);
    cloud.wake();
    await eventually('the gateway to be away', async () => !(await state()).connected);
    const device = async () => (await cloud.administrator.get('/v1/devices/press-7')).body;
    await eventually('its device to be away', async () => !(await device()).connected);
    const downlink = await gateway.listen();
    await eventually('its device to be back', async () => (await device()).connected);
    expect(await connectionEvents('line-7')).toEqual(['true', 'false', 'true']);
    expect(await connectionEvents('press-7')).toEqual(['true', 'false', 'true']);
    downlink.close();
  });

  test('an older word on a device that arrives later changes nothing', async () => {
    const gateway = await enrolGateway(cloud, 'line-8');
    await registerDevice(cloud, gateway, 'press-8');
    const now = cloud.clock.now();
    const status = (connected: boolean, at: number, bootId: string) =>
      ({ type: 'device-status', deviceId: 'press-8', connected, at, bootId }) as const;
    await gateway.send('alerts', [status(true, now - 5000, 'boot-a'), status(false, now - 1000, 'boot-b')]);
    await gateway.send('readings', [readingOf({ deviceId: 'press-8', gatewayTime: now - 3000 })]);
    const device = async () => (await cloud.administrator.get('/v1/devices/press-8')).body;
    expect(await device()).toMatchObject({ connected: false, bootId: 'boot-b' });
    await gateway.send('alerts', [status(true, now - 4000, 'boot-z')]);
    expect(await device()).toMatchObject({ connected: false, bootId: 'boot-b' });
    const rebooted = await cloud.pool.query(`select payload from events where type = 'device.rebooted'`);
    expect(rebooted.rows.map((row: { payload: unknown }) => row.payload)).toEqual([
      { deviceId: 'press-8', bootIdBefore: 'boot-a', bootIdAfter: 'boot-b' },
    ]);
  });
});

describe('a stream', () => {
  test('ends half a minute after a message without a receipt, so that the gateway says what it has journaled', async () => {
    const gateway = await enrolGateway(cloud, 'line-9');
    const { assetId } = await registerDevice(cloud, gateway, 'press-9');
    expect(assetId).toBeDefined();
    const downlink = await gateway.listen();
    const [told] = await eventually('it', () => downlink.messages.length === 1 && downlink.messages);
    cloud.clock.advance(31_000);
    cloud.wake();
    await eventually('the stream to end', downlink.ended);
    const resumed = await gateway.listen(told?.id);
    await eventually('the registration', async () => {
      const { body } = await cloud.administrator.get('/v1/devices/press-9');
      return body.registrationStatus === 'registered';
    });
    cloud.clock.advance(90_000);
    cloud.wake();
    await gateway.send('readings', [readingOf({ deviceId: 'press-9' })]);
    cloud.clock.advance(90_000);
    cloud.wake();
    await rename('press-9', 'still open');
    await waitForName(resumed, 'still open');
    cloud.clock.advance(121_000);
    cloud.wake();
    await eventually('the stream of a silent gateway to end', resumed.ended);
  });

  test('whose gateway gives a receipt for everything stays open, and what was received is pending no longer', async () => {
    const gateway = await enrolGateway(cloud, 'line-12');
    await registerDevice(cloud, gateway, 'press-12');
    const downlink = await gateway.listen();
    const [told] = await eventually('it', () => downlink.messages.length === 1 && downlink.messages);
    const give = (stream: string | null, lastEventId: number) =>
      gateway.client.post('/v1/gateway/downlink-receipt', { stream, lastEventId });
    const state = async () => (await cloud.administrator.get('/v1/gateways/line-12')).body.downlink;
    const id = told?.id ?? 0;
    // Of another stream, of what was never sent, and of what is known: nothing changes.
    expect((await give(cloud.platform.newId(), id)).status).toBe(204);
    expect((await give(downlink.stream, id + 1)).status).toBe(204);
    expect(await state()).toMatchObject({ acknowledged: 0, pending: 1 });
    expect((await give(downlink.stream, id)).status).toBe(204);
    expect((await give(downlink.stream, id)).status).toBe(204);
    expect(await state()).toMatchObject({ acknowledged: id, pending: 0 });
    expect((await give(null, id)).status).toBe(422);
    expect((await cloud.administrator.post('/v1/gateway/downlink-receipt', {})).status).toBe(403);
    await rename('press-12', 'in time');
    await waitForName(downlink, 'in time');
    expect((await give(downlink.stream, downlink.messages.at(-1)?.id ?? 0)).status).toBe(204);
    cloud.clock.advance(31_000);
    cloud.wake();
    await rename('press-12', 'still open');
    await waitForName(downlink, 'still open');
    downlink.close();
    const resumed = await gateway.listen(downlink.messages.at(-2)?.id);
    await waitForName(resumed, 'still open');
    expect(resumed.messages).toHaveLength(1);
    resumed.close();
  });

  test('ends half a minute after its first message, however often others follow', async () => {
    const gateway = await enrolGateway(cloud, 'line-11');
    await registerDevice(cloud, gateway, 'press-11');
    const downlink = await gateway.listen();
    await eventually('the device', () => downlink.messages.length === 1);
    for (const name of ['after 15 s', 'after 30 s']) {
      cloud.clock.advance(15_000);
      await rename('press-11', name);
      cloud.wake();
      if (name === 'after 15 s') {
        await waitForName(downlink, name);
      }
    }
    await eventually('the stream to end', downlink.ended);
  });

  test('of a gateway that missed more messages than are kept begins with the whole state', async () => {
    const gateway = await enrolGateway(cloud, 'line-10');
    await registerDevice(cloud, gateway, 'press-10');
    const first = await gateway.listen();
    const [told] = await eventually('it', () => first.messages.length === 1 && first.messages);
    first.close();
    await cloud.pool.query(
      `insert into gateway_downlink (gateway_id, number, message, created_at)
       select 'line-10', number, '{"type": "cancel"}', now()
       from generate_series($1::integer, 10199) as number`,
      [(told?.id ?? 0) + 1],
    );
    await cloud.pool.query(`update gateways set downlink_number = 10199 where id = 'line-10'`);
    await rename('press-10', 'after the storm');
    const kept = await cloud.pool.query(
      `select count(*) as count from gateway_downlink where gateway_id = 'line-10'`,
    );
    expect(kept.rows[0].count).toBe(10_000);
    const resumed = await gateway.listen(told?.id);
    await waitForName(resumed, 'after the storm');
    expect(resumed.messages).toHaveLength(1);
    expect(resumed.messages[0]?.id).toBe(10_201);
    resumed.close();
  });
});
