import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { AndonError, type Clock } from '@andon/shared/kernel';
import { gatewayEnvironment, gatewayNodeFlags, launcher } from '@andon/shared/programs';
import { type OneMachineSettings, type Places, placesIn } from './config.ts';
import { claimPort } from './free-ports.ts';
import { ensureGatewayConfiguration, gatewayId, hasGatewayKey } from './gateway-files.ts';
import { lockDataDirectory } from './lock.ts';
import { LogFile } from './log-file.ts';
import { Part } from './part.ts';
import { PartProcesses } from './part-processes.ts';
import type { ReadyMessage } from './ready-message.ts';
import { storedPassword, writeConnections } from './simulator-connections.ts';

export interface RunningFacts {
  readonly consoleUrl: string;
  readonly gatewayPageUrl: string;
  readonly mqttPort: number;
  readonly adminEmail: string | undefined;
  readonly adminPassword: string | undefined;
  /** The simulated devices that an earlier start left broken. */
  readonly stillBroken: readonly string[];
}

type PartName = 'cloud' | 'gateway' | 'simulator';
/** The devices first, the cloud last, so that what is on its way still arrives. */
const stopOrder = ['simulator', 'gateway', 'cloud'] as const;

type Ports = { readonly http: number; readonly mqtt: number; readonly gatewayPage: number };

/** Runs cloud, gateway and simulator on one machine. */
export class Supervisor {
  readonly #settings: OneMachineSettings;
  readonly #places: Places;
  readonly #clock: Clock;
  readonly #tell: (line: string) => void;
  readonly #parts = new Map<PartName, Part>();
  readonly #processes: PartProcesses;
  #release: (() => void) | undefined;
  #stopping = false;
  #stillBroken: readonly string[] = [];

