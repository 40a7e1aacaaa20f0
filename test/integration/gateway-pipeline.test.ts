import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { DeviceDefinition, LocalAction } from '@andon/shared/contracts';
import { systemClock, uuidv7Source } from '@andon/shared/kernel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAlertEngine } from '../../gateway/alerts/index.ts';
import type { RawMessage } from '../../gateway/connectors/connector.ts';
import type { Outbox, OutboxOptions } from '../../gateway/outbox/index.ts';
import { openLogSync } from '../../gateway/outbox/log-sync.ts';
import {
  DeviceRegistry,
  DeviceStates,
  LatestReadings,
  LocalActions,
  Pipeline,
  Rejections,
} from '../../gateway/pipeline/index.ts';
import { toReadings } from '../../gateway/signals/index.ts';
import { openOutbox, temporaryFolder } from '../support/outbox.ts';
import { eventually } from '../support/wait.ts';

const press: DeviceDefinition = {
  id: 'press-1',
  rules: [
    {
      name: 'temperature',
      version: 1,
      signal: 'temperature',
      limits: { hi: { setpoint: 100, deadband: 2, severity: 'MAJOR', errorCode: 12 } },
      onAlert: { type: 'write', deviceId: 'pump-1', point: 'stop', value: true },
      onClear: { type: 'write', deviceId: 'pump-1', point: 'stop', value: false },
    },
  ],
};

let folder: ReturnType<typeof temporaryFolder>;
let edge: Edge;

/** A gateway without connectors: what it would do at a device is written down. */
class Edge {
  readonly outbox: Outbox;
  readonly registry: DeviceRegistry;
  readonly localActions: LocalActions;
  readonly rejections: Rejections;
  readonly pipeline: Pipeline;
  readonly performed: LocalAction[] = [];
  readonly outcomes: string[] = [];
  performs = true;

  constructor(options: Partial<OutboxOptions> = {}) {
    this.outbox = openOutbox(folder.path, options);
    const { outbox } = this;
    const { database } = outbox;
    const newId = uuidv7Source();
    this.registry = new DeviceRegistry(database, [press]);
    this.rejections = new Rejections(outbox, systemClock);
    this.localActions = new LocalActions(database, {
      outbox,
      steadyNow: () => systemClock.now(),
      jitter: () => 0,
      perform: async (_deviceId, action) => {
        if (!this.performs) {
          throw new Error('the pump is unplugged');
        }
        this.performed.push(action);
      },
      onOutcome: (outcome) => this.outcomes.push(outcome),
    });
    this.pipeline = new Pipeline(database, {
      outbox,
      clock: systemClock,
      clockState: () => 'SYNCHRONIZED',
      registry: this.registry,
      deviceStates: new DeviceStates(database),
      latestReadings: new LatestReadings(() => 0),
      localActions: this.localActions,
      createEngine: (states) => createAlertEngine({ newId, states }),
      toReadings,
      reject: (input) => this.rejections.count(input),
      onDeviceChanged: () => undefined,
      silenceMilliseconds: 100,
    });
  }

  records(lane: 'alerts' | 'readings') {
    return (this.outbox.batch(lane, 1000)?.records ?? []).map(({ body }) => JSON.parse(body));
  }

  ofType(type: string) {
    return this.records('alerts').filter((record) => record.type === type);
  }

  async stop(): Promise<void> {
    this.pipeline.stop();
    await this.localActions.stop();
    await this.rejections.stop();
    this.outbox.close();
  }
}

async function restart(options: Partial<OutboxOptions> = {}): Promise<void> {
  await edge.stop();
  edge = new Edge(options);
  await edge.pipeline.start();
}

beforeEach(async () => {
  folder = temporaryFolder();
  edge = new Edge();
  await edge.pipeline.start();
});

afterEach(async () => {
  await edge.stop();
  folder.remove();
});

const temperature = (value: number, more: Partial<RawMessage> = {}): RawMessage => ({
  deviceId: 'press-1',
  values: [{ signal: 'temperature', value }],
  ...more,
});

test('A message is stored with the alert that it raises and the action that it asks for, before it is acknowledged', async () => {
  await edge.pipeline.ingest(temperature(120));
  expect(edge.records('readings')).toMatchObject([{ value: 120, quality: 'GOOD' }]);
  expect(edge.ofType('alert')).toMatchObject([{ transition: 'raised', state: 'HI', errorCode: 12 }]);
  await eventually('the action', () => edge.performed.length === 1);
  expect(edge.performed).toEqual([press.rules?.[0]?.onAlert]);
});

