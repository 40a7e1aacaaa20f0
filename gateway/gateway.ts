import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { GatewayConfiguration } from '@andon/shared/contracts';
import type { Clock, IdentifierSource } from '@andon/shared/kernel';
import {
  attemptRuleCommand,
  createAlertEngine,
  FlightRecorder,
  Lines,
  type RuleRequest,
} from './alerts/index.ts';
import { CloudLinks } from './cloud-links.ts';
import { CommandRunner } from './commands/index.ts';
import type {
  ConfigurableGateway,
  ConfigurationKeeper,
  GatewayHealth,
  LoadedConfiguration,
} from './config/index.ts';
import { type ConnectorContext, type ConnectorSet, createConnectors } from './connectors/index.ts';
import { attemptCommand, performAction } from './device-access.ts';
import { laneNames, lanePolicies, Outbox, type SetAside } from './outbox/index.ts';
import {
  DeviceRegistry,
  DeviceStates,
  LatestReadings,
  LocalActions,
  Pipeline,
  Rejections,
} from './pipeline/index.ts';
import { ClockKeeper, ClockWatch, type GatewayTime, thisMachineBoot, toReadings } from './signals/index.ts';
import { addGauges, createMetrics, type Metrics, startStatusServer } from './status/index.ts';
import { UrgentNews } from './uplink-windows/index.ts';

const housekeepingMilliseconds = 5000;

