import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type mqtt from 'mqtt';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { differencesBetween, inWords, isNothing, loadConfiguration } from '../../gateway/config/index.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { type MachineClock, runningMachineClock } from '../support/clock.ts';
import { EdgeCloud } from '../support/edge-cloud.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { connectDevice, sha256, startGatewayHere } from '../support/running-gateway.ts';
import { eventually } from '../support/wait.ts';

vi.setConfig({ testTimeout: 60_000 });

const nightly = "[{ cron: '0 3 * * *', minutes: 60, timeZone: Etc/UTC }]";
const morning = "[{ cron: '0 8 * * *', minutes: 600, timeZone: Etc/UTC }]";

const configuration = (cloudUrl: string, chatter: string, windows: string) => `
gateway: { id: edge-1, dataDirectory: data }
cloud: { url: ${cloudUrl}, keyFile: key }
uplink: { windows: ${windows} }
mqttBroker: { host: 127.0.0.1, port: 0 }
statusPage: { port: 0 }
flightRecorder: { enabled: false }
devices:
  - id: press-1
    mqttPasswordSha256: ${sha256('secret')}
    signals: [{ name: temperature }, { name: noise }]
    rules:
      - name: trip
        version: 1
        signal: temperature
        limits: { hi: { setpoint: 100, severity: CRITICAL } }
        chatter: ${chatter}
      - { name: loud, version: 1, signal: noise, limits: { hi: { setpoint: 100, severity: MAJOR } } }
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
  clock = runningMachineClock('2026-11-20T12:00:00Z');
});
afterEach(async () => {
  await end();
  await cloud.stop();
  folder.remove();
});

async function start(chatter: string): Promise<Gateway> {
  gateway = await startGatewayHere(folder.path, configuration(cloud.url, chatter, nightly), clock);
  device = await connectDevice(gateway, 'press-1');
  return gateway;
}
async function end(): Promise<void> {
  device?.end(true);
  await gateway?.stop();
  gateway = undefined;
}
const say = (...messages: Record<string, number>[]) =>
  Promise.all(
    messages.map((values) =>
      device?.publishAsync('devices/press-1/telemetry', JSON.stringify(values), { qos: 1 }),
    ),
  );
async function isClosed(running: Gateway): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${running.ports.status}/status.json`);
  const status: { uplinkClosed: boolean } = JSON.parse(await answer.text());
  return status.uplinkClosed;
}
const closes = (running: Gateway) =>
  eventually('the lines to close', async () => {
    clock.pass(61_000);
    return await isClosed(running);
  });
const told = () => cloud.of('alert').map(({ rule, transition }) => `${rule} ${transition}`);
const noises = () => cloud.of('reading').filter(({ signal }) => signal === 'noise').length;

test('Readings and lesser alerts wait for their window, and a CRITICAL alert for none, though it ends at once', async () => {
  const running = await start('{ enabled: false }');
  await say({ noise: 1 }, { noise: 150 });
  expect([await isClosed(running), cloud.batches.length]).toEqual([true, 0]);
  await say({ temperature: 150 }, { temperature: 20 });
  await eventually('the alert', () => told().includes('trip cleared'));
  expect(told()).toEqual(['loud raised', 'trip raised', 'trip cleared']);
  await eventually('the readings that waited', () => noises() === 2);

  await closes(running);
  const before = cloud.batches.length;
  await say({ noise: 2 });
  clock.pass(3_600_000);
  await say({ noise: 3 });
  expect([await isClosed(running), cloud.batches.length]).toEqual([true, before]);
  clock.setWall('2026-11-21T03:00:10Z');
  await eventually('the readings of the window', () => noises() === 4);
});

test('A rule that can be CRITICAL is shelved for its chatter: the cloud hears of that out of the windows', async () => {
  await start('{ activations: 2 }');
  await say({ temperature: 150 }, { temperature: 20 }, { temperature: 150 });
  await eventually('the shelving', () => cloud.of('alert-shelving').length === 1);
  expect(told()[0]).toBe('trip raised');
});

test('A CRITICAL alert that could not be told before a restart opens the lines after it', async () => {
  await cloud.stop();
  await start('{ enabled: false }');
  await say({ temperature: 150 }, { temperature: 20 });
  await end();
  await cloud.start();
  await start('{ enabled: false }');
  await eventually('the alert', () => told().includes('trip cleared'));
});

test('Other windows hold at once, and no connector is restarted for them', async () => {
  const running = await start('{ enabled: false }');
  await say({ noise: 1 });
  expect(await isClosed(running)).toBe(true);
  const file = join(folder.path, 'gateway.yaml');
  const before = loadConfiguration(file, {});
  writeFileSync(file, configuration(cloud.url, '{ enabled: false }', morning));
  const wanted = loadConfiguration(file, {});
  const differences = differencesBetween(before, wanted);
  expect([isNothing(differences), differences.restart]).toEqual([false, []]);
  expect(inWords(differences)).toEqual(['the windows of the lines to the cloud change']);
  await running.apply(wanted);
  await eventually('the reading', () => noises() === 1);
  expect(device?.connected).toBe(true);
});
