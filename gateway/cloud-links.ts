import type { DownlinkMessage, Lane } from '@andon/shared/contracts';
import type { Clock } from '@andon/shared/kernel';
import type { CommandRunner } from './commands/index.ts';
import type { LoadedConfiguration } from './config/index.ts';
import type { ConfiguredConnectors } from './connectors/index.ts';
import { laneNames, type Outbox } from './outbox/index.ts';
import type { DeviceRegistry, Pipeline } from './pipeline/index.ts';
import { CloudClient, Downlink, DownlinkCursor, UplinkLane, type UplinkLogger } from './uplink/index.ts';

/** The lines to the cloud; both undefined where the gateway has none. */
export interface CloudLinks {
  readonly uplink: Readonly<Record<Lane, UplinkLane>> | undefined;
  readonly downlink: Downlink | undefined;
}

/** Whom the cloud's messages reach. */
export interface LinkedParts {
  readonly outbox: Outbox;
  readonly registry: DeviceRegistry;
  readonly pipeline: Pipeline;
  readonly commands: CommandRunner;
  readonly connectors: ConfiguredConnectors;
}

interface LinkOptions {
  readonly loaded: LoadedConfiguration;
  readonly clock: Clock;
  readonly jitter: () => number;
  readonly logger: UplinkLogger;
}

export function createLinks(options: LinkOptions, parts: LinkedParts): CloudLinks {
  const { loaded, clock, jitter, logger } = options;
  if (!loaded.cloud) {
    return { uplink: undefined, downlink: undefined };
  }
  const { outbox } = parts;
  const client = new CloudClient(loaded.cloud);
  // Where one line is back, none of the others waits out its patience: alerts do not arrive after the readings.
  const onRecovered = () => {
    for (const name of laneNames) {
      uplink[name].tryNow();
    }
    downlink.tryNow();
  };
  const lane = (name: Lane) =>
    new UplinkLane({ lane: name, outbox, client, clock, jitter, logger, onRecovered });
  const uplink: Readonly<Record<Lane, UplinkLane>> = { alerts: lane('alerts'), readings: lane('readings') };
  const cursor = new DownlinkCursor(outbox.database);
  const downlink = new Downlink({
    client,
    clock,
    jitter,
    logger,
    lastEventId: () => outbox.read(() => cursor.read()),
    handle: (eventId, message) => takeMessage(parts, cursor, eventId, message),
    passOver: (eventId) => outbox.commit(() => cursor.write(eventId)),
    onConnected: onRecovered,
  });
  return { uplink, downlink };
}

/** Keeps the message with its id in one transaction, and then sets the gateway to it. */
async function takeMessage(
  parts: LinkedParts,
  cursor: DownlinkCursor,
  eventId: string,
  message: DownlinkMessage,
): Promise<void> {
  const { outbox, registry, pipeline, commands, connectors } = parts;
  await outbox.commit((append) => {
    cursor.write(eventId);
    if (message.type === 'command') {
      commands.receive(message.command, append);
    } else if (message.type === 'cancel') {
      commands.cancel(message.commandId, append);
    } else if (message.type === 'device') {
      registry.write(message.device.id, message.device);
    } else {
      registry.write(message.deviceId, undefined);
    }
  });
  if (message.type === 'command' || message.type === 'cancel') {
    commands.wake(message.type === 'command' ? message.command.deviceId : message.deviceId);
    return;
  }
  const device = message.type === 'device' ? message.device : undefined;
  const deviceId = message.type === 'device' ? message.device.id : message.deviceId;
  registry.take(deviceId, device);
  pipeline.devicesChanged();
  connectors.refreshDevice(deviceId);
  commands.wake(deviceId);
}
