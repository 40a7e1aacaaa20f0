import type { ConnectorConfiguration } from '@andon/shared/contracts';
import type { Connector, ConnectorContext } from './connector.ts';
import type { ConnectorShell } from './shell.ts';

type Create<Settings> = (settings: Settings, context: ConnectorContext, shell: ConnectorShell) => Connector;
type SettingsOf<Type> = Extract<ConnectorConfiguration, { type: Type }>;

const modbus = async () => (await import('./modbus/index.ts')).createModbusConnector;

/** How each kind of connector is made, by the `type` of its schema. What is not configured takes no memory. */
const load: {
  readonly [Type in ConnectorConfiguration['type']]: () => Promise<Create<SettingsOf<Type>>>;
} = {
  'modbus-rtu': modbus,
  'modbus-tcp': modbus,
  'mqtt-client': async () => (await import('./mqtt-client/index.ts')).createMqttClientConnector,
  'serial-line': async () => (await import('./serial-line/index.ts')).createSerialLineConnector,
};

function creatorOf<Type extends ConnectorConfiguration['type']>(settings: {
  type: Type;
}): Promise<Create<SettingsOf<Type>>> {
  return load[settings.type]();
}

export async function createConnector(
  settings: ConnectorConfiguration,
  context: ConnectorContext,
  shell: ConnectorShell,
): Promise<Connector> {
  const create = await creatorOf(settings);
  return create(settings, context, shell);
}
