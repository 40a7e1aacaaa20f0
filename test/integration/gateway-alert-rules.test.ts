import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from '@andon/shared/contracts';
import { uuidv7Source } from '@andon/shared/kernel';
import { launcher } from '@andon/shared/programs';
import mqtt from 'mqtt';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EdgeCloud } from '../support/edge-cloud.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { temporaryFolder } from '../support/outbox.ts';
import { eventually } from '../support/wait.ts';

// Each test starts processes, which a busy machine does slowly.
vi.setConfig({ testTimeout: 180_000 });

const run = promisify(execFile);
const newId = uuidv7Source();

const configuration = (cloudUrl: string) => `
gateway: { id: edge-1, dataDirectory: data }
cloud: { url: ${cloudUrl}, keyFile: key }
mqttBroker: { host: 127.0.0.1, port: 0 }
statusPage: { port: 0 }
flightRecorder: { beforeSeconds: 60, afterSeconds: 30 }
devices:
  - id: press-1
    mqttPasswordSha256: ${createHash('sha256').update('secret').digest('hex')}
    signals: [{ name: temperature, unit: Cel }]
    rules:
      - name: trip
        version: 1
        signal: temperature
        limits: { hi: { setpoint: 100, severity: CRITICAL } }
        latched: true
        inhibitWhen: { formula: not running }
      - name: cool
        version: 1
        signal: temperature
        expression: { formula: 'running and temperature < [ambient] + 5', severity: MINOR }
`;

let folder: ReturnType<typeof temporaryFolder>;
let cloud: EdgeCloud;
let file: string;
let gateway: GatewayProcess;
let press: mqtt.MqttClient;

beforeEach(async () => {
  folder = temporaryFolder();
  cloud = new EdgeCloud();
  await cloud.start();
  file = join(folder.path, 'gateway.yaml');
  writeFileSync(file, configuration(cloud.url));
  writeFileSync(join(folder.path, 'key'), 'the-key');
  gateway = await GatewayProcess.start(file);
  press = await connect();
});

afterEach(async () => {
  press.end(true);
  await gateway.kill();
  await cloud.stop();
  folder.remove();
});

const connect = () =>
  mqtt.connectAsync(
    `mqtt://127.0.0.1:${gateway.ports.mqtt}`,
    { username: 'press-1', password: 'secret', clientId: 'press-1', reconnectPeriod: 0 },
    false,
  );

const say = (values: Record<string, unknown>) =>
  press.publishAsync('devices/press-1/telemetry', JSON.stringify(values), { qos: 1 });

const said = () => cloud.of('alert').map(({ rule, transition }) => `${rule} ${transition}`);

function tell(name: string, parameters: Command['parameters']): string {
  const id = newId();
  const now = Date.now();
  const command: Command = {
    id,
    deviceId: 'press-1',
    name,
    parameters,
    issuedBy: 'ana@example.com',
    issuedAt: now,
    expiresAt: now + 60_000,
    idempotency: 'idempotent',
  };
  cloud.tell({ type: 'command', command });
  return id;
}

const outcomeOf = (id: string) =>
  eventually('the outcome of the command', () =>
    cloud
      .of('command')
      .find(
        ({ commandId, state }) => commandId === id && ['SUCCEEDED', 'REJECTED', 'FAILED'].includes(state),
      ),
  );

test('An inhibited, latched alert with its recording reaches the cloud, survives a kill, and is reset from afar', async () => {
  await say({ temperature: 120, running: false });
  await say({ running: true });
  await eventually('the alert', () => said().length > 0);
  expect(said()).toEqual(['trip raised']);
  const recording = await eventually('the recording', () => cloud.of('alert-recording')[0]);
  expect(recording).toMatchObject({ part: 'before', deviceId: 'press-1' });
  expect(recording.signals.map(({ signal, values }) => [signal, values])).toEqual([
    ['temperature', [120]],
    ['running', [false, true]],
  ]);
  const payloads = recording.frames.map(({ direction, hexadecimal }) => [
    direction,
    Buffer.from(hexadecimal, 'hex').toString(),
  ]);
  expect(payloads).toEqual([
    ['received', '{"temperature":120,"running":false}'],
    ['received', '{"running":true}'],
  ]);
  const refused = await outcomeOf(tell('reset-alert', { rule: 'trip' }));
  expect(refused).toMatchObject({ state: 'REJECTED', reason: expect.stringContaining('is still so') });

  await say({ temperature: 20, ambient: 30, running: false });
  await gateway.kill();
  gateway = await GatewayProcess.start(file);
  const rest = await eventually('what was there of the time after', () =>
    cloud.of('alert-recording').find(({ part }) => part === 'after'),
  );
  expect(rest).toMatchObject({
    alertId: recording.alertId,
    truncated: true,
    reason: 'cut off by a restart',
  });
  expect(await outcomeOf(tell('reset-alert', { rule: 'trip' }))).toMatchObject({ state: 'SUCCEEDED' });
  await eventually('the clear', () => said().includes('trip cleared'));
  expect(cloud.of('alert').at(-1)?.reason).toContain('reset by ana@example.com');
});

test('A rule is shelved at the gateway and from afar, raises nothing meanwhile, and says so', async () => {
  const answer = await run(process.execPath, [launcher, 'gateway', 'shelve', file, 'press-1', 'cool', '600']);
  expect(answer.stdout).toContain('The rule cool of press-1 is shelved.');
  await say({ temperature: 20, ambient: 30, running: true });
  expect(await gateway.status()).toMatchObject({ shelvedRules: [{ rule: 'cool', kind: 'timed' }] });
  await eventually('the shelving', () => cloud.of('alert-shelving').length === 1);
  expect(said()).toEqual([]);
  expect(await outcomeOf(tell('unshelve-alert-rule', { rule: 'cool' }))).toMatchObject({
    state: 'SUCCEEDED',
  });
  await eventually('the alert', () => said().includes('cool raised'));
  expect(cloud.of('alert-shelving').map(({ shelved, by }) => [shelved, by])).toMatchObject([
    [true, expect.any(String)],
    [false, 'ana@example.com'],
  ]);
  expect(await outcomeOf(tell('shelve-alert-rule', { rule: 'nobody' }))).toMatchObject({
    state: 'REJECTED',
    reason: expect.stringContaining('has no rule nobody'),
  });
  await expect(
    run(process.execPath, [launcher, 'gateway', 'reset', file, 'press-1', 'cool']),
  ).rejects.toThrow('is still so');
});
