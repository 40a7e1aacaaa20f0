import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { GatewayConfiguration } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { Compile } from 'typebox/compile';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { crossCheck } from './cross-checks.ts';
import { type KeyPath, keyText, type Mistake, positionOf } from './mistakes.ts';
import { schemaMistakes } from './schema-mistakes.ts';

const fileBytesMax = 16 * 1024 * 1024;
const defaultOutboxBytesMax = 1024 * 1024 * 1024;
const defaultStatusPort = 8081;
const portMax = 65_535;

/** The configuration as the gateway uses it: paths absolute, defaults filled in, the environment applied. */
export interface LoadedConfiguration {
  readonly configuration: GatewayConfiguration;
  readonly dataDirectory: string;
  readonly cloud: { readonly url: string; readonly keyFile: string } | undefined;
  readonly statusPage: { readonly host: string; readonly port: number };
  readonly outboxBytesMax: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const checkConfiguration = Compile(GatewayConfiguration);

/** The mistakes of a configuration, each as `file:line:column: key: message`. */
export class ConfigurationError extends AndonError {
  readonly mistakes: readonly Mistake[];
  constructor(file: string, mistakes: readonly Mistake[]) {
    const lines = mistakes.map(
      ({ line, column, key, message }) => `${file}:${line}:${column}: ${key}${key ? ' ' : ''}${message}`,
    );
    super({
      code: 'configuration.mistakes',
      message: lines.join('\n'),
      nextStep: 'Correct the file and start again.',
      details: { mistakes },
    });
    this.mistakes = mistakes;
  }
}

/** Reads and checks a file. Throws `ConfigurationError` with everything that is wrong with it. */
export function loadConfiguration(file: string, environment: Environment = process.env): LoadedConfiguration {
  const configuration = parseConfiguration(readConfigurationFile(file), file);
  const directory = dirname(resolve(file));
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
    cloud: configuration.cloud && {
      url: configuration.cloud.url.replace(/\/+$/, ''),
      keyFile: resolve(directory, configuration.cloud.keyFile),
    },
    statusPage: {
      host: configuration.statusPage?.host ?? '127.0.0.1',
      port: statusPort ?? configuration.statusPage?.port ?? defaultStatusPort,
    },
    outboxBytesMax: configuration.outbox?.bytesMax ?? defaultOutboxBytesMax,
  };
}

/** Parses and checks the text of a configuration; `file` only names it in mistakes. */
export function parseConfiguration(text: string, file: string): GatewayConfiguration {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ConfigurationError(
      file,
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return { line, column: col, key: '', message: error.message };
      }),
    );
  }
  const value = plainValue(document, file);
  if (!checkConfiguration.Check(value)) {
    throw new ConfigurationError(
      file,
      inOrder(
        schemaMistakes(GatewayConfiguration, value).map(({ path, message }) =>
          mistakeAt(document, lines, path, message),
        ),
      ),
    );
  }
  const mistakes: Mistake[] = [];
  crossCheck(value, (path, message) => mistakes.push(mistakeAt(document, lines, path, message)));
  if (mistakes.length > 0) {
    throw new ConfigurationError(file, inOrder(mistakes));
  }
  return value;
}

function plainValue(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(file, [{ line: 1, column: 1, key: '', message }]);
  }
}

const inOrder = (mistakes: readonly Mistake[]): Mistake[] =>
  [...mistakes].sort((one, other) => one.line - other.line || one.column - other.column);

function mistakeAt(document: Document, lines: LineCounter, path: KeyPath, message: string): Mistake {
  return { ...positionOf(document, lines, path), key: keyText(path), message };
}

function readConfigurationFile(file: string): string {
  try {
    if (statSync(file).size > fileBytesMax) {
      throw new Error(`is larger than ${fileBytesMax} bytes`);
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
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
