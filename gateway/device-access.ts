import { type Command, commandReason, type LocalAction } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { type AttemptResult, setPointOf } from './commands/index.ts';
import type { ConfiguredConnectors, Connector } from './connectors/index.ts';

/** A device on a line is spoken to over its line, also where it was given credentials for MQTT at its registration. */
function connectorOf(connectors: ConfiguredConnectors, deviceId: string): Connector {
  const serving = connectors.all.filter((candidate) => candidate.serves(deviceId));
  const connector = serving.find((candidate) => candidate !== connectors.broker) ?? serving[0];
  if (!connector) {
    throw new AndonError({
      code: 'gateway.no-connector',
      message: commandReason('no-connector', { device: deviceId }),
      nextStep: 'It is tried again; look on the status page whether the device is connected.',
      status: 503,
    });
  }
  return connector;
}

/** Hands a command to its device: see `Connector.execute`. */
export async function attemptCommand(
  connectors: ConfiguredConnectors,
  command: Command,
): Promise<AttemptResult> {
  const connector = connectorOf(connectors, command.deviceId);
  const setPoint = command.name === 'set-point' ? setPointOf(command) : undefined;
  // A device that has topics understands a set-point as a command; the others have points that are written.
  if (!setPoint || connector.publish) {
    return await connector.execute(command);
  }
  const { point, value } = setPoint;
  if (point === 'reboot') {
    return { status: 'rejected', reason: commandReason('parameters-reboot') };
  }
  const written = await connector.execute({ ...command, name: point, parameters: { value } });
  if (written.status !== 'delivered') {
    return written;
  }
  // Nothing more is heard of a point: it was taken, or else there is a reason to doubt it.
  return written.reason === undefined
    ? { status: 'succeeded' }
    : { status: 'failed', reason: written.reason };
}

/** Does at a device, or on a topic, what an alert asks for. Rejects where it could not be done. */
export async function performAction(
  connectors: ConfiguredConnectors,
  deviceId: string,
  action: LocalAction,
): Promise<void> {
  if (action.type === 'write') {
    const target = action.deviceId ?? deviceId;
    await connectorOf(connectors, target).write(target, action.point, action.value);
    return;
  }
  if (!connectors.broker) {
    throw new AndonError({
      code: 'gateway.no-broker',
      message: 'There is no MQTT broker to publish with.',
      nextStep: 'Add mqttBroker to the configuration, or use an action of the type write.',
    });
  }
  await connectors.broker.publish(action.topic, action.payload, action.retain ?? false);
}
