import type { MqttBrokerSettings } from '@andon/shared/contracts';
import type { Connector, ConnectorContext } from '../connector.ts';
import type { ConnectorShell } from '../shell.ts';

export interface MqttBrokerConnector extends Connector {
  /** Where it listens; undefined until it does. */
  address(): { readonly host: string; readonly port: number } | undefined;
  /** Ends the device's connections where its credentials changed or vanished. */
  refreshDevice(deviceId: string): void;
  publish(topic: string, payload: string, retain: boolean): Promise<void>;
}

export type CreateMqttBroker = (
  settings: MqttBrokerSettings,
  context: ConnectorContext,
  shell: ConnectorShell,
) => MqttBrokerConnector;
