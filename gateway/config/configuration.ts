import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { CloudSettings, GatewayConfiguration } from '@andon/shared/contracts';
import {
  type ConfigurationCheck,
  ConfigurationError,
  parseConfiguration,
  type ReadMap,
} from '@andon/shared/gateway-configuration';
import { messageOf } from '../message-of.ts';
import { filesIn, withMqttFilesIn } from './mqtt-files.ts';
import { registerMapsBeside } from './register-map-files.ts';

const fileBytesMax = 16 * 1024 * 1024;
const defaultOutboxBytesMax = 1024 * 1024 * 1024;
const defaultStatusPort = 8081;
const portMax = 65_535;

/** The configuration as the gateway uses it: paths absolute, defaults filled in, the environment applied. */
export interface LoadedConfiguration {
  readonly configuration: GatewayConfiguration;
  readonly dataDirectory: string;
  readonly cloud: Readonly<CloudSettings> | undefined;
  readonly statusPage: { readonly host: string; readonly port: number };
  readonly outboxBytesMax: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads and checks a file. Throws `ConfigurationError` with everything that is wrong with it. */
export function loadConfiguration(file: string, environment: Environment = process.env): LoadedConfiguration {
  return loadText(readConfigurationFile(file), file, environment);
}

/** How far a text is trusted that somebody else than the file's owner may have written. */
export interface TextTerms {
  /** Reads the register maps that it names; otherwise any that this program may read. */
  readonly readMap?: ReadMap;
  readonly furtherChecks?: readonly ConfigurationCheck[];
}

/** The same of a text that stands for the file: paths in it are relative to the file. */
export function loadText(
  text: string,
  file: string,
  environment: Environment = process.env,
  { readMap = registerMapsBeside(file), furtherChecks = [] }: TextTerms = {},
): LoadedConfiguration {
  const parsed = parseConfiguration(text, file, readMap, ...furtherChecks);
  const directory = dirname(resolve(file));
  const configuration = withMqttFilesIn(parsed, directory);
  const mqttPort = portSetting(environment, 'ANDON_MQTT_PORT', file);
  const statusPort = portSetting(environment, 'ANDON_GATEWAY_PORT', file);
  const broker = configuration.mqttBroker;
  const dataDirectory = environment.ANDON_DATA_DIR
    ? resolve(environment.ANDON_DATA_DIR)
    : resolve(directory, configuration.gateway.dataDirectory ?? '.andon');
  return {
    configuration:
      broker && mqttPort !== undefined
        ? { ...configuration, mqttBroker: { ...broker, port: mqttPort } }
        : configuration,
    dataDirectory,
    cloud: configuration.cloud && cloudIn(configuration.cloud, directory),
    statusPage: {
      host: configuration.statusPage?.host ?? (environment.ANDON_STATUS_HOST || '127.0.0.1'),
      port: statusPort ?? configuration.statusPage?.port ?? defaultStatusPort,
    },
    outboxBytesMax: configuration.outbox?.bytesMax ?? defaultOutboxBytesMax,
  };
}

const cloudFiles = ['keyFile', 'caFile', 'clientCertificateFile', 'clientKeyFile'] as const;

const cloudIn = (cloud: CloudSettings, directory: string): CloudSettings => ({
  ...filesIn(cloud, cloudFiles, directory),
  url: cloud.url.replace(/\/+$/, ''),
});

/** The text of a configuration file; a file that cannot be read is a mistake, too. */
export function readConfigurationFile(file: string): string {
  try {
    if (statSync(file).size > fileBytesMax) {
      throw new Error(`is larger than ${fileBytesMax} bytes`);
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    const message = `cannot be read: ${messageOf(error)}`;
    throw new ConfigurationError(file, [{ line: 1, column: 1, key: '', message }]);
  }
}

function portSetting(environment: Environment, name: string, file: string): number | undefined {
  const text = environment[name];
  if (text === undefined || text === '') {
    return undefined;
  }
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= portMax)) {
    const message = `is ${JSON.stringify(text)} in the environment, but must be a port from 0 to ${portMax}`;
    throw new ConfigurationError(file, [{ line: 1, column: 1, key: name, message }]);
  }
  return port;
}
