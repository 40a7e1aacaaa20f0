import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, IdentifierSource } from '@andon/shared/kernel';
import { createAlertEngine } from './alerts/index.ts';
import { type CloudLinks, createLinks } from './cloud-links.ts';
import { CommandRunner } from './commands/index.ts';
import type { LoadedConfiguration } from './config/index.ts';
import { type ConfiguredConnectors, type ConnectorContext, createConnectors } from './connectors/index.ts';
import { attemptCommand, performAction } from './device-access.ts';
import { laneNames, lockDataDirectory, Outbox, type SetAside } from './outbox/index.ts';
import {
  DeviceRegistry,
  DeviceStates,
  LatestReadings,
  LocalActions,
  Pipeline,
  Rejections,
} from './pipeline/index.ts';
import { toReadings } from './signals/index.ts';
import { createMetrics, type Metrics, startStatusServer } from './status/index.ts';

const housekeepingMilliseconds = 5000;

export interface Logger {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface GatewayOptions {
  readonly loaded: LoadedConfiguration;
  readonly clock: Clock;
  readonly newId: IdentifierSource;
  readonly jitter: () => number;
  readonly logger: Logger;
  /** The outbox that was found damaged while the gateway ran, where this is the start after it. */
  readonly setAside?: SetAside;
}

/** A gateway that runs. */
export interface Gateway {
  /** The TCP ports that it listens on; `mqtt` only where it has a broker. */
  readonly ports: { readonly status: number; readonly mqtt: number | undefined };
  /** Resolves when the outbox was found damaged and set aside: stop this gateway, and start another. */
  readonly damaged: Promise<SetAside>;
  stop(): Promise<void>;
}

/** Everything that a gateway is made of, before it is started. */
interface Parts extends CloudLinks {
  readonly outbox: Outbox;
  readonly registry: DeviceRegistry;
  readonly deviceStates: DeviceStates;
  readonly latestReadings: LatestReadings;
  readonly rejections: Rejections;
  readonly localActions: LocalActions;
  readonly pipeline: Pipeline;
  readonly commands: CommandRunner;
  readonly connectors: ConfiguredConnectors;
  readonly metrics: Metrics;
}

/**
 * Starts a gateway: opens what was promised, then listens. Rejects with a clear error where another gateway has
 * the data directory or another program has a port, and then nothing is left running.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { loaded, logger } = options;
  mkdirSync(loaded.dataDirectory, { recursive: true, mode: 0o700 });
  const lock = lockDataDirectory(loaded.dataDirectory);
  const stops: (() => void | Promise<void>)[] = [() => lock.release()];
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
    const outbox = openOutbox(options);
    stops.push(() => outbox.close());
    const damaged = new Promise<SetAside>((resolve) => outbox.onDamage(resolve));
    const parts = assemble(options, outbox);
    const mqtt = await startParts(options, parts, stops);
    const status = await startStatusServer({
      ...parts,
      ...options,
      setAside: options.setAside ?? outbox.setAside,
    });
    stops.push(() => status.close());
    logger.info({ status: status.port, mqtt }, 'the gateway runs');
    return { ports: { status: status.port, mqtt }, damaged, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function openOutbox({ loaded, clock, newId, logger }: GatewayOptions): Outbox {
  const outbox = new Outbox({
    file: join(loaded.dataDirectory, 'outbox.sqlite'),
    bytesMax: loaded.outboxBytesMax,
    clock,
    newId,
  });
  if (outbox.setAside) {
    logger.error({ ...outbox.setAside }, 'the outbox was damaged; it is set aside and a new one begun');
  }
  return outbox;
}

function assemble(options: GatewayOptions, outbox: Outbox): Parts {
  const { loaded, clock, newId, jitter, logger } = options;
  const { database } = outbox;
  const metrics = createMetrics(outbox);
  const registry = new DeviceRegistry(database, loaded.configuration.devices ?? []);
  const deviceStates = new DeviceStates(database);
  const latestReadings = new LatestReadings();
  const rejections = new Rejections(outbox, clock);
  const reject: ConnectorContext['reject'] = (input) => {
    logger.debug(input, 'input was refused');
    metrics.rejections.inc({ source: input.source, reason: input.reason });
    rejections.count(input);
  };
  const localActions = new LocalActions(database, {
    outbox,
    clock,
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
    attempt: (command) => attemptCommand(connectors, command),
  });
  const pipeline = new Pipeline(database, {
    outbox,
    clock,
    registry,
    deviceStates,
    latestReadings,
    localActions,
    createEngine: (states) => createAlertEngine({ newId, states }),
    toReadings: (message, device, reception) => {
      const judged = toReadings(message, device, reception);
      for (const { quality, qualityReason } of judged.readings) {
        if (quality === 'BAD') {
          metrics.badReadings.inc({ reason: qualityReason ?? 'unknown' });
        }
      }
      return judged;
    },
    reject,
    onDeviceChanged: (deviceId) => commands.wake(deviceId),
  });
  const context: ConnectorContext = {
    ingest: (message) => pipeline.ingest(message),
    reject,
    deviceStatus: (status) => pipeline.deviceStatus(status),
    commandResult: (result) => commands.answer(result),
    device: (deviceId) => registry.get(deviceId),
  };
  const connectors = createConnectors(loaded.configuration, context, { clock, logger, jitter });
  const parts = {
    outbox,
    registry,
    deviceStates,
    latestReadings,
    rejections,
    localActions,
    pipeline,
    commands,
  };
  return { ...parts, connectors, metrics, ...createLinks(options, { ...parts, connectors }) };
}

/** Gives the broker's port, where there is a broker. What is started first is stopped last. */
async function startParts(
  options: GatewayOptions,
  parts: Parts,
  stops: (() => void | Promise<void>)[],
): Promise<number | undefined> {
  const { outbox, pipeline, commands, connectors, localActions, rejections, uplink, downlink } = parts;
  const housekeeping = setInterval(() => {
    try {
      outbox.reclaimSpace();
    } catch (error) {
      options.logger.warn({ error: String(error) }, 'no space could be given back');
    }
  }, housekeepingMilliseconds);
  stops.push(() => clearInterval(housekeeping));
  stops.push(() => rejections.stop());
  await pipeline.start();
  stops.push(() => pipeline.stop());
  stops.push(() => localActions.stop());
  for (const name of laneNames) {
    const lane = uplink?.[name];
    lane?.start();
    stops.push(() => lane?.stop());
  }
  for (const connector of connectors.all) {
    stops.push(() => connector.stop());
    await connector.start();
  }
  stops.push(() => commands.stop());
  commands.start();
  downlink?.start();
  stops.push(() => downlink?.stop());
  return connectors.broker?.address()?.port;
}
