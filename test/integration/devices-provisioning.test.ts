import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createDeviceGround, type EdgeGateway, enrolGateway, readingOf } from '../support/edge-gateway.ts';
import { eventually } from '../support/wait.ts';

let cloud: TestApp;
let gateway: EdgeGateway;
let accountId: string;
let categoryId: string;

beforeAll(async () => {
  // One test cuts every connection to the database, which much is said of.
  cloud = await createTestApp({ logLevel: 'silent' });
  gateway = await enrolGateway(cloud, 'hall-1');
  ({ accountId, categoryId } = await createDeviceGround(cloud, { accountName: 'Ridgeway Foods' }));
});
afterAll(() => cloud.close());

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const newAsset = async (name: string): Promise<string> =>
  (await cloud.administrator.post('/v1/assets', { accountId, name })).body.id;
const actionsOf = async (id: string) =>
  (await cloud.administrator.get(`/v1/devices/${id}/registration-history`)).body.items.map(
    (step: { action: string; from: string; to: string }) => `${step.action} ${step.from} ${step.to}`,
  );

describe('a claim code', () => {
  const issue = async (...ids: string[]) =>
    cloud.administrator.post('/v1/device-claims', {
      devices: ids.map((deviceId) => ({ deviceId, categoryId, tags: ['lot 7'] })),
    });

  test('[I1] makes the device the asset’s of whoever types it, once, with the password that was put into it', async () => {
    const issued = await issue('meter-1', 'meter-2');
    expect(issued.status).toBe(201);
    const [first] = issued.body.items;
    const stored = JSON.stringify((await cloud.pool.query('select * from device_claims')).rows);
    expect(stored).not.toContain(first.code);
    expect(stored).not.toContain(first.mqtt.password);

    const technician = await cloud.clientWithRole('technician');
    const assets = await Promise.all(['A', 'B', 'C'].map((name) => newAsset(name)));
    const answers = await Promise.all(
      assets.map((assetId) =>
        technician.post('/v1/device-claims/claim', {
          code: first.code.toLowerCase().replaceAll('-', ' '),
          assetId,
          gatewayId: 'hall-1',
        }),
      ),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 403, 403]);
    const { device } = answers.find((answer) => answer.status === 201)?.body ?? {};
    expect(device).toMatchObject({ id: 'meter-1', tags: ['lot 7'], registrationStatus: 'in-progress' });
    expect(assets).toContain(device.assetId);
    const downlink = await gateway.listen();
    const told = await eventually('the definition', () =>
      downlink.messages.find(({ message }) => message.type === 'device' && message.device.id === 'meter-1'),
    );
    downlink.close();
    expect(told.message).toMatchObject({ device: { mqttPasswordSha256: sha256(first.mqtt.password) } });
    const listed = (await cloud.administrator.get('/v1/device-claims?state=claimed')).body.items;
    expect(listed).toMatchObject([{ deviceId: 'meter-1', assetId: device.assetId }]);
    expect(listed[0].claimedBy).toMatch(/^api-key:/);
  });

  test('that fails to register stays good, one that is late or withdrawn does not, and another can be made', async () => {
    const [claim] = (await issue('meter-3')).body.items;
    const assetId = await newAsset('D');
    const type = (code: string, gatewayId = 'hall-1') =>
      cloud.administrator.post('/v1/device-claims/claim', { code, assetId, gatewayId });
    const nowhere = await type(claim.code, 'hall-99');
    expect([nowhere.status, nowhere.body.errors[0].field]).toEqual([422, 'gatewayId']);
    const short = await cloud.administrator.post('/v1/device-claims/meter-3/code', { expiresInSeconds: 60 });
    expect((await type(claim.code)).status).toBe(403);
    cloud.clock.advance(61_000);
    const late = (await type(short.body.code)).body;
    expect(late).toMatchObject({
      code: 'devices.code-not-good',
      title: expect.stringMatching(/^The code expired on/),
    });
    expect(late.nextStep).toContain('"New code" beside meter-3');
    const states = (await cloud.administrator.get('/v1/device-claims?state=expired')).body.items;
    expect(states).toMatchObject([{ deviceId: 'meter-3', state: 'expired' }]);
    const renewed = await cloud.administrator.post('/v1/device-claims/meter-3/code', {});
    expect((await type(renewed.body.code)).status).toBe(201);
    expect((await type(renewed.body.code)).body.title).toContain('was used already, for the device meter-3');
    expect((await cloud.administrator.post('/v1/device-claims/meter-3/code', {})).status).toBe(404);
    const taken = await issue('meter-4', 'meter-3');
    expect([taken.status, taken.body.errors[0].field]).toEqual([409, 'devices.1.deviceId']);
    const [other] = (await issue('meter-4')).body.items;
    expect((await cloud.administrator.delete('/v1/device-claims/meter-4')).status).toBe(204);
    expect((await type(other.code)).status).toBe(403);
    const agent = await cloud.clientWithRole('service-agent');
    expect((await agent.post('/v1/device-claims/claim', {})).status).toBe(403);
  });
});

