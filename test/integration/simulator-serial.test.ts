import { mkdtempSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@andon/shared/kernel';
import { SerialPort } from 'serialport';
import { afterEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../device-firmware-sim/config/index.ts';
import { control } from '../../device-firmware-sim/control/index.ts';
import { type Simulator, startSimulator } from '../../device-firmware-sim/index.ts';
import { openPseudoTerminal } from '../../device-firmware-sim/ports/index.ts';
import { eventually } from '../support/wait.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function simulatorIn(data: string): Promise<Simulator> {
  const settings = readSettings(['run', '--data', data, '--scenario', 'quiet'], {});
  if (settings.command !== 'run') throw new Error('unreachable');
  const simulator = await startSimulator(settings, systemClock, () => undefined);
  cleanups.push(() => simulator.stop());
  return simulator;
}

async function openPort(path: string): Promise<{ port: SerialPort; received: Buffer[] }> {
  const port = await new Promise<SerialPort>((resolve, reject) => {
    const opened: SerialPort = new SerialPort({ path, baudRate: 19_200 }, (error) =>
      error ? reject(error) : resolve(opened),
    );
  });
  const received: Buffer[] = [];
  port.on('data', (bytes: Buffer) => received.push(bytes));
  cleanups.push(
    () =>
      new Promise((resolve) => {
        if (port.isOpen) port.close(() => resolve());
        else resolve();
      }),
  );
  return { port, received };
}

/** A master of the test's own: it shares no code with the slave. */
class Master {
  readonly #port: SerialPort;
  readonly #received: Buffer[];

  constructor({ port, received }: { port: SerialPort; received: Buffer[] }) {
    this.#port = port;
    this.#received = received;
  }

  /** The answer without unit id and CRC, or undefined where there was none in time. */
  async ask(body: number[], unitId = 1, patienceMilliseconds = 2000): Promise<Buffer | undefined> {
    this.#received.length = 0;
    this.#port.write(this.#sealed([unitId, ...body]));
    const deadline = performance.now() + patienceMilliseconds;
    while (performance.now() < deadline) {
      const frame = Buffer.concat(this.#received);
      if (frame.length >= 5 && this.#sealed([...frame.subarray(0, -2)]).equals(frame)) {
        expect(frame[0]).toBe(unitId);
        return frame.subarray(1, -2);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return undefined;
  }

  async inputs() {
    const answer = await this.ask([4, 0, 0, 0, 12], 1, 200);
    if (answer?.[0] !== 4) return undefined;
    const registers = answer.subarray(2);
    return {
      flow: registers.readFloatBE(0),
      pressure: registers.readFloatBE(4),
      vibration: registers.readUInt16BE(8) / 100,
      bearingTemperature: registers.readInt16BE(10) / 10,
      errorCode: registers.readUInt16BE(12),
      firmware: registers.readUInt16BE(14),
      boots: registers.readUInt32BE(16),
    };
  }

  #sealed(bytes: number[]): Buffer {
    let remainder = 0xffff;
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const incoming = ((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1;
      const feedback = (remainder & 1) ^ incoming;
      remainder = (remainder >> 1) ^ (feedback ? 0xa001 : 0);
    }
    return Buffer.from([...bytes, remainder & 0xff, remainder >> 8]);
  }
}

describe('the simulated pump on its pseudo-terminal', () => {
  it('answers a Modbus master that opens it as a serial port', async () => {
    const data = mkdtempSync(join(tmpdir(), 'andon-sim-'));
    await simulatorIn(data);
    const master = new Master(await openPort(join(data, 'ports/pump')));
    const inputs = await eventually('the registers', () => master.inputs());
    expect(inputs.flow).toBeGreaterThan(39);
    expect(inputs.pressure).toBeCloseTo(5.2, 0);
    expect(inputs.vibration).toBeLessThan(3);
    expect(inputs.bearingTemperature).toBeCloseTo(47, 0);
    expect(inputs).toMatchObject({ errorCode: 0, firmware: 107, boots: 1 });
    expect(await master.ask([1, 0, 0, 0, 1])).toEqual(Buffer.from([1, 1, 0]));
    expect(await master.ask([5, 0, 0, 0xff, 0])).toEqual(Buffer.from([5, 0, 0, 0xff, 0]));
    expect(await master.ask([1, 0, 0, 0, 1])).toEqual(Buffer.from([1, 1, 1]));
    expect(await master.ask([6, 0, 0, 0, 1])).toEqual(Buffer.from([0x86, 3]));
    expect(await master.ask([4, 0, 0, 0, 12], 2, 200)).toBeUndefined();
    expect((await master.inputs())?.errorCode).toBe(0);
  });

  it('reboots under a new boot id with its symptom, and only a repair cures it', async () => {
    const data = mkdtempSync(join(tmpdir(), 'andon-sim-'));
    await simulatorIn(data);
    const master = new Master(await openPort(join(data, 'ports/pump')));
    await control(data, { action: 'fault', device: 'pump-1', fault: 'cavitation' });
    await eventually('error 17', async () => (await master.inputs())?.errorCode === 17);
    expect(await master.ask([6, 0, 0, 0xb0, 0x07])).toEqual(Buffer.from([6, 0, 0, 0xb0, 0x07]));
    await eventually('silence', async () => (await master.inputs()) === undefined);
    await eventually('the second boot', async () => (await master.inputs())?.boots === 2);
    await eventually('the symptom again', async () => (await master.inputs())?.errorCode === 17);
    await control(data, { action: 'repair', device: 'pump-1' });
    await eventually('health', async () => (await master.inputs())?.errorCode === 0);
  });

  it('is found at the same path after the gateway and after the simulator came back', async () => {
    const data = mkdtempSync(join(tmpdir(), 'andon-sim-'));
    const link = join(data, 'ports/pump');
    const first = await simulatorIn(data);
    for (let opening = 0; opening < 3; opening += 1) {
      const { port, received } = await openPort(link);
      const master = new Master({ port, received });
      await eventually('the registers', () => master.inputs());
      await new Promise<void>((resolve) => port.close(() => resolve()));
    }
    await first.stop();
    expect(() => readlinkSync(link)).toThrow(/ENOENT/);
    await simulatorIn(data);
    const master = new Master(await openPort(link));
    expect((await eventually('the registers', () => master.inputs())).boots).toBe(2);
  });
});

describe('the simulated oven on its pseudo-terminal', () => {
  const xor = (body: string) => Buffer.from(body).reduce((sum, byte) => sum ^ byte, 0);
  const sealed = (body: string) => `$${body}*${xor(body).toString(16).toUpperCase().padStart(2, '0')}\r\n`;

  it('says how it is twice a second, reboots on command, and refuses what it does not know', async () => {
    const data = mkdtempSync(join(tmpdir(), 'andon-sim-'));
    await simulatorIn(data);
    const { port, received } = await openPort(join(data, 'ports/oven'));
    const lines = () => Buffer.concat(received).toString('latin1').split('\r\n').slice(0, -1);
    const bodies = () => lines().map((line) => line.slice(1, -3));
    const reports = () => bodies().filter((body) => body.startsWith('OVN,'));
    const bootIds = () => new Set(reports().map((body) => body.split(',')[5]));
    await eventually('three reports', () => reports().length >= 3);
    for (const line of lines()) expect(`${line}\r\n`).toBe(sealed(line.slice(1, -3)));
    expect(reports()[0]).toMatch(/^OVN,1\d\d\.\d,\d+\.\d,0,0,[A-Za-z0-9]{1,8},3\.2$/);

    port.write(`noise${sealed('CMD,7,DANCE')}`);
    await eventually('the refusal', () => bodies().includes('NAK,7,UNKNOWN-COMMAND'));
    port.write('$CMD,8,REBOOT*00\r\n');
    port.write(sealed('CMD,9,REBOOT'));
    await eventually('the acknowledgement', () => bodies().includes('ACK,9'));
    await eventually('another boot id', () => bootIds().size === 2);
    port.write(sealed('CMD,9,REBOOT'));
    await eventually(
      'a second acknowledgement',
      () => bodies().filter((body) => body === 'ACK,9').length === 2,
    );
    const count = reports().length;
    await eventually('two more reports', () => reports().length >= count + 2);
    expect(bootIds().size).toBe(2);
    expect(bodies().some((body) => body.startsWith('ACK,8'))).toBe(false);
  });
});

describe('a pseudo-terminal of the simulator', () => {
  it('loses what nobody takes, holds up nobody for it, and gives the next reader nothing old', async () => {
    const link = join(mkdtempSync(join(tmpdir(), 'andon-sim-')), 'line');
    const pipe = openPseudoTerminal(link);
    cleanups.push(async () => pipe.close());
    const frame = Buffer.alloc(100, 'x');
    const taken = Array.from({ length: 5000 }, () => pipe.write(frame));
    expect(taken.at(0)).toBe(true);
    expect(taken.at(-1)).toBe(false);
    const { received } = await openPort(link);
    await eventually('room on the line', () => pipe.write(Buffer.from('fresh')));
    await eventually('the fresh bytes', () => Buffer.concat(received).includes('fresh'));
    expect(Buffer.concat(received).toString()).toBe('fresh');
  });
});
