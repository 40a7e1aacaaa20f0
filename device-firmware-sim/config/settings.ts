import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AndonError } from '@andon/shared/kernel';
import { type Connections, connectionsFileIn, readConnections } from './connections.ts';

export interface RunSettings {
  readonly command: 'run';
  readonly dataDirectory: string;
  readonly scenario: string;
  readonly press: NonNullable<Connections['press']> | undefined;
  readonly pump: { readonly link: string; readonly unitId: number };
  readonly oven: { readonly link: string };
}

export interface ControlSettings {
  readonly command: 'control';
  readonly dataDirectory: string;
  readonly request:
    | { readonly action: 'fault'; readonly device: string; readonly fault: string }
    | { readonly action: 'repair'; readonly device: string }
    | { readonly action: 'devices' };
}

export interface ReplaySettings {
  readonly command: 'replay';
  readonly file: string;
  readonly url: string;
  readonly deviceId: string;
  readonly password: string;
  readonly signal: string;
  readonly speed: number | 'max';
  readonly timeColumn: string;
  readonly valueColumn: string;
  /** All times later by so much that the last row is of now. */
  readonly shiftToNow: boolean;
}

export type Settings = RunSettings | ControlSettings | ReplaySettings | { readonly command: 'help' };

export const usage = `Andon's simulated devices

  run     [--scenario story|quiet|FILE] [--data FOLDER] [--connections FILE.json]
          [--url mqtt://HOST:PORT --password SECRET] [--pump LINK] [--oven LINK]
  fault   DEVICE FAULT [--data FOLDER]      break a device of the running simulator
  repair  DEVICE [--data FOLDER]            repair it
  devices [--data FOLDER]                   say how they are
  replay  FILE.csv --device ID --password SECRET [--url mqtt://HOST:PORT] [--signal temperature]
          [--speed max|N] [--time-column timestamp] [--value-column value]
          [--shift-to-now]                  all times later by so much that the last row is of now

Environment: ANDON_DATA_DIR, ANDON_MQTT_PORT, ANDON_DEVICE_PASSWORD (for --password).`;

const options = {
  data: { type: 'string' },
  scenario: { type: 'string' },
  connections: { type: 'string' },
  url: { type: 'string' },
  password: { type: 'string' },
  pump: { type: 'string' },
  oven: { type: 'string' },
  device: { type: 'string' },
  signal: { type: 'string' },
  speed: { type: 'string' },
  'time-column': { type: 'string' },
  'value-column': { type: 'string' },
  'shift-to-now': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Flags = ReturnType<typeof parsed>['values'];
type Environment = Readonly<Record<string, string | undefined>>;

/** Flags go before the environment, the environment before the connections file, and that before the defaults. */
export function readSettings(
  commandLine: readonly string[],
  environment: Environment = process.env,
): Settings {
  const { values: flags, positionals } = parsed(commandLine);
  const [command = 'help', first, second] = positionals;
  const dataDirectory = resolve(flags.data ?? join(environment.ANDON_DATA_DIR || '.andon', 'simulator'));
  if (flags.help) return { command: 'help' };
  switch (command) {
    case 'run':
      return runSettings(flags, environment, dataDirectory);
    case 'fault':
      if (!first || !second) throw misused('Say which device and which fault: fault press-1 overheat');
      return {
        command: 'control',
        dataDirectory,
        request: { action: 'fault', device: first, fault: second },
      };
    case 'repair':
      if (!first) throw misused('Say which device: repair pump-1');
      return { command: 'control', dataDirectory, request: { action: 'repair', device: first } };
    case 'devices':
      return { command: 'control', dataDirectory, request: { action: 'devices' } };
    case 'replay':
      return replaySettings(flags, environment, first);
    case 'help':
      return { command: 'help' };
    default:
      throw misused(`There is no command "${command}".`);
  }
}

function parsed(commandLine: readonly string[]) {
  try {
    return parseArgs({ args: [...commandLine], options, allowPositionals: true });
  } catch (error) {
    throw misused(error instanceof Error ? error.message : String(error));
  }
}

function runSettings(flags: Flags, environment: Environment, dataDirectory: string): RunSettings {
  const connections = readConnections(resolve(flags.connections ?? connectionsFileIn(dataDirectory)));
  const password = flags.password ?? environment.ANDON_DEVICE_PASSWORD ?? connections.press?.password;
  const url = flags.url ?? connections.press?.url ?? localBroker(environment);
  const username = connections.press?.username ?? 'press-1';
  return {
    command: 'run',
    dataDirectory,
    scenario: flags.scenario ?? 'story',
    press: password ? { url, username, password } : undefined,
    pump: {
      link: resolve(flags.pump ?? connections.pump?.link ?? join(dataDirectory, 'ports', 'pump')),
      unitId: connections.pump?.unitId ?? 1,
    },
    oven: { link: resolve(flags.oven ?? connections.oven?.link ?? join(dataDirectory, 'ports', 'oven')) },
  };
}

function replaySettings(flags: Flags, environment: Environment, file: string | undefined): ReplaySettings {
  const password = flags.password ?? environment.ANDON_DEVICE_PASSWORD;
  if (!file) throw misused('Say which recording: replay FILE.csv');
  if (!flags.device) throw misused('Say as which device: --device ID');
  if (!password) throw misused('Give the password of the device: --password SECRET');
  return {
    command: 'replay',
    file: resolve(file),
    url: flags.url ?? localBroker(environment),
    deviceId: flags.device,
    password,
    signal: flags.signal ?? 'temperature',
    speed: speedOf(flags.speed ?? 'max'),
    timeColumn: flags['time-column'] ?? 'timestamp',
    valueColumn: flags['value-column'] ?? 'value',
    shiftToNow: flags['shift-to-now'] ?? false,
  };
}

function speedOf(text: string): number | 'max' {
  if (text === 'max') return 'max';
  const speed = Number(text);
  if (!Number.isFinite(speed) || speed <= 0)
    throw misused(`--speed is "max" or a number over 0, not "${text}".`);
  return speed;
}

function localBroker(environment: Environment): string {
  return `mqtt://127.0.0.1:${environment.ANDON_MQTT_PORT || '1883'}`;
}

function misused(message: string): AndonError {
  return new AndonError({
    code: 'simulator.command-line',
    message,
    nextStep: 'Run "npm run sim -- help" for the commands.',
  });
}
