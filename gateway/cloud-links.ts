import { isDeepStrictEqual } from 'node:util';
import type { DeviceDefinition, DownlinkMessage, Lane } from '@andon/shared/contracts';
import type { Clock } from '@andon/shared/kernel';
import type { CommandRunner } from './commands/index.ts';
import type { ConfigurationKeeper, LoadedConfiguration } from './config/index.ts';
import type { ConfiguredConnectors } from './connectors/index.ts';
import { laneNames, type Outbox } from './outbox/index.ts';
import type { DeviceRegistry, Pipeline } from './pipeline/index.ts';
import type { GatewayTime } from './signals/index.ts';
import { CloudClient, Downlink, DownlinkCursor, UplinkLane, type UplinkLogger } from './uplink/index.ts';
import { UplinkGate } from './uplink-windows/index.ts';

/** Whom the cloud's messages reach. */
export interface LinkedParts {
  readonly time: GatewayTime;
  readonly outbox: Outbox;
  readonly registry: DeviceRegistry;
  readonly pipeline: Pipeline;
  readonly commands: CommandRunner;
  readonly connectors: ConfiguredConnectors;
  readonly configuration: ConfigurationInbox;
}

/** Where the cloud's words on the configuration go. */
export type ConfigurationInbox = Pick<
  ConfigurationKeeper,
  'receive' | 'proceed' | 'confirmFromCloud' | 'findings' | 'status'
>;

interface LinkOptions {
  readonly loaded: LoadedConfiguration;
  readonly clock: Clock;
  readonly jitter: () => number;
  readonly logger: UplinkLogger;
}

type CloudSettings = LoadedConfiguration['cloud'];
type Uplink = Readonly<Record<Lane, UplinkLane>>;

/** How often it is asked whether the lines may be used. */
const gateMilliseconds = 1000;

/** The lines to the cloud; both undefined where the gateway has none, or may not use them now. */
export class CloudLinks {
  readonly #options: LinkOptions;
  readonly #parts: LinkedParts;
  readonly #gate: UplinkGate;
  #settings: CloudSettings;
  #open = false;
  #timer: NodeJS.Timeout | undefined;
  #changing: Promise<void> = Promise.resolve();
  #uplink: Uplink | undefined;
  #downlink: Downlink | undefined;

  constructor(settings: CloudSettings, options: LinkOptions, parts: LinkedParts) {
    this.#options = options;
    this.#parts = parts;
    this.#settings = settings;
    this.#gate = new UplinkGate(options.loaded.configuration.uplink?.windows ?? [], {
      clock: options.clock,
      urgent: () =>
        parts.configuration.status().trial !== undefined ||
        parts.pipeline.active().some(({ latest }) => latest.severity === 'CRITICAL'),
    });
  }

  /** Does the time of day keep the lines closed? */
  get closed(): boolean {
    return this.#settings !== undefined && !this.#open;
  }

  get uplink(): Uplink | undefined {
    return this.#uplink;
  }

  get downlink(): Downlink | undefined {
    return this.#downlink;
  }

  /** Opens the lines as soon as they may be used, and closes them when they may not. */
  start(): void {
    this.#look();
    this.#timer = setInterval(() => this.#look(), gateMilliseconds);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#change(() => this.#close());
  }

  /** Reaches the cloud by these settings from now on; where they are what they were, nothing happens. */
  apply(settings: CloudSettings): Promise<void> {
    return this.#change(async () => {
      if (!isDeepStrictEqual(settings, this.#settings)) {
        const wasOpen = this.#open;
        await this.#close();
        this.#settings = settings;
        if (wasOpen) {
          this.#openLines();
        }
      }
    });
  }

  #look(): void {
    const open = this.#gate.isOpen();
    if (open !== this.#open) {
      const changed = this.#change(async () => {
        if (open && !this.#open) {
          this.#openLines();
        } else if (!open && this.#open) {
          this.#options.logger.info({}, 'the lines to the cloud are closed until their next window');
          await this.#close();
        }
      });
      // What failed is logged already.
      changed.catch(() => undefined);
    }
  }

  /** One change after the other. */
  #change(work: () => Promise<void>): Promise<void> {
    const done = this.#changing.then(work);
    this.#changing = done.catch((error: unknown) => {
      this.#options.logger.warn(
        { error: String(error) },
        'the lines to the cloud did not change as they should',
      );
    });
    return done;
  }

  #openLines(): void {
    this.#open = true;
    this.#create();
    for (const name of laneNames) {
      this.#uplink?.[name].start();
    }
    this.#downlink?.start();
  }

  async #close(): Promise<void> {
    this.#open = false;
    await this.#downlink?.stop();
    for (const name of laneNames) {
      await this.#uplink?.[name].stop();
    }
    this.#uplink = undefined;
    this.#downlink = undefined;
  }

  #create(): void {
    const settings = this.#settings;
    if (!settings) {
      this.#uplink = undefined;
      this.#downlink = undefined;
      return;
    }
    const { clock, jitter, logger } = this.#options;
    const parts = this.#parts;
    const { outbox } = parts;
    const { watch, keeper } = parts.time;
    const client = new CloudClient(
      settings,
      (cloudTime) => watch.hearCloud(cloudTime),
      (details, message) => logger.warn(details, message),
    );
    // Where one line is back, none of the others waits out its patience: alerts do not arrive after the readings.
    const onRecovered = () => {
      for (const name of laneNames) {
        uplink[name].tryNow();
      }
      downlink.tryNow();
    };
    const lane = (name: Lane) =>
      new UplinkLane({
        lane: name,
        outbox,
        client,
        clock,
        jitter,
        logger,
        onRecovered,
        settle: (body) => keeper.settle(body),
        awaitsTime: () => keeper.awaitsTime,
        ...(name === 'readings' && { demote: () => outbox.demote() }),
      });
    const uplink: Uplink = {
      alerts: lane('alerts'),
      readings: lane('readings'),
      history: lane('history'),
    };
    const cursor = new DownlinkCursor(outbox.database);
    const downlink = new Downlink({
      client,
      clock,
      jitter,
      logger,
      lastEventId: () => outbox.read(() => cursor.read()),
      introduction: () => brokerPlace(parts.connectors),
      handle: (eventId, message) => takeMessage(parts, cursor, eventId, message),
      passOver: (eventId) => outbox.commit(() => cursor.write(eventId)),
      onConnected: onRecovered,
    });
    this.#uplink = uplink;
    this.#downlink = downlink;
  }
}

