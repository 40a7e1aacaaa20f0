import { isDeepStrictEqual } from 'node:util';
import type { GatewayConfiguration } from '@andon/shared/contracts';
import { brokerName } from '@andon/shared/gateway-configuration';
import type { Connector, ConnectorContext } from './connector.ts';
import { createConnector } from './kinds.ts';
import { createMqttBroker, type MqttBrokerConnector } from './mqtt-broker/index.ts';
import type { ConnectorShell } from './shell.ts';

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
  make(): Entry;
}

/** The connectors of the gateway, the broker first. */
export class ConnectorSet {
  readonly #context: ConnectorContext;
  readonly #shell: ConnectorShell;
  #entries: readonly Entry[];

  /** Makes those that the configuration asks for; none is started yet. */
  constructor(configuration: GatewayConfiguration, context: ConnectorContext, shell: ConnectorShell) {
    this.#context = context;
    this.#shell = shell;
    this.#entries = this.#wanted(configuration).map((wanted) => wanted.make());
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

  /** The last first. */
  async stop(): Promise<void> {
    for (const { connector } of this.#entries.toReversed()) {
      await connector.stop();
    }
  }

  /**
   * Starts, stops and restarts what differs, and leaves the others alone. Where one cannot start, it rejects after
   * the others were started; the same call tries it again.
   */
  async apply(configuration: GatewayConfiguration): Promise<void> {
    const wanted = this.#wanted(configuration);
    const kept = new Map<string, Entry>();
    for (const entry of this.#entries) {
      const same = wanted.find(({ name }) => name === entry.name);
      if (same && isDeepStrictEqual(same.settings, entry.settings)) {
        kept.set(entry.name, entry);
      } else {
        await entry.connector.stop();
      }
    }
    const failures: unknown[] = [];
    const running: Entry[] = [];
    this.#entries = [...kept.values()];
    for (const want of wanted) {
      try {
        running.push(kept.get(want.name) ?? (await started(want.make())));
      } catch (error) {
        failures.push(error);
      }
    }
    this.#entries = running;
    if (failures.length > 0) {
      throw failures[0];
    }
  }

  #wanted(configuration: GatewayConfiguration): Wanted[] {
    const { mqttBroker, connectors = [] } = configuration;
    const context = this.#context;
    const shell = this.#shell;
    const lines = connectors.map(
      (settings): Wanted => ({
        name: settings.name,
        settings,
        make: () => ({
          name: settings.name,
          settings,
          connector: createConnector(settings, context, shell),
          broker: undefined,
        }),
      }),
    );
    if (mqttBroker === undefined || mqttBroker.enabled === false) {
      return lines;
    }
    const makeBroker = (): Entry => {
      const broker = createMqttBroker(mqttBroker, context, shell);
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
    await entry.connector.stop();
    throw error;
  }
}
