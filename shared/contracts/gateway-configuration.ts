import { type Static, Type } from 'typebox';
import { DeviceDefinition } from './device.ts';
import { SignalName, Slug, UnitCode } from './primitives.ts';

const strict = { additionalProperties: false };
const TcpPort = Type.Integer({ minimum: 0, maximum: 65_535 });
const Host = Type.String({ minLength: 1, maxLength: 253 });

/** A serial line. `path` is best taken from `/dev/serial/by-id`, which survives replugging. */
export const SerialPortSettings = Type.Object(
  {
    path: Type.String({ minLength: 1, maxLength: 4096 }),
    baudRate: Type.Optional(Type.Integer({ minimum: 50, maximum: 4_000_000 })),
    dataBits: Type.Optional(Type.Enum([7, 8])),
    parity: Type.Optional(Type.Enum(['none', 'even', 'odd'])),
    stopBits: Type.Optional(Type.Enum([1, 2])),
    /** Reopen the port after this long without a byte; 0 never. An unplugged adapter does not always say so. */
    silenceMilliseconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400_000 })),
  },
  strict,
);
export type SerialPortSettings = Static<typeof SerialPortSettings>;

const numericEncoding = {
  scale: Type.Optional(Type.Number()),
  offset: Type.Optional(Type.Number()),
  unit: Type.Optional(UnitCode),
};

/** One value in a Modbus slave. Addresses count from 0, as on the wire. */
export const ModbusPoint = Type.Object(
  {
    signal: SignalName,
    table: Type.Enum(['coil', 'discrete-input', 'holding-register', 'input-register']),
    address: Type.Integer({ minimum: 0, maximum: 65_535 }),
    type: Type.Optional(Type.Enum(['bool', 'int16', 'uint16', 'int32', 'uint32', 'float32'])),
    /** Order of the four bytes of a 32-bit value, A the most significant. */
    byteOrder: Type.Optional(Type.Enum(['ABCD', 'CDAB', 'BADC', 'DCBA'])),
    ...numericEncoding,
    /** May a command or a local action write it? Coils and holding registers only. */
    writable: Type.Optional(Type.Boolean()),
    /** False for a point that is only written. */
    read: Type.Optional(Type.Boolean()),
  },
  strict,
);
export type ModbusPoint = Static<typeof ModbusPoint>;

export const ModbusRtuConnector = Type.Object(
  {
    type: Type.Literal('modbus-rtu'),
    name: Slug,
    port: SerialPortSettings,
    requestTimeoutMilliseconds: Type.Optional(Type.Integer({ minimum: 10, maximum: 60_000 })),
    /** Quiet time on the bus between two transactions, on top of the 3.5 characters of the standard. */
    turnaroundMilliseconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
    slaves: Type.Array(
      Type.Object(
        {
          deviceId: Slug,
          unitId: Type.Integer({ minimum: 1, maximum: 247 }),
          pollMilliseconds: Type.Integer({ minimum: 10, maximum: 86_400_000 }),
          points: Type.Array(ModbusPoint, { minItems: 1, maxItems: 1000 }),
          /** The signal that holds the boot id (a counter or a token); its change proves a reboot. */
          bootIdSignal: Type.Optional(SignalName),
          /** The signal that holds the firmware's version. */
          firmwareSignal: Type.Optional(SignalName),
          /** How `reboot` is done: this value is written to this writable point. */
          reboot: Type.Optional(Type.Object({ point: SignalName, value: Type.Number() }, strict)),
        },
        strict,
      ),
      { minItems: 1, maxItems: 247 },
    ),
  },
  strict,
);
export type ModbusRtuConnector = Static<typeof ModbusRtuConnector>;

export const Checksum = Type.Enum(['none', 'xor', 'sum-8', 'crc-16-modbus', 'nmea']);
export type Checksum = Static<typeof Checksum>;

/** Frames of text on a serial line: `start body checksum end`. */
export const SerialLineConnector = Type.Object(
  {
    type: Type.Literal('serial-line'),
    name: Slug,
    port: SerialPortSettings,
    deviceId: Slug,
    frame: Type.Object(
      {
        /** Text before the body, for example `$`; may hold escapes such as `\u0002`. */
        start: Type.Optional(Type.String({ maxLength: 16 })),
        /** What ends a frame, for example `\r\n`. */
        end: Type.String({ minLength: 1, maxLength: 16 }),
        /** Stands as hexadecimal after `checksumSeparator`; counted over the body, start and separator excluded. */
        checksum: Checksum,
        checksumSeparator: Type.Optional(Type.String({ minLength: 1, maxLength: 4 })),
        lengthMax: Type.Optional(Type.Integer({ minimum: 2, maximum: 65_536 })),
      },
      strict,
    ),
    /** What separates the fields of a body, for example `,`. */
    fieldSeparator: Type.String({ minLength: 1, maxLength: 4 }),
    /** Frames whose first field is this carry readings; the rest are answers and noise. */
    readingTag: Type.String({ minLength: 1, maxLength: 32 }),
    fields: Type.Array(
      Type.Object(
        {
          signal: SignalName,
          /** Counts from 0, which is the tag. */
          position: Type.Integer({ minimum: 1, maximum: 255 }),
          type: Type.Optional(Type.Enum(['number', 'text'])),
          ...numericEncoding,
        },
        strict,
      ),
      { minItems: 1, maxItems: 256 },
    ),
    bootIdSignal: Type.Optional(SignalName),
    firmwareSignal: Type.Optional(SignalName),
    /** Bodies to send, by command or writable point; `{value}` and `{commandId}` are filled in. */
    templates: Type.Optional(Type.Record(Type.String({ maxLength: 100 }), Type.String({ maxLength: 1024 }))),
    /** Frames `tag commandId reason?` that answer a template with `{commandId}`; ACK and NAK where it is absent. */
    answers: Type.Optional(
      Type.Object(
        {
          acceptedTag: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
          rejectedTag: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
          succeededTag: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
          failedTag: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
          timeoutMilliseconds: Type.Optional(Type.Integer({ minimum: 10, maximum: 60_000 })),
        },
        strict,
      ),
    ),
  },
  strict,
);
export type SerialLineConnector = Static<typeof SerialLineConnector>;

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

/** A gateway's YAML file. Paths in it are relative to the file. */
export const GatewayConfiguration = Type.Object(
  {
    gateway: Type.Object(
      { id: Slug, dataDirectory: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })) },
      strict,
    ),
    cloud: Type.Optional(
      Type.Object(
        {
          url: Type.String({ pattern: '^https?://', maxLength: 2048 }),
          /** A file that holds the gateway's key, and nothing else. */
          keyFile: Type.String({ minLength: 1, maxLength: 4096 }),
        },
        strict,
      ),
    ),
    mqttBroker: Type.Optional(MqttBrokerSettings),
    statusPage: Type.Optional(
      Type.Object({ host: Type.Optional(Host), port: Type.Optional(TcpPort) }, strict),
    ),
    outbox: Type.Optional(
      Type.Object({ bytesMax: Type.Optional(Type.Integer({ minimum: 1_048_576 })) }, strict),
    ),
    connectors: Type.Optional(
      Type.Array(Type.Union([ModbusRtuConnector, SerialLineConnector]), { maxItems: 256 }),
    ),
    devices: Type.Optional(Type.Array(DeviceDefinition, { maxItems: 10_000 })),
  },
  strict,
);
export type GatewayConfiguration = Static<typeof GatewayConfiguration>;
