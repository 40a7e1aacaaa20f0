import { type ChildProcess, spawn } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModbusPoint, ModbusRtuConnector } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSerialPort } from '../../gateway/connectors/byte-pipe/index.ts';
import type { Connector, ConnectorContext } from '../../gateway/connectors/connector.ts';
import type { StartCron } from '../../gateway/connectors/modbus/cron.ts';
import { createModbusConnector, type ModbusParts } from '../../gateway/connectors/modbus/index.ts';
import { deadPolling } from '../../gateway/connectors/modbus/poll-schedule.ts';
import { withChecksum } from '../../gateway/connectors/modbus/rtu-framing.ts';
import { RecordingContext } from '../support/connector-context.ts';
import { ModbusSlaves } from '../support/modbus-slave.ts';
import { noteLog } from '../support/note-log.ts';
import { openPseudoTerminal } from '../support/pseudo-terminal.ts';
import { describeRequiring, hasProgram } from '../support/requires.ts';
import { ScriptedLine } from '../support/scripted-pipe.ts';
import { eventually } from '../support/wait.ts';

const points: ModbusPoint[] = [
  { signal: 'pressure', table: 'holding-register', address: 0, type: 'float32', unit: 'bar' },
  { signal: 'speed', table: 'holding-register', address: 2, scale: 0.1 },
  { signal: 'boot', table: 'holding-register', address: 3 },
  { signal: 'target', table: 'holding-register', address: 10, writable: true },
  { signal: 'valve', table: 'coil', address: 5, writable: true },
  { signal: 'reset', table: 'holding-register', address: 20, read: false },
];
const pump = {
  deviceId: 'pump',
  unitId: 1,
  pollMilliseconds: 20,
  points,
  bootIdSignal: 'boot',
  reboot: { point: 'reset', value: 1 },
};
const fan = {
  deviceId: 'fan',
  unitId: 2,
  pollMilliseconds: 20,
  points: [{ signal: 'speed', table: 'input-register' as const, address: 0 }],
};
const settings = (overrides: Partial<ModbusRtuConnector> = {}): ModbusRtuConnector => ({
  type: 'modbus-rtu',
  name: 'bus',
  port: { path: 'scripted', baudRate: 115_200 },
  requestTimeoutMilliseconds: 250,
  slaves: [pump, fan],
  ...overrides,
});
const command = (name: string, parameters: Record<string, number | string> = {}) => ({
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  deviceId: 'pump',
  name,
  parameters,
  issuedBy: 'somebody',
  issuedAt: 1,
  expiresAt: 2,
  idempotency: 'once' as const,
});

let context: RecordingContext;
let line: ScriptedLine;
let log: string[];
let slaves: ModbusSlaves;
let connector: Connector | undefined;

function prepare(): void {
  slaves.hold(1, { 0: 0x41aa, 1: 0x6666, 2: 123, 3: 7, 10: 50, 20: 0 }, [5]);
  slaves.hold(2, { 0: 900 });
}

async function run(overrides: Partial<ModbusRtuConnector> = {}, parts: ModbusParts = {}): Promise<Connector> {
  const shell = { clock: systemClock, logger: noteLog(log) };
  connector = createModbusConnector(settings(overrides), context, shell, line.open, parts);
  await connector.start();
  return connector;
}

beforeEach(() => {
  context = new RecordingContext();
  log = [];
  // Not those of the next test, to which a last request of this one, and its answer, must not go.
  const ours = new ScriptedLine();
  const answering = new ModbusSlaves((frame) => ours.emit(frame));
  ours.answer = (bytes) => answering.receive(bytes);
  [line, slaves] = [ours, answering];
  prepare();
});

afterEach(async () => {
  await connector?.stop();
});

const lastOf = (deviceId: string, signal: string) => context.values(deviceId, signal).at(-1);
const statusesOf = (deviceId: string) => context.statuses.filter((status) => status.deviceId === deviceId);

