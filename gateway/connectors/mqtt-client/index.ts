/**
 * A client of an MQTT broker that is there already (MQTT 5 or 3.1.1), on mqtt.js.
 *
 * Actors. Devices publish to a broker that is not ours; this connector subscribes with QoS 1, and mappings of the
 * configuration say which device and signals each topic holds. Commands and writable points are published on topics
 * that templates give.
 *
 * States. `starting`; `connected` when the broker took the connection and every subscription; `waiting` between two
 * tries, with back-off from 0.25 to 30 seconds; `stopped`. Meanwhile the signals behind it are BAD with the reason
 * (`broker-unreachable`, `broker-refused`, `not-stored`), at once and then once a minute.
 *
 * Invariants.
 * - A publication is acknowledged (PUBACK) after it is committed, in the order of arrival. 256 may wait, and then no
 *   more is read, so that the broker keeps what comes faster. Where one cannot be committed, the connection ends with
 *   it and all after it unacknowledged.
 * - The session outlives the connection, at the broker: it keeps what comes meanwhile, up to its own limits. What it
 *   sends again (DUP) is recognised and stored once.
 * - mqtt.js is never a buffer: what cannot be published now is refused, and the journal of commands tries again. What
 *   may not be done twice is published with QoS 2, and never by itself a second time.
 * - A retained message that has no time of its own is of unknown age, and so its readings are historical.
 * - Secrets and certificates are read from their files at each try.
 *
 * What may go wrong: another client takes the same client id (both are thrown out in turn: `broker-refused`); the
 * broker refuses a subscription (the connector says which, and tries again).
 */
import type { MqttClientConnector as Settings } from '@andon/shared/contracts';
import type { Connector, ConnectorContext } from '../connector.ts';
import { spareMqttPacketMemory } from '../mqtt-packet-memory.ts';
import type { ConnectorShell } from '../shell.ts';
import { MqttClientConnector } from './connector.ts';

export function createMqttClientConnector(
  settings: Settings,
  context: ConnectorContext,
  shell: ConnectorShell,
): Connector {
  spareMqttPacketMemory();
  return new MqttClientConnector(settings, context, shell);
}
