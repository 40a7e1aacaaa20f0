import { type Static, Type } from 'typebox';
import { TopicMappings } from './mqtt-mapping.ts';
import { Host, strict, TcpPort } from './primitives.ts';
import { SparkplugSettings } from './sparkplug.ts';

const File = Type.String({ minLength: 1, maxLength: 4096 });

/** MQTT over TLS, on a port of its own. The files are PEM; they are read again when they change. */
export const MqttTlsSettings = Type.Object(
  {
    host: Type.Optional(Host),
    port: Type.Optional(TcpPort),
    /** The broker's certificate, followed by those between it and the root. */
    certificateFile: File,
    keyFile: File,
    /** Who signs the certificates of devices; without it none is asked for. */
    clientCaFile: Type.Optional(File),
    /** Certificates that are revoked (a CRL of that authority). */
    revokedFile: Type.Optional(File),
    /** `optional` unless it says `required`. */
    clientCertificates: Type.Optional(Type.Enum(['optional', 'required'])),
  },
  strict,
);
export type MqttTlsSettings = Static<typeof MqttTlsSettings>;

export const MqttBrokerSettings = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean()),
    host: Type.Optional(Host),
    port: Type.Optional(TcpPort),
    /** False closes the port without TLS. */
    plain: Type.Optional(Type.Boolean()),
    tls: Type.Optional(MqttTlsSettings),
    connectionsMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
    connectionsPerDeviceMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    payloadBytesMax: Type.Optional(Type.Integer({ minimum: 64, maximum: 268_435_455 })),
    topicLevelsMax: Type.Optional(Type.Integer({ minimum: 4, maximum: 64 })),
    /** Publications of one connection that wait for their commit; then its socket is not read on. */
    publishesInFlightMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    /** A device that sends more is read more slowly; nothing of it is thrown away. */
    messagesPerSecondPerDeviceMax: Type.Optional(Type.Number({ minimum: 0.1, maximum: 1_000_000 })),
    /** Topics on which local actions may leave a retained message. */
    retainedTopicsMax: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000 })),
    /** Topics besides `devices/{id}/…` on which devices may publish, and what they mean. */
    mappings: Type.Optional(TopicMappings),
    sparkplug: Type.Optional(SparkplugSettings),
  },
  strict,
);
export type MqttBrokerSettings = Static<typeof MqttBrokerSettings>;
