import { type Static, Type } from 'typebox';
import { DeviceDefinition } from './device.ts';
import { CloudSettings } from './gateway-configuration/cloud.ts';
import { ConnectorConfiguration } from './gateway-configuration/connector.ts';
import { FlightRecorderSettings } from './gateway-configuration/flight-recorder.ts';
import { MqttBrokerSettings } from './gateway-configuration/mqtt-broker.ts';
import { OutboxSettings } from './gateway-configuration/outbox.ts';
import { Host, strict, TcpPort } from './gateway-configuration/primitives.ts';
import { UplinkSettings } from './gateway-configuration/uplink.ts';
import { Slug } from './primitives.ts';

export * from './gateway-configuration/cloud.ts';
export * from './gateway-configuration/connector.ts';
export * from './gateway-configuration/device-server.ts';
export * from './gateway-configuration/flight-recorder.ts';
export * from './gateway-configuration/modbus.ts';
export * from './gateway-configuration/mqtt-broker.ts';
export * from './gateway-configuration/mqtt-client.ts';
export * from './gateway-configuration/mqtt-mapping.ts';
export * from './gateway-configuration/outbox.ts';
export * from './gateway-configuration/serial-checksum.ts';
export * from './gateway-configuration/serial-frame.ts';
export * from './gateway-configuration/serial-line.ts';
export * from './gateway-configuration/serial-port.ts';
export * from './gateway-configuration/sparkplug.ts';
export * from './gateway-configuration/uplink.ts';

/** A gateway's YAML file. Paths in it are relative to the file. */
export const GatewayConfiguration = Type.Object(
  {
    gateway: Type.Object(
      { id: Slug, dataDirectory: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })) },
      strict,
    ),
    cloud: Type.Optional(CloudSettings),
    mqttBroker: Type.Optional(MqttBrokerSettings),
    statusPage: Type.Optional(
      Type.Object({ host: Type.Optional(Host), port: Type.Optional(TcpPort) }, strict),
    ),
    outbox: Type.Optional(OutboxSettings),
    uplink: Type.Optional(UplinkSettings),
    flightRecorder: Type.Optional(FlightRecorderSettings),
    connectors: Type.Optional(Type.Array(ConnectorConfiguration, { maxItems: 256 })),
    devices: Type.Optional(Type.Array(DeviceDefinition, { maxItems: 10_000 })),
  },
  strict,
);
export type GatewayConfiguration = Static<typeof GatewayConfiguration>;