describe('a Modbus line', () => {
  it('is polled, adjacent registers in one request', async () => {
    await run();
    await eventually('readings of both', () => lastOf('pump', 'valve') && lastOf('fan', 'speed'));
    expect(context.messages.find(({ deviceId }) => deviceId === 'pump')).toEqual({
      deviceId: 'pump',
      bootId: '7',
      values: [
        { signal: 'valve', value: true },
        { signal: 'pressure', value: 21.3, unit: 'bar' },
        { signal: 'speed', value: 12.3 },
        { signal: 'boot', value: 7 },
        { signal: 'target', value: 50 },
      ],
    });
    expect(lastOf('fan', 'speed')).toEqual({ signal: 'speed', value: 900 });
    expect(new Set(slaves.requests)).toEqual(new Set(['1:1:5:1', '1:3:0:4', '1:3:10:1', '2:4:0:1']));
    expect(statusesOf('pump')).toEqual([{ deviceId: 'pump', connected: true, bootId: '7' }]);
  });

  it('goes on with the neighbours of a dead slave, and finds it again', async () => {
    // It may take ten seconds to be sure that a slave is dead, and a minute until it is asked again: on a machine with
    // much else to do, that time has come before its neighbour was read so often.
    const soonest = deadPolling.baseMilliseconds / 2;
    const latest = deadPolling.capMilliseconds + 30_000;
    slaves.silent.add(1);
    await run();
    await eventually('the loss', () => statusesOf('pump').at(-1)?.connected === false, latest);
    expect(statusesOf('pump')).toEqual([{ deviceId: 'pump', connected: false, reason: 'timeout' }]);
    expect(lastOf('pump', 'pressure')).toEqual({ signal: 'pressure', value: null, badReason: 'timeout' });
    const polled = context.values('fan', 'speed').length;
    const asked = () => slaves.requests.filter((request) => request.startsWith('1:')).length;
    const [askedBefore, began] = [asked(), systemClock.monotonic()];
    await eventually('the neighbour', () => context.values('fan', 'speed').length > polled + 10, latest);
    const askedMost = 1 + (systemClock.monotonic() - began) / soonest;
    expect(asked() - askedBefore).toBeLessThanOrEqual(askedMost);
    slaves.silent.clear();
    await eventually('the return', () => statusesOf('pump').at(-1)?.connected === true, latest);
    await eventually('a good reading', () => lastOf('pump', 'pressure')?.value === 21.3, latest);
  }, 240_000);

  it('tells a damaged answer, an exception and a hole in the map as failed reads, each of its own signals', async () => {
    slaves.distort = (frame, unit) => {
      if (unit === 2) {
        frame[3] = (frame[3] ?? 0) ^ 1;
      }
      return frame;
    };
    slaves.registers.get(1)?.delete(2);
    await run();
    await eventually('the damaged one', () => lastOf('fan', 'speed')?.badReason === 'checksum');
    await eventually('the hole', () => lastOf('pump', 'speed')?.badReason === 'exception-2');
    expect(lastOf('pump', 'pressure')?.value).toBe(21.3);
    expect(context.reasons).toContain('checksum');
  });

  it('throws away late answers, and takes none for the answer to another request', async () => {
    let late: Buffer | undefined;
    let hasCome = false;
    const isGivenUp = () =>
      context.values('pump', 'pressure').some(({ badReason }) => badReason === 'timeout');
    slaves.distort = (frame, unit) => {
      if (unit === 1 && frame[1] === 3 && late === undefined) {
        late = frame;
        return Buffer.alloc(0);
      }
      // While another is asked: at any other time it may find the same request under way again, and be its answer.
      if (unit === 2 && late !== undefined && !hasCome && isGivenUp()) {
        hasCome = true;
        line.emit(late);
      }
      return frame;
    };
    const running = await run();
    await eventually('the late answer', () => hasCome);
    await eventually('the next reading', () => lastOf('pump', 'pressure')?.value === 21.3);
    const { bytesLate = 0, bytesDiscarded = 0 } = running.health().counters;
    // On a busy machine another answer may be late, too.
    expect(bytesLate + bytesDiscarded).toBeGreaterThanOrEqual(late?.length ?? 0);
    expect(context.values('pump', 'target').every(({ value }) => value === 50 || value === null)).toBe(true);
  });

  it('writes points, and refuses those that are not writable', async () => {
    const running = await run();
    await eventually('the first poll', () => lastOf('pump', 'target'));
    await running.write('pump', 'target', 60);
    await eventually('the new value', () => lastOf('pump', 'target')?.value === 60);
    await running.write('pump', 'valve', false);
    await eventually('the closed valve', () => lastOf('pump', 'valve')?.value === false);
    await expect(running.write('pump', 'pressure', 1)).rejects.toMatchObject({ code: 'modbus.not-writable' });
    await expect(running.write('pump', 'target', 1e6)).rejects.toMatchObject({
      code: 'modbus.value-does-not-fit',
    });
    expect(await running.execute(command('target', { value: 70 }))).toEqual({ status: 'succeeded' });
    expect(await running.execute(command('target', { value: 1e6 }))).toMatchObject({ status: 'rejected' });
    expect(await running.execute(command('fly'))).toMatchObject({ status: 'rejected' });
  });

  it('writes with functions 15 and 16 alone where the device knows no others', async () => {
    const running = await run({ slaves: [{ ...pump, multipleWritesOnly: true }] });
    await eventually('the first poll', () => lastOf('pump', 'target'));
    await running.write('pump', 'target', 60);
    await running.write('pump', 'valve', true);
    await eventually('the new value', () => lastOf('pump', 'target')?.value === 60);
    const writes = slaves.requests.filter((request) => /^1:(5|6|15|16):/.test(request));
    expect(writes).toEqual(['1:16:10:1', '1:15:5:1']);
  });

  it('reboots a device once, and tells its new boot id', async () => {
    const running = await run();
    await eventually('the first poll', () => lastOf('pump', 'boot'));
    expect(await running.execute(command('reboot'))).toEqual({ status: 'delivered' });
    expect(slaves.registers.get(1)?.get(20)).toBe(1);
    slaves.registers.get(1)?.set(3, 8);
    await eventually('the boot id', () => statusesOf('pump').at(-1)?.bootId === '8');
    slaves.distort = (frame) => (frame[1] === 6 ? Buffer.alloc(0) : frame);
    expect(await running.execute(command('reboot'))).toMatchObject({ status: 'delivered' });
    expect(slaves.requests.filter((request) => request.startsWith('1:6'))).toHaveLength(2);
  });

  it('sends a reboot once also where the line goes with the device', async () => {
    const running = await run();
    await eventually('the first poll', () => lastOf('pump', 'boot'));
    line.answer = (bytes) => (bytes[1] === 6 ? line.unplug() : slaves.receive(bytes));
    expect(await running.execute(command('reboot'))).toMatchObject({ status: 'delivered' });
    await eventually('the loss', () => running.health().state === 'waiting');
    await expect(running.execute(command('reboot'))).rejects.toMatchObject({ code: 'modbus.no-answer' });
  });

  it('sends what may be done only once a single time, and lets the rest be sent again', async () => {
    const running = await run();
    await eventually('the first poll', () => lastOf('pump', 'target'));
    slaves.distort = (frame) => (frame[1] === 6 ? Buffer.alloc(0) : frame);
    const target = command('target', { value: 70 });
    expect(await running.execute(target)).toEqual({
      status: 'failed',
      reason: expect.stringMatching(/^unconfirmed: /),
    });
    await expect(running.execute({ ...target, idempotency: 'idempotent' })).rejects.toMatchObject({
      code: 'modbus.no-answer',
    });
    expect(slaves.requests.filter((request) => request.startsWith('1:6'))).toHaveLength(2);
  });

  it('does not send a command to a device that cannot be reached', async () => {
    slaves.silent.add(1);
    const running = await run();
    await eventually('the loss', () => statusesOf('pump').at(-1)?.connected === false);
    await expect(running.execute(command('reboot'))).rejects.toMatchObject({ code: 'modbus.no-answer' });
    expect(slaves.requests.some((request) => request.startsWith('1:6'))).toBe(false);
  });

  it('comes back by itself when the adapter was unplugged, and tells the loss once', async () => {
    const running = await run();
    await eventually('readings', () => lastOf('pump', 'pressure')?.value === 21.3);
    line.unplug();
    await eventually('the loss', () => lastOf('pump', 'pressure')?.badReason === 'port-closed');
    await eventually('three tries', () => (running.health().counters.openFailures ?? 0) >= 3);
    expect(running.health().state).toBe('waiting');
    expect(statusesOf('pump').at(-1)).toEqual({ deviceId: 'pump', connected: false, reason: 'port-closed' });
    const lost = context.values('pump', 'pressure').filter(({ badReason }) => badReason === 'port-closed');
    expect(lost).toHaveLength(1);
    line.absent = false;
    await eventually('the return', () => statusesOf('pump').at(-1)?.connected === true);
    await eventually('a reading', () => lastOf('pump', 'pressure')?.value === 21.3);
    expect(log).toEqual([
      'warn: The line gives nothing; it is tried again. (unplugged)',
      'warn: The line gives nothing; it is tried again. (no such port)',
      'info: The line is heard again.',
    ]);
  });

  it('hands on what was read before the line went, and only then gives the slave up', async () => {
    slaves.distort = (frame) => {
      if (frame[1] === 3) line.unplug();
      return frame;
    };
    await run({ slaves: [pump] });
    await eventually('the loss', () => lastOf('pump', 'valve')?.badReason === 'port-closed');
    expect(context.values('pump', 'valve').slice(0, 2)).toEqual([
      { signal: 'valve', value: true },
      { signal: 'valve', value: null, badReason: 'port-closed' },
    ]);
    expect(statusesOf('pump')).toEqual([{ deviceId: 'pump', connected: false, reason: 'port-closed' }]);
  });

  it('shows the flight recorder its frames, each with the device that it goes to or comes from', async () => {
    const frames: string[] = [];
    Object.assign(context, {
      frame: ({ deviceId, direction, bytes }: Parameters<NonNullable<ConnectorContext['frame']>>[0]) =>
        frames.push(`${deviceId} ${direction} ${Buffer.from(bytes).toString('hex')}`),
    });
    const running = await run({ slaves: [fan, pump] });
    await eventually('readings of both', () => lastOf('pump', 'target') && lastOf('fan', 'speed'));
    await running.write('pump', 'target', 60);
    const read = withChecksum([2, 4, 0, 0, 0, 1]);
    const answer = withChecksum([2, 4, 2, 0x03, 0x84]);
    const write = Buffer.from(withChecksum([1, 6, 0, 10, 0, 60])).toString('hex');
    expect(frames).toContain(`fan sent ${Buffer.from(read).toString('hex')}`);
    expect(frames).toContain(`fan received ${Buffer.from(answer).toString('hex')}`);
    expect(frames).toEqual(expect.arrayContaining([`pump sent ${write}`, `pump received ${write}`]));
  });

  it('hands on what was read before the connector stops', async () => {
    slaves.distort = (frame) => (frame[1] === 3 ? Buffer.alloc(0) : frame);
    const running = await run({ slaves: [pump], requestTimeoutMilliseconds: 60_000 });
    await eventually('the second request', () => slaves.requests.length === 2);
    await running.stop();
    expect(context.values('pump', 'valve')).toEqual([{ signal: 'valve', value: true }]);
  });

  it('reads each signal at its own rate, and those of cron when the line opens and at their times', async () => {
    const due: (() => void)[] = [];
    const startCron: StartCron = (expression, timeZone, call) => {
      expect([expression, timeZone]).toEqual(['0 6 * * *', 'Europe/Lisbon']);
      due.push(call);
      return async () => undefined;
    };
    const rates: ModbusPoint[] = [
      { signal: 'fast', table: 'holding-register', address: 0 },
      { signal: 'slow', table: 'holding-register', address: 1, pollMilliseconds: 60_000 },
      { signal: 'daily', table: 'holding-register', address: 2, cron: '0 6 * * *' },
    ];
    const slave = { deviceId: 'pump', unitId: 1, pollMilliseconds: 20, points: rates };
    await run({ slaves: [slave], timeZone: 'Europe/Lisbon' }, { startCron });
    await eventually('many fast ones', () => context.values('pump', 'fast').length > 10);
    expect(context.values('pump', 'slow')).toHaveLength(1);
    expect(context.values('pump', 'daily')).toHaveLength(1);
    expect(slaves.requests.slice(0, 2)).toEqual(['1:3:0:3', '1:3:0:1']);
    due[0]?.();
    await eventually('the daily one', () => context.values('pump', 'daily').length === 2);
    expect(context.values('pump', 'slow')).toHaveLength(1);
  });

  it('reads over gaps as allowed, and around a hole when the slave has one there', async () => {
    const at = (address: number): ModbusPoint => ({
      signal: `r${address}`,
      table: 'holding-register',
      address,
    });
    slaves.hold(1, { 0: 10, 1: 11, 2: 12, 3: 13, 4: 14, 10: 20, 11: 21, 12: 22 });
    const slave = { deviceId: 'pump', unitId: 1, pollMilliseconds: 20, gapRegistersMax: 9 };
    await run({ slaves: [{ ...slave, points: [at(0), at(4), at(10), at(12)] }] });
    await eventually('all', () => context.values('pump', 'r12').length > 3);
    expect(lastOf('pump', 'r4')?.value).toBe(14);
    expect(slaves.requests.slice(0, 5)).toEqual(['1:3:0:13', '1:3:0:5', '1:3:10:3', '1:3:0:5', '1:3:10:3']);
    expect(context.rejections).toEqual([]);
  });

  it('keeps reading a slave that is mute at one of its registers, and asks for that one rarely', async () => {
    slaves.distort = (frame) => (frame[1] === 4 ? Buffer.alloc(0) : frame);
    const points: ModbusPoint[] = [
      { signal: 'mute', table: 'input-register', address: 0 },
      { signal: 'well', table: 'input-register', address: 1, type: 'uint16' },
      { signal: 'target', table: 'holding-register', address: 10 },
      { signal: 'speed', table: 'holding-register', address: 2 },
    ];
    await run({ slaves: [{ deviceId: 'pump', unitId: 1, pollMilliseconds: 20, points }] });
    await eventually('the failed one', () => lastOf('pump', 'mute')?.badReason === 'timeout');
    await eventually('the good ones', () => context.values('pump', 'target').length > 60);
    expect(slaves.requests.filter((request) => request.startsWith('1:4:')).length).toBeLessThan(15);
    await eventually('the neighbour', () => lastOf('pump', 'speed')?.value === 123);
    expect(statusesOf('pump').at(-1)?.connected).toBe(true);
  });

  it('finds the one register at which a slave is mute, and reads its neighbours', async () => {
    const at = (address: number): ModbusPoint => ({
      signal: `r${address}`,
      table: 'holding-register',
      address,
    });
    slaves.hold(1, { 0: 10, 1: 11, 2: 12, 3: 13 }, [5]);
    line.answer = (bytes) => {
      const [, code, , address = 0, , quantity = 0] = bytes;
      if (code !== 3 || address > 2 || address + quantity <= 2) {
        slaves.receive(bytes);
      }
    };
    const coil: ModbusPoint = { signal: 'valve', table: 'coil', address: 5 };
    const points = [coil, ...[0, 1, 2, 3].map(at)];
    await run({ slaves: [{ deviceId: 'pump', unitId: 1, pollMilliseconds: 20, points }] });
    await eventually(
      'the neighbours',
      () => [0, 1, 3].every((address) => lastOf('pump', `r${address}`)?.value === 10 + address),
      20_000,
    );
    expect(lastOf('pump', 'r2')?.badReason).toBe('timeout');
    expect(statusesOf('pump')).toHaveLength(1);
  });

  it('knows a slave to be dead also where a translating gateway answers in its place', async () => {
    slaves.distort = (frame, unit) => {
      if (unit !== 1) {
        return frame;
      }
      const body = [1, (frame[1] ?? 0) | 0x80, 11];
      return Buffer.from(withChecksum(body));
    };
    const running = await run();
    await eventually('the loss', () => statusesOf('pump').at(-1)?.connected === false);
    expect(lastOf('pump', 'pressure')?.badReason).toBe('exception-11');
    expect(running.health().detail).toContain('1 of 2 slaves answer');
    slaves.distort = (frame) => frame;
    await eventually('the return', () => lastOf('pump', 'pressure')?.value === 21.3);
  });

  it('opens a silent port anew', async () => {
    slaves.silent.add(1).add(2);
    const running = await run({ port: { path: 'scripted', baudRate: 115_200, silenceMilliseconds: 100 } });
    await eventually('a second try', () => line.attempts >= 2);
    expect(running.health().counters.silences).toBeGreaterThan(0);
    slaves.silent.clear();
    await eventually('a reading', () => lastOf('pump', 'pressure')?.value === 21.3);
  });
});

