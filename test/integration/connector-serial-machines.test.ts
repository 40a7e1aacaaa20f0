import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SerialLineConnector } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import { frameFormatOf } from '@andon/shared/serial-framing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connector } from '../../gateway/connectors/connector.ts';
import { createSerialLineConnector } from '../../gateway/connectors/serial-line/index.ts';
import { RecordingContext } from '../support/connector-context.ts';
import { openPseudoTerminal, type PseudoTerminal } from '../support/pseudo-terminal.ts';
import { describeRequiring, hasProgram } from '../support/requires.ts';
import { ScriptedLine } from '../support/scripted-pipe.ts';
import { eventually } from '../support/wait.ts';

const commandId = '01890a5d-ac96-774b-bcce-b302099a8057';
const command = (name: string, value: number | string, idempotency: 'once' | 'idempotent' = 'once') => ({
  id: commandId,
  deviceId: 'machine',
  name,
  parameters: { value },
  issuedBy: 'somebody',
  issuedAt: 1,
  expiresAt: 2,
  idempotency,
});

const scale: Pick<SerialLineConnector, 'pattern' | 'fields'> = {
  pattern: '^W(?P<weight>.*)$',
  fields: [{ signal: 'weight', group: 'weight', unit: 'kg' }],
};

let context: RecordingContext;
let connector: Connector | undefined;

/** The connector on what its path names: a tty, or a device server. */
async function run(settings: Partial<SerialLineConnector>, line?: ScriptedLine): Promise<Connector> {
  connector = createSerialLineConnector(
    {
      type: 'serial-line',
      name: 'line',
      port: { path: 'scripted' },
      deviceId: 'machine',
      frame: { end: '\r\n' },
      ...(settings.fields === undefined ? scale : {}),
      ...settings,
    },
    context,
    { clock: systemClock, jitter: () => 0 },
    ...(line === undefined ? [] : ([line.open] as const)),
  );
  await connector.start();
  return connector;
}

const weights = () => context.values('machine', 'weight').map(({ value, badReason }) => badReason ?? value);
const counters = () => connector?.health().counters ?? {};
const isOpen = () => eventually('the line to open', () => connector?.health().state === 'connected', 20_000);

beforeEach(() => {
  context = new RecordingContext();
});

afterEach(async () => {
  await connector?.stop();
  connector = undefined;
});

describe('a machine that speaks when it is asked', () => {
  const asked = { requests: [{ text: 'W?', everyMilliseconds: 20, timeoutMilliseconds: 60 }] };

  it('is asked again and again, and its silence makes its signals BAD', async () => {
    const line = new ScriptedLine();
    line.answer = () => line.emit('W12.5\r\n');
    await run(asked, line);
    await eventually('three readings', () => weights().length >= 3);
    expect(Buffer.from(line.written[0] ?? []).toString()).toBe('W?\r\n');
    line.answer = () => undefined;
    await eventually('the silence', () => weights().at(-1) === 'timeout');
    await eventually('more silence', () => Number(counters().requestsUnanswered) >= 3);
    expect(weights().filter((value) => value === 'timeout')).toHaveLength(1);
    line.answer = () => line.emit('W13\r\n');
    await eventually('the answer', () => weights().at(-1) === 13);
  });

  it('hears a command before the next request, and nothing while it answers', async () => {
    const line = new ScriptedLine();
    const heard: string[] = [];
    line.answer = (bytes) => {
      heard.push(Buffer.from(bytes).toString().trim());
    };
    const running = await run(
      {
        requests: [
          { text: 'A?', everyMilliseconds: 10, timeoutMilliseconds: 60 },
          { text: 'B?', everyMilliseconds: 10, timeoutMilliseconds: 60 },
        ],
        commands: { zero: { text: 'Z', answer: { pattern: '^Z A', failedPattern: '^Z (?P<reason>.*)' } } },
      },
      line,
    );
    await eventually('a request', () => heard.length === 1);
    const result = running.execute(command('zero', 0));
    await eventually('the command', () => heard.includes('Z'));
    expect(heard).toHaveLength(2);
    line.emit('Z A\r\n');
    expect(await result).toEqual({ status: 'succeeded' });
    await eventually('the next request', () => heard.length >= 3);
  });
});

