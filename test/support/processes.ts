/**
 * Our programs as real processes, which a test kills, starts again and stops.
 *
 *   const house = await startHouse({ cloudEnvironment? });     // cloud with its PostgreSQL, and one gateway
 *   house.api().get('/v1/alerts')                              // as administrator, whichever cloud is up now
 *   await house.cloud.kill(); await house.cloud.start();       // SIGKILL and back, on the same ports and data
 *   await house.cloud.killPostgres();                          // SIGKILL to the database server alone
 *   house.gateway.mqttUrl; await house.gateway.status()        // its broker and its /status.json
 *   await house.query('select …')                              // straight from the database
 *   await house.close()                                        // in afterEach; nothing is left running
 *
 * Every process is told to end when its channel to us closes, so that nothing outlives a test run that is killed.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launcher } from '@andon/shared/programs';
import pg from 'pg';
import { afterEach } from 'vitest';
import { createClient, type TestClient } from './http-client.ts';
import { eventually } from './wait.ts';

const startMillisecondsMax = 60_000;
const stopMillisecondsMax = 20_000;
const logCharactersMax = 200_000;

type Environment = Readonly<Record<string, string>>;

/** What the machine gives every process; settings of ours come from the test alone. */
const machineEnvironment: Environment = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    /^(PATH|HOME|LANG|TZ|TMPDIR|USER|NODE_COMPILE_CACHE)$/.test(name) && value !== undefined
      ? [[name, value]]
      : [],
  ),
);

/** One program, whose process may change. */
export class Program {
  readonly name: string;
  #child: ChildProcess | undefined;
  #log = '';

  /** By its name of `programSources`. */
  constructor(name: string) {
    this.name = name;
  }

  get processId(): number {
    return this.#child?.pid ?? 0;
  }

  get running(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Everything that it printed, the last part of it. */
  get log(): string {
    return this.#log;
  }

  /** Starts a process; gives its message that it is ready. */
  async launch(commandLine: readonly string[], environment: Environment): Promise<unknown> {
    const child = fork(launcher, [this.name, ...commandLine], {
      silent: true,
      execArgv: [],
      env: { ...machineEnvironment, ...environment },
    });
    this.#child = child;
    this.#log += `--- ${this.name} starts as process ${child.pid}\n`;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (text: Buffer) => {
        this.#log = (this.#log + text.toString('utf8')).slice(-logCharactersMax);
      });
    }
    const ready = Promise.withResolvers<unknown>();
    const timer = setTimeout(
      () => ready.reject(new Error(`${this.name} was not ready in time\n${this.#log}`)),
      startMillisecondsMax,
    );
    child.once('message', ready.resolve);
    child.once('error', ready.reject);
    child.once('close', (code, signal) => {
      this.#log += `--- ${this.name} ended with ${signal ?? code}\n`;
      ready.reject(new Error(`${this.name} ended before it was ready\n${this.#log}`));
    });
    try {
      return await ready.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM, and SIGKILL where that is not heard; gives its exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    const timer = setTimeout(() => child?.kill('SIGKILL'), stopMillisecondsMax);
    await this.#end('SIGTERM');
    clearTimeout(timer);
    return child?.exitCode ?? null;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || !this.running) {
      return;
    }
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    await ended;
  }
}

function field(message: unknown, name: string): unknown {
  return typeof message === 'object' && message !== null && name in message
    ? (message as Record<string, unknown>)[name]
    : undefined;
}

/** The cloud with its embedded PostgreSQL. */
export class CloudProgram {
  readonly program = new Program('cloud');
  readonly dataDirectory: string;
  readonly #environment: Environment;
  #port = 0;
  #apiKey = '';
  #api: TestClient | undefined;

