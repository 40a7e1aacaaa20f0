import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { type EdgeGateway, enrolGateway, readingOf, registerDevice } from '../support/edge-gateway.ts';
import { eventually } from '../support/wait.ts';

let cloud: TestApp;
let gateway: EdgeGateway;

beforeAll(async () => {
  cloud = await createTestApp();
  gateway = await enrolGateway(cloud, 'hall-1');
});
afterAll(() => cloud.close());

const device = async (id: string) => (await cloud.administrator.get(`/v1/devices/${id}`)).body;
const lastDefinition = async (id: string) => {
  const downlink = await gateway.listen();
  const found = await eventually(`the definition of ${id}`, () =>
    downlink.messages.findLast(({ message }) => message.type === 'device' && message.device.id === id),
  );
  downlink.close();
  return found.message.type === 'device' ? found.message.device : undefined;
};

describe('properties of a device', () => {
  test('[I7] what it is to be set to goes down with its version, what it is set to comes up, and the difference is shown', async () => {
    await registerDevice(cloud, gateway, 'press-1');
    const path = '/v1/devices/press-1/properties/desired';
    const wanted = { properties: { interval: 10, network: { channel: 6 } } };
    const set = await cloud.administrator.put(path, wanted, { 'if-match': '"1"' });
    expect(set.status).toBe(200);
    expect(set.body.properties).toMatchObject({
      desired: { ...wanted, version: 2 },
      reported: { properties: {}, version: 0 },
      differences: [{ path: '/interval', isReported: false }, { path: '/network' }],
    });
    expect((await cloud.administrator.put(path, wanted, { 'if-match': '"1"' })).status).toBe(412);
    expect((await lastDefinition('press-1'))?.desired).toEqual({ version: 2, ...wanted });
    const at = cloud.clock.now();
    const word = { type: 'device-status', deviceId: 'press-1', connected: true, at } as const;
    const sent = await gateway.send('alerts', [
      { ...word, reported: { interval: 30, network: { channel: 6 }, model: 'P-7' } },
      { ...word, reported: { interval: 10, model: null } },
    ]);
    expect(sent.status).toBe(200);
    expect((await device('press-1')).properties).toMatchObject({
      reported: { properties: { interval: 10, network: { channel: 6 } }, version: 1 },
      differences: [],
    });
  });

  test('too much of them is refused where it is wanted, and counted where it is reported', async () => {
    await registerDevice(cloud, gateway, 'press-2');
    const path = '/v1/devices/press-2/properties/desired';
    const large = { text: 'x'.repeat(33_000) };
    const refused = await cloud.administrator.put(path, { properties: large }, { 'if-match': '"1"' });
    expect([refused.status, refused.body.code]).toEqual([422, 'devices.properties-too-large']);
    const badName = await cloud.administrator.put(path, { properties: { 'a b': 1 } }, { 'if-match': '"1"' });
    expect(badName.status).toBe(422);
    const at = cloud.clock.now();
    await gateway.send('alerts', [
      { type: 'device-status', deviceId: 'press-2', connected: true, at, reported: large },
    ]);
    expect((await device('press-2')).properties.reported.version).toBe(0);
    const { items } = (await cloud.administrator.get('/v1/gateways/hall-1/rejections?deviceId=press-2')).body;
    expect(items).toMatchObject([{ reason: 'reported-properties-too-large', count: 1 }]);
  });
});