describe('a device that a gateway tells of', () => {
  const edit = async (change: Record<string, unknown>) => {
    const { name, version } = (await cloud.administrator.get('/v1/gateways/hall-1')).body;
    const headers = { 'if-match': String(version) };
    return cloud.administrator.put('/v1/gateways/hall-1', { name, ...change }, headers);
  };
  const tell = async (...devices: Record<string, unknown>[]) =>
    (await gateway.client.post('/v1/gateway/devices', { devices })).body.items;

  test('[I1] [I3] comes into the registry where its category allows that, up to the gateway’s limit, and is listed with the reason otherwise', async () => {
    await cloud.administrator.post('/v1/device-categories', {
      id: 'sensor',
      name: 'Sensors',
      signals: [{ name: 'temperature' }],
      rules: [],
      commands: [],
      allowsJustInTime: true,
    });
    const sensor = { deviceId: 'sensor-1', categoryId: 'sensor', mqttPasswordSha256: sha256('its own') };
    expect(await tell(sensor)).toMatchObject([{ outcome: 'refused', reason: 'gateway-has-no-account' }]);
    expect((await edit({ accountId, justInTimeDevicesMax: 2 })).status).toBe(200);
    expect(
      await tell(sensor, { deviceId: 'press-9', categoryId }, { ...sensor, deviceId: 'sensor-2' }),
    ).toEqual([
      { deviceId: 'sensor-1', outcome: 'registered', reason: null },
      { deviceId: 'press-9', outcome: 'refused', reason: 'category-does-not-allow' },
      { deviceId: 'sensor-2', outcome: 'registered', reason: null },
    ]);
    expect(await tell(sensor, { ...sensor, deviceId: 'sensor-3' })).toMatchObject([
      { outcome: 'known' },
      { outcome: 'refused', reason: 'limit-of-gateway' },
    ]);
    expect((await cloud.administrator.get('/v1/devices/sensor-1')).body).toMatchObject({
      accountId,
      gatewayId: 'hall-1',
      registrationStatus: 'registered',
    });
    expect(await actionsOf('sensor-1')).toEqual([
      'register unknown in-progress',
      'register in-progress registered',
    ]);
    await gateway.send('readings', [readingOf({ deviceId: 'sensor-1' })]);
    expect((await cloud.administrator.get('/v1/devices/sensor-1')).body.connected).toBe(true);
    const refused = (await cloud.administrator.get('/v1/device-discoveries?outcome=refused')).body.items;
    expect(refused.map((one: { deviceId: string; reason: string }) => [one.deviceId, one.reason])).toEqual([
      ['press-9', 'category-does-not-allow'],
      ['sensor-3', 'limit-of-gateway'],
    ]);
    const other = await enrolGateway(cloud, 'hall-2');
    const stolen = await other.client.post('/v1/gateway/devices', { devices: [sensor] });
    expect(stolen.body.items).toMatchObject([{ outcome: 'refused', reason: 'registered-elsewhere' }]);
    expect((await cloud.administrator.post('/v1/gateway/devices', {})).status).toBe(403);
  });

  test('passes the limit neither when many are told of at once', async () => {
    await edit({ justInTimeDevicesMax: 5 });
    const ids = Array.from({ length: 8 }, (_, index) => `crowd-${index}`);
    const outcomes = await Promise.all(ids.map((deviceId) => tell({ deviceId, categoryId: 'sensor' })));
    const registered = outcomes.flat().filter(({ outcome }) => outcome === 'registered');
    expect(registered).toHaveLength(3);
  });

  test('that is refused is remembered until two hundred others were', async () => {
    const talker = await enrolGateway(cloud, 'hall-3');
    const tellOf = (name: string, count: number) =>
      talker.client.post('/v1/gateway/devices', {
        devices: Array.from({ length: count }, (_, index) => ({
          deviceId: `${name}-${index}`,
          categoryId: 'none',
        })),
      });
    expect((await tellOf('early', 20)).status).toBe(200);
    cloud.clock.advance(1000);
    expect((await tellOf('late', 195)).status).toBe(200);
    const kept = await cloud.pool.query(
      `select split_part(device_id, '-', 1) as name, count(*)::int from device_discoveries
       where gateway_id = 'hall-3' group by 1 order by 1`,
    );
    expect(kept.rows).toEqual([
      { name: 'early', count: 5 },
      { name: 'late', count: 195 },
    ]);
  });
});

