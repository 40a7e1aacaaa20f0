import { type ChildProcess, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModbusPoint, ModbusRtuConnector, ModbusTcpConnector } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Connector } from '../../gateway/connectors/connector.ts';
import { createModbusConnector } from '../../gateway/connectors/modbus/index.ts';
import { RecordingContext } from '../support/connector-context.ts';
import { compileSlave, hasLibmodbus, startProgram } from '../support/libmodbus.ts';
import { describeRequiring, hasProgram } from '../support/requires.ts';
import { eventually } from '../support/wait.ts';

const holding = (signal: string, address: number, fields: Partial<ModbusPoint> = {}): ModbusPoint => ({
  signal,
  table: 'holding-register',
  address,
  ...fields,
});
/** As the slave encodes them; addresses from 1, as in a manual. */
const points: ModbusPoint[] = [
  holding('abcd', 1, { type: 'float32' }),
  holding('dcba', 3, { type: 'float32', byteOrder: 'DCBA' }),
  holding('badc', 5, { type: 'float32', byteOrder: 'BADC' }),
  holding('cdab', 7, { type: 'float32', byteOrder: 'CDAB' }),
  holding('scaled', 9, { type: 'int16', scale: 0.1, offset: 20 }),
  holding('absent', 10, { type: 'int16', noValue: 0x8000 }),
  holding('counter', 11, { type: 'int64' }),
  holding('digits', 15, { type: 'bcd16' }),
  holding('name', 16, { type: 'string', lengthCharacters: 8 }),
  holding('running', 21, { bit: 1 }),
  holding('fault', 21, { bit: 2 }),
  holding('target', 41, { type: 'float32', writable: true }),
  holding('last', 60),
  holding('beyond', 61),
  { signal: 'input', table: 'input-register', address: 12 },
  { signal: 'lamp', table: 'coil', address: 4, writable: true },
  { signal: 'door', table: 'discrete-input', address: 6 },
];
const expected = {
  abcd: 21.3,
  dcba: 21.3,
  badc: 21.3,
  cdab: 21.3,
  scaled: 19.5,
  absent: 'no-value',
  counter: 123_456_789_012_345,
  digits: 1234,
  name: 'PUMP-7',
  running: true,
  fault: false,
  target: 0,
  last: 0,
  beyond: 'exception-2',
  input: 1011,
  lamp: true,
  door: true,
};
const slave = (unitId: number, deviceId = 'pump') => ({
  deviceId,
  unitId,
  pollMilliseconds: 50,
  addressBase: 1 as const,
  gapRegistersMax: 30,
  points,
});

let program: string;
let context: RecordingContext;
let connector: Connector | undefined;
let folder: string;
const children: ChildProcess[] = [];

async function start(command: string, parameters: readonly string[], line: RegExp): Promise<string> {
  const { process, match } = await startProgram(command, parameters, line);
  children.push(process);
  return match;
}

async function run(settings: ModbusRtuConnector | ModbusTcpConnector): Promise<Connector> {
  connector = createModbusConnector(settings, context, { clock: systemClock });
  await connector.start();
  return connector;
}

const tcp = (port: number, overrides: Partial<ModbusTcpConnector> = {}): ModbusTcpConnector => ({
  type: 'modbus-tcp',
  name: 'hall',
  host: '127.0.0.1',
  port,
  slaves: [slave(1)],
  ...overrides,
});
const rtu = (path: string): ModbusRtuConnector => ({
  type: 'modbus-rtu',
  name: 'bus',
  port: { path, baudRate: 115_200 },
  slaves: [slave(7)],
});

/** The last value of each signal, or why it has none. */
const lastOf = (deviceId = 'pump') =>
  Object.fromEntries(
    points.map(({ signal }) => {
      const last = context.values(deviceId, signal).at(-1);
      return [signal, last?.badReason ?? last?.value];
    }),
  );

const needs = {
  gcc: hasProgram('gcc'),
  libmodbus: hasLibmodbus,
  mbpoll: hasProgram('mbpoll'),
  socat: hasProgram('socat'),
};

