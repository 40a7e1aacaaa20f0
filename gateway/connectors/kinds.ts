import type { ConnectorConfiguration } from '@andon/shared/contracts';
import type { Connector, ConnectorContext } from './connector.ts';
import { createModbusConnector } from './modbus/index.ts';
import { createMqttClientConnector } from './mqtt-client/index.ts';
import { createSerialLineConnector } from './serial-line/index.ts';
import type { ConnectorShell } from './shell.ts';

type Create<Settings> = (settings: Settings, context: ConnectorContext, shell: ConnectorShell) => Connector;

/** How each kind of connector is made, by the `type` of its schema. */
const create: {
  readonly [Type in ConnectorConfiguration['type']]: Create<Extract<ConnectorConfiguration, { type: Type }>>;
} = {
  'modbus-rtu': createModbusConnector,
  'modbus-tcp': createModbusConnector,
  'mqtt-client': createMqttClientConnector,
  'serial-line': createSerialLineConnector,
};

function creatorOf<Type extends ConnectorConfiguration['type']>(settings: {
  type: Type;
}): Create<Extract<ConnectorConfiguration, { type: Type }>> {
  return create[settings.type];
}

export function createConnector(
  settings: ConnectorConfiguration,
  context: ConnectorContext,
  shell: ConnectorShell,
): Connector {
  return creatorOf(settings)(settings, context, shell);
}
