import { afterAll, beforeAll, expect, test } from 'vitest';
import { alertTransition, numberedId } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { enrolGateway, registerDevice } from '../support/edge-gateway.ts';

let cloud: TestApp;

beforeAll(async () => {
  cloud = await createTestApp();
});
afterAll(() => cloud.close());

test('[I7] the map shows where devices are, as one point for what lies together, in the colour of the worst open alert', async () => {
  const gateway = await enrolGateway(cloud, 'hall-1');
  const places: Record<string, { latitude?: number; longitude?: number }> = {
    'lisbon-1': { latitude: 38.71, longitude: -9.13 },
    'lisbon-2': { latitude: 38.72, longitude: -9.14 },
    'suva-1': { latitude: -18.14, longitude: 178.44 },
    'nowhere-1': {},
  };
  for (const [id, place] of Object.entries(places)) {
    const { categoryId } = await registerDevice(cloud, gateway, id);
    const { version } = (await cloud.administrator.get(`/v1/devices/${id}`)).body;
    const edit = { name: `Machine ${id}`, categoryId, ...place };
    await cloud.administrator.put(`/v1/devices/${id}`, edit, { 'if-match': String(version) });
  }
  const at = cloud.clock.now();
  const times = { sourceTime: at, gatewayTime: at };
  await gateway.send('alerts', [
    { type: 'device-status', deviceId: 'lisbon-1', connected: true, at },
    alertTransition({ ...times, deviceId: 'lisbon-1', alertId: numberedId(1), severity: 'MINOR' }),
    alertTransition({ ...times, deviceId: 'lisbon-2', alertId: numberedId(2), severity: 'CRITICAL' }),
  ]);
  const view = async (query = '') => (await cloud.administrator.get(`/v1/map${query}`)).body;
  const world = await view('?grainDegrees=5');
  expect(world).toMatchObject({ more: false, withoutPlace: 1 });
  expect(world.points).toMatchObject([
    { devices: 2, places: 2, connected: 1, openAlerts: 2, worstSeverity: 'CRITICAL', deviceId: null },
    { devices: 1, deviceId: 'suva-1', deviceName: 'Machine suva-1', openAlerts: 0, worstSeverity: null },
  ]);
  expect(world.points[0].latitude).toBeCloseTo(38.715, 3);
  const near = await view('?west=-10&south=38&east=-9&north=39&grainDegrees=0.001');
  expect(near.points.map((point: { deviceId: string }) => point.deviceId)).toEqual(['lisbon-2', 'lisbon-1']);
  const overTheDateLine = await view('?west=170&south=-30&east=-170&north=0');
  expect(overTheDateLine.points).toMatchObject([{ deviceId: 'suva-1' }]);
  const { accountId } = (await cloud.administrator.get('/v1/devices/lisbon-1')).body;
  expect((await view(`?accountId=${accountId}`)).points).toMatchObject([{ deviceId: 'lisbon-1' }]);
  expect((await cloud.administrator.get('/v1/map?west=200')).status).toBe(422);
});
