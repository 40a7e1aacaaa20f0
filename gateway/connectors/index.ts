/**
 * Connectors: from bytes on a wire to raw values, and from commands to bytes.
 *
 * Actors. A device signs in to the gateway's own MQTT broker, publishes to another broker of which the gateway is a
 * client, sends frames on a serial line, or answers requests as a Modbus slave. Each connector serves some devices, hands what
 * they say to the `ConnectorContext`, and knows neither units, limits, the outbox nor the cloud.
 *
 * States. `starting` until it tried once; `connected` while bytes flow; `waiting` between two tries, with
 * back-off; `stopped`. A port that is absent, unplugged, silent or slow to return is no error of the program: the
 * connector comes back by itself. The one exception is the broker's TCP port: when another program holds it,
 * `start` rejects and says so, because nobody but a person can help.
 *
 * Invariants.
 * - A device is told that its message arrived only after `context.ingest` resolved, so after the commit.
 * - A failed read is a raw value with a `badReason`, never silence; a lasting failure is told once and then at a
 *   slow, steady rate, so that one broken slave does not fill the outbox.
 * - What is thrown away is counted, and refused input reaches `context.reject` with a stable reason.
 * - Every buffer, queue and rate has a limit, named in the module that keeps it.
 *
 * What may go wrong: `ingest` rejects (the disk is full). Then a QoS 1 publisher gets no acknowledgement and its
 * connection ends, so that it sends again; what a bus was asked for is counted as `notStored` and asked again by
 * the next poll.
 */
import type { GatewayConfiguration } from '@andon/shared/contracts';
import type { ConnectorContext } from './connector.ts';
import { ConnectorSet } from './connector-set.ts';
import type { ConnectorShell } from './shell.ts';

export type * from './connector.ts';
export type { ConnectorSet } from './connector-set.ts';
export type { MqttBrokerConnector } from './mqtt-broker/index.ts';
export type { ConnectorLogger, ConnectorShell } from './shell.ts';
/** What the others need of it. */
export type ConfiguredConnectors = Pick<ConnectorSet, 'all' | 'broker' | 'refreshDevice'>;

/** Makes the connectors that the configuration asks for. None is started yet. */
export function createConnectors(
  configuration: GatewayConfiguration,
  context: ConnectorContext,
  shell: ConnectorShell,
): Promise<ConnectorSet> {
  return ConnectorSet.create(configuration, context, shell);
}