  constructor(settings: OneMachineSettings, clock: Clock, tell: (line: string) => void) {
    this.#settings = settings;
    this.#places = placesIn(settings.dataDirectory);
    this.#processes = new PartProcesses(this.#places.processes);
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Resolves when all of it runs. Where it cannot, whatever was started is stopped again. */
  async start(): Promise<RunningFacts> {
    try {
      return await this.#startParts();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const name of stopOrder) await this.#parts.get(name)?.stop();
    if (this.#release) this.#processes.forget();
    this.#release?.();
    this.#release = undefined;
  }

  killParts(): void {
    for (const part of this.#parts.values()) part.kill();
  }

  async #startParts(): Promise<RunningFacts> {
    this.#release = lockDataDirectory(this.#places.lock);
    await this.#processes.awaitThoseOfBefore();
    const ports = await this.#claimPorts();
    removeStalePorts(this.#places);
    const cloud = this.#launch('cloud', [], {
      ANDON_HTTP_PORT: String(ports.http),
      ANDON_DATA_DIR: this.#settings.dataDirectory,
    });
    const early = Promise.allSettled([this.#startEdgeEarly(ports)]);
    // What provisioning needs is loaded while the cloud is starting.
    const [ready, { provision }] = await Promise.all([cloud, import('./provisioning.ts')]);
    try {
      const changed = await provision(this.#places, {
        cloudUrl: this.#cloudUrl(ports),
        apiKey: keyOf(ready),
        demo: this.#settings.demo,
        mqttPort: ports.mqtt,
      });
      if (changed || !(await outcomeOf(early))) await this.#startEdge(ports);
    } catch (error) {
      // It will not be shown again, so it must not be lost with this start.
      if (ready.adminPassword) {
        this.#tell(`${ready.adminEmail} was made with the password ${ready.adminPassword}`);
      }
      throw error;
    }
    return {
      consoleUrl: ready.url ?? this.#cloudUrl(ports),
      gatewayPageUrl: `http://127.0.0.1:${ports.gatewayPage}`,
      mqttPort: ports.mqtt,
      adminEmail: ready.adminEmail,
      adminPassword: ready.adminPassword,
      stillBroken: this.#stillBroken,
    };
  }

  /**
   * Gateway and devices need not wait for the cloud once they have their keys: they do not need it to work either.
   * False where keys are missing and nothing was started.
   */
  async #startEdgeEarly(ports: Ports): Promise<boolean> {
    if (!hasGatewayKey(this.#places)) return false;
    if (this.#settings.demo) {
      const password = storedPassword(this.#places);
      if (password === undefined) return false;
      writeConnections(this.#places, ports.mqtt, password);
    }
    await this.#startEdge(ports);
    return true;
  }

  /** Also in the place of parts that were started early with what belongs to another database. */
  async #startEdge(ports: Ports): Promise<void> {
    for (const name of ['simulator', 'gateway'] as const) await this.#parts.get(name)?.stop();
    const simulator = this.#settings.demo ? this.#launchSimulator(ports) : undefined;
    const [, devices] = await Promise.all([this.#launchGateway(ports), simulator]);
    this.#stillBroken = devices?.stillBroken ?? [];
  }

  #cloudUrl(ports: Ports): string {
    return `http://${this.#settings.cloudHost}:${ports.http}`;
  }

  async #claimPorts(): Promise<Ports> {
    const { http, mqtt, gatewayPage } = this.#settings;
    const [httpPort, mqttPort, gatewayPort] = await Promise.all([http, mqtt, gatewayPage].map(claimPort));
    if (httpPort === undefined || mqttPort === undefined || gatewayPort === undefined) {
      throw new Error('a port is missing');
    }
    return { http: httpPort, mqtt: mqttPort, gatewayPage: gatewayPort };
  }

  #configureGateway(ports: Ports): void {
    const cloudUrl = this.#cloudUrl(ports);
    const { pumpPort, ovenPort, gatewayConfiguration } = this.#places;
    const good = ensureGatewayConfiguration(this.#places, {
      gatewayId,
      cloudUrl,
      mqttPort: ports.mqtt,
      statusPort: ports.gatewayPage,
      ...(this.#settings.demo ? { demo: { pumpPort, ovenPort } } : {}),
    });
    if (good) return;
    this.#tell(
      `${gatewayConfiguration} was changed by hand and does not name the cloud's address, ${cloudUrl}`,
    );
  }

  #launchGateway(ports: Ports): Promise<ReadyMessage> {
    this.#configureGateway(ports);
    return this.#launch('gateway', ['--config', this.#places.gatewayConfiguration], {
      ANDON_MQTT_PORT: String(ports.mqtt),
      ANDON_GATEWAY_PORT: String(ports.gatewayPage),
      ANDON_DATA_DIR: join(this.#places.gateway, 'data'),
    });
  }

  #launchSimulator(ports: Ports): Promise<ReadyMessage> {
    return this.#launch(
      'simulator',
      ['run', '--scenario', 'story', '--data', this.#places.simulator],
      { ANDON_MQTT_PORT: String(ports.mqtt), ANDON_DATA_DIR: this.#settings.dataDirectory },
      () => removeStalePorts(this.#places),
    );
  }

  async #launch(
    name: PartName,
    commandLine: readonly string[],
    environment: Readonly<Record<string, string>>,
    prepare?: () => void,
  ): Promise<ReadyMessage> {
    if (this.#stopping) throw stoppedEarly();
    const part = new Part({
      name,
      script: launcher,
      commandLine: [name, ...commandLine],
      ...(name === 'gateway' && { nodeFlags: gatewayNodeFlags }),
      environment: {
        // What Node has compiled once need not be compiled again; a second start takes half the time.
        NODE_COMPILE_CACHE: this.#places.compiled,
        ...(name === 'gateway' && gatewayEnvironment),
        ...this.#settings.environment,
        ...environment,
      },
      log: new LogFile(join(this.#places.logs, `${name}.log`)),
      clock: this.#clock,
      startMillisecondsMax: this.#settings.startMillisecondsMax,
      tell: this.#tell,
      onProcess: (processId) => this.#processes.note(name, processId),
      ...(prepare ? { prepare } : {}),
    });
    this.#parts.set(name, part);
    const ready = await part.start();
    if (this.#stopping) throw stoppedEarly();
    return ready;
  }
}

async function outcomeOf<Value>(settled: Promise<[PromiseSettledResult<Value>]>): Promise<Value> {
  const [result] = await settled;
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

function keyOf(ready: ReadyMessage): string {
  if (ready.apiKey !== undefined) return ready.apiKey;
  throw new AndonError({
    code: 'one-machine.cloud-message',
    message: 'The cloud is ready, but gave no key to its doors.',
    nextStep: 'This is a fault of Andon itself.',
  });
}

/**
 * A simulator that was killed leaves links to terminals that are somebody else's by now, perhaps the very one that
 * we were started from. The gateway must not open those.
 */
function removeStalePorts(places: Places): void {
  rmSync(places.ports, { recursive: true, force: true });
}

function stoppedEarly(): AndonError {
  return new AndonError({
    code: 'one-machine.stopped-early',
    message: 'It was stopped before it was ready.',
    nextStep: 'Start it again.',
  });
}