describe('a job that registers many devices', () => {
  const finished = async (id: string) =>
    eventually(
      'the job to finish',
      async () => {
        cloud.wake();
        const { body } = await cloud.administrator.get(`/v1/device-registration-jobs/${id}`);
        return body.state !== 'running' && body;
      },
      60_000,
    );
  const rowsOf = async (id: string, query = '') =>
    (await cloud.administrator.get(`/v1/device-registration-jobs/${id}/rows?limit=200${query}`)).body.items;

  test('[I1] takes a table, row by row: each is done as a whole, or not at all with the reason', async () => {
    const table = [
      'deviceId;categoryId;gatewayId;account;assetNumber;assetName;tags;timeZone;latitude;longitude',
      `bulk-1;${categoryId};hall-1;Ridgeway Foods;R-1;Oven one;ovens|hall 3;Europe/London;51.5;-0.1`,
      `bulk-2;${categoryId};hall-1;Ridgeway Foods;R-2;Oven two;;;;`,
      `bulk-2;${categoryId};hall-1;Ridgeway Foods;R-3;Oven three;;;;`,
      `bulk-3;${categoryId};hall-77;Ridgeway Foods;R-4;Oven four;;;;`,
      `bulk-4;${categoryId};hall-1;Nobody Ltd;R-5;Oven five;;;;`,
      `bulk-5;${categoryId};hall-1;Ridgeway Foods;R-6;Oven six;;Mars/Base;;`,
      `Bulk 6;${categoryId};hall-1;Ridgeway Foods;R-7;Oven seven;;;;`,
      `bulk-7;${categoryId};hall-1;Ridgeway Foods;R-8;Oven eight;;;north;`,
      `bulk-8;${categoryId};hall-1;;;;;;;`,
    ].join('\n');
    const started = await cloud.administrator.post('/v1/device-registration-jobs', table, {
      'content-type': 'text/csv',
    });
    expect([started.status, started.body.total]).toEqual([202, 9]);
    expect(await finished(started.body.id)).toMatchObject({ state: 'finished', succeeded: 2, failed: 7 });
    const rows = await rowsOf(started.body.id);
    expect(
      rows.map((row: { state: string; code: string; field: string }) => [row.state, row.code, row.field]),
    ).toEqual([
      ['succeeded', null, null],
      ['succeeded', null, null],
      ['failed', 'devices.device-id-taken', 'deviceId'],
      ['failed', 'devices.reference-unknown', 'gatewayId'],
      ['failed', 'assets.account-not-clear', 'account'],
      ['failed', 'devices.no-such-time-zone', 'timeZone'],
      ['failed', 'devices.row-invalid', 'deviceId'],
      ['failed', 'devices.row-invalid', 'latitude'],
      ['failed', 'devices.row-asset-not-clear', 'assetId'],
    ]);
    const numbers = (await cloud.administrator.get(`/v1/assets?accountId=${accountId}&limit=200`)).body.items
      .map((asset: { assetNumber: string | null }) => asset.assetNumber)
      .filter((number: string | null) => number?.startsWith('R-'));
    expect(numbers.sort()).toEqual(['R-1', 'R-2']);
    expect((await cloud.administrator.get('/v1/devices/bulk-1')).body).toMatchObject({
      assetName: 'Oven one',
      tags: ['ovens', 'hall 3'],
      timeZone: 'Europe/London',
      location: { latitude: 51.5, from: 'device' },
    });
  });

  test('[I1] registers the good lines of a table with broken ones, which come back as a table to mend', async () => {
    const post = (table: string) =>
      cloud.administrator.post('/v1/device-registration-jobs', table, { 'content-type': 'text/csv' });
    const line = (id: string, name: string) => `${id},${categoryId},hall-1,Ridgeway Foods,${name}`;
    const started = await post(
      [
        'deviceId,categoryId,gatewayId,account,assetName',
        line('mend-1', '"Oven, ""one"""'),
        '',
        line('mend-2', 'Oven two,and more'),
        `mend-3,${categoryId},hall-1`,
        line('mend-4', '"never closed'),
        line('mend-5', 'the 5" one'),
        line('mend-6', '"Oven\nsix"'),
        line('mend-7', 'x'.repeat(2001)),
        line('mend-8', "'=2+2").replace('hall-1', 'hall-77'),
        line('mend-9', 'Oven nine'),
        ',,,,',
      ].join('\r\n'),
    );
    expect([started.status, started.body.total]).toEqual([202, 9]);
    expect(await finished(started.body.id)).toMatchObject({ succeeded: 3, failed: 6 });
    const failed = await rowsOf(started.body.id, '&state=failed');
    expect(
      failed.map((row: Record<string, unknown>) => [row.line, row.deviceId, row.code, row.field]),
    ).toEqual([
      [4, 'mend-2', 'devices.line-broken', null],
      [5, 'mend-3', 'devices.line-broken', null],
      [6, 'mend-4', 'devices.line-broken', null],
      [7, 'mend-5', 'devices.line-broken', null],
      [10, 'mend-7', 'devices.line-broken', 'assetName'],
      [11, 'mend-8', 'devices.reference-unknown', 'gatewayId'],
    ]);
    expect(failed[0].message).toContain('Too much: "and more"');
    expect((await cloud.administrator.get('/v1/devices/mend-1')).body.assetName).toBe('Oven, "one"');
    const path = `/v1/device-registration-jobs/${started.body.id}/mistakes`;
    const { text } = await cloud.administrator.get(path);
    expect(text).toMatch(/^line,field,reason,/);
    expect(text).toContain("'=2+2");
    const again = await post(
      text
        .replaceAll('hall-77', 'hall-1')
        .replace('x'.repeat(2001), 'short')
        .replace(/^5,.*mend-3.*$/m, ''),
    );
    expect(await finished(again.body.id)).toMatchObject({ total: 5, succeeded: 5, failed: 0 });
    expect((await cloud.administrator.get('/v1/devices/mend-8')).body.assetName).toBe('=2+2');
    expect((await (await cloud.clientWithRole('viewer')).get(path)).status).toBe(403);
    const hopeless = await post('deviceId,categoryId,gatewayId\nmend-10,x\n');
    expect(hopeless.body).toMatchObject({ state: 'finished', total: 1, failed: 1 });
  });

  test('goes on after whatever stopped it, and a list may be sent, too', async () => {
    const rows = Array.from({ length: 40 }, (_, index) => ({
      deviceId: `list-${index}`,
      categoryId,
      gatewayId: 'hall-1',
      account: accountId,
      assetName: `Machine ${index}`,
    }));
    const { id } = (await cloud.administrator.post('/v1/device-registration-jobs', { rows })).body;
    await eventually('some rows', async () => (await rowsOf(id, '&state=succeeded')).length > 3);
    const cut = await cloud.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    expect(cut.rowCount).toBeGreaterThan(0);
    expect(await finished(id)).toMatchObject({ state: 'finished', succeeded: 40, failed: 0 });
    const devices = (await cloud.administrator.get('/v1/devices?q=list-&limit=200')).body.items;
    expect(devices).toHaveLength(40);
    expect(new Set(devices.map((device: { assetId: string }) => device.assetId)).size).toBe(40);
  });

  test('can be cancelled, and is refused as a whole where the table is none', async () => {
    const post = (body: string) =>
      cloud.administrator.post('/v1/device-registration-jobs', body, { 'content-type': 'text/csv' });
    const noHead = await post('id,category\n1,2\n');
    expect([noHead.status, noHead.body.code]).toEqual([422, 'devices.not-a-table']);
    expect((await cloud.administrator.post('/v1/device-registration-jobs', { rows: [] })).status).toBe(422);
    const rows = Array.from({ length: 500 }, (_, index) => ({ deviceId: `never-${index}`, categoryId }));
    const { id } = (await cloud.administrator.post('/v1/device-registration-jobs', { rows })).body;
    const cancelled = await cloud.administrator.post(`/v1/device-registration-jobs/${id}/cancel`);
    expect(cancelled.body).toMatchObject({ state: 'cancelled', total: 500 });
    await eventually('the row at work', async () => (await rowsOf(id, '&state=waiting')).length === 0);
    const viewer = await cloud.clientWithRole('viewer');
    expect((await viewer.post('/v1/device-registration-jobs', { rows })).status).toBe(403);
  });
});