  constructor(dataDirectory: string, environment: Environment) {
    this.dataDirectory = dataDirectory;
    this.#environment = environment;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The doors, as administrator. The key changes with every start. */
  get api(): TestClient {
    this.#api ??= createClient(this.url, { authorization: `Bearer ${this.#apiKey}` });
    return this.#api;
  }

  get anonymous(): TestClient {
    return createClient(this.url, {});
  }

  async start(): Promise<void> {
    const ready = await this.program.launch([], {
      ANDON_LOG_LEVEL: 'info',
      ...this.#environment,
      ANDON_HTTP_PORT: String(this.#port),
      ANDON_DATA_DIR: this.dataDirectory,
    });
    this.#port = Number(new URL(String(field(ready, 'url'))).port);
    this.#apiKey = String(field(ready, 'apiKey'));
    this.#api = undefined;
  }

  kill(): Promise<void> {
    return this.program.kill();
  }

  stop(): Promise<number | null> {
    return this.program.stop();
  }

  /** The server's process as its own file says; undefined where there is none. */
  postgresProcessId(): number | undefined {
    const path = join(this.#postgresFolder, 'data', 'postmaster.pid');
    const pid = existsSync(path) ? Number(readFileSync(path, 'utf8').split('\n')[0]) : Number.NaN;
    return Number.isInteger(pid) && isServerOf(pid, this.#postgresFolder) ? pid : undefined;
  }

  /** SIGKILL to the server; resolves when it is gone. */
  async killPostgres(): Promise<void> {
    const pid = this.postgresProcessId();
    if (pid === undefined) {
      return;
    }
    process.kill(pid, 'SIGKILL');
    await eventually('the database server to be gone', () => !isServerOf(pid, this.#postgresFolder));
  }

  /** Where the database is, past all doors. */
  get databaseUrl(): string {
    const folder = this.#postgresFolder;
    const password = encodeURIComponent(readFileSync(join(folder, 'password'), 'utf8').trim());
    return `postgres://andon:${password}@127.0.0.1:${readFileSync(join(folder, 'port'), 'utf8').trim()}/andon`;
  }

  /** Ends the server that a killed cloud has left behind, and takes its folder away. */
  async clean(): Promise<void> {
    await this.killPostgres();
    rmSync(this.#postgresFolder, { recursive: true, force: true });
  }

  get #postgresFolder(): string {
    const elsewhere = join(this.dataDirectory, 'postgres-location');
    return existsSync(elsewhere)
      ? readFileSync(elsewhere, 'utf8').trim()
      : join(this.dataDirectory, 'postgres');
  }
}

/** Is the process alive, and a server on this folder? */
export function isServerOf(pid: number, folder: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
  } catch {
    // There is no such process.
    return false;
  }
}

export class GatewayProgram {
  readonly program = new Program('gateway');
  readonly dataDirectory: string;
  readonly #configurationFile: string;
  #mqttPort = 0;
  #statusPort = 0;

  constructor(dataDirectory: string, configurationFile: string) {
    this.dataDirectory = dataDirectory;
    this.#configurationFile = configurationFile;
  }

  get mqttPort(): number {
    return this.#mqttPort;
  }

  get mqttUrl(): string {
    return `mqtt://127.0.0.1:${this.#mqttPort}`;
  }

  get statusUrl(): string {
    return `http://127.0.0.1:${this.#statusPort}`;
  }

  async start(): Promise<void> {
    const ready = await this.program.launch(['--config', this.#configurationFile], {
      ANDON_MQTT_PORT: String(this.#mqttPort),
      ANDON_GATEWAY_PORT: String(this.#statusPort),
      ANDON_DATA_DIR: this.dataDirectory,
    });
    this.#mqttPort = Number(field(ready, 'mqtt'));
    this.#statusPort = Number(field(ready, 'status'));
  }

  kill(): Promise<void> {
    return this.program.kill();
  }

  stop(): Promise<number | null> {
    return this.program.stop();
  }

  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects; a wrong guess fails there.
  async status(): Promise<any> {
    const response = await fetch(`${this.statusUrl}/status.json`);
    return response.json();
  }

  /** One sample of `/metrics`: the sum over all whose labels hold these. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const text = await (await fetch(`${this.statusUrl}/metrics`)).text();
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => wanted.every((label) => line.includes(label)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }
}

export interface HouseOptions {
  /** Settings of the cloud, for example SMPP_URL. */
  readonly cloudEnvironment?: Environment;
  readonly gatewayId?: string;
}

export interface House {
  readonly folder: string;
  readonly gatewayId: string;
  readonly cloud: CloudProgram;
  readonly gateway: GatewayProgram;
  api(): TestClient;
  query<Row extends pg.QueryResultRow>(text: string, parameters?: unknown[]): Promise<Row[]>;
  /** Waits until both lanes are empty at the gateway. */
  drained(deadlineMilliseconds?: number): Promise<void>;
  close(): Promise<void>;
}

/** A folder for a test's data that the database server's user can enter when we are root. */
export function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'andon-house-'));
  chmodSync(folder, 0o755);
  return folder;
}

const logCharactersShown = 8_000;

/** In a test file: where a test fails, what the programs printed is shown. */
export function showLogsOfFailures(house: () => House | undefined): void {
  afterEach(({ task }) => {
    const programs = house();
    if (task.result?.state !== 'fail' || !programs) return;
    for (const { name, log } of [programs.cloud.program, programs.gateway.program]) {
      process.stderr.write(`=== ${name}\n${log.slice(-logCharactersShown)}\n`);
    }
  });
}

/** Starts a cloud and one gateway that is enrolled with it. */
export async function startHouse(options: HouseOptions = {}): Promise<House> {
  const folder = dataFolder();
  const gatewayId = options.gatewayId ?? 'line-1';
  const cloud = new CloudProgram(join(folder, 'cloud'), options.cloudEnvironment ?? {});
  const gateway = new GatewayProgram(
    join(folder, 'gateway', 'data'),
    join(folder, 'gateway', 'gateway.yaml'),
  );
  const house: House = {
    folder,
    gatewayId,
    cloud,
    gateway,
    api: () => cloud.api,
    query: (text, parameters) => query(cloud.databaseUrl, text, parameters),
    drained: (deadline = 60_000) =>
      eventually(
        'both lanes to be empty',
        async () => {
          const { lanes } = await gateway.status();
          return lanes.every(({ queued }: { queued: number }) => queued === 0);
        },
        deadline,
      ).then(() => undefined),
    close: () => closeHouse(house),
  };
  try {
    await cloud.start();
    const enrolled = await cloud.api.post('/v1/gateways', { id: gatewayId, name: 'Line 1' });
    if (enrolled.status !== 201) {
      throw new Error(`the gateway was not enrolled: ${enrolled.text}`);
    }
    writeGatewayFiles(join(folder, 'gateway'), { gatewayId, key: enrolled.body.key, cloudUrl: cloud.url });
    await gateway.start();
    return house;
  } catch (error) {
    await house.close();
    throw error;
  }
}

function writeGatewayFiles(
  folder: string,
  { gatewayId, key, cloudUrl }: { gatewayId: string; key: string; cloudUrl: string },
): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'gateway.key'), `${key}\n`, { mode: 0o600 });
  const configuration = {
    gateway: { id: gatewayId },
    cloud: { url: cloudUrl, keyFile: 'gateway.key' },
    mqttBroker: { host: '127.0.0.1', port: 0 },
    statusPage: { host: '127.0.0.1', port: 0 },
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'gateway.yaml'), JSON.stringify(configuration));
}

async function closeHouse({ cloud, gateway, folder }: House): Promise<void> {
  await gateway.stop();
  await cloud.stop();
  await cloud.clean();
  rmSync(folder, { recursive: true, force: true });
}

async function query<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  parameters: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text, parameters)).rows;
  } finally {
    await client.end();
  }
}