export interface Logger {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface GatewayOptions {
  readonly loaded: LoadedConfiguration;
  readonly keeper: ConfigurationKeeper;
  readonly clock: Clock;
  readonly newId: IdentifierSource;
  readonly jitter: () => number;
  readonly logger: Logger;
  /** The outbox that was found damaged while the gateway ran, where this is the start after it. */
  readonly setAside?: SetAside;
}

/** A gateway that runs. `apply` takes what can change in place: see `differencesBetween`. */
export interface Gateway extends ConfigurableGateway {
  /** The TCP ports that it listens on; `mqtt` only where it has a broker. */
  readonly ports: { readonly status: number; readonly mqtt: number | undefined };
  /** Resolves when the outbox was found damaged and set aside: stop this gateway, and start another. */
  readonly damaged: Promise<SetAside>;
  /** See `Pipeline.askRule`. */
  askRule(request: RuleRequest): Promise<void>;
  stop(): Promise<void>;
}

/** Everything that a gateway is made of, before it is started. */
interface Parts {
  readonly links: CloudLinks;
  readonly time: GatewayTime;
  readonly lines: Lines;
  readonly outbox: Outbox;
  readonly registry: DeviceRegistry;
  readonly deviceStates: DeviceStates;
  readonly latestReadings: LatestReadings;
  readonly rejections: Rejections;
  readonly localActions: LocalActions;
  readonly pipeline: Pipeline;
  readonly recorder: FlightRecorder | undefined;
  readonly commands: CommandRunner;
  readonly connectors: ConnectorSet;
  readonly metrics: Metrics;
}

/**
 * Starts a gateway in a data directory that this process has locked: opens what was promised, then listens. Rejects
 * with a clear error where another program has a port, and then nothing is left running.
 */
export async function startGateway(given: GatewayOptions): Promise<Gateway> {
  const { logger } = given;
  const watch = new ClockWatch(given.clock);
  const options = { ...given, clock: watch };
  const stops: (() => void | Promise<void>)[] = [];
  const stop = async () => {
    for (const step of stops.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        logger.error({ error: String(error) }, 'a part of the gateway did not stop cleanly');
      }
    }
  };
  try {
    const { outbox, ...news } = openOutbox(options, watch);
    stops.push(() => outbox.close());
    const damaged = new Promise<SetAside>((resolve) => outbox.onDamage(resolve));
    const parts = await assemble(options, outbox, news);
    await startParts(options, parts, stops);
    const statusPage = await startStatusPage(options, parts, stops);
    const ports = () => ({ status: statusPage.port(), mqtt: parts.connectors.broker?.address()?.port });
    logger.info(ports(), 'the gateway runs');
    return {
      get ports() {
        return ports();
      },
      damaged,
      stop,
      askRule: (request) => parts.pipeline.askRule(request),
      async apply(wanted) {
        await applyInPlace(parts, wanted);
        await statusPage.move(wanted);
      },
      health: () => healthOf(parts),
      report: (report) => outbox.commit((append) => append('alerts', report)),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The outbox dates its records by what is kept of the clock, which is kept in the outbox. */
function openOutbox(
  { loaded, clock, newId, logger }: GatewayOptions,
  watch: ClockWatch,
): { outbox: Outbox; time: GatewayTime; urgentNews: UrgentNews } {
  let keeper: ClockKeeper | undefined;
  const urgentNews = new UrgentNews();
  const outbox = new Outbox({
    file: join(loaded.dataDirectory, 'outbox.sqlite'),
    bytesMax: loaded.outboxBytesMax,
    ...lanePolicies(loaded.configuration.outbox),
    clock,
    newId,
    stamp: (record) => {
      urgentNews.note(record);
      return keeper?.stamp(record);
    },
    steadyNow: () => keeper?.steadyNow() ?? clock.now(),
  });
  if (outbox.setAside) {
    logger.error({ ...outbox.setAside }, 'the outbox was damaged; it is set aside and a new one begun');
  }
  keeper = new ClockKeeper({ watch, store: outbox, boot: thisMachineBoot(newId), newId, logger });
  return { outbox, time: { watch, keeper }, urgentNews };
}

async function assemble(
  options: GatewayOptions,
  outbox: Outbox,
  { time, urgentNews }: { readonly time: GatewayTime; readonly urgentNews: UrgentNews },
): Promise<Parts> {
  const { loaded, clock, newId, jitter, logger } = options;
  const { database } = outbox;
  const metrics = createMetrics(outbox);
  const registry = new DeviceRegistry(database, loaded.configuration.devices ?? []);
  const deviceStates = new DeviceStates(database);
  const latestReadings = new LatestReadings(() => clock.monotonic());
  const rejections = new Rejections(outbox, clock);
  const reject: ConnectorContext['reject'] = (input) => {
    logger.debug(input, 'input was refused');
    metrics.rejections.inc({ source: input.source, reason: input.reason });
    rejections.count(input);
  };
  const localActions = new LocalActions(database, {
    outbox,
    steadyNow: () => time.keeper.steadyNow(),
    jitter,
    perform: (deviceId, action) => performAction(connectors, deviceId, action),
    onOutcome: (outcome, action, error) => {
      metrics.localActions.inc({ type: action.type, outcome });
      if (error !== undefined) {
        logger.error({ action, error: String(error) }, 'a local action was given up');
      }
    },
  });
  const commands = new CommandRunner(database, {
    outbox,
    clock,
    jitter,
    device: (deviceId) => registry.get(deviceId),
    bootId: (deviceId) => deviceStates.get(deviceId)?.bootId,
    attempt: (command) =>
      attemptRuleCommand(command, (request) => pipeline.askRule(request)) ??
      attemptCommand(connectors, command),
    steadyNow: () => time.keeper.steadyNow(),
    readings: (deviceId, signal) => latestReadings.one(deviceId, signal),
    write: (deviceId, point, value) => performAction(connectors, deviceId, { type: 'write', point, value }),
  });
  const { lines, recorder, ...watching } = alertSurroundings(loaded.configuration, deviceStates);
  const pipeline = new Pipeline(database, {
    outbox,
    clock,
    clockState: () => time.watch.lastState,
    registry,
    deviceStates,
    latestReadings,
    localActions,
    createEngine: (states) => createAlertEngine({ newId, states, recorder, ...watching }),
    toReadings: countingToReadings(metrics),
    reject,
    onDeviceChanged: (deviceId) => commands.wake(deviceId),
  });
  const context: ConnectorContext = {
    ingest: (message) => pipeline.ingest(message),
    reject,
    deviceStatus: (status) => pipeline.deviceStatus(status),
    commandResult: (result) => commands.answer(result),
    device: (deviceId) => registry.get(deviceId),
    frame: (frame) => recorder?.noteFrame(frame, clock.now()),
    heard: (deviceId, connector) => noteLine({ lines, deviceStates, outbox }, clock, deviceId, connector),
  };
  const connectors = await createConnectors(loaded.configuration, context, { clock, logger, jitter });
  const parts = {
    lines,
    time,
    outbox,
    registry,
    deviceStates,
    latestReadings,
    rejections,
    localActions,
    pipeline,
    recorder,
    commands,
  };
  const linked = { ...parts, urgentNews, connectors, configuration: options.keeper };
  return { ...parts, connectors, metrics, links: new CloudLinks(options, linked) };
}

/** What the alert engine must know beyond the rules: who shares a line, and what devices sent of late. */
function alertSurroundings(configuration: GatewayConfiguration, deviceStates: DeviceStates) {
  const lines = new Lines(configuration, deviceStates.heardLines());
  const { flightRecorder } = configuration;
  return {
    lines,
    lineOf: (deviceId: string) => lines.lineOf(deviceId),
    takeMoved: () => lines.takeMoved(),
    recorder: flightRecorder?.enabled === false ? undefined : new FlightRecorder(flightRecorder),
  };
}

/** Keeps over which connector a device is heard that the configuration does not name. */
function noteLine(
  { lines, deviceStates, outbox }: Pick<Parts, 'lines' | 'deviceStates' | 'outbox'>,
  clock: Clock,
  deviceId: string,
  connector: string,
): void {
  if (lines.heard(deviceId, connector, clock.monotonic())) {
    const state = deviceStates.heardOn(deviceId, connector, clock.now());
    // Where it cannot be kept, it is learned again after a restart.
    outbox.commit(() => deviceStates.write(deviceId, state), true).catch(() => undefined);
  }
}

/** `toReadings`, with the BAD ones counted. */
function countingToReadings(metrics: Metrics): typeof toReadings {
  return (message, device, reception) => {
    const judged = toReadings(message, device, reception);
    for (const { quality, qualityReason } of judged.readings) {
      if (quality === 'BAD') {
        metrics.badReadings.inc({ reason: qualityReason ?? 'unknown' });
      }
    }
    return judged;
  };
}

/** What is started first is stopped last. */
async function startParts(
  options: GatewayOptions,
  parts: Parts,
  stops: (() => void | Promise<void>)[],
): Promise<void> {
  const { time, outbox, pipeline, commands, connectors, localActions, rejections, links } = parts;
  time.keeper.start();
  stops.push(() => time.keeper.stop());
  const housekeeping = setInterval(() => {
    options.clock.now();
    try {
      outbox.reclaimSpace();
    } catch (error) {
      options.logger.warn({ error: String(error) }, 'no space could be given back');
    }
    outbox.expire().catch((error: unknown) => {
      options.logger.warn({ error: String(error) }, 'what is too old could not be dropped');
    });
  }, housekeepingMilliseconds);
  stops.push(() => clearInterval(housekeeping));
  stops.push(() => rejections.stop());
  await pipeline.start();
  stops.push(() => pipeline.stop());
  stops.push(() => localActions.stop());
  stops.push(() => connectors.stop());
  await connectors.start();
  stops.push(() => commands.stop());
  commands.start();
  links.start();
  stops.push(() => links.stop());
}

async function applyInPlace(parts: Parts, wanted: LoadedConfiguration): Promise<void> {
  const { registry, pipeline, connectors, commands, links, lines } = parts;
  const otherLines = lines.replace(wanted.configuration);
  const changed = registry.replaceFile(wanted.configuration.devices ?? []);
  if (changed.length > 0 || otherLines) {
    pipeline.devicesChanged();
  }
  try {
    await connectors.apply(wanted.configuration);
  } finally {
    await links.apply(wanted);
  }
  for (const deviceId of changed) {
    connectors.refreshDevice(deviceId);
    commands.wake(deviceId);
  }
}

function healthOf({ connectors, links }: Parts): GatewayHealth {
  const { uplink, downlink } = links;
  return {
    connectors: connectors.all.map(({ name }) => name),
    connectorsUp: connectors.all
      .filter((connector) => connector.health().state === 'connected')
      .map(({ name }) => name),
    cloudConnected: downlink?.status().state === 'connected',
    cloudRecords: uplink && laneNames.reduce((records, name) => records + uplink[name].status().records, 0),
  };
}

/** The status page, which may move to another port while the gateway runs. */
async function startStatusPage(
  options: GatewayOptions,
  parts: Parts,
  stops: (() => void | Promise<void>)[],
): Promise<{ port(): number; move(wanted: LoadedConfiguration): Promise<void> }> {
  const { outbox } = parts;
  let loaded = options.loaded;
  const sources = {
    ...parts,
    ...options,
    get loaded() {
      return loaded;
    },
    setAside: options.setAside ?? outbox.setAside,
  };
  const startedAt = options.clock.now();
  addGauges(sources);
  let server = await startStatusServer(sources, startedAt);
  stops.push(() => server.close());
  return {
    port: () => server.port,
    async move(wanted) {
      const stays = isDeepStrictEqual(wanted.statusPage, loaded.statusPage);
      loaded = wanted;
      if (!stays) {
        await server.close();
        server = await startStatusServer(sources, startedAt);
      }
    },
  };
}