describe('a Modbus line on a real tty', () => {
  it('is read and written, and its loss is noticed [I8]', async () => {
    const terminal = openPseudoTerminal();
    const remote = new ModbusSlaves((frame) => terminal.write(frame));
    slaves = remote;
    prepare();
    terminal.onData((bytes) => remote.receive(bytes));
    connector = createModbusConnector(
      settings({ port: { path: terminal.path, baudRate: 115_200 }, requestTimeoutMilliseconds: 200 }),
      context,
      { clock: systemClock },
      openSerialPort,
    );
    await connector.start();
    await eventually('readings', () => lastOf('pump', 'pressure')?.value === 21.3);
    await connector.write('pump', 'target', 77);
    expect(remote.registers.get(1)?.get(10)).toBe(77);
    expect(await connector.execute(command('reboot'))).toEqual({ status: 'delivered' });
    terminal.close();
    await eventually('the loss', () => statusesOf('pump').at(-1)?.connected === false);
  });
});

describeRequiring('a Modbus line through socat', { socat: hasProgram('socat') }, () => {
  let folder: string;
  const cables: ChildProcess[] = [];
  const pullOut = () => cables.pop()?.kill();
  const near = () => join(folder, 'near');
  const far = () => join(folder, 'far');

  async function connectCable(): Promise<void> {
    cables.push(spawn('socat', [`pty,raw,echo=0,link=${near()}`, `pty,raw,echo=0,link=${far()}`]));
    await eventually('the pair of ttys', () => existsSync(near()) && existsSync(far()));
    const out = createWriteStream(far(), { flags: 'r+' });
    const input = createReadStream(far());
    out.on('error', () => undefined);
    input.on('error', () => undefined);
    const remote = new ModbusSlaves((frame) => out.write(frame));
    remote.hold(1, { 0: 0x41aa, 1: 0x6666, 2: 123, 3: 7, 10: 50, 20: 0 });
    input.on('data', (bytes) => remote.receive(Buffer.from(bytes)));
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'andon-modbus-'));
  });

  afterEach(() => {
    pullOut();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is found again when the cable was pulled out and put back [I8]', async () => {
    await connectCable();
    connector = createModbusConnector(
      settings({
        port: { path: near(), baudRate: 115_200 },
        requestTimeoutMilliseconds: 200,
        slaves: [pump],
      }),
      context,
      { clock: systemClock },
      openSerialPort,
    );
    await connector.start();
    await eventually('readings', () => lastOf('pump', 'pressure')?.value === 21.3);
    pullOut();
    await eventually('the loss', () => statusesOf('pump').at(-1)?.connected === false);
    await connectCable();
    await eventually('the return', () => statusesOf('pump').at(-1)?.connected === true, 20_000);
  });
});
