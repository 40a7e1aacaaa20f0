import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { platform } from 'node:process';
import { deviceServerAddress } from '@andon/shared/contracts';
import { systemClock } from '@andon/shared/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LossReason, openBytePipe, SerialLink } from '../../gateway/connectors/byte-pipe/index.ts';
import { Counters } from '../../gateway/connectors/counters.ts';
import { openPseudoTerminal } from '../support/pseudo-terminal.ts';
import { describeRequiring, hasProgram } from '../support/requires.ts';
import { eventually } from '../support/wait.ts';

let link: SerialLink | undefined;
let counters: Counters;
let received: string;
let losses: [LossReason, string][];

function follow(path: string, silenceMilliseconds = 0): SerialLink {
  link = new SerialLink({
    label: path,
    openPipe: () => openBytePipe({ path }),
    silenceMilliseconds,
    shell: { clock: systemClock, jitter: () => 0 },
    counters,
    opened: () => undefined,
    data: (bytes) => {
      received += Buffer.from(bytes).toString('latin1');
    },
    lost: (reason, detail) => losses.push([reason, detail]),
  });
  link.start();
  return link;
}

const opened = () => eventually('the line to open', () => link?.isOpen === true, 20_000);

beforeEach(() => {
  counters = new Counters();
  received = '';
  losses = [];
});

afterEach(async () => {
  await link?.stop();
});

/** A device server that a test holds. */
class DeviceServer {
  readonly connections: Socket[] = [];
  heard = '';
  #server: Server | undefined;
  port = 0;

  async listen(): Promise<string> {
    const server = createServer((socket) => {
      this.connections.push(socket);
      socket.on('data', (bytes) => {
        this.heard += bytes.toString('latin1');
      });
      socket.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    return `tcp://127.0.0.1:${this.port}`;
  }

  get last(): Socket | undefined {
    return this.connections.at(-1);
  }

  close(): Promise<void> {
    for (const connection of this.connections) {
      connection.destroy();
    }
    return new Promise((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()));
  }
}

describe('the address of a device server', () => {
  it.each([
    ['tcp://moxa.factory:4001', { host: 'moxa.factory', port: 4001 }],
    ['tcp://192.168.1.20:950/', { host: '192.168.1.20', port: 950 }],
    ['tcp://[::1]:4001', { host: '::1', port: 4001 }],
    ['tcp://moxa', undefined],
    ['tcp://moxa:0', undefined],
    ['tcp://moxa:70000', undefined],
    ['tcp://moxa:4001/1', undefined],
    ['tcp://a:b@moxa:4001', undefined],
    ['/dev/ttyUSB0', undefined],
  ])('%s', (path, address) => {
    expect(deviceServerAddress(path)).toEqual(address);
  });
});

describe('a line behind a device server', () => {
  const server = new DeviceServer();

  beforeEach(() => {
    server.heard = '';
    server.connections.length = 0;
  });

  afterEach(() => server.close());

  it('carries any bytes both ways', async () => {
    const running = follow(await server.listen());
    await opened();
    const all = Uint8Array.from({ length: 256 }, (_, value) => value);
    server.last?.write(all);
    await eventually('the bytes', () => received.length === 256);
    expect(Buffer.from(received, 'latin1')).toEqual(Buffer.from(all));
    await running.write(all);
    await eventually('the bytes at the far end', () => server.heard.length === 256);
  });

  it('is tried until somebody listens, and connected to again when the server went and came back', async () => {
    const path = await server.listen();
    await server.close();
    const running = follow(path);
    await eventually('two failures', () => counters.get('openFailures') >= 2);
    expect(running.state).not.toBe('connected');
    expect(losses[0]).toEqual(['port-closed', expect.stringContaining('ECONNREFUSED')]);
    await expect(running.write(Uint8Array.of(1))).rejects.toMatchObject({ code: 'connectors.line-closed' });
    await server.listen();
    await opened();
    await eventually('the connection', () => server.connections.length > 0);
    server.last?.write('a');
    await eventually('the bytes', () => received === 'a');
    server.last?.end();
    await eventually('the end', () =>
      losses.some(([, detail]) => detail === 'the device server ended the connection'),
    );
    await eventually('a second connection', () => server.connections.length >= 2, 20_000);
    server.last?.write('b');
    await eventually('the bytes', () => received === 'ab');
    server.last?.resetAndDestroy();
    await eventually('the reset', () => losses.some(([, detail]) => detail.includes('ECONNRESET')));
  });

  it('is connected to anew when the server stays silent, as a half-open connection does', async () => {
    follow(await server.listen(), 80);
    await eventually('a second connection', () => server.connections.length >= 2);
    expect(losses[0]).toEqual(['no-data', 'no byte for 80 ms']);
    await eventually('the first connection to end', () => server.connections[0]?.destroyed === true);
  });

  it('says what is wrong with an address that is none, and goes on', async () => {
    follow('tcp://moxa');
    await eventually('two failures', () => counters.get('openFailures') >= 2);
    expect(losses[0]).toEqual(['port-closed', 'tcp://moxa is no address of a serial device server.']);
  });

  it('is let go at once when it is stopped, also while it connects', async () => {
    const running = follow(await server.listen());
    await running.stop();
    expect(running.state).toBe('stopped');
    expect(counters.get('closeFailures')).toBe(0);
  });

  it.runIf(platform === 'linux')('is asked by the system whether the far end still lives', async () => {
    follow(await server.listen());
    await opened();
    const remote = `0100007F:${server.port.toString(16).toUpperCase().padStart(4, '0')}`;
    // Column 2 is the far address, column 5 the timer that runs: 02 is the keep-alive.
    await eventually('the keep-alive timer', () =>
      readFileSync('/proc/net/tcp', 'utf8')
        .split('\n')
        .map((row) => row.trim().split(/\s+/))
        .some((columns) => columns[2] === remote && columns[5]?.startsWith('02:')),
    );
  });
});

describeRequiring('a tty behind socat as device server', { socat: hasProgram('socat') }, () => {
  const servers: ChildProcess[] = [];

  function serve(port: number, tty: string): void {
    const listen = `tcp-listen:${port},bind=127.0.0.1,reuseaddr`;
    servers.push(spawn('socat', [listen, `file:${tty},raw,echo=0,nonblock`], { stdio: 'ignore' }));
  }

  const freePort = async (): Promise<number> => {
    const server = new DeviceServer();
    await server.listen();
    await server.close();
    return server.port;
  };

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.kill();
    }
  });

  it('is read and written, and found again after the server was started anew', async () => {
    const terminal = openPseudoTerminal();
    let written = '';
    terminal.onData((bytes) => {
      written += bytes.toString('latin1');
    });
    const port = await freePort();
    const running = follow(`tcp://127.0.0.1:${port}`);
    serve(port, terminal.path);
    await opened();
    await running.write(Buffer.from('?\r\n'));
    await eventually('the request on the tty', () => written === '?\r\n');
    terminal.write('+12.5 kg\r\n');
    await eventually('the answer', () => received === '+12.5 kg\r\n');
    servers.pop()?.kill();
    await eventually('the loss', () => !running.isOpen && losses.length > 0);
    serve(port, terminal.path);
    await opened();
    await eventually('the answer', () => {
      terminal.write('.');
      return received.endsWith('.');
    });
    terminal.close();
  });
});