describe('a command that the machine answers', () => {
  const commands: SerialLineConnector['commands'] = {
    zero: {
      text: 'Z',
      answer: { pattern: '^Z A', failedPattern: '^Z (?P<reason>.*)', timeoutMilliseconds: 50 },
    },
    target: {
      hex: '02 {value:int16} 03',
      framed: false,
      answer: { pattern: '\\x06', failedPattern: '\\x15', in: 'bytes' },
    },
  };

  it('succeeds, fails with its reason, or is unconfirmed', async () => {
    const line = new ScriptedLine();
    const running = await run({ commands }, line);
    await isOpen();
    line.answer = () => line.emit('W1\r\nZ A\r\n');
    expect(await running.execute(command('zero', 0))).toEqual({ status: 'succeeded' });
    expect(weights()).toEqual([1]);
    line.answer = () => line.emit('Z I (moving)\r\n');
    expect(await running.execute(command('zero', 0))).toEqual({ status: 'failed', reason: 'I (moving)' });
    await expect(running.write('machine', 'zero', 0)).rejects.toThrow('I (moving)');
    line.answer = () => undefined;
    expect(await running.execute(command('zero', 0))).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/^unconfirmed/),
    });
    await expect(running.execute(command('zero', 0, 'idempotent'))).rejects.toMatchObject({
      code: 'serial-line.no-answer',
    });
  });

  it('is bytes where the machine wants bytes, and a single one may answer it', async () => {
    const line = new ScriptedLine();
    const running = await run({ commands }, line);
    await isOpen();
    line.answer = () => line.emit('\x06');
    expect(await running.execute(command('target', -2))).toEqual({ status: 'succeeded' });
    expect([...(line.written.at(-1) ?? [])]).toEqual([2, 0xff, 0xfe, 3]);
    line.answer = () => line.emit('\x15');
    expect(await running.execute(command('target', 7))).toMatchObject({ status: 'failed' });
    expect(await running.execute(command('target', 40_000))).toMatchObject({
      status: 'rejected',
      reason: expect.stringMatching(/^serial-line\.value-does-not-fit/),
    });
    expect(line.written).toHaveLength(2);
  });
});

describe('what a line throws away', () => {
  it('is counted by reason, and what silence cut off does not spoil the next frame', async () => {
    const line = new ScriptedLine();
    await run(
      {
        frame: {
          start: '\xaa',
          lengthPrefix: { bytes: 1 },
          checksum: 'xor',
          checksumForm: 'binary',
          idleMilliseconds: 30,
        },
        fields: [{ signal: 'weight', at: 2, as: 'uint8' }],
      },
      line,
    );
    await isOpen();
    expect(frameFormatOf({ start: '\xaa', lengthPrefix: { bytes: 1 } }).idleMilliseconds).toBe(1000);
    line.emit(Uint8Array.of(1, 2, 3, 0xaa, 1, 7, 1 ^ 7, 0xaa, 1, 9, 0));
    await eventually('the corrupt frame', () => counters()['framesCorrupt.checksum'] === 1);
    line.emit(Uint8Array.of(0xaa, 40, 1));
    await eventually('the idle time', () => counters()['bytesDiscarded.idle'] === 1);
    line.emit(Uint8Array.of(0xaa, 1, 8, 1 ^ 8));
    await eventually('the next frame', () => weights().at(-1) === 8);
    expect(counters()).toMatchObject({
      framesGood: 2,
      framesCorrupt: 1,
      'bytesDiscarded.noise': 5,
      'bytesDiscarded.checksum': 4,
    });
    expect(weights()).toEqual([7, 'checksum', 8]);
  });
});

/** Bytes of a scale, again and again until the test hears them: what was sent before the tty was open is lost. */
async function speak(write: (text: string) => void, weight: number): Promise<void> {
  await eventually(
    `the weight ${weight}`,
    () => {
      write(`W${weight}\r\n`);
      return weights().at(-1) === weight;
    },
    20_000,
  );
}