describeRequiring('a Modbus slave that is libmodbus', needs, () => {
  beforeAll(() => {
    program = compileSlave();
  });

  beforeEach(() => {
    context = new RecordingContext();
    folder = mkdtempSync(join(tmpdir(), 'andon-modbus-'));
  });

  afterEach(async () => {
    await connector?.stop();
    for (const child of children.splice(0)) {
      child.kill('SIGKILL');
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('is read over TCP in every type and order, divided where it has no address, and written [I8]', async () => {
    const port = Number(await start(program, ['tcp'], /port (\d+)/));
    const running = await run(tcp(port));
    await eventually('all values', () => lastOf().beyond === 'exception-2' && lastOf().lamp);
    expect(lastOf()).toEqual(expected);
    const polls = context.messages.length;
    const { requests: before = 0 } = running.health().counters;
    await eventually('twenty more polls', () => context.messages.length >= polls + 20);
    const requests = (running.health().counters.requests ?? 0) - before;
    // One for each of the four tables, and rarely one for the address that it has not.
    expect(Math.round(requests / (context.messages.length - polls))).toBe(4);

    await running.write('pump', 'target', 12.5);
    await running.write('pump', 'lamp', false);
    const peek = (parameters: readonly string[]) =>
      execFileSync(
        'mbpoll',
        ['-m', 'tcp', '-p', String(port), '-a', '1', '-1', '-c', '1', ...parameters, '127.0.0.1'],
        {
          encoding: 'utf8',
        },
      );
    expect(peek(['-t', '4:float', '-B', '-r', '41'])).toMatch(/\[41\]:\s+12\.5/);
    expect(peek(['-t', '0', '-r', '4'])).toMatch(/\[4\]:\s+0/);
    await eventually('the new values', () => lastOf().target === 12.5 && lastOf().lamp === false);

    const poke = (parameters: readonly string[], value: string) =>
      execFileSync('mbpoll', ['-m', 'tcp', '-p', String(port), '-a', '1', ...parameters, '127.0.0.1', value]);
    poke(['-t', '4:float', '-B', '-r', '1'], '7.75');
    poke(['-t', '4:float', '-r', '7'], '0.125');
    poke(['-t', '4', '-r', '10'], '65535');
    await eventually('what another master wrote', () => lastOf().abcd === 7.75 && lastOf().cdab === 0.125);
    await eventually('a value where there was none', () => lastOf().absent === -1);
  });

  it('is read with several requests under way, as several units, and found again when it comes back', async () => {
    const port = Number(await start(program, ['tcp'], /port (\d+)/));
    const units = [slave(1), slave(2, 'fan'), slave(255, 'gate')];
    const running = await run(tcp(port, { inFlightMax: 4, slaves: units, requestTimeoutMilliseconds: 300 }));
    for (const { deviceId } of units) {
      await eventually(
        `all of ${deviceId}`,
        () => lastOf(deviceId).beyond === 'exception-2' && lastOf(deviceId).lamp,
      );
      expect(lastOf(deviceId)).toEqual(expected);
    }
    children.pop()?.kill('SIGKILL');
    await eventually(
      'the loss',
      () => lastOf().abcd === 'port-closed' && lastOf('gate').door === 'port-closed',
    );
    expect(running.health().state).toBe('waiting');
    await start(program, ['tcp', String(port)], /port (\d+)/);
    await eventually('the return', () => lastOf().abcd === 21.3 && lastOf('gate').door === true);
  });

  it('is read and written as RTU on a tty, and behind a device server over TCP [I8]', async () => {
    const near = join(folder, 'near');
    const far = join(folder, 'far');
    await start(
      'socat',
      ['-d', '-d', `pty,raw,echo=0,link=${near}`, `pty,raw,echo=0,link=${far}`],
      /(starting)/,
    );
    await eventually('the ttys', () => existsSync(near) && existsSync(far));
    await start(program, ['rtu', far, '115200', '7'], /(ready)/);
    const running = await run(rtu(near));
    await eventually('all values', () => lastOf().beyond === 'exception-2' && lastOf().lamp);
    expect(lastOf()).toEqual(expected);
    await running.write('pump', 'target', 12.5);
    await running.stop();

    const server = await start(
      'socat',
      ['-d', '-d', 'tcp-listen:0,bind=127.0.0.1', `open:${near},raw,echo=0`],
      /listening on AF=2 127\.0\.0\.1:(\d+)/,
    );
    context = new RecordingContext();
    await run(rtu(`tcp://127.0.0.1:${server}`));
    await eventually('all values', () => lastOf().beyond === 'exception-2' && lastOf().lamp);
    expect(lastOf()).toEqual({ ...expected, target: 12.5 });
  });
});
