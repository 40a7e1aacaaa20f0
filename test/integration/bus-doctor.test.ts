import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launcher } from '@andon/shared/programs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileSlave, hasLibmodbus, startProgram } from '../support/libmodbus.ts';
import { ModbusSlaves } from '../support/modbus-slave.ts';
import { describeRequiring, hasProgram } from '../support/requires.ts';
import { eventually } from '../support/wait.ts';

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'andon-doctor-'));
});

afterEach(() => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
  }
  rmSync(folder, { recursive: true, force: true });
});

function busDoctor(...parameters: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [launcher, 'gateway', 'bus-doctor', ...parameters]);
  let out = '';
  let err = '';
  child.stdout.on('data', (bytes) => {
    out += bytes;
  });
  child.stderr.on('data', (bytes) => {
    err += bytes;
  });
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

function configuration(slaves: readonly object[], connector: object): string {
  const file = join(folder, 'gateway.yaml');
  const devices = slaves.map((_, index) => ({ id: `meter-${index + 1}` }));
  const connectors = [{ type: 'modbus-rtu', name: 'line', slaves, ...connector }];
  // JSON is YAML, too.
  writeFileSync(file, JSON.stringify({ gateway: { id: 'edge-1' }, connectors, devices }));
  return file;
}

const meters = (count: number, pollMilliseconds: number) =>
  Array.from({ length: count }, (_, index) => ({
    deviceId: `meter-${index + 1}`,
    unitId: index + 1,
    pollMilliseconds,
    points: Array.from({ length: 10 }, (__, address) => ({
      signal: `r${address}`,
      table: 'holding-register',
      address,
    })),
  }));

describe('the bus doctor', () => {
  it('shows the arithmetic of a plan that fits', async () => {
    const file = configuration(meters(2, 1000), { port: { path: '/dev/ttyS0', baudRate: 9600 } });
    const { code, out } = await busDoctor('--config', file);
    expect(out).toContain('a character: 10 bits / 9600 baud = 1.042 ms');
    expect(out).toContain(
      'holding-register 0 to 9: (8 + 25) bytes × 1.042 ms + 2 × 3.646 ms = 41.7 ms\n' +
        '      41.7 ms × 1.000/s = 4.2 %',
    );
    expect(out).toContain('together: 8.3 % of the line’s time');
    expect(out).toContain('slaves may take 458.3 ms each');
    expect(out).toContain('meter-2, every 1000 ms: 1083.3 ms (10 signals)');
    expect(code).toBe(0);
  });

  it('refuses a plan that cannot fit, and shows why', async () => {
    const file = configuration(meters(30, 1000), { port: { path: '/dev/ttyS0', baudRate: 9600 } });
    const { code, out, err } = await busDoctor('--config', file, '--connector', 'line');
    expect(err).toMatch(
      /gateway\.yaml:1:\d+: connectors\[0\]\.slaves polls need 125\.0 % of the line’s time/,
    );
    expect(out).toContain(
      'together: 125.0 % of the line’s time, if every slave answers at once\n  This plan cannot fit.',
    );
    expect(code).toBe(1);
  });

  it('says how it is used where it is used wrongly', async () => {
    expect(await busDoctor('--listen', 'long')).toMatchObject({
      code: 2,
      err: expect.stringContaining('bus-doctor'),
    });
    const file = configuration(meters(1, 1000), { port: { path: '/dev/ttyS0' } });
    const { code, err } = await busDoctor('--config', file, '--connector', 'other');
    expect(err).toContain('has no Modbus connector other');
    expect(code).toBe(1);
  });
});

describe('the bus doctor at a line that spoils answers', () => {
  it('counts those as CRC errors of the slave that sent them, and nothing else', async () => {
    let spoiled = 0;
    const slaves: ModbusSlaves[] = [];
    const server = createServer((socket) => {
      const line = new ModbusSlaves((frame) => socket.write(frame));
      const registers = Object.fromEntries(Array.from({ length: 10 }, (_, address) => [address, 7]));
      line.hold(1, registers);
      line.hold(2, registers);
      line.distort = (frame, unit) => {
        if (unit === 2 || line.requests.length % 2 === 0) {
          return frame;
        }
        spoiled += 1;
        frame.writeUInt8(frame.readUInt8(frame.length - 1) ^ 1, frame.length - 1);
        return frame;
      };
      slaves.push(line);
      socket.on('data', (bytes) => line.receive(bytes));
      socket.on('error', () => socket.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const file = configuration(meters(2, 100), {
      port: { path: `tcp://127.0.0.1:${port}`, baudRate: 115_200 },
      requestTimeoutMilliseconds: 1000,
    });
    const { out } = await busDoctor('--config', file, '--listen', '3');
    server.close();
    const counts = [
      ...out.matchAll(/(\d+) requests, (\d+) answers \(0 exceptions\), (\d+) time-outs, (\d+) CRC errors/g),
    ].map((match) => match.slice(1).map(Number));
    const [first = [], second = []] = counts;
    expect(slaves.flatMap(({ requests }) => requests).length, out).toBeGreaterThan(4);
    const [requests = 0, answers = 0, timeouts = 0, errors = 0] = first;
    expect(errors, out).toBeGreaterThan(0);
    // One may be under way at the end.
    expect(spoiled - errors, out).toBeLessThanOrEqual(1);
    expect(spoiled - errors, out).toBeGreaterThanOrEqual(0);
    expect([requests - answers - errors, timeouts]).toEqual([0, 0]);
    expect(second.slice(2)).toEqual([0, 0]);
  }, 30_000);
});

const needs = { gcc: hasProgram('gcc'), libmodbus: hasLibmodbus, socat: hasProgram('socat') };

describeRequiring('the bus doctor at a bus with one slave of two', needs, () => {
  it('measures round trips, time-outs and ages', async () => {
    const near = join(folder, 'near');
    const far = join(folder, 'far');
    const cable = spawn('socat', [`pty,raw,echo=0,link=${near}`, `pty,raw,echo=0,link=${far}`]);
    children.push(cable);
    await eventually('the ttys', () => existsSync(near) && existsSync(far));
    const slave = await startProgram(compileSlave(), ['rtu', far, '115200', '1'], /(ready)/);
    children.push(slave.process);
    const file = configuration(meters(2, 100), {
      port: { path: near, baudRate: 115_200 },
      requestTimeoutMilliseconds: 100,
    });
    const { code, out } = await busDoctor('--config', file, '--listen', '3');
    expect(out).toMatch(
      /slave 1 \(meter-1\): p50 \d+\.\d ms, p95 \d+\.\d ms, p99 \d+\.\d ms, longest \d+\.\d ms\n/,
    );
    expect(out).toMatch(/\d+ requests, \d+ answers \(0 exceptions\), \d+ time-outs, 0 CRC errors/);
    expect(out).toMatch(
      /slave 2 \(meter-2\): never answered\n {4}(\d+) requests, 0 answers \(0 exceptions\), \1 time-outs/,
    );
    expect(out).toMatch(/meter-1, every 100 ms: \d+\.\d ms \(\d+\.\d ms\)/);
    expect(code).toBe(0);
  }, 30_000);
});