test('An alert stays open over a restart, and is neither raised again nor forgotten', async () => {
  await edge.pipeline.ingest(temperature(120));
  await restart();
  await edge.pipeline.ingest(temperature(130));
  expect(edge.pipeline.active()).toHaveLength(1);
  await edge.pipeline.ingest(temperature(20));
  expect(edge.ofType('alert').map(({ transition }) => transition)).toEqual(['raised', 'cleared']);
  expect(edge.pipeline.active()).toEqual([]);
});

test('While the disk is full messages are rejected, and alerts are raised and acted on here all the same; with room all of it is kept, once', async () => {
  await restart({ pagesMax: 150 });
  let stored = 0;
  const text = 'x'.repeat(3000);
  const fill = () => edge.pipeline.ingest({ deviceId: 'press-1', values: [{ signal: 'note', value: text }] });
  await expect(
    (async () => {
      for (;;) {
        await fill();
        stored += 1;
      }
    })(),
  ).rejects.toMatchObject({ code: 'outbox.disk-full' });
  const hot = temperature(120, { redelivery: { key: 'hot', possible: true } });
  await expect(Promise.all([edge.pipeline.ingest(hot), fill(), fill(), fill()])).rejects.toMatchObject({
    code: 'outbox.disk-full',
  });
  expect(edge.pipeline.active()).toHaveLength(1);
  await eventually('the action', () => edge.performed.length === 1);
  await expect(edge.pipeline.ingest(hot)).rejects.toMatchObject({ code: 'outbox.disk-full' });
  expect(edge.performed).toHaveLength(1);
  // However many messages come that change nothing, which their devices send again.
  const quiet = { deviceId: 'press-1', values: [], redelivery: { key: 'quiet', possible: false } };
  await Promise.allSettled(Array.from({ length: 10_001 }, () => edge.pipeline.ingest(quiet)));
  expect(edge.outbox.failures().get('outbox.disk-full')).toBeGreaterThan(0);
  await edge.outbox.acknowledge('readings', stored);
  const isTaken = () =>
    edge.pipeline.ingest(hot).then(
      () => true,
      () => false,
    );
  await eventually('the message to be taken', isTaken);
  expect(edge.ofType('alert')).toMatchObject([{ transition: 'raised' }]);
  const kept = edge.records('readings');
  expect(kept.filter(({ type }) => type === 'reading')).toMatchObject([{ value: 120 }]);
  // The first message that found no room, and the three with it: nobody sends them again.
  expect(kept.filter(({ type }) => type === 'gap')).toMatchObject([
    { deviceId: 'press-1', signals: ['note'], count: 4, reason: expect.stringContaining('disk was full') },
  ]);
  await restart();
  expect(edge.pipeline.active()).toHaveLength(1);
});

test.each([
  { disk: 'slow', syncMilliseconds: 5 },
  { disk: 'quick', syncMilliseconds: 0 },
])(
  'When a $disk disk fails to take what is in the file, that is kept once, and what waited behind it is told as a gap',
  async ({ syncMilliseconds }) => {
    let fails: (() => void) | undefined;
    let failedAtOnce = false;
    let monotonic = 0;
    const stepsOn = () => {
      monotonic += syncMilliseconds;
      return monotonic;
    };
    const eio = () => new Error('EIO: i/o error, fdatasync');
    await restart({
      clock: { now: () => systemClock.now(), monotonic: stepsOn },
      openLogSync: (file) => {
        const sync = openLogSync(file);
        return {
          ...sync,
          start: (done) => {
            const failure = fails;
            if (failure === undefined) {
              sync.start(done);
              return;
            }
            fails = undefined;
            failure();
            setImmediate(() => done(eio()));
          },
          now: () => {
            const failure = fails;
            if (failure === undefined) {
              sync.now();
              return;
            }
            fails = undefined;
            failedAtOnce = true;
            failure();
            throw eio();
          },
        };
      },
    });
    await edge.pipeline.ingest(temperature(1));
    let behind: Promise<unknown> | undefined;
    const refused = { code: 'outbox.write-failed' };
    fails = () => {
      behind = expect(
        Promise.all([edge.pipeline.ingest(temperature(3)), edge.pipeline.ingest(temperature(4))]),
      ).rejects.toMatchObject(refused);
    };
    await expect(edge.pipeline.ingest(temperature(120))).rejects.toMatchObject(refused);
    await behind;
    expect(failedAtOnce).toBe(syncMilliseconds === 0);
    expect(edge.pipeline.active()).toEqual([]);
    await eventually('the journal to be done', () => edge.performed.length >= 2);
    await eventually('the gap', () => edge.records('readings').length === 3);
    await edge.pipeline.ingest(temperature(5));
    expect(edge.records('readings')).toMatchObject([
      { value: 1 },
      { value: 120 },
      { type: 'gap', deviceId: 'press-1', signals: ['temperature'], count: 2 },
      { value: 5 },
    ]);
    expect(edge.ofType('alert').map(({ transition }) => transition)).toEqual(['raised', 'cleared']);
  },
);