describe('a port that is not as it was', () => {
  const folder = () => mkdtempSync(join(tmpdir(), 'andon-port-'));

  it('is followed where its name leads now, as when udev renames it [I8]', async () => {
    const place = folder();
    const byId = join(place, 'usb-scale-if00-port0');
    const [first, second] = [openPseudoTerminal(), openPseudoTerminal()];
    symlinkSync(first.path, byId);
    await run({ port: { path: byId, baudRate: 115_200 } });
    await isOpen();
    await speak((text) => first.write(text), 1);
    // The first still lives, so that nothing but the name says that the adapter is another one now.
    symlinkSync(second.path, join(place, 'new'));
    renameSync(join(place, 'new'), byId);
    await eventually('the loss', () => weights().at(-1) === 'port-closed');
    await speak((text) => second.write(text), 2);
    first.close();
    second.close();
    rmSync(place, { recursive: true });
  });

  it('is found when it comes late, and again when it went for a while', async () => {
    const place = folder();
    const byId = join(place, 'usb-scale-if00-port0');
    const terminals: PseudoTerminal[] = [];
    const plugIn = (): PseudoTerminal => {
      const terminal = openPseudoTerminal();
      symlinkSync(terminal.path, byId);
      terminals.push(terminal);
      return terminal;
    };
    await run({ port: { path: byId, baudRate: 115_200 } });
    await eventually('two failures', () => Number(counters().openFailures) >= 2);
    expect(weights()).toEqual(['port-closed']);
    const first = plugIn();
    await speak((text) => first.write(text), 1);
    unlinkSync(byId);
    first.close();
    await eventually('the loss', () => weights().at(-1) === 'port-closed');
    const failures = Number(counters().openFailures);
    await eventually('more failures', () => Number(counters().openFailures) >= failures + 2);
    const second = plugIn();
    await speak((text) => second.write(text), 2);
    expect(context.statuses.map(({ connected }) => connected)).toEqual([false, true, false, true]);
    second.close();
    rmSync(place, { recursive: true });
  });

  it('is opened anew when it is silent, and told BAD meanwhile', async () => {
    const terminal = openPseudoTerminal();
    await run({ port: { path: terminal.path, baudRate: 115_200, silenceMilliseconds: 200 } });
    await isOpen();
    await speak((text) => terminal.write(text), 1);
    await eventually('the silence', () => weights().at(-1) === 'no-data');
    await eventually('a second opening', () => Number(counters().linesOpened) >= 2, 20_000);
    await speak((text) => terminal.write(text), 2);
    terminal.close();
  });
});

describeRequiring('a scale behind socat as device server', { socat: hasProgram('socat') }, () => {
  const processes: ChildProcess[] = [];
  let place: string;

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'andon-server-'));
  });

  afterEach(() => {
    for (const running of processes.splice(0)) {
      running.kill('SIGKILL');
    }
    rmSync(place, { recursive: true });
  });

  async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  it('is read over TCP, lost when the server freezes, and found again [I8]', async () => {
    const [port, tty] = [await freePort(), join(place, 'tty')];
    const serve = (): ChildProcess => {
      const started = spawn('socat', [
        `pty,raw,echo=0,link=${tty}`,
        `tcp-listen:${port},bind=127.0.0.1,reuseaddr`,
      ]);
      processes.push(started);
      return started;
    };
    const frozen = serve();
    await run({ port: { path: `tcp://127.0.0.1:${port}`, silenceMilliseconds: 400 } });
    await eventually('the tty', () => existsSync(tty));
    const far = openSync(tty, 'r+');
    await speak((text) => writeSync(far, text), 1);
    // A frozen server keeps its connection and says nothing, as one that lost its power does.
    frozen.kill('SIGSTOP');
    await eventually('the silence', () => weights().at(-1) === 'no-data');
    frozen.kill('SIGKILL');
    rmSync(tty, { force: true });
    await eventually('the closed port', () => Number(counters().openFailures) >= 1, 20_000);
    serve();
    await eventually('the tty', () => existsSync(tty));
    const again = openSync(tty, 'r+');
    await speak((text) => writeSync(again, text), 2);
  });
});

describe('a device server that is slow to return', () => {
  it('is tried again with back-off, and read when it is back', async () => {
    const connections: Socket[] = [];
    const listen = (port: number): Promise<Server> =>
      new Promise((resolve) => {
        const server = createServer((socket) => {
          connections.push(socket);
          socket.on('error', () => socket.destroy());
        });
        server.listen(port, '127.0.0.1', () => resolve(server));
      });
    let server = await listen(0);
    const { port } = server.address() as AddressInfo;
    await run({ port: { path: `tcp://127.0.0.1:${port}` } });
    await eventually('a connection', () => connections.length === 1);
    await speak((text) => connections.at(-1)?.write(text), 1);
    server.close();
    connections.at(-1)?.resetAndDestroy();
    await eventually('the loss', () => weights().at(-1) === 'port-closed');
    await eventually('three failures', () => Number(counters().openFailures) >= 3, 20_000);
    server = await listen(port);
    await eventually('a connection', () => connections.length === 2, 20_000);
    await speak((text) => connections.at(-1)?.write(text), 2);
    await connector?.stop();
    server.close();
  });
});