/** Where devices reach the broker. A host that stands for every address is left out: the cloud sees where we are. */
function brokerPlace({ broker }: ConfiguredConnectors): Record<string, string> {
  const plain = broker?.address();
  const tls = broker?.tlsAddress();
  const host = plain?.host ?? tls?.host;
  return {
    ...(host !== undefined && !['0.0.0.0', '::'].includes(host) && { 'andon-mqtt-host': host }),
    ...(plain && { 'andon-mqtt-port': String(plain.port) }),
    ...(tls && { 'andon-mqtt-tls-port': String(tls.port) }),
  };
}

/** Keeps the message with its id in one transaction, and then sets the gateway to it. */
async function takeMessage(
  parts: LinkedParts,
  cursor: DownlinkCursor,
  eventId: string,
  message: DownlinkMessage,
): Promise<void> {
  const { outbox, registry, commands, configuration } = parts;
  if (message.type === 'configuration') {
    configuration.receive(message);
  }
  // Reading a hostile text takes long, and what fails in a transaction fails whatever shares it.
  const findings = message.type === 'configuration-check' ? configuration.findings(message) : undefined;
  await outbox.commit((append) => {
    cursor.write(eventId);
    if (message.type === 'command') {
      commands.receive(message.command, append);
    } else if (message.type === 'cancel') {
      commands.cancel(message.commandId, append);
    } else if (message.type === 'device') {
      registry.write(message.device.id, message.device);
    } else if (message.type === 'device-removed') {
      registry.write(message.deviceId, undefined);
    } else if (findings) {
      append('alerts', findings);
    }
  });
  switch (message.type) {
    case 'command':
      return commands.wake(message.command.deviceId);
    case 'cancel':
      return commands.wake(message.deviceId);
    case 'device':
      return takeDevice(parts, message.device.id, message.device);
    case 'device-removed':
      return takeDevice(parts, message.deviceId, undefined);
    case 'configuration':
      return configuration.proceed();
    case 'configuration-confirmation':
      return configuration.confirmFromCloud(message);
    case 'configuration-check':
      return;
  }
}

function takeDevice(parts: LinkedParts, deviceId: string, device: DeviceDefinition | undefined): void {
  const { registry, pipeline, commands, connectors } = parts;
  registry.take(deviceId, device);
  pipeline.devicesChanged();
  connectors.refreshDevice(deviceId);
  commands.wake(deviceId);
}