test('A redelivered message is stored once, at once and after a restart, and one that only looks alike is stored', async () => {
  const key = (possible: boolean, name = 'k1') => ({ redelivery: { key: name, possible } });
  const first = edge.pipeline.ingest(temperature(1, key(false)));
  const repeatedBeforeItsCommit = edge.pipeline.ingest(temperature(1, key(true)));
  await Promise.all([first, repeatedBeforeItsCommit]);
  await edge.pipeline.ingest(temperature(1, key(true)));
  await restart();
  await edge.pipeline.ingest(temperature(1, key(true)));
  expect(edge.records('readings')).toHaveLength(1);
  await edge.pipeline.ingest(temperature(2, key(false)));
  await edge.pipeline.ingest(temperature(3, key(true, 'k2')));
  expect(edge.records('readings').map(({ value }) => value)).toEqual([1, 2, 3]);
});

test('Only the last thousand redelivery keys of a device are kept', async () => {
  for (let index = 0; index < 2500; index += 100) {
    const keys = Array.from({ length: 100 }, (_, offset) => `k${index + offset}`);
    await Promise.all(
      keys.map((key) => edge.pipeline.ingest(temperature(1, { redelivery: { key, possible: false } }))),
    );
  }
  await restart();
  const before = edge.outbox.status('readings').queued;
  await edge.pipeline.ingest(temperature(1, { redelivery: { key: 'k1500', possible: true } }));
  expect(edge.outbox.status('readings').queued).toBe(before);
  await edge.pipeline.ingest(temperature(1, { redelivery: { key: 'k1499', possible: true } }));
  expect(edge.outbox.status('readings').queued).toBe(before + 1);
});

test('A local action that cannot be done is tried again after a restart, and a newer one for the same point overtakes it', async () => {
  edge.performs = false;
  await edge.pipeline.ingest(temperature(120));
  await restart();
  await eventually('the action', () => edge.performed.length === 1);
  await eventually('an empty journal', () => edge.localActions.pendingCount() === 0);
  edge.performs = false;
  await edge.pipeline.ingest(temperature(20));
  await edge.pipeline.ingest(temperature(120));
  edge.performs = true;
  edge.localActions.wake();
  await eventually('the last word', () => edge.outcomes.filter((outcome) => outcome === 'done').length === 2);
  expect(edge.outcomes).toContain('superseded');
  expect(edge.performed.at(-1)).toMatchObject({ value: true });
});

test('A new boot id is told once, and remembered over a restart', async () => {
  await edge.pipeline.ingest(temperature(1, { bootId: 'a' }));
  await edge.pipeline.ingest(temperature(1, { bootId: 'a' }));
  await restart();
  await edge.pipeline.ingest(temperature(1, { bootId: 'a' }));
  await edge.pipeline.ingest(temperature(1, { bootId: 'b' }));
  await edge.pipeline.deviceStatus({ deviceId: 'press-1', connected: false, reason: 'gone' });
  await edge.pipeline.deviceStatus({ deviceId: 'press-1', connected: false });
  expect(edge.ofType('device-status')).toMatchObject([
    { connected: true, bootId: 'a' },
    { connected: true, bootId: 'b' },
    { connected: false, bootId: 'b', reason: 'gone' },
  ]);
});

test('A device that went away while the gateway was down is told to be gone, and one that speaks is not', async () => {
  const second: DeviceDefinition = { id: 'press-2' };
  await edge.outbox.commit(() => edge.registry.write('press-2', second));
  for (const deviceId of ['press-1', 'press-2']) {
    await edge.pipeline.deviceStatus({ deviceId, connected: true });
  }
  await restart();
  await edge.pipeline.ingest(temperature(20));
  await eventually('the news', () => edge.ofType('device-status').length === 3);
  expect(edge.ofType('device-status').at(-1)).toMatchObject({
    deviceId: 'press-2',
    connected: false,
    reason: 'not heard of since the gateway was started',
  });
});

