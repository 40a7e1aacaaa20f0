import { isDeepStrictEqual } from 'node:util';
import type { GatewayConfiguration } from '@andon/shared/contracts';
import { brokerName } from '@andon/shared/gateway-configuration';
import type { Connector, ConnectorContext } from './connector.ts';
import { createConnector } from './kinds.ts';
import type { MqttBrokerConnector } from './mqtt-broker/index.ts';
import type { ConnectorShell } from './shell.ts';

/** More than any of them waits for its wire; what takes longer hangs, and is left behind. */
const stopMillisecondsMax = 20_000;

/** A connector with what it was made from. */
interface Entry {
  readonly name: string;
  readonly settings: unknown;
  readonly connector: Connector;
  readonly broker: MqttBrokerConnector | undefined;
}

/** A connector that a configuration asks for. */
interface Wanted {
  readonly name: string;
  readonly settings: unknown;
  make(): Promise<Entry>;
}

/** The connectors of the gateway, the broker first. */
export class ConnectorSet {
  readonly #context: ConnectorContext;
  readonly #shell: ConnectorShell;
  #entries: readonly Entry[] = [];

  private constructor(context: ConnectorContext, shell: ConnectorShell) {
    this.#context = context;
    this.#shell = shell;
  }

  /** Makes those that the configuration asks for; none is started yet. */
  static async create(
    configuration: GatewayConfiguration,
    context: ConnectorContext,
    shell: ConnectorShell,
  ): Promise<ConnectorSet> {
    const set = new ConnectorSet(context, shell);
    set.#entries = await Promise.all(set.#wanted(configuration).map((wanted) => wanted.make()));
    return set;
  }

  get all(): readonly Connector[] {
    return this.#entries.map(({ connector }) => connector);
  }

  /** The broker; undefined where the configuration has no `mqttBroker` or says `enabled: false`. */
  get broker(): MqttBrokerConnector | undefined {
    return this.#entries.find(({ broker }) => broker !== undefined)?.broker;
  }

  /** Tell that a device's definition changed or vanished; a connection with old credentials ends. */
  refreshDevice(deviceId: string): void {
    this.broker?.refreshDevice(deviceId);
  }

  async start(): Promise<void> {
    for (const { connector } of this.#entries) {
      await connector.start();
    }
  }

  /** The broker last. Rejects after all were stopped, where some of them did not stop as they should. */
  async stop(): Promise<void> {
    const lines = this.#entries.filter(({ broker }) => broker === undefined);
    const brokers = this.#entries.filter(({ broker }) => broker !== undefined);
    throwAny([...(await stopAll(lines)), ...(await stopAll(brokers))]);
  }

  /**
   * Starts, stops and restarts what differs, and leaves the others alone. Where one cannot stop or start, it rejects
   * after the others were started; the same call tries again what did not start.
   */
  async apply(configuration: GatewayConfiguration): Promise<void> {
    const wanted = this.#wanted(configuration);
    const stays = (entry: Entry) =>
      wanted.some(({ name, settings }) => name === entry.name && isDeepStrictEqual(settings, entry.settings));
    const kept = new Map(this.#entries.filter(stays).map((entry) => [entry.name, entry]));
    const leaving = this.#entries.filter((entry) => !stays(entry));
    // Before they stop: whatever becomes of that, none of them is taken for one that runs.
    this.#entries = [...kept.values()];
    const failures = await stopAll(leaving);
    const running: Entry[] = [];
    for (const want of wanted) {
      try {
        running.push(kept.get(want.name) ?? (await started(await want.make())));
      } catch (error) {
        failures.push(error);
      }
    }
    this.#entries = running;
    throwAny(failures);
  }

  /** The context, which is told over which connector a device speaks. */
  #contextOf(name: string): ConnectorContext {
    const context = this.#context;
    if (context.heard === undefined) {
      return context;
    }
    return {
      ...context,
      ingest: (message) => {
        if (message.values.some(({ badReason }) => badReason === undefined)) {
          context.heard?.(message.deviceId, name);
        }
        return context.ingest(message);
      },
    };
  }

  #wanted(configuration: GatewayConfiguration): Wanted[] {
    const { mqttBroker, connectors = [] } = configuration;
    const shell = this.#shell;
    const lines = connectors.map(
      (settings): Wanted => ({
        name: settings.name,
        settings,
        make: async () => ({
          name: settings.name,
          settings,
          connector: await createConnector(settings, this.#contextOf(settings.name), shell),
          broker: undefined,
        }),
      }),
    );
    if (mqttBroker === undefined || mqttBroker.enabled === false) {
      return lines;
    }
    const makeBroker = async (): Promise<Entry> => {
      const { createMqttBroker } = await import('./mqtt-broker/index.ts');
      const broker = createMqttBroker(mqttBroker, this.#contextOf(brokerName), shell);
      return { name: broker.name, settings: mqttBroker, connector: broker, broker };
    };
    return [{ name: brokerName, settings: mqttBroker, make: makeBroker }, ...lines];
  }
}

async function started(entry: Entry): Promise<Entry> {
  try {
    await entry.connector.start();
    return entry;
  } catch (error) {
    throwAny([error, ...(await stopAll([entry]))]);
    throw error;
  }
}

/** What went wrong with any of them; each has its chance. */
async function stopAll(entries: readonly Entry[]): Promise<unknown[]> {
  const outcomes = await Promise.allSettled(entries.map(stopped));
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
}

async function stopped({ name, connector }: Entry): Promise<void> {
  const late = Promise.withResolvers<never>();
  const error = new Error(`the connector ${name} did not stop within ${stopMillisecondsMax / 1000} s`);
  const timer = setTimeout(() => late.reject(error), stopMillisecondsMax);
  try {
    await Promise.race([connector.stop(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function throwAny(failures: readonly unknown[]): void {
  if (failures.length > 1) {
    const messages = failures.map((failure) =>
      failure instanceof Error ? failure.message : String(failure),
    );
    throw new AggregateError(failures, messages.join('; '));
  }
  if (failures.length > 0) {
    throw failures[0];
  }
}
