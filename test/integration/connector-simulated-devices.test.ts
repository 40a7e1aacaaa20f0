import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayConfiguration } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../device-firmware-sim/config/index.ts';
import { type Simulator, startSimulator } from '../../device-firmware-sim/index.ts';
import { readRecording, replay } from '../../device-firmware-sim/replay/index.ts';
import { type ConfiguredConnectors, createConnectors } from '../../gateway/connectors/index.ts';
import { RecordingContext } from '../support/connector-context.ts';
import { describeRequiring, hasRecording, recordingFile } from '../support/requires.ts';
import { eventually } from '../support/wait.ts';

const secret = 'the press’s own';
const press = { id: 'press-1', mqttPasswordSha256: createHash('sha256').update(secret).digest('hex') };

function configurationFor(folder: string, port: number): GatewayConfiguration {
  return {
    gateway: { id: 'edge' },
    mqttBroker: { host: '127.0.0.1', port },
    connectors: [
      {
        type: 'modbus-rtu',
        name: 'pumps',
        port: { path: join(folder, 'pump'), baudRate: 19_200, parity: 'even' },
        slaves: [
          {
            deviceId: 'pump-1',
            unitId: 1,
            pollMilliseconds: 100,
            points: [
              { signal: 'pressure', table: 'input-register', address: 2, type: 'float32', unit: 'bar' },
              { signal: 'bootCounter', table: 'input-register', address: 8, type: 'uint32' },
              { signal: 'warningLamp', table: 'coil', address: 0, writable: true },
              { signal: 'command', table: 'holding-register', address: 0, writable: true, read: false },
            ],
            bootIdSignal: 'bootCounter',
            reboot: { point: 'command', value: 45_063 },
          },
        ],
      },
      {
        type: 'serial-line',
        name: 'oven',
        deviceId: 'oven-1',
        port: { path: join(folder, 'oven') },
        frame: { start: '$', end: '\r\n', checksum: 'xor' },
        fieldSeparator: ',',
        readingTag: 'OVN',
        fields: [
          { signal: 'temperature', position: 1, unit: 'Cel' },
          { signal: 'bootId', position: 5, type: 'text' },
        ],
        bootIdSignal: 'bootId',
        templates: { reboot: 'CMD,{commandId},REBOOT' },
      },
    ],
  };
}

const commandFor = (deviceId: string) => ({
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  deviceId,
  name: 'reboot',
  parameters: {},
  issuedBy: 'somebody',
  issuedAt: 1,
  expiresAt: 4_000_000_000_000,
  idempotency: 'once' as const,
});

let folder: string;
let context: RecordingContext;
let connectors: ConfiguredConnectors;
let simulator: Simulator | undefined;

async function startConnectors(port = 0): Promise<number> {
  connectors = await createConnectors(configurationFor(folder, port), context, { clock: systemClock });
  for (const connector of connectors.all) {
    await eventually('the port to be free', async () => {
      await connector.start();
      return true;
    });
  }
  return connectors.broker?.address()?.port ?? 0;
}

async function stopConnectors(): Promise<void> {
  await Promise.all(connectors.all.map((connector) => connector.stop()));
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'andon-devices-'));
  context = new RecordingContext([press, { id: 'pump-1' }, { id: 'oven-1' }]);
});

afterEach(async () => {
  await simulator?.stop();
  simulator = undefined;
  await stopConnectors();
  rmSync(folder, { recursive: true, force: true });
});

async function startDevices(mqttPort: number): Promise<Simulator> {
  const links = ['--pump', join(folder, 'pump'), '--oven', join(folder, 'oven')];
  const broker = ['--url', `mqtt://127.0.0.1:${mqttPort}`, '--password', secret];
  const settings = readSettings(
    ['run', '--data', join(folder, 'data'), '--scenario', 'quiet', ...broker, ...links],
    {},
  );
  if (settings.command !== 'run') {
    throw new Error('the settings are not those of a run');
  }
  return await startSimulator(settings, systemClock, () => undefined);
}

const bootIdOf = (deviceId: string) =>
  context.statuses.findLast((status) => status.deviceId === deviceId && status.bootId !== undefined)?.bootId;
const goodReadings = (deviceId: string) =>
  context.messages.filter(
    (message) =>
      message.deviceId === deviceId && message.values.every(({ badReason }) => badReason === undefined),
  ).length;

describe('three devices on three wires', () => {
  it('are read, rebooted once each, and found again when they were away [I8]', async () => {
    const port = await startConnectors();
    simulator = await startDevices(port);
    const devices = ['press-1', 'pump-1', 'oven-1'];
    for (const deviceId of devices) {
      await eventually(`readings of ${deviceId}`, () => goodReadings(deviceId) >= 3, 20_000);
    }
    for (const deviceId of devices) {
      const before = bootIdOf(deviceId);
      expect(before).toBeDefined();
      const connector = connectors.all.find((candidate) => candidate.serves(deviceId));
      await eventually(`${deviceId} to take the command`, async () => {
        expect(await connector?.execute(commandFor(deviceId))).toEqual({ status: 'delivered' });
        return true;
      });
      await eventually(`a new boot id of ${deviceId}`, () => bootIdOf(deviceId) !== before, 30_000);
    }
    await connectors.all
      .find((connector) => connector.serves('pump-1'))
      ?.write('pump-1', 'warningLamp', true);

    await simulator.stop();
    await eventually('the loss of all', () =>
      devices.every(
        (deviceId) =>
          context.statuses.findLast((status) => status.deviceId === deviceId)?.connected === false,
      ),
    );
    simulator = await startDevices(port);
    await eventually(
      'the return of all',
      () =>
        devices.every(
          (deviceId) =>
            context.statuses.findLast((status) => status.deviceId === deviceId)?.connected === true,
        ),
      40_000,
    );
  });
});

describeRequiring('the recording of a real machine', { 'the recording': hasRecording }, () => {
  it('arrives whole and once, with the gateway gone twice on the way [I8]', async () => {
    const port = await startConnectors();
    const columns = { time: 'timestamp', value: 'value' };
    const recording = readRecording(recordingFile, columns);
    const interrupt = async (atLeast: number) => {
      await eventually(`${atLeast} readings`, () => context.messages.length >= atLeast, 40_000);
      await stopConnectors();
      await startConnectors(port);
    };
    const interrupted = interrupt(4000).then(() => interrupt(12_000));
    const result = await replay(recording, {
      url: `mqtt://127.0.0.1:${port}`,
      deviceId: 'press-1',
      password: secret,
      signal: 'temperature',
      speed: 'max',
      bootId: 'tape',
      clock: systemClock,
      progress: () => undefined,
    });
    await interrupted;
    expect(result.acknowledged).toBe(22_695);
    const expected: unknown[] = [];
    for await (const { ts, value } of readRecording(recordingFile, columns)) {
      expected.push([ts, value]);
    }
    const arrived = context.messages.filter(({ deviceId }) => deviceId === 'press-1');
    expect(arrived.map(({ sourceTime, values }) => [sourceTime, values[0]?.value])).toEqual(expected);
    expect(context.reasons.filter((reason) => reason !== 'port-closed')).toEqual([]);
  });
});
