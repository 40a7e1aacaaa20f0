import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@andon/shared/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createDeviceGround, enrolGateway, readingOf, registerDevice } from '../support/edge-gateway.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { startGatewayHere } from '../support/running-gateway.ts';
import { eventually } from '../support/wait.ts';

let cloud: TestApp;

beforeAll(async () => {
  cloud = await createTestApp();
});
afterAll(() => cloud.close());

describe('registering an asset as a device', () => {
  test('[I1] an asset that is registered becomes a device, its gateway gets the credentials, its first reading connects it, and every step is kept', async () => {
    const gateway = await enrolGateway(cloud, 'line-1');
    const downlink = await gateway.listen();
    const { assetId, accountId, categoryId } = await createDeviceGround(cloud);
    const registered = await cloud.administrator.post(`/v1/assets/${assetId}/register`, {
      deviceId: 'press-1',
      categoryId,
      gatewayId: 'line-1',
    });
    expect(registered.status).toBe(201);
    expect(registered.body.device).toMatchObject({
      id: 'press-1',
      name: 'Press one',
      assetId,
      accountId,
      gatewayId: 'line-1',
      registrationStatus: 'in-progress',
      connected: false,
    });
    expect(registered.body.mqtt.username).toBe('press-1');

    const [told] = await eventually(
      'the definition',
      () => downlink.messages.length > 0 && downlink.messages,
    );
    expect(told?.message).toMatchObject({
      type: 'device',
      device: {
        id: 'press-1',
        category: 'press',
        mqttPasswordSha256: createHash('sha256').update(registered.body.mqtt.password).digest('hex'),
        signals: [{ name: 'temperature' }],
        rules: [{ name: 'overheating', version: 1 }],
      },
    });

    downlink.close();
    const resumed = await gateway.listen(told?.id);
    const device = await eventually(
      'the registration',
      async () => {
        const { body } = await cloud.administrator.get('/v1/devices/press-1');
        return body.registrationStatus === 'registered' && body;
      },
      30_000,
    );
    expect(device.connected).toBe(false);

    const sent = await gateway.send('readings', [readingOf({ deviceId: 'press-1' })]);
    expect(sent.body).toEqual({ acked: 1 });
    const after = await cloud.administrator.get('/v1/devices/press-1');
    expect(after.body).toMatchObject({
      connected: true,
      lastActivityAt: '2026-03-02T08:00:00.100Z',
      category: { name: 'Presses', commands: [{ name: 'reboot' }] },
    });
    const history = await cloud.administrator.get('/v1/devices/press-1/registration-history');
    expect(history.body.items.map((step: { from: string; to: string }) => [step.from, step.to])).toEqual([
      ['unregistered', 'in-progress'],
      ['in-progress', 'registered'],
    ]);
    expect(history.body.items[0].actor).toMatch(/^api-key:/);
    resumed.close();
  });

  test('a device that its gateway speaks of is registered, without waiting for the receipt', async () => {
    const gateway = await enrolGateway(cloud, 'line-2');
    await registerDevice(cloud, gateway, 'pump-1');
    await gateway.send('alerts', [
      {
        type: 'device-status',
        deviceId: 'pump-1',
        connected: true,
        at: cloud.clock.now(),
        bootId: 'boot-a',
        firmware: '1.2.0',
      },
    ]);
    const device = await cloud.administrator.get('/v1/devices/pump-1');
    expect(device.body).toMatchObject({
      registrationStatus: 'registered',
      connected: true,
      bootId: 'boot-a',
      firmware: '1.2.0',
    });
  });

  test('a silent device is registered as soon as its running gateway has taken its definition [I1]', async () => {
    const { key } = await enrolGateway(cloud, 'line-silent');
    const folder = temporaryFolder();
    writeFileSync(join(folder.path, 'cloud-key'), key, { mode: 0o600 });
    const text = `gateway: { id: line-silent, dataDirectory: data }\ncloud: { url: ${cloud.url}, keyFile: cloud-key }\nstatusPage: { port: 0 }\n`;
    const running = await startGatewayHere(folder.path, text, systemClock);
    try {
      const at = async (path: string) => (await cloud.administrator.get(path)).body;
      await eventually('its line', async () => (await at('/v1/gateways/line-silent')).connected);
      await registerDevice(cloud, { id: 'line-silent' }, 'silent-1');
      // The clock of the cloud stands still: the end of the stream, half a minute on, never comes.
      const history = await eventually('the registration', async () => {
        const { items } = await at('/v1/devices/silent-1/registration-history');
        return items.at(-1).to === 'registered' && items;
      });
      expect(history.at(-1).detail).toBe('The gateway has journaled its definition.');
      expect(await at('/v1/devices/silent-1')).toMatchObject({ connected: false, lastActivityAt: null });
    } finally {
      await running.stop();
      folder.remove();
    }
  });

  test('ids, assets and references that do not fit are refused, and the field is named', async () => {
    const gateway = await enrolGateway(cloud, 'line-3');
    const { assetId, categoryId } = await registerDevice(cloud, gateway, 'oven-1');
    const other = await createDeviceGround(cloud);
    const register = (asset: string, change: Record<string, unknown>) =>
      cloud.administrator.post(`/v1/assets/${asset}/register`, {
        deviceId: 'oven-2',
        categoryId,
        gatewayId: 'line-3',
        ...change,
      });
    const taken = await register(other.assetId, { deviceId: 'oven-1' });
    expect([taken.status, taken.body.errors[0].field]).toEqual([409, 'deviceId']);
    const twice = await register(assetId, {});
    expect([twice.status, twice.body.errors[0].field]).toEqual([409, 'assetId']);
    const nowhere = await register(other.assetId, { gatewayId: 'line-99' });
    expect([nowhere.status, nowhere.body.errors[0].field]).toEqual([422, 'gatewayId']);
    const noCategory = await register(other.assetId, { categoryId: 'unheard-of' });
    expect([noCategory.status, noCategory.body.errors[0].field]).toEqual([422, 'categoryId']);
    const badId = await register(other.assetId, { deviceId: 'Not a slug' });
    expect([badId.status, badId.body.errors[0].field]).toEqual([422, 'deviceId']);
    expect((await register('01890000-0000-7000-8000-000000000000', {})).status).toBe(404);
    expect((await register('not-a-uuid', {})).status).toBe(404);
  });

  test('a device is renamed with its version, its gateway hears of it, and so does the log', async () => {
    const gateway = await enrolGateway(cloud, 'line-7');
    const deviceId = 'oven-7';
    const { categoryId } = await registerDevice(cloud, gateway, deviceId);
    const path = `/v1/devices/${deviceId}`;
    const before = (await cloud.administrator.get('/v1/gateways/line-7')).body.downlink.lastNumber;
    const { version } = (await cloud.administrator.get(path)).body;
    const renamed = { name: 'Oven in hall 3', categoryId };
    const headers = { 'if-match': String(version) };
    const edited = await cloud.administrator.put(path, renamed, headers);
    expect([edited.status, edited.body.name, edited.body.version]).toEqual([
      200,
      'Oven in hall 3',
      version + 1,
    ]);
    expect((await cloud.administrator.put(path, renamed, headers)).status).toBe(412);
    const after = (await cloud.administrator.get('/v1/gateways/line-7')).body.downlink.lastNumber;
    expect(after).toBe(before + 1);
    const { items } = (await cloud.administrator.get(`/v1/events?key=${deviceId}`)).body;
    expect(items[0]).toMatchObject({ type: 'device.changed', payload: { deviceId, categoryId } });
  });

  test('of two registrations of one asset at once, one is made', async () => {
    const gateway = await enrolGateway(cloud, 'line-4');
    const { assetId, categoryId } = await createDeviceGround(cloud);
    const answers = await Promise.all(
      ['saw-1', 'saw-1', 'saw-2', 'saw-3'].map((deviceId) =>
        cloud.administrator.post(`/v1/assets/${assetId}/register`, {
          deviceId,
          categoryId,
          gatewayId: gateway.id,
        }),
      ),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409]);
    const devices = await cloud.administrator.get(`/v1/devices?assetId=${assetId}`);
    expect(devices.body.items).toHaveLength(1);
  });

  test('a device that is taken out of service is forgotten by its gateway and can be registered anew', async () => {
    const gateway = await enrolGateway(cloud, 'line-5');
    const { assetId, categoryId } = await registerDevice(cloud, gateway, 'lathe-1');
    const downlink = await gateway.listen();
    const out = await cloud.administrator.post('/v1/devices/lathe-1/unregister');
    expect(out.body.registrationStatus).toBe('unregistered');
    await eventually('the removal', () =>
      downlink.messages.some(({ message }) => message.type === 'device-removed'),
    );
    await gateway.send('readings', [readingOf({ deviceId: 'lathe-1' })]);
    const rejections = await cloud.administrator.get('/v1/gateways/line-5/rejections');
    expect(rejections.body.items).toMatchObject([
      { deviceId: 'lathe-1', reason: 'unknown-device', count: 1 },
    ]);
    const again = await cloud.administrator.post(`/v1/assets/${assetId}/register`, {
      deviceId: 'lathe-1',
      categoryId,
      gatewayId: 'line-5',
    });
    expect(again.status).toBe(201);
    downlink.close();
  });

  test('new credentials reach the gateway', async () => {
    const gateway = await enrolGateway(cloud, 'line-6');
    const { password } = await registerDevice(cloud, gateway, 'drill-1');
    const downlink = await gateway.listen();
    const rotated = await cloud.administrator.post('/v1/devices/drill-1/credentials');
    expect(rotated.body.username).toBe('drill-1');
    expect(rotated.body.password).not.toBe(password);
    const sha256 = createHash('sha256').update(rotated.body.password).digest('hex');
    await eventually('the new credentials', () =>
      downlink.messages.some(
        ({ message }) => message.type === 'device' && message.device.mqttPasswordSha256 === sha256,
      ),
    );
    downlink.close();
  });
});
