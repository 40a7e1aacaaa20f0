/** What is measured: programs that are started on the first core, alone there, and tell their MQTT port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gatewayEnvironment, gatewayNodeFlags } from '../../../shared/programs/built-programs.js';
import { clients, deviceId, password } from './load.ts';

export interface Contender {
  readonly port: number;
  /** Resident memory in bytes, now. */
  residentBytes(): number;
  /** Processor time that it took so far, of all its threads. */
  processorMilliseconds(): number;
  stop(): Promise<void>;
}

const path = (relative: string): string => new URL(relative, import.meta.url).pathname;

/** Node's own flags for a program under measurement, for example `--cpu-prof`. */
const nodeOptions = process.env.BENCH_NODE_OPTIONS?.split(' ') ?? [];
/** Another checkout than this one, to compare them. */
const root = process.env.BENCH_ROOT ?? path('../../..');
/** `getconf CLK_TCK` of Linux. */
const ticksPerSecond = 100;

export function onFirstCore(
  file: string,
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  nodeFlags: readonly string[] = [],
): ChildProcess {
  const command = ['-c', '0', process.execPath, ...nodeFlags, ...nodeOptions, file, ...parameters];
  return spawn('taskset', command, {
    stdio: [
      'ignore',
      process.env.BENCH_VERBOSE ? 'inherit' : 'ignore',
      process.env.BENCH_VERBOSE ? 'inherit' : 'ignore',
      'ipc',
    ],
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...environment },
  });
}

export function contender(child: ChildProcess, port: number): Contender {
  return {
    port,
    residentBytes: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(status) ?? [];
      return Number(kilobytes) * 1024;
    },
    processorMilliseconds: () => {
      const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
      // After the name, which is in parentheses: the fields from the third on; user and system time are 14 and 15.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
    },
    stop: () => stopped(child),
  };
}

export async function stopped(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}

/** The port that a program tells in its message `ready`. */
function ready(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`a program under measurement ended with ${code}`)));
    child.on('message', (message) => {
      if (typeof message === 'object' && message !== null && 'mqtt' in message) {
        resolve(Number(message.mqtt));
      }
    });
  });
}

export async function startSketch(sinkPort: number): Promise<Contender> {
  const child = onFirstCore(path('sketch.ts'), [String(sinkPort)]);
  return contender(child, await ready(child));
}

/** The gateway's own program, with its outbox in this folder, its alerts going to the sink. */
export async function startGateway(sinkPort: number, folder: string): Promise<Contender> {
  const hash = createHash('sha256').update(password).digest('hex');
  const limits = {
    hihi: { setpoint: 105, deadband: 2, severity: 'CRITICAL' },
    hi: { setpoint: 95, deadband: 2, severity: 'MAJOR' },
  };
  // So many alerts of one device would be shelved as chatter.
  const rule = {
    name: 'temperature',
    version: 1,
    signal: 'temperature',
    limits,
    chatter: { enabled: false },
  };
  const configuration = {
    gateway: { id: 'bench', dataDirectory: join(folder, 'data') },
    cloud: { url: `http://127.0.0.1:${sinkPort}`, keyFile: join(folder, 'key') },
    mqttBroker: { host: '127.0.0.1', port: 0 },
    statusPage: { port: 0 },
    outbox: { bytesMax: 4 * 1024 ** 3 },
    devices: Array.from({ length: clients }, (_, client) => ({
      id: deviceId(client),
      mqttPasswordSha256: hash,
      rules: [rule],
    })),
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'key'), 'bench');
  // JSON is YAML.
  writeFileSync(join(folder, 'gateway.yaml'), JSON.stringify(configuration));
  const launched = ['gateway', '--config', join(folder, 'gateway.yaml')];
  const doors = { ANDON_MQTT_PORT: '0', ANDON_GATEWAY_PORT: '0' };
  const child = onFirstCore(
    join(root, 'shared/programs/launch.js'),
    launched,
    { ...gatewayEnvironment, ...doors },
    gatewayNodeFlags,
  );
  return contender(child, await ready(child));
}