test('A message of a device that is not known is refused, and refusals are told together', async () => {
  for (let index = 0; index < 5; index += 1) {
    await expect(edge.pipeline.ingest({ deviceId: 'nobody', values: [] })).rejects.toMatchObject({
      code: 'pipeline.unknown-device',
    });
  }
  await eventually('the record', () => edge.ofType('rejection').length === 1);
  expect(edge.ofType('rejection')).toMatchObject([
    { source: 'pipeline', reason: 'unknown-device', deviceId: 'nobody', count: 5 },
  ]);
  await expect(edge.pipeline.ingest({ deviceId: 'nobody', values: [] })).rejects.toThrow();
  await edge.rejections.stop();
  expect(edge.ofType('rejection').map(({ count }) => count)).toEqual([5, 1]);
});

test('A device that the cloud registers goes before the one of the file, and its rules count at once', async () => {
  const stricter: DeviceDefinition = {
    id: 'press-1',
    rules: [
      {
        name: 'temperature',
        version: 2,
        signal: 'temperature',
        limits: { hi: { setpoint: 50, severity: 'CRITICAL' } },
      },
    ],
  };
  await edge.outbox.commit(() => edge.registry.write('press-1', stricter));
  edge.registry.take('press-1', stricter);
  edge.pipeline.devicesChanged();
  await eventually('the new rule', async () => {
    await edge.pipeline.ingest(temperature(60));
    return edge.pipeline.active().length === 1;
  });
  await restart();
  expect(edge.registry.get('press-1')).toEqual(stricter);
  await edge.outbox.commit(() => edge.registry.write('press-1', undefined));
  await restart();
  await expect(edge.pipeline.ingest(temperature(60))).rejects.toMatchObject({
    code: 'pipeline.unknown-device',
  });
  expect(edge.ofType('alert').map(({ transition, ruleVersion }) => [transition, ruleVersion])).toEqual([
    ['raised', 2],
    ['cleared', 2],
  ]);
});

test('Silence raises an alert by itself', async () => {
  const quiet: DeviceDefinition = {
    id: 'quiet-1',
    rules: [
      { name: 'heard', version: 1, signal: 'beat', stale: { afterMilliseconds: 100, severity: 'MINOR' } },
    ],
  };
  edge.registry.take('quiet-1', quiet);
  edge.registry.take('mute-1', { ...quiet, id: 'mute-1' });
  edge.pipeline.devicesChanged();
  await turnOfTheLoop();
  await edge.pipeline.ingest({ deviceId: 'quiet-1', values: [{ signal: 'beat', value: 1 }] });
  await eventually('the alert', () => edge.ofType('alert').length === 1);
  // The other one never spoke; and that this one did is known after a restart.
  expect(edge.ofType('alert')).toMatchObject([{ deviceId: 'quiet-1', state: 'STALE' }]);
  const known = edge.outbox.database.prepare('SELECT device_id, state FROM device_states').all();
  expect(known.map((row) => [row.device_id, JSON.parse(String(row.state)).spoke])).toEqual([
    ['quiet-1', true],
  ]);
});

test('That a device came or went is told when there is room, where the disk was full at first', async () => {
  // No less than it has.
  edge.outbox.database.exec('PRAGMA max_page_count = 1');
  const fill = async (text: string) => {
    for (;;) {
      await edge.outbox.commit((append) =>
        append('alerts', { type: 'rejection', source: 'test', reason: text, count: 1, lastAt: 1 }),
      );
    }
  };
  await expect(fill('x'.repeat(200))).rejects.toMatchObject({ code: 'outbox.disk-full' });
  await expect(fill('x')).rejects.toMatchObject({ code: 'outbox.disk-full' });
  const news = { deviceId: 'press-1', bootId: 'boot-1' };
  await expect(edge.pipeline.deviceStatus({ ...news, connected: true })).rejects.toThrow();
  await expect(edge.pipeline.deviceStatus({ ...news, connected: false })).rejects.toThrow();
  edge.outbox.database.exec('PRAGMA max_page_count = 1000000');
  await eventually('the news', () => edge.ofType('device-status').length > 0);
  expect(edge.ofType('device-status')).toMatchObject([{ connected: false, bootId: 'boot-1' }]);
});

test('An outbox that was closed because it is damaged ends the local actions, and not the program', async () => {
  edge.performs = false;
  await edge.pipeline.ingest(temperature(120));
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  edge.outbox.close();
  edge.localActions.wake();
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  await edge.localActions.stop();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
  await expect(edge.pipeline.ingest(temperature(130))).rejects.toMatchObject({ code: 'outbox.closed' });
});
