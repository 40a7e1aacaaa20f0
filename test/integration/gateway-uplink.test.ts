import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandUpdate, Lane } from '@andon/shared/contracts';
import { systemClock, uuidv7Source } from '@andon/shared/kernel';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Outbox } from '../../gateway/outbox/index.ts';
import { CloudClient, UplinkLane } from '../../gateway/uplink/index.ts';
import { EdgeCloud } from '../support/edge-cloud.ts';
import { numberedReading, openOutbox, temporaryFolder } from '../support/outbox.ts';
import { eventually } from '../support/wait.ts';

let folder: ReturnType<typeof temporaryFolder>;
let cloud: EdgeCloud;
let outbox: Outbox;
let lanes: Record<Lane, UplinkLane>;
const newId = uuidv7Source();

beforeEach(async () => {
  folder = temporaryFolder();
  cloud = new EdgeCloud();
  await cloud.start();
  writeFileSync(join(folder.path, 'key'), 'the-key\n');
  outbox = openOutbox(folder.path);
  const client = new CloudClient({ url: cloud.url, keyFile: join(folder.path, 'key') });
  // The least jitter, so that the tests need not be patient.
  const make = (lane: Lane) => new UplinkLane({ lane, outbox, client, clock: systemClock, jitter: () => 0 });
  const readings = new UplinkLane({
    lane: 'readings',
    outbox,
    client,
    clock: systemClock,
    jitter: () => 0,
    demote: () => outbox.demote(),
  });
  lanes = { alerts: make('alerts'), readings, history: make('history') };
});

afterEach(async () => {
  await Promise.all([lanes.alerts.stop(), lanes.readings.stop(), lanes.history.stop()]);
  await cloud.stop();
  outbox.close();
  folder.remove();
});

function start(): void {
  lanes.alerts.start();
  lanes.readings.start();
  lanes.history.start();
}

function append(from: number, count: number): Promise<unknown> {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      outbox.commit((write) => write('readings', numberedReading(from + index))),
    ),
  );
}

function commandUpdate(state: CommandUpdate['state']): CommandUpdate {
  return { type: 'command', commandId: newId(), deviceId: 'press-1', state, at: 1_700_000_000_000 };
}

const values = () => cloud.of('reading').map(({ value }) => value);
const numbersTo = (count: number) => Array.from({ length: count }, (_, index) => index);
const drained = () => eventually('an empty lane', () => outbox.status('readings').queued === 0, 20_000);

test('Ten thousand readings and the alerts after them arrive once and in order, in batches, and are deleted here', async () => {
  await append(0, 10_000);
  await outbox.commit((write) => write('alerts', commandUpdate('EXECUTING')));
  start();
  await drained();
  await eventually('the alert', () => cloud.stored.alerts.length === 1);
  expect(values()).toEqual(numbersTo(10_000));
  expect(cloud.batches.filter(({ lane }) => lane === 'readings')).toHaveLength(10);
  await eventually('an acknowledgement on the disk', () => lanes.readings.status().batches === 10);
  expect(lanes.readings.status()).toMatchObject({ batches: 10, records: 10_000, error: undefined });
});

