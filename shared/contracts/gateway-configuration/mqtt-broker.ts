import { type Static, Type } from 'typebox';
import { Host, strict, TcpPort } from './primitives.ts';

export const MqttBrokerSettings = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean()),
    host: Type.Optional(Host),
    port: Type.Optional(TcpPort),
    connectionsMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    payloadBytesMax: Type.Optional(Type.Integer({ minimum: 64, maximum: 268_435_455 })),
  },
  strict,
);
export type MqttBrokerSettings = Static<typeof MqttBrokerSettings>;
