import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SerialLineConnector } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSerialPort } from '../../gateway/connectors/byte-pipe/index.ts';
import type { Connector } from '../../gateway/connectors/connector.ts';
import { createSerialLineConnector } from '../../gateway/connectors/serial-line/index.ts';
import { RecordingContext } from '../support/connector-context.ts';
import { noteLog } from '../support/note-log.ts';
import { openPseudoTerminal } from '../support/pseudo-terminal.ts';
import { describeRequiring, hasProgram } from '../support/requires.ts';
import { ScriptedLine } from '../support/scripted-pipe.ts';
import { eventually } from '../support/wait.ts';

const settings = (overrides: Partial<SerialLineConnector> = {}): SerialLineConnector => ({
  type: 'serial-line',
  name: 'oven-line',
  port: { path: 'scripted' },
  deviceId: 'oven',
  frame: { start: '$', end: '\r\n', checksum: 'xor', checksumSeparator: '*' },
  fieldSeparator: ',',
  readingTag: 'OVN',
  fields: [
    { signal: 'temperature', position: 1, unit: 'Cel' },
    { signal: 'error', position: 4 },
    { signal: 'boot', position: 5 },
    { signal: 'firmware', position: 6 },
  ],
  bootIdSignal: 'boot',
  firmwareSignal: 'firmware',
  templates: { reboot: 'CMD,{commandId},REBOOT', lamp: 'LMP,{value}', target: 'CMD,{commandId},SET,{value}' },
  ...overrides,
});

function frame(body: string): string {
  const checksum = [...body].reduce((all, character) => all ^ character.charCodeAt(0), 0);
  return `$${body}*${checksum.toString(16).toUpperCase().padStart(2, '0')}\r\n`;
}
const reading = (temperature: number, boot = 'b1') => frame(`OVN,${temperature},40.0,0,0,${boot},2.1`);

