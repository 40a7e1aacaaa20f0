import { type Static, Type } from 'typebox';
import { ModbusRtuConnector, ModbusTcpConnector } from './modbus.ts';
import { MqttClientConnector } from './mqtt-client.ts';
import { SerialLineConnector } from './serial-line.ts';

/**
 * The kinds of connector, told apart by `type`. A new kind adds its schema here, its checks in
 * `shared/gateway-configuration/connector-kinds.ts`, and how it is made in `gateway/connectors/kinds.ts`; the
 * compiler says where one is missing.
 */
export const ConnectorConfiguration = Type.Union([
  ModbusRtuConnector,
  ModbusTcpConnector,
  MqttClientConnector,
  SerialLineConnector,
]);
export type ConnectorConfiguration = Static<typeof ConnectorConfiguration>;