test('Errors, limits, cut connections and lost answers on the way change nothing of what arrives', async () => {
  cloud.spoil(
    { kind: 'status', status: 500, body: '<html>' },
    { kind: 'cut after storing' },
    { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
    { kind: 'cut before' },
    { kind: 'status', status: 503, headers: { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' } },
    { kind: 'cut after storing' },
    { kind: 'status', status: 200, body: { acked: 'all' } },
  );
  await append(0, 3500);
  start();
  const mishapsOver = () => {
    lanes.readings.tryNow();
    return cloud.mishapsLeft() === 0;
  };
  await eventually('all mishaps to be over', mishapsOver, 60_000);
  await append(3500, 10);
  await drained();
  expect(values()).toEqual(numbersTo(3510));
}, 120_000);

test('What waited while the cloud was away goes beside what is live, marked as old, and once', async () => {
  let steady = 1_000_000;
  outbox.close();
  outbox = openOutbox(folder.path, { steadyNow: () => steady });
  const client = new CloudClient({ url: cloud.url, keyFile: join(folder.path, 'key') });
  const shared = { outbox, client, clock: systemClock, jitter: () => 0 };
  const alerts = new UplinkLane({ lane: 'alerts', ...shared });
  const readings = new UplinkLane({ lane: 'readings', ...shared, demote: () => outbox.demote() });
  const history = new UplinkLane({ lane: 'history', ...shared });
  lanes = { alerts, readings, history };
  await append(0, 10);
  readings.start();
  await drained();
  await cloud.stop();
  await append(10, 20_000);
  steady += 3_600_000;
  await cloud.start();
  readings.tryNow();
  await eventually('the backlog to be left', () => outbox.status('history').queued > 15_000);
  await append(20_010, 500);
  await eventually('the live ones', () =>
    cloud.stored.readings.some((record) => record.type === 'reading' && record.value === 20_509),
  );
  expect(cloud.stored.history).toEqual([]);
  history.start();
  await eventually('the backlog', () => outbox.status('history').queued === 0, 20_000);
  expect([...values()].sort((one, other) => Number(one) - Number(other))).toEqual(numbersTo(20_510));
  const marks = cloud.stored.history.map((record) => record.type === 'reading' && record.historical);
  expect(new Set(marks)).toEqual(new Set([true]));
  const live = cloud.stored.readings.filter((record) => record.type === 'reading' && !record.historical);
  expect(live.length).toBeGreaterThanOrEqual(510);
});

test('What the cloud has stored keeps its numbers while its acknowledgement finds no room on the disk', async () => {
  let steady = 1_000_000;
  outbox.close();
  outbox = openOutbox(folder.path, { steadyNow: () => steady });
  const client = new CloudClient({ url: cloud.url, keyFile: join(folder.path, 'key') });
  const shared = { outbox, client, clock: systemClock, jitter: () => 0 };
  const readings = new UplinkLane({ lane: 'readings', ...shared, demote: () => outbox.demote() });
  const history = new UplinkLane({ lane: 'history', ...shared });
  lanes = { ...lanes, readings, history };
  const noRoom = Object.assign(new Error('database or disk is full'), { errcode: 13 });
  const acknowledge = vi.spyOn(outbox, 'acknowledge').mockImplementationOnce(() => {
    steady += 60_000;
    return outbox.commit(() => {
      throw noRoom;
    });
  });
  await append(0, 5);
  readings.start();
  history.start();
  await eventually('the failure', () => outbox.failures().get('outbox.disk-full') === 1);
  readings.tryNow();
  const nothingWaits = () => outbox.status('readings').queued + outbox.status('history').queued === 0;
  await eventually('the five to be acknowledged', nothingWaits);
  await append(5, 5);
  await eventually('the next five to be acknowledged', nothingWaits);
  expect(values()).toEqual(numbersTo(10));
  expect(acknowledge.mock.calls.map(([lane]) => lane)).not.toContain('history');
});

test('A cloud that does not know the lane yet is waited for, and no record is blamed', async () => {
  await append(0, 3);
  cloud.spoil({
    kind: 'status',
    status: 422,
    body: { code: 'gateways.batch-invalid', title: 'The batch is not valid: lane must be equal to one of' },
  });
  lanes.readings.start();
  await eventually('the reason', () => lanes.readings.status().error?.includes('lane must be'));
  expect(outbox.losses('readings').refused).toBe(0);
  lanes.readings.tryNow();
  await drained();
  expect(values()).toEqual([0, 1, 2]);
});

test('A proxy on the way that refuses batches costs no record, whatever status and page it answers with', async () => {
  const page = '<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>';
  const refusals = [400, 413, 422, 403].map((status) => ({
    kind: 'status' as const,
    status,
    headers: { 'content-type': 'text/html' },
    body: page,
  }));
  cloud.spoil(...refusals, { kind: 'status', status: 422, body: { code: 'proxy.no', title: 'Not with us' } });
  const states = ['ACCEPTED', 'EXECUTING', 'SUCCEEDED'] as const;
  await Promise.all(states.map((state) => outbox.commit((write) => write('alerts', commandUpdate(state)))));
  lanes.alerts.start();
  await eventually('all alerts', () => {
    lanes.alerts.tryNow();
    return cloud.of('command').length === states.length;
  });
  expect(cloud.mishapsLeft()).toBe(0);
  expect(cloud.of('command').map(({ state }) => state)).toEqual(states);
  expect(cloud.batches).toHaveLength(1);
  expect([outbox.losses('alerts').refused, cloud.of('gap')]).toEqual([0, []]);
});

test('The alerts lane goes on while the cloud limits the readings lane', async () => {
  cloud.spoil({ kind: 'status', status: 429, headers: { 'retry-after': '3600' } });
  await append(0, 5);
  lanes.readings.start();
  await eventually('the limit', () => lanes.readings.status().state === 'waiting');
  lanes.alerts.start();
  await outbox.commit((write) => write('alerts', commandUpdate('SUCCEEDED')));
  await eventually('the command', () => cloud.of('command').length === 1);
  lanes.readings.tryNow();
  expect(lanes.readings.status()).toMatchObject({ state: 'waiting', error: '429' });
  expect(values()).toEqual([]);
});

test('A record that the cloud refuses is set aside and its place taken by a gap, and the others arrive', async () => {
  cloud.refuses = (record) => record.type === 'reading' && [0, 637, 1999].includes(Number(record.value));
  await append(0, 2000);
  start();
  await drained();
  const kinds = cloud.stored.readings.map((record) =>
    record.type === 'reading' ? record.value : record.type,
  );
  expect(kinds).toEqual(numbersTo(2000).map((value) => ([0, 637, 1999].includes(value) ? 'gap' : value)));
  expect(cloud.of('gap')[1]).toMatchObject({ count: 1, reason: expect.stringContaining('not to our taste') });
  expect(outbox.losses('readings').refused).toBe(3);
  const refused = outbox.database.prepare('SELECT number, body FROM refused ORDER BY id').all();
  expect(refused.map(({ number }) => number)).toEqual([1, 638, 2000]);
});

test('A cloud that was restored from an older copy is told what it has lost, and gets all that comes after', async () => {
  start();
  await append(0, 50);
  await drained();
  cloud.forget('readings', 20);
  await append(50, 10);
  await drained();
  expect(values()).toEqual([...numbersTo(30), ...numbersTo(60).slice(50)]);
  expect(cloud.of('gap')).toMatchObject([{ count: 20, reason: expect.stringMatching(/^cloud-lost: /) }]);
});

test('An outbox that is an older copy than the cloud knows begins a new epoch and delivers what it has', async () => {
  start();
  await append(0, 50);
  await drained();
  await lanes.readings.stop();
  outbox.database.exec("UPDATE lanes SET front = 1 WHERE name = 'readings'");
  const { epoch } = outbox.status('readings');
  outbox.close();
  outbox = openOutbox(folder.path);
  const client = new CloudClient({ url: cloud.url, keyFile: join(folder.path, 'key') });
  lanes.readings = new UplinkLane({ lane: 'readings', outbox, client, clock: systemClock, jitter: () => 0 });
  lanes.readings.start();
  await append(50, 3);
  await drained();
  expect(values()).toEqual(numbersTo(53));
  expect(outbox.status('readings').epoch).not.toBe(epoch);
});

test('A key that was replaced in its file is taken up without a restart', async () => {
  cloud.key = 'the-new-key';
  start();
  await append(0, 3);
  await eventually('the refusal', () => lanes.readings.status().error === '401');
  writeFileSync(join(folder.path, 'key'), 'the-new-key');
  await drained();
  expect(values()).toEqual([0, 1, 2]);
});

test('A key that others on the machine can read is warned of', async () => {
  const keyFile = join(folder.path, 'key');
  const ask = async (mode: number) => {
    chmodSync(keyFile, mode);
    const warnings: string[] = [];
    const warn = (_details: object, message: string) => warnings.push(message);
    const client = new CloudClient({ url: cloud.url, keyFile }, undefined, warn);
    const line = new AbortController();
    await client.request('/v1/gateway/downlink', { method: 'GET', signal: line.signal });
    line.abort();
    return warnings;
  };
  expect(await ask(0o644)).toEqual([expect.stringContaining('chmod 600')]);
  expect(await ask(0o600)).toEqual([]);
});

test('Without a key file the uplink says so and waits', async () => {
  const client = new CloudClient({ url: cloud.url, keyFile: join(folder.path, 'absent') });
  const lane = new UplinkLane({ lane: 'readings', outbox, client, clock: systemClock, jitter: () => 0 });
  await append(0, 1);
  lane.start();
  await eventually('the reason', () => lane.status().error?.includes('The key file cannot be read'));
  await lane.stop();
});
