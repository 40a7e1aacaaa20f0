/**
 * The gateway's own MQTT broker (MQTT 3.1 and 3.1.1), on aedes.
 *
 * Actors. A device signs in with its id as user name and its secret as password or, with TLS, by a certificate that
 * names it. It publishes on its telemetry, status and result topics and on those that a mapping of the configuration
 * opens to it, subscribes to its commands, and nothing else; a Sparkplug edge node of the configuration has the topics
 * of its node besides. Local actions publish to command topics. No device ever sees what another one said, so nothing
 * that a device publishes is routed: it is consumed inside `authorizePublish`, or before (see ADR 0008).
 *
 * States of a connection: open, before CONNECT (for 10 seconds at most); signed in; closed, with a reason that the
 * device's status tells. Sessions always start clean: the outbox and the command journal remember, not the broker.
 *
 * Invariants.
 * - aedes writes PUBACK after `authorizePublish` called back, which it does when the message is committed. If it
 *   cannot be committed, the connection ends instead, so that the client sends it again.
 * - A message that was committed but whose PUBACK was lost is recognised when it comes again (`redelivery.ts`).
 * - What cannot be read (broken JSON, wrong shapes) is counted and acknowledged, or a broken device would send it
 *   for ever. Who uses a foreign topic or too large a payload is disconnected, and disturbs nobody else: client
 *   ids are kept apart by device, too.
 * - A command that was sent and not acknowledged is sent again only if it may be done twice: a device that reboots at
 *   once acknowledges nothing.
 * - A certificate binds: whoever shows one is nobody else, whatever password it knows. New certificate files are taken
 *   for new connections; those that stand are not disturbed.
 * - Everything has a limit (`limits.ts`), most of them configurable; a device that sends too fast is read more slowly. The guard in front of aedes' parser refuses a packet by its header and
 *   does not read on while commits are slow.
 *
 * What may go wrong: a TCP port is taken or a certificate cannot be used (then `start` rejects), a client that reads nothing (dropped after 30
 * seconds), a full disk (no acknowledgements, and `notStored` counts).
 */
import type { MqttBrokerSettings } from '@andon/shared/contracts';
import type { Connector, ConnectorContext } from '../connector.ts';
import { spareMqttPacketMemory } from '../mqtt-packet-memory.ts';
import type { ConnectorShell } from '../shell.ts';
import { MqttBroker } from './broker.ts';

export interface MqttBrokerConnector extends Connector {
  /** Where it listens; undefined until it does. */
  address(): { readonly host: string; readonly port: number } | undefined;
  /** Where it listens with TLS. */
  tlsAddress(): { readonly host: string; readonly port: number } | undefined;
  /** Ends the device's connections where its credentials changed or vanished. */
  refreshDevice(deviceId: string): void;
  publish(topic: string, payload: string, retain: boolean): Promise<void>;
}

export function createMqttBroker(
  settings: MqttBrokerSettings,
  context: ConnectorContext,
  shell: ConnectorShell,
): MqttBrokerConnector {
  spareMqttPacketMemory();
  return new MqttBroker(settings, context, shell);
}
