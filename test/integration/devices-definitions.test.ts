import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AlertRule, DeviceDefinition, DownlinkMessage } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { EdgeCloud } from '../support/edge-cloud.ts';
import { type EdgeGateway, enrolGateway, registerDevice } from '../support/edge-gateway.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { startGatewayHere } from '../support/running-gateway.ts';
import { eventually } from '../support/wait.ts';

let cloud: TestApp;
let folder: ReturnType<typeof temporaryFolder>;

beforeAll(async () => {
  cloud = await createTestApp();
});
afterAll(() => cloud.close());
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

async function eventuallyMessages(gateway: EdgeGateway): Promise<DownlinkMessage[]> {
  const stream = await gateway.listen();
  await eventually('a message', () => stream.messages.length > 0);
  stream.close();
  return stream.messages.map(({ message }) => message);
}
const at = async (path: string) => (await cloud.administrator.get(path)).body;
const raiseSetpoint = async (setpoint: number) => {
  const category = await cloud.administrator.get('/v1/device-categories/press');
  const { id, version, createdAt, updatedAt, ...rest } = category.body;
  const [rule] = rest.rules;
  const rules = [{ ...rule, limits: { hi: { ...rule.limits.hi, setpoint } } }];
  const changed = await cloud.administrator.put(
    '/v1/device-categories/press',
    { ...rest, rules },
    {
      'if-match': `"${version}"`,
    },
  );
  expect(changed.status, changed.text).toBe(200);
};

test('What a category wants of its devices is wanted until the gateway runs it, and the difference can be read [I1]', async () => {
  const { key } = await enrolGateway(cloud, 'line-1');
  await registerDevice(cloud, { id: 'line-1' }, 'press-1');
  expect((await at('/v1/devices/press-1')).definition).toMatchObject({ taken: false, state: 'waiting' });
  expect(await at('/v1/gateways/line-1/devices-behind')).toMatchObject({
    total: 1,
    items: [{ deviceId: 'press-1', state: 'waiting', reason: null }],
  });
  writeFileSync(join(folder.path, 'cloud-key'), key, { mode: 0o600 });
  const text = `gateway: { id: line-1, dataDirectory: data }\ncloud: { url: ${cloud.url}, keyFile: cloud-key }\nstatusPage: { port: 0 }\n`;
  const start = () => startGatewayHere(folder.path, text, systemClock);
  const state = async () => (await at('/v1/devices/press-1/definition')).state;
  let running = await start();
  await eventually('it to run', async () => (await state()) === 'running');
  const first = await at('/v1/devices/press-1/definition');
  expect(first.running).toBe(first.wanted);
  expect(first.wanted).toContain('"setpoint": 80');
  expect(await at('/v1/gateways/line-1/devices-behind')).toEqual({ total: 0, items: [] });
  await running.stop();
  await raiseSetpoint(90);
  const between = await at('/v1/devices/press-1/definition');
  expect(between).toMatchObject({ state: 'waiting', running: first.wanted });
  expect(between.wanted).toContain('"setpoint": 90');
  running = await start();
  await eventually('the new one to run', async () => (await state()) === 'running');
  await running.stop();
  expect(await at('/v1/devices/press-1/definition')).toMatchObject({ running: between.wanted });
});

