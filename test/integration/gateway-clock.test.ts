import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@andon/shared/kernel';
import type mqtt from 'mqtt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Gateway } from '../../gateway/gateway.ts';
import { type MachineClock, runningMachineClock } from '../support/clock.ts';
import { EdgeCloud } from '../support/edge-cloud.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { connectDevice, sha256, startGatewayHere } from '../support/running-gateway.ts';
import { eventually } from '../support/wait.ts';

const today = systemClock.now();
const year = 365 * 86_400_000;
const hour = 3_600_000;

const configuration = (cloudUrl: string) => `
gateway: { id: edge-1, dataDirectory: data }
cloud: { url: ${cloudUrl}, keyFile: key }
mqttBroker: { host: 127.0.0.1, port: 0 }
statusPage: { port: 0 }
outbox: { readings: { timeToLiveHours: 24 } }
devices:
  - id: press-1
    mqttPasswordSha256: ${sha256('secret')}
    signals: [{ name: temperature }, { name: level }]
    rules:
      - name: slow
        version: 1
        signal: temperature
        limits: { hi: { setpoint: 100, deadband: 2, onDelayMilliseconds: 600000, severity: MAJOR } }
      - name: silent
        version: 1
        signal: level
        stale: { afterMilliseconds: 600000, severity: MINOR }
`;

let folder: ReturnType<typeof temporaryFolder>;
let cloud: EdgeCloud;
let clock: MachineClock;
let gateway: Gateway | undefined;
let device: mqtt.MqttClient | undefined;

beforeEach(async () => {
  folder = temporaryFolder();
  cloud = new EdgeCloud();
  await cloud.start();
});
afterEach(async () => {
  device?.end(true);
  await gateway?.stop();
  await cloud.stop();
  folder.remove();
});

async function start(wall: number): Promise<void> {
  clock = runningMachineClock(wall);
  gateway = await startGatewayHere(folder.path, configuration(cloud.url), clock);
  device = await connectDevice(gateway, 'press-1');
}
const send = (values: Record<string, number>) =>
  device?.publishAsync('devices/press-1/telemetry', JSON.stringify(values), { qos: 1 });
const readings = (signal: string) => cloud.of('reading').filter((reading) => reading.signal === signal);

test('A clock that is set by a year either way raises no alert, ends no delay and drops nothing', async () => {
  await start(today);
  await send({ temperature: 150, level: 1 });
  await eventually('the first', () => readings('level').length === 1);
  await cloud.stop();
  await send({ level: 2, temperature: 150 });
  for (const wall of [today + year, today, today - year, today]) {
    clock.setWall(wall);
    await send({ level: wall, temperature: 150 });
  }
  await cloud.start();
  await eventually('all readings', () => readings('level').length === 6, 30_000);
  expect(readings('level').map(({ value }) => value)).toEqual([
    1,
    2,
    today + year,
    today,
    today - year,
    today,
  ]);
  expect(cloud.of('alert')).toEqual([]);
  expect(cloud.of('gap')).toEqual([]);
  // Time that passes raises it, and only that.
  clock.pass(hour);
  await send({ temperature: 150 });
  const slow = () => cloud.of('alert').filter(({ rule }) => rule === 'slow');
  await eventually('the alert', () => slow().length === 1, 30_000);
}, 60_000);

test('What was read before the clock was set arrives with the time at which it was, and with what the clock had said', async () => {
  await cloud.stop();
  await start(60_000);
  await send({ level: 1 });
  clock.pass(hour);
  await send({ level: 2 });
  clock.setWall(today);
  await send({ level: 3 });
  await cloud.start();
  await eventually('the readings', () => readings('level').length === 3, 30_000);
  const [first, second, third] = readings('level');
  expect(first).toMatchObject({ value: 1, clockState: 'CORRECTED' });
  expect(first?.originalTime).toBeLessThan(2 * 60_000);
  expect(Math.abs((first?.sourceTime ?? 0) - (today - hour))).toBeLessThan(60_000);
  expect(second).toMatchObject({ value: 2, clockState: 'CORRECTED' });
  expect(third).toMatchObject({ value: 3, clockState: 'SYNCHRONIZED' });
  expect(third).not.toHaveProperty('originalTime');
}, 60_000);

test('Where nobody sets the clock, the cloud is asked what time it is before anything is told of the past', async () => {
  writeFileSync(join(folder.path, 'key'), 'the-key');
  await cloud.stop();
  await start(60_000);
  await send({ level: 1 });
  await cloud.start();
  await eventually('the reading', () => readings('level').length === 1, 30_000);
  await send({ level: 2 });
  await eventually('the next', () => readings('level').length === 2, 30_000);
  for (const reading of readings('level')) {
    expect(reading).toMatchObject({ clockState: 'CORRECTED' });
    expect(Math.abs(reading.gatewayTime - today)).toBeLessThan(120_000);
  }
}, 60_000);
