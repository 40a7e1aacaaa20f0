import { isDeepStrictEqual } from 'node:util';
import {
  AlertShelving,
  AlertTransition,
  type DeviceDefinition,
  type DownlinkMessage,
  type Lane,
} from '@andon/shared/contracts';
import type { Clock } from '@andon/shared/kernel';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { CommandRunner } from './commands/index.ts';
import type { ConfigurationKeeper, LoadedConfiguration } from './config/index.ts';
import type { ConfiguredConnectors } from './connectors/index.ts';
import {
  definitionReport,
  keptDefinition,
  refusalOfDefinition,
  unreadDefinition,
} from './definition-reports.ts';
import { laneNames, type Outbox } from './outbox/index.ts';
import type { DeviceRegistry, Pipeline } from './pipeline/index.ts';
import type { GatewayTime } from './signals/index.ts';
import { CloudClient, Downlink, DownlinkCursor, UplinkLane, type UplinkLogger } from './uplink/index.ts';
import { UplinkGate, type UrgentNews } from './uplink-windows/index.ts';

/** Whom the cloud's messages reach. */
export interface LinkedParts {
  readonly time: GatewayTime;
  readonly outbox: Outbox;
  readonly urgentNews: UrgentNews;
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
type Windows = NonNullable<NonNullable<LoadedConfiguration['configuration']['uplink']>['windows']>;
type Uplink = Readonly<Record<Lane, UplinkLane>>;

/** How often it is asked whether the lines may be used. */
const gateMilliseconds = 1000;
/** Records of the alerts lane that are looked through at once at the start. */
const waitingAtOnce = 500;
const checkNews = Compile(Type.Union([AlertTransition, AlertShelving]));

/** The lines to the cloud; both undefined where the gateway has none, or may not use them now. */
export class CloudLinks {
  readonly #options: LinkOptions;
  readonly #parts: LinkedParts;
  #windows: Windows;
  #gate: UplinkGate;
  #settings: CloudSettings;
  #open = false;
  #timer: NodeJS.Timeout | undefined;
  #endListening: () => void = () => undefined;
  #changing: Promise<void> = Promise.resolve();
  #uplink: Uplink | undefined;
  #downlink: Downlink | undefined;

  constructor(options: LinkOptions, parts: LinkedParts) {
    this.#options = options;
    this.#parts = parts;
    this.#settings = options.loaded.cloud;
    this.#windows = windowsOf(options.loaded);
    this.#gate = this.#makeGate();
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
    const { outbox, registry, urgentNews } = this.#parts;
    const ruleOf = (deviceId: string, name: string) =>
      registry.get(deviceId)?.rules?.find((rule) => rule.name === name);
    noteWaiting(outbox, urgentNews);
    urgentNews.committed(ruleOf);
    this.#endListening = outbox.onAppended((lane) => {
      if (lane === 'alerts' && urgentNews.committed(ruleOf)) {
        this.#look();
      }
    });
    this.#look();
    this.#timer = setInterval(() => this.#look(), gateMilliseconds);
  }

  async stop(): Promise<void> {
    this.#endListening();
    clearInterval(this.#timer);
    await this.#change(() => this.#close());
  }

  /** Reaches the cloud so from now on; where the settings are what they were, nothing happens. */
  apply(wanted: LoadedConfiguration): Promise<void> {
    const windows = windowsOf(wanted);
    if (!isDeepStrictEqual(windows, this.#windows)) {
      this.#windows = windows;
      this.#gate = this.#makeGate();
      this.#look();
    }
    const settings = wanted.cloud;
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

  #makeGate(): UplinkGate {
    const { configuration, pipeline, outbox, urgentNews } = this.#parts;
    return new UplinkGate(this.#windows, {
      clock: this.#options.clock,
      urgent: () =>
        configuration.status().trial !== undefined ||
        urgentNews.isWaiting(() => outbox.status('alerts').queued) ||
        pipeline.active().some(({ latest }) => latest.severity === 'CRITICAL'),
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
      handle: (eventId, message) => takeMessage(parts, cursor, eventId, { message, at: clock.now() }),
      passOver: (eventId, message) =>
        outbox.commit((append) => {
          cursor.write(eventId);
          const report = unreadDefinition(message, clock.now());
          if (report) {
            append('alerts', report);
          }
        }),
      onConnected: onRecovered,
    });
    this.#uplink = uplink;
    this.#downlink = downlink;
  }
}

const windowsOf = ({ configuration }: LoadedConfiguration): Windows => configuration.uplink?.windows ?? [];

/** Notes what of the alerts lane could not be sent before the gateway was started. */
function noteWaiting(outbox: Outbox, news: UrgentNews): void {
  let batch = outbox.batch('alerts', waitingAtOnce);
  while (batch) {
    for (const { body } of batch.records) {
      const record: unknown = JSON.parse(body);
      if (checkNews.Check(record)) {
        news.note(record);
      }
    }
    batch = outbox.batch('alerts', waitingAtOnce, batch.firstSeq + batch.records.length - 1);
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
  { message, at }: { readonly message: DownlinkMessage; readonly at: number },
): Promise<void> {
  const { outbox, registry, commands, configuration } = parts;
  if (message.type === 'configuration') {
    configuration.receive(message);
  }
  // Reading a hostile text takes long, and what fails in a transaction fails whatever shares it.
  const findings = message.type === 'configuration-check' ? configuration.findings(message) : undefined;
  const refusal = message.type === 'device' ? refusalOfDefinition(message.device) : undefined;
  const served =
    message.type === 'device' && refusal !== undefined
      ? keptDefinition(message.device, registry.get(message.device.id))
      : undefined;
  await outbox.commit((append) => {
    cursor.write(eventId);
    if (message.type === 'command') {
      commands.receive(message.command, append);
    } else if (message.type === 'cancel') {
      commands.cancel(message.commandId, append);
    } else if (message.type === 'device') {
      registry.write(message.device.id, served ?? message.device);
      const { device, version } = message;
      const report = definitionReport({ deviceId: device.id, version }, at, refusal);
      if (report) {
        append('alerts', report);
      }
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
      return takeDevice(parts, message.device.id, served ?? message.device);
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