describe('what people keep of a device', () => {
  test('tags narrow the list, the time zone is checked, and the place is its own or that of its site', async () => {
    const { accountId, assetId, categoryId } = await registerDevice(cloud, gateway, 'pump-1');
    const site = await cloud.administrator.post('/v1/sites', {
      accountId,
      name: 'Bilbao',
      latitude: 43.26,
      longitude: -2.93,
      timeZone: 'Europe/Madrid',
    });
    const asset = (await cloud.administrator.get(`/v1/assets/${assetId}`)).body;
    await cloud.administrator.put(
      `/v1/assets/${assetId}`,
      { accountId, name: asset.name, siteId: site.body.id },
      { 'if-match': String(asset.version) },
    );
    const before = await device('pump-1');
    expect(before).toMatchObject({
      location: { latitude: 43.26, longitude: -2.93, from: 'site', siteName: 'Bilbao' },
      timeZone: null,
      effectiveTimeZone: 'Europe/Madrid',
      tags: [],
    });
    const edit = (change: Record<string, unknown>, version: number) =>
      cloud.administrator.put(
        '/v1/devices/pump-1',
        { name: 'Pump', categoryId, ...change },
        { 'if-match': String(version) },
      );
    const wrong = await edit({ timeZone: 'Europe/Atlantis' }, before.version);
    expect([wrong.status, wrong.body.errors[0].field]).toEqual([422, 'timeZone']);
    expect((await edit({ timeZone: '+02:00' }, before.version)).status).toBe(422);
    const half = await edit({ latitude: 1 }, before.version);
    expect([half.status, half.body.errors[0].field]).toEqual([422, 'longitude']);
    const edited = await edit(
      {
        tags: ['hall 3', 'pilot', 'pilot'],
        timeZone: 'Asia/Taipei',
        latitude: 25,
        longitude: 121.5,
        simulated: true,
      },
      before.version,
    );
    expect(edited.body).toMatchObject({
      tags: ['hall 3', 'pilot'],
      effectiveTimeZone: 'Asia/Taipei',
      location: { latitude: 25, longitude: 121.5, from: 'device' },
      simulated: true,
    });
    const renamed = await edit({ name: 'Pump two' }, before.version + 1);
    expect(renamed.body).toMatchObject({ tags: ['hall 3', 'pilot'], timeZone: 'Asia/Taipei' });
    const listed = async (query: string) =>
      (await cloud.administrator.get(`/v1/devices?${query}`)).body.items.map(({ id }: { id: string }) => id);
    expect(await listed('tags=pilot,hall%203')).toEqual(['pump-1']);
    expect(await listed('tags=pilot,attic')).toEqual([]);
    expect(await listed('simulated=true')).toEqual(['pump-1']);
    expect(await listed(`siteId=${site.body.id}`)).toEqual(['pump-1']);
  });
});

describe('taking a device out of service for a while', () => {
  test('[I1] its gateway serves it no longer, its readings are refused, and everything is kept with who, when and result', async () => {
    await registerDevice(cloud, gateway, 'saw-1');
    const technician = await cloud.clientWithRole('technician');
    const off = await technician.post('/v1/devices/saw-1/deactivate');
    expect(off.body).toMatchObject({ active: false, connected: false });
    await gateway.send('readings', [readingOf({ deviceId: 'saw-1' })]);
    expect((await device('saw-1')).connected).toBe(false);
    const { items: refused } = (
      await cloud.administrator.get('/v1/gateways/hall-1/rejections?deviceId=saw-1')
    ).body;
    expect(refused).toMatchObject([{ reason: 'unknown-device' }]);
    expect((await technician.post('/v1/devices/saw-1/deactivate')).status).toBe(200);
    const on = await technician.post('/v1/devices/saw-1/activate');
    expect(on.body.active).toBe(true);
    expect((await lastDefinition('saw-1'))?.id).toBe('saw-1');
    await gateway.send('readings', [readingOf({ deviceId: 'saw-1', sourceTime: cloud.clock.now() })]);
    expect((await device('saw-1')).connected).toBe(true);
    await technician.post('/v1/devices/saw-1/unregister');
    expect((await technician.post('/v1/devices/saw-1/activate')).status).toBe(409);
    const { items } = (await cloud.administrator.get('/v1/devices/saw-1/registration-history')).body;
    const told = items.map(({ action, result }: { action: string; result: string }) => `${action} ${result}`);
    expect(told).toEqual([
      'register in-progress',
      'deactivate succeeded',
      'activate succeeded',
      'register succeeded',
      'unregister succeeded',
    ]);
    expect(items[1].actor).toMatch(/^api-key:/);
    const viewer = await cloud.clientWithRole('viewer');
    expect((await viewer.post('/v1/devices/saw-1/activate')).status).toBe(403);
  });
});