test('A definition that a gateway refuses is shown with the reason, and what it ran before stays shown as what runs', async () => {
  const gateway = await enrolGateway(cloud, 'line-2');
  await registerDevice(cloud, gateway, 'press-2');
  const stream = await gateway.listen();
  const versionOf = (message: DownlinkMessage) => (message.type === 'device' && message.version) || '';
  const next = async (after: string) =>
    eventually('another definition', () => {
      const told = stream.messages.map(({ message }) => versionOf(message)).at(-1);
      return told !== after && told;
    });
  const report = (version: string, outcome: 'running' | 'refused', reason?: string) =>
    gateway.send('alerts', [
      {
        type: 'device-definition',
        deviceId: 'press-2',
        version,
        outcome,
        at: cloud.clock.now(),
        ...(reason !== undefined && { reason }),
      },
    ]);
  const first = await next('');
  expect((await report(first, 'running')).status).toBe(200);
  await raiseSetpoint(95);
  const second = await next(first);
  await report(second, 'refused', 'rule overheating, limits: something new');
  const refused = await at('/v1/devices/press-2/definition');
  expect(refused).toMatchObject({
    state: 'refused',
    refusedReason: 'rule overheating, limits: something new',
  });
  expect(refused.running).not.toBe(refused.wanted);
  expect(await at('/v1/gateways/line-2/devices-behind')).toMatchObject({
    total: 1,
    items: [{ deviceId: 'press-2', state: 'refused', reason: 'rule overheating, limits: something new' }],
  });
  // What was never told from here, or is of another gateway's device, changes nothing.
  expect((await report('0'.repeat(64), 'running')).status).toBe(200);
  const stranger = await enrolGateway(cloud, 'line-3');
  await stranger.send('alerts', [
    { type: 'device-definition', deviceId: 'press-2', version: second, outcome: 'running', at: 1 },
  ]);
  expect(await at('/v1/devices/press-2/definition')).toEqual(refused);
  // Moved to another gateway, it runs nothing there until that gateway says so.
  const moved = await enrolGateway(cloud, 'line-4');
  await registerDevice(cloud, moved, 'press-4');
  const [telling] = (await eventuallyMessages(moved)).map(versionOf);
  await moved.send('alerts', [
    { type: 'device-definition', deviceId: 'press-4', version: telling ?? '', outcome: 'running', at: 1 },
  ]);
  const { assetId, categoryId } = await at('/v1/devices/press-4');
  expect((await at('/v1/devices/press-4')).definition.state).toBe('running');
  await cloud.administrator.post('/v1/devices/press-4/unregister');
  const again = { deviceId: 'press-4', categoryId, gatewayId: 'line-2' };
  expect((await cloud.administrator.post(`/v1/assets/${assetId}/register`, again)).status).toBe(201);
  expect((await at('/v1/devices/press-4')).definition.state).toBe('waiting');
  // Going back to what it was is what runs already, as soon as the gateway says so.
  await raiseSetpoint(96);
  const third = await next(second);
  await report(third, 'running');
  expect(await at('/v1/devices/press-2/definition')).toMatchObject({ state: 'running', refusedReason: null });
  stream.close();
});

test('A gateway says which definition it runs, and keeps the one before where it cannot run or read the next', async () => {
  const far = new EdgeCloud();
  await far.start();
  const text = `gateway: { id: line-9, dataDirectory: data }\ncloud: { url: ${far.url}, keyFile: key }\nstatusPage: { port: 0 }\n`;
  const running = await startGatewayHere(folder.path, text, systemClock);
  const device = (rules: AlertRule[]): DeviceDefinition => ({
    id: 'press-9',
    signals: [{ name: 'temperature', unit: 'Cel' }],
    rules,
  });
  const limits = (setpoint: number) => ({ hi: { setpoint, deadband: 2, severity: 'MAJOR' as const } });
  const rule = { name: 'hot', version: 1, signal: 'temperature' };
  const version = (digit: string) => digit.repeat(64);
  const reports = () => far.of('device-definition').map(({ version, outcome }) => [version[0], outcome]);
  try {
    await eventually('its line', () => far.streams === 1);
    far.tell({ type: 'device', device: device([{ ...rule, limits: limits(80) }]), version: version('1') });
    const unknown = {
      ...rule,
      version: 2,
      expression: { formula: 'newFunction(temperature) > 1', severity: 'MAJOR' as const },
    };
    far.tell({ type: 'device', device: { ...device([unknown]), name: 'Press nine' }, version: version('2') });
    far.tellRaw(
      `id: 3\ndata: ${JSON.stringify({ type: 'device', device: { id: 'press-9', newer: true }, version: version('3') })}\n\n`,
    );
    // A cloud that names no version does not know the answer.
    far.tellRaw(`id: 4\ndata: ${JSON.stringify({ type: 'device', device: device([]) })}\n\n`);
    far.tellRaw(
      `id: 5\ndata: ${JSON.stringify({ type: 'device', device: device([{ ...rule, limits: limits(85) }]), version: version('5') })}\n\n`,
    );
    await eventually('all reports', () => reports().length === 4);
    expect(reports()).toEqual([
      ['1', 'running'],
      ['2', 'refused'],
      ['3', 'refused'],
      ['5', 'running'],
    ]);
    const [, second, third] = far.of('device-definition');
    expect(second?.reason).toContain('rule hot: ');
    expect(third?.reason).toContain('update it');
  } finally {
    await running.stop();
    await far.stop();
  }
});
