import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './wait.ts';

const program = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto'].find((file) => existsSync(file));
export const hasMosquitto = program !== undefined;

export interface MosquittoOptions {
  /** Further lines of its configuration; `{folder}` is the broker's own. */
  readonly lines?: readonly string[];
  /** Passwords by user name; anybody may come in without. */
  readonly passwords?: Readonly<Record<string, string>>;
}

/** The real broker on a free port, with a store on disk. It can be killed and started again on the same port. */
export class Mosquitto {
  readonly folder = mkdtempSync(join(tmpdir(), 'andon-mosquitto-'));
  readonly #options: MosquittoOptions;
  port = 0;
  log = '';
  #process: ChildProcess | undefined;

  constructor(options: MosquittoOptions = {}) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.port ||= await freePort();
    const { passwords, lines = [] } = this.#options;
    const passwordFile = join(this.folder, 'passwords');
    if (passwords !== undefined && !existsSync(passwordFile)) {
      writeFileSync(passwordFile, '', { mode: 0o600 });
      for (const [name, password] of Object.entries(passwords)) {
        execFileSync('mosquitto_passwd', ['-b', passwordFile, name, password], { stdio: 'ignore' });
      }
    }
    const configuration = [
      `listener ${this.port} 127.0.0.1`,
      ...(process.getuid?.() === 0 ? ['user root'] : []),
      'persistence true',
      `persistence_location ${this.folder}/`,
      'autosave_interval 1',
      passwords === undefined ? 'allow_anonymous true' : `password_file ${passwordFile}`,
      ...lines.map((line) => line.replaceAll('{folder}', this.folder)),
    ];
    writeFileSync(join(this.folder, 'mosquitto.conf'), `${configuration.join('\n')}\n`);
    const child = spawn(program ?? 'mosquitto', ['-c', join(this.folder, 'mosquitto.conf')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const take = (bytes: Buffer) => {
      this.log += String(bytes);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    this.#process = child;
    await eventually('mosquitto to listen', async () => {
      if (child.exitCode !== null) {
        throw new Error(`mosquitto ended: ${this.log}`);
      }
      return await answers(this.port);
    });
  }

  /** SIGTERM lets it save its sessions. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    }
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
