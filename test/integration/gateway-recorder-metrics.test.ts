import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EdgeCloud } from '../support/edge-cloud.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { eventually } from '../support/wait.ts';

// Each test starts a process, which a busy machine does slowly.
vi.setConfig({ testTimeout: 180_000 });
const busyMachineMilliseconds = 60_000;

/** Each rule is raised by a value of its number and above. */
const rules = (count: number) =>
  Array.from({ length: count }, (_, number) => ({
    name: `above-${number + 1}`,
    version: 1,
    signal: 'temperature',
    limits: { hi: { setpoint: number + 1, severity: 'MAJOR' } },
    chatter: { enabled: false },
  }));

const configuration = (cloudUrl: string, flightRecorder: object, ruleCount: number) => ({
  gateway: { id: 'edge-1', dataDirectory: 'data' },
  cloud: { url: cloudUrl, keyFile: 'key' },
  mqttBroker: { host: '127.0.0.1', port: 0 },
  statusPage: { port: 0 },
  flightRecorder,
  devices: [
    {
      id: 'press-1',
      mqttPasswordSha256: createHash('sha256').update('secret').digest('hex'),
      signals: [{ name: 'temperature' }],
      rules: rules(ruleCount),
    },
  ],
});

let folder: ReturnType<typeof temporaryFolder>;
let cloud: EdgeCloud;
let gateway: GatewayProcess | undefined;
let press: mqtt.MqttClient | undefined;

beforeEach(async () => {
  folder = temporaryFolder();
  cloud = new EdgeCloud();
  await cloud.start();
  writeFileSync(join(folder.path, 'key'), 'the-key');
});

afterEach(async () => {
  press?.end(true);
  await gateway?.kill();
  await cloud.stop();
  folder.remove();
});

async function start(flightRecorder: object, ruleCount: number): Promise<void> {
  const file = join(folder.path, 'gateway.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(configuration(cloud.url, flightRecorder, ruleCount)));
  gateway = await GatewayProcess.start(file);
  press = await mqtt.connectAsync(
    `mqtt://127.0.0.1:${gateway.ports.mqtt}`,
    { username: 'press-1', password: 'secret', clientId: 'press-1', reconnectPeriod: 0 },
    false,
  );
}

const say = (temperature: number) =>
  press?.publishAsync('devices/press-1/telemetry', JSON.stringify({ temperature }), { qos: 1 });

/** The samples of a metric, by their labels as they are written. */
async function samplesOf(name: string): Promise<Record<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${gateway?.ports.status}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return Object.fromEntries(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      return [line.slice(name.length, end), Number(line.slice(end + 1))];
    }),
  );
}

test('The metrics count alerts without all of their recording, by reason [I3]', async () => {
  await start({ recordingsAnHourMax: 2 }, 5);
  const none = { '{reason="hourly-share"}': 0, '{reason="memory"}': 0, '{reason="cut-short"}': 0 };
  expect(await samplesOf('andon_gateway_recordings_lost')).toEqual(none);
  await say(5);
  await eventually('all five alerts', () => cloud.of('alert').length === 5, busyMachineMilliseconds);
  expect(await samplesOf('andon_gateway_recordings_lost')).toEqual({ ...none, '{reason="hourly-share"}': 3 });
});

test('The metrics count the alerts whose recording a restart would cut short [I3]', async () => {
  const atOnce = 100;
  const beyond = 20;
  await start({ recordingsAnHourMax: 3600, afterSeconds: 60 }, atOnce + beyond);
  expect(await samplesOf('andon_gateway_recordings_unsaved')).toEqual({ '': 0 });
  await say(atOnce + beyond);
  await eventually(
    'more to save than can be saved at once',
    async () => {
      // What comes after an alert belongs to its recording, and is to be saved.
      await say(atOnce + beyond);
      return (await samplesOf('andon_gateway_recordings_unsaved'))[''] === beyond;
    },
    busyMachineMilliseconds,
  );
});
