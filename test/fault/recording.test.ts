import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import { type House, showLogsOfFailures, startHouse } from '../support/processes.ts';
import { describeRequiring, hasRecording, recordingFile } from '../support/requires.ts';
import { seededRandom } from '../support/seed.ts';
import {
  createCategory,
  createCustomer,
  type DeviceCredentials,
  rebootCommand,
  registerDevice,
} from '../support/story.ts';
import { eventually } from '../support/wait.ts';

const simulator = new URL('../../device-firmware-sim/main.ts', import.meta.url).pathname;
const rows = 22_695;
const recordedFrom = Date.UTC(2013, 11, 2);
const recordedTo = Date.UTC(2014, 1, 20);

let house: House | undefined;
let player: ChildProcess | undefined;

showLogsOfFailures(() => house);
afterEach(async () => {
  player?.kill('SIGKILL');
  await house?.close();
});

async function setUp(): Promise<{ house: House; credentials: DeviceCredentials }> {
  const started = await startHouse();
  house = started;
  const customer = await createCustomer(started);
  await createCategory(started, {
    id: 'industrial-machine',
    name: 'Industrial machine',
    signals: [{ name: 'temperature', unit: 'Cel' }],
    rules: [
      {
        name: 'temperature',
        signal: 'temperature',
        limits: {
          hihi: { setpoint: 105, deadband: 2, severity: 'CRITICAL', errorCode: 18 },
          hi: { setpoint: 100, deadband: 2, severity: 'MAJOR', errorCode: 17 },
          lo: { setpoint: 45, deadband: 2, severity: 'MINOR', errorCode: 15 },
          lolo: { setpoint: 20, deadband: 2, severity: 'MAJOR', errorCode: 16 },
        },
      },
    ],
    commands: [rebootCommand],
    escalationPolicy: {
      errorCodeAbove: 10,
      remedy: { command: 'reboot', times: 1, expiresInSeconds: 120 },
      verify: { clearForSeconds: 5, withinSeconds: 30 },
      onUnremedied: 'case',
    },
  });
  const device = { deviceId: 'machine-1', categoryId: 'industrial-machine' };
  return { house: started, credentials: await registerDevice(started, customer, device) };
}

interface Play {
  /** How many rows were acknowledged up to now, by what the player says once a second. */
  acknowledged(): number;
  /** What it says at its end; rejects where it fails. */
  readonly ended: Promise<string>;
}

function play(house: House, { deviceId, password }: DeviceCredentials): Play {
  const child = spawn(
    process.execPath,
    [simulator, 'replay', recordingFile, '--device', deviceId, '--url', house.gateway.mqttUrl],
    { env: { ...process.env, ANDON_DEVICE_PASSWORD: password }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  player = child;
  let output = '';
  let progress = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString();
  });
  child.stderr.on('data', (text: Buffer) => {
    progress += text.toString();
  });
  const ended = new Promise<string>((resolve, reject) => {
    child.once('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`the player ended with ${code}: ${progress}`)),
    );
  });
  return {
    acknowledged: () => Number([...progress.matchAll(/^(\d+) acknowledged/gm)].at(-1)?.[1] ?? 0),
    ended,
  };
}

/** Everything on the device's record, over the pages. */
async function recordedAlerts(house: House) {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects; a wrong guess fails there.
  const alerts: any[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await house.api().get(`/v1/alerts?deviceId=machine-1&limit=20${cursor}`);
    alerts.push(...body.items);
    if (body.nextCursor === null) return alerts;
    cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
  }
}

async function expectTheWholeRecording(house: House): Promise<void> {
  const [counts] = await house.query(
    `select count(*)::int as readings,
        count(*) filter (where readings.quality = 0 and historical)::int as good
      from readings join telemetry_signals on telemetry_signals.id = signal_id where device_id = 'machine-1'`,
  );
  expect(counts).toMatchObject({ readings: rows, good: rows });
  const alerts = await recordedAlerts(house);
  const states = await Promise.all(
    alerts.map(async ({ id }) => {
      const { body } = await house.api().get(`/v1/alerts/${id}`);
      return new Set<string>(body.transitions.map((step: { state: string }) => step.state));
    }),
  );
  const having = (...wanted: string[]) =>
    states.filter((reached) => wanted.some((state) => reached.has(state))).length;
  expect({
    alerts: alerts.length,
    high: having('HI', 'HIHI'),
    hihi: having('HIHI'),
    low: having('LO', 'LOLO'),
    lolo: having('LOLO'),
  }).toEqual({ alerts: 33, high: 30, hihi: 2, low: 3, lolo: 1 });
  for (const alert of alerts) {
    expect(Date.parse(alert.raisedAt)).toBeGreaterThan(recordedFrom);
    expect(Date.parse(alert.clearedAt)).toBeLessThan(recordedTo);
    expect(alert).toMatchObject({ historical: true, condition: 'cleared' });
  }
  await expectNobodyPaged(house);
}

/** All of it is over since long: nothing is done about it, and nobody is told. */
async function expectNobodyPaged(house: House): Promise<void> {
  await eventually('every episode to be over', async () => {
    const [open] = await house.query(
      'select count(*)::int as count from escalations where closed_at is null',
    );
    return open?.count === 0;
  });
  const [done] = await house.query(
    `select (select count(*)::int from escalations) as episodes, (select count(*)::int from commands) as commands,
      (select count(*)::int from cases) as cases, (select count(*)::int from messages) as messages`,
  );
  expect(done).toMatchObject({ commands: 0, cases: 0, messages: 0 });
  expect(done?.episodes).toBeGreaterThan(0);
}

describeRequiring(
  'the recording of a machine that failed, played over MQTT',
  { recording: hasRecording },
  () => {
    test('as fast as the pipe allows, it gives exactly its 33 alerts and 22,695 readings', async () => {
      const { house, credentials } = await setUp();
      const startedAt = performance.now();
      const said = await play(house, credentials).ended;
      await house.drained();
      const seconds = (performance.now() - startedAt) / 1000;
      console.info(
        `${said.trim()}; in the cloud after ${seconds.toFixed(1)} s, ${Math.round(rows / seconds)}/s`,
      );
      await expectTheWholeRecording(house);
    });

    test('it gives the same with the gateway killed twice on the way', async () => {
      const random = seededRandom('recording');
      const { house, credentials } = await setUp();
      const startedAt = performance.now();
      const playing = play(house, credentials);
      for (const share of [0.1 + 0.3 * random(), 0.1 + 0.3 * random()]) {
        const goal = playing.acknowledged() + rows * share;
        await eventually('the recording to get on', () => playing.acknowledged() >= goal, 60_000);
        await house.gateway.kill();
        await house.gateway.start();
      }
      const said = await playing.ended;
      await house.drained();
      const seconds = (performance.now() - startedAt) / 1000;
      console.info(`${said.trim()}; in the cloud after ${seconds.toFixed(1)} s`);
      expect(said).toContain('over 3 connections');
      await expectTheWholeRecording(house);
    });
  },
);
