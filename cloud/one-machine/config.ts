import { join, resolve } from 'node:path';
import { AndonError } from '@andon/shared/kernel';

type Environment = Readonly<Record<string, string | undefined>>;

/** A port and the setting that changes it, for whoever has to be told that it is taken. */
export interface PortSetting {
  readonly port: number;
  readonly setting: string;
  readonly what: string;
}

export interface OneMachineSettings {
  readonly http: PortSetting;
  readonly mqtt: PortSetting;
  readonly gatewayPage: PortSetting;
  /** Where the parts reach the cloud on this machine; the public URL may lead over a proxy. */
  readonly cloudHost: string;
  /** Absolute. */
  readonly dataDirectory: string;
  /** With the simulated devices and their story. */
  readonly demo: boolean;
  /** Handed on to the parts, which read the settings that are theirs. */
  readonly environment: Environment;
  readonly startMillisecondsMax: number;
}

const startSecondsDefault = 120;

/** Reads the settings of DESIGN section 4 that are the supervisor's; the other ones it passes on. */
export function readSettings(environment: Environment = process.env): OneMachineSettings {
  refuseTls(environment);
  return {
    http: {
      port: portOf(environment, 'ANDON_HTTP_PORT', 8080),
      setting: 'ANDON_HTTP_PORT',
      what: 'the console',
    },
    mqtt: {
      port: portOf(environment, 'ANDON_MQTT_PORT', 1883),
      setting: 'ANDON_MQTT_PORT',
      what: "the gateway's MQTT broker",
    },
    gatewayPage: {
      port: portOf(environment, 'ANDON_GATEWAY_PORT', 8081),
      setting: 'ANDON_GATEWAY_PORT',
      what: "the gateway's status page",
    },
    cloudHost: reachableHost(environment.ANDON_HTTP_HOST?.trim() || '127.0.0.1'),
    dataDirectory: resolve(environment.ANDON_DATA_DIR || '.andon'),
    demo: switchOf(environment, 'ANDON_DEMO', true),
    environment,
    startMillisecondsMax: startSecondsDefault * 1000,
  };
}

/** Where everything lies under the data directory. */
export function placesIn(dataDirectory: string) {
  const gateway = join(dataDirectory, 'gateway');
  const simulator = join(dataDirectory, 'simulator');
  return {
    lock: join(dataDirectory, 'lock.db'),
    processes: join(dataDirectory, 'processes.json'),
    logs: join(dataDirectory, 'logs'),
    compiled: join(dataDirectory, 'compiled'),
    gateway,
    gatewayKey: join(gateway, 'gateway.key'),
    gatewayConfiguration: join(gateway, 'gateway.yaml'),
    simulator,
    connections: join(simulator, 'connections.json'),
    ports: join(simulator, 'ports'),
    pumpPort: join(simulator, 'ports', 'pump'),
    ovenPort: join(simulator, 'ports', 'oven'),
  };
}
export type Places = ReturnType<typeof placesIn>;

function reachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

function portOf(environment: Environment, setting: string, standard: number): number {
  const text = environment[setting];
  if (text === undefined || text === '') return standard;
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new AndonError({
    code: 'one-machine.port-setting',
    message: `${setting} is ${JSON.stringify(text)}, but has to be a port from 0 to 65535.`,
    nextStep: `Leave it out for ${standard}; 0 takes a free one.`,
    field: setting,
  });
}

/** Here the parts reach the cloud on the loopback, by plain HTTP. */
function refuseTls(environment: Environment): void {
  const setting = Object.keys(environment).find((name) => name.startsWith('ANDON_TLS_') && environment[name]);
  if (setting !== undefined) {
    throw new AndonError({
      code: 'one-machine.tls-setting',
      message: `${setting} is set, but on one machine the console is served by plain HTTP.`,
      nextStep: 'Leave it out, or run the parts apart: npm run cloud, and npm run gateway.',
      field: setting,
    });
  }
}

function switchOf(environment: Environment, setting: string, standard: boolean): boolean {
  const text = environment[setting];
  if (text === undefined || text === '') return standard;
  if (text === '1' || text === '0') return text === '1';
  throw new AndonError({
    code: 'one-machine.switch-setting',
    message: `${setting} is ${JSON.stringify(text)}, but has to be 1 or 0.`,
    nextStep: `Leave it out for ${standard ? 1 : 0}.`,
    field: setting,
  });
}