const commandId = '01890a5d-ac96-774b-bcce-b302099a8057';
const command = (name: string, parameters: Record<string, string> = {}) => ({
  id: commandId,
  deviceId: 'oven',
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
let connector: Connector | undefined;

async function run(overrides: Partial<SerialLineConnector> = {}): Promise<Connector> {
  const logger = noteLog(log);
  connector = createSerialLineConnector(
    settings(overrides),
    context,
    { clock: systemClock, logger },
    line.open,
  );
  await connector.start();
  await eventually('the line to open', () => line.absent || line.isOpen);
  return connector;
}

beforeEach(() => {
  context = new RecordingContext();
  log = [];
  line = new ScriptedLine();
});

afterEach(async () => {
  await connector?.stop();
});

const temperatures = () => context.values('oven', 'temperature');
const written = () => line.written.map((bytes) => Buffer.from(bytes).toString('latin1'));

describe('a serial line', () => {
  it('gives readings, and tells the device with its boot id and firmware', async () => {
    await run();
    line.emit(reading(180.5));
    line.emit(reading(181));
    line.emit(reading(20, 'b2'));
    await eventually('three readings', () => context.messages.length === 3);
    expect(context.messages[0]).toEqual({
      deviceId: 'oven',
      bootId: 'b1',
      values: [
        { signal: 'temperature', value: 180.5, unit: 'Cel' },
        { signal: 'error', value: 0 },
        { signal: 'boot', value: 'b1' },
        { signal: 'firmware', value: '2.1' },
      ],
    });
    expect(context.messages.map(({ bootId }) => bootId)).toEqual(['b1', 'b1', 'b2']);
    expect(context.statuses).toEqual([
      { deviceId: 'oven', connected: true, bootId: 'b1', firmware: '2.1' },
      { deviceId: 'oven', connected: true, bootId: 'b2', firmware: '2.1' },
    ]);
  });

  it('counts noise and corrupt frames, and tells a corrupt one as failed reads without flooding', async () => {
    const running = await run();
    line.emit(`noise${reading(180)}`);
    for (let count = 0; count < 50; count += 1) {
      line.emit(reading(180).replace('180', '190'));
    }
    line.emit(frame('XYZ,1'));
    await eventually('two readings', () => temperatures().length === 2);
    expect(temperatures()).toEqual([
      { signal: 'temperature', value: 180, unit: 'Cel' },
      { signal: 'temperature', value: null, badReason: 'checksum' },
    ]);
    expect(running.health().counters).toMatchObject({ bytesDiscarded: 5, framesCorrupt: 50, framesGood: 2 });
    expect(context.reasons.filter((reason) => reason === 'checksum')).toHaveLength(50);
    expect(context.reasons).toContain('unknown-frame');
  });

  it('sends a command, and takes the answer', async () => {
    const running = await run();
    line.answer = () => line.emit(frame(`ACK,${commandId}`));
    expect(await running.execute(command('reboot'))).toEqual({ status: 'delivered' });
    expect(written()).toEqual([frame(`CMD,${commandId},REBOOT`)]);
    line.answer = () => line.emit(frame(`NAK,${commandId},BUSY`));
    expect(await running.execute(command('reboot'))).toEqual({ status: 'rejected', reason: 'BUSY' });
    line.emit(frame(`NAK,${commandId},LATE`));
    expect(context.results).toEqual([{ deviceId: 'oven', commandId, status: 'rejected', reason: 'LATE' }]);
    expect(await running.execute(command('target', { value: '1,2' }))).toMatchObject({ status: 'rejected' });
    expect(await running.execute(command('fly'))).toMatchObject({ status: 'rejected' });
  });

  it('sends a reboot once, answered or not, and rejects where it could not be sent', async () => {
    const running = await run({ answers: { timeoutMilliseconds: 20 } });
    expect(await running.execute(command('reboot'))).toMatchObject({ status: 'delivered' });
    expect(line.written).toHaveLength(1);
    line.unplug();
    await eventually('the loss', () => running.health().state === 'waiting');
    await expect(running.execute(command('reboot'))).rejects.toMatchObject({
      code: 'connectors.line-closed',
    });
  });

  it('sends what may be done only once a single time, and lets the rest be sent again', async () => {
    const running = await run({ answers: { timeoutMilliseconds: 20 } });
    const target = command('target', { value: '200' });
    expect(await running.execute(target)).toMatchObject({ status: 'delivered' });
    await expect(running.execute({ ...target, idempotency: 'idempotent' })).rejects.toMatchObject({
      code: 'serial-line.no-answer',
    });
    line.failWrites = true;
    expect(await running.execute(target)).toMatchObject({ status: 'delivered' });
  });

  it('writes points', async () => {
    const running = await run({ answers: { timeoutMilliseconds: 250 } });
    await running.write('oven', 'lamp', true);
    expect(written()).toEqual([frame('LMP,1')]);
    await expect(running.write('oven', 'target', 200)).rejects.toMatchObject({
      code: 'serial-line.no-answer',
    });
    line.answer = () => line.emit(frame('ACK,w3'));
    await running.write('oven', 'target', 200);
    line.answer = () => line.emit(frame('NAK,w4,RANGE'));
    await expect(running.write('oven', 'target', 999)).rejects.toThrow('RANGE');
    await expect(running.write('oven', 'temperature', 1)).rejects.toMatchObject({
      code: 'serial-line.not-writable',
    });
  });

  it('tells a port that is absent once, and comes back by itself', async () => {
    line.absent = true;
    const running = await run();
    await eventually('three tries', () => line.attempts >= 3);
    expect(temperatures()).toEqual([{ signal: 'temperature', value: null, badReason: 'port-closed' }]);
    expect(context.statuses).toEqual([{ deviceId: 'oven', connected: false, reason: 'port-closed' }]);
    line.absent = false;
    await eventually('the line to open', () => line.isOpen);
    line.emit(reading(50));
    await eventually('a reading', () => temperatures().at(-1)?.value === 50);
    expect(context.statuses.at(-1)?.connected).toBe(true);
    expect(running.health().state).toBe('connected');
    expect(log).toEqual([
      'warn: The line gives nothing; it is tried again. (no such port)',
      'info: The line is heard again.',
    ]);
  });

  it('counts every reading that cannot be stored, and logs it once', async () => {
    const running = await run();
    context.beforeCommit = () => Promise.reject(new Error('the disk is full'));
    for (let count = 1; count <= 3; count += 1) {
      line.emit(reading(count));
    }
    await eventually('three failures', () => running.health().counters.notStored === 3);
    expect(log).toEqual(['error: What a device sent could not be stored.']);
  });

  it('tells silence, and opens the silent port anew', async () => {
    await run({ port: { path: 'scripted', silenceMilliseconds: 60 } });
    line.emit(reading(50));
    await eventually('the silence', () => temperatures().at(-1)?.badReason === 'no-data');
    await eventually('a second try', () => line.attempts >= 2);
    expect(context.statuses.at(-1)).toEqual({ deviceId: 'oven', connected: false, reason: 'no-data' });
    await eventually('the line to open', () => line.isOpen);
    line.emit(reading(51));
    expect(context.statuses.at(-1)?.connected).toBe(true);
  });

  it('takes bytes without a good frame for silence', async () => {
    await run({ port: { path: 'scripted', silenceMilliseconds: 200 } });
    await eventually('the silence', () => {
      line.emit('garbage\r\n');
      return temperatures().at(-1)?.badReason === 'no-data';
    });
    expect(line.attempts).toBe(1);
  });
});

describe('a serial line on a real tty', () => {
  it('is read and written, and its loss is noticed [I8]', async () => {
    const terminal = openPseudoTerminal();
    const received: string[] = [];
    terminal.onData((bytes) => {
      received.push(bytes.toString('latin1'));
      terminal.write(frame(`ACK,${commandId}`));
    });
    connector = createSerialLineConnector(
      settings({ port: { path: terminal.path, baudRate: 115_200 } }),
      context,
      { clock: systemClock },
      openSerialPort,
    );
    await connector.start();
    await eventually('the line to open', () => connector?.health().state === 'connected');
    terminal.write(`\u0000\u00ff${reading(180.5)}`);
    await eventually('a reading', () => temperatures().at(-1)?.value === 180.5);
    expect(await connector.execute(command('reboot'))).toEqual({ status: 'delivered' });
    expect(received.join('')).toBe(frame(`CMD,${commandId},REBOOT`));
    terminal.close();
    await eventually('the loss', () => context.statuses.at(-1)?.connected === false);
  });
});

describe('a serial line that was spoken to before anybody listened', () => {
  it('gives none of what the tty kept meanwhile as a reading of now', async () => {
    const terminal = openPseudoTerminal();
    for (let old = 0; old < 300; old += 1) {
      terminal.write(reading(old));
    }
    connector = createSerialLineConnector(
      settings({ port: { path: terminal.path, baudRate: 115_200 } }),
      context,
      { clock: systemClock },
      openSerialPort,
    );
    await connector.start();
    await eventually('the line to open', () => connector?.health().state === 'connected');
    terminal.write(reading(999));
    await eventually('a reading', () => temperatures().length > 0);
    expect(temperatures()).toEqual([{ signal: 'temperature', value: 999, unit: 'Cel' }]);
    terminal.close();
  });
});

describeRequiring('a serial line through socat', { socat: hasProgram('socat') }, () => {
  let folder: string;
  const cables: ChildProcess[] = [];

  async function connectCable(): Promise<number> {
    const [near, far] = [join(folder, 'near'), join(folder, 'far')];
    cables.push(spawn('socat', ['-d', '-d', `pty,raw,echo=0,link=${near}`, `pty,raw,echo=0,link=${far}`]));
    await eventually('the pair of ttys', () => existsSync(near) && existsSync(far));
    return openSync(far, 'r+');
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'andon-serial-'));
  });

  afterEach(() => {
    cables.pop()?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is found again when the cable was pulled out and put back [I8]', async () => {
    const far = await connectCable();
    connector = createSerialLineConnector(
      settings({ port: { path: join(folder, 'near'), baudRate: 115_200 } }),
      context,
      { clock: systemClock },
      openSerialPort,
    );
    await connector.start();
    await eventually('the line to open', () => connector?.health().state === 'connected');
    writeSync(far, reading(180.5));
    await eventually('a reading', () => temperatures().at(-1)?.value === 180.5);
    cables.pop()?.kill();
    await eventually('the loss', () => context.statuses.at(-1)?.connected === false);
    const again = await connectCable();
    await eventually('the line to open', () => connector?.health().state === 'connected', 20_000);
    writeSync(again, reading(60, 'b2'));
    await eventually('the return', () => context.statuses.at(-1)?.bootId === 'b2');
  });
});
