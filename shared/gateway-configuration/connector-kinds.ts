import type { ConnectorConfiguration } from '../contracts/index.ts';
import type { ConnectorKind, ExclusiveResource, ServedDevice } from './connector-kind.ts';
import type { KeyPath, Tell } from './mistakes.ts';
import { modbusRtuKind, modbusTcpKind } from './modbus-kind.ts';
import { mqttClientKind } from './mqtt-client-kind.ts';
import { serialLineKind } from './serial-line-kind.ts';

type Settings<Type extends ConnectorConfiguration['type']> = Extract<ConnectorConfiguration, { type: Type }>;

/** Every kind of connector, by the `type` of its schema. */
const connectorKinds: {
  readonly [Type in ConnectorConfiguration['type']]: ConnectorKind<Settings<Type>>;
} = {
  'modbus-rtu': modbusRtuKind,
  'modbus-tcp': modbusTcpKind,
  'mqtt-client': mqttClientKind,
  'serial-line': serialLineKind,
};

function kindOf<Type extends ConnectorConfiguration['type']>(settings: {
  type: Type;
}): ConnectorKind<Settings<Type>> {
  return connectorKinds[settings.type];
}

export const servicesOf = (connector: ConnectorConfiguration): readonly ServedDevice[] =>
  kindOf(connector).services(connector);

export const exclusivesOf = (connector: ConnectorConfiguration): readonly ExclusiveResource[] =>
  kindOf(connector).exclusives(connector);

export const checkConnector = (connector: ConnectorConfiguration, path: KeyPath, tell: Tell): void =>
  kindOf(connector).check(connector, path, tell);
