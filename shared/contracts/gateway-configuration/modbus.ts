import { type Static, Type } from 'typebox';
import { SignalName, Slug } from '../primitives.ts';
import { Host, numericEncoding, strict } from './primitives.ts';
import { SerialPortSettings } from './serial-port.ts';

const PollMilliseconds = Type.Integer({ minimum: 10, maximum: 86_400_000 });
const RequestTimeout = Type.Integer({ minimum: 10, maximum: 60_000 });
/** 65,536 is the last one where the device counts from 1. */
const Address = Type.Integer({ minimum: 0, maximum: 65_536 });

export const ModbusTable = Type.Enum(['coil', 'discrete-input', 'holding-register', 'input-register']);
export type ModbusTable = Static<typeof ModbusTable>;

/**
 * Order of the bytes of a value, A the most significant of four. BADC and DCBA swap the two bytes of each register,
 * CDAB and DCBA turn the order of the registers round; so each has its meaning for 16, 32 and 64 bits.
 */
export const ModbusByteOrder = Type.Enum(['ABCD', 'CDAB', 'BADC', 'DCBA']);
export type ModbusByteOrder = Static<typeof ModbusByteOrder>;

/** A raw number, or its bits in hexadecimal as text. */
const noValue = [Type.Number(), Type.String({ pattern: '^0x[0-9A-Fa-f]{1,16}$', maxLength: 18 })] as const;

/** One value in a Modbus slave. */
export const ModbusPoint = Type.Object(
  {
    signal: SignalName,
    table: ModbusTable,
    /** Counts from the slave's `addressBase`: from 0, as on the wire, where nothing else is said. */
    address: Address,
    /** How it is read; `bool` for coils, discrete inputs and single bits, else `uint16`, where nothing is said. */
    type: Type.Optional(
      Type.Enum([
        'bool',
        'int16',
        'uint16',
        'int32',
        'uint32',
        'int64',
        'uint64',
        'float32',
        'float64',
        'bcd16',
        'bcd32',
        'string',
      ]),
    ),
    /** One bit of a register, 0 the least significant. */
    bit: Type.Optional(Type.Integer({ minimum: 0, maximum: 15 })),
    /** How many characters a string has; two stand in a register. */
    lengthCharacters: Type.Optional(Type.Integer({ minimum: 1, maximum: 246 })),
    byteOrder: Type.Optional(ModbusByteOrder),
    ...numericEncoding,
    /** Raw values, before scale and offset, by which the device says that it has none. */
    noValue: Type.Optional(
      Type.Union([...noValue, Type.Array(Type.Union([...noValue]), { minItems: 1, maxItems: 16 })]),
    ),
    /** May a command or a local action write it? Coils and holding registers only. */
    writable: Type.Optional(Type.Boolean()),
    /** False for a point that is only written. */
    read: Type.Optional(Type.Boolean()),
    /** How often it is read, where that differs from the slave's. */
    pollMilliseconds: Type.Optional(PollMilliseconds),
    /** Read at these times instead, for example `0 6 * * *`; with six fields the first is the second. */
    cron: Type.Optional(Type.String({ minLength: 9, maxLength: 100 })),
  },
  strict,
);
export type ModbusPoint = Static<typeof ModbusPoint>;

/** What a kind of device is, wherever it hangs: this may stand in a register map. */
const deviceKind = {
  /** 1 where the device's manual counts addresses from 1. */
  addressBase: Type.Optional(Type.Enum([0, 1])),
  /** The byte order of points that name none. */
  byteOrder: Type.Optional(ModbusByteOrder),
  /** The most that one request may read; 125 registers and 2000 bits where nothing else is said. */
  registersPerRequestMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 125 })),
  bitsPerRequestMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 2000 })),
  /** How many addresses that no point needs may be read too, so that two requests become one; 0 by default. */
  gapRegistersMax: Type.Optional(Type.Integer({ minimum: 0, maximum: 123 })),
  gapBitsMax: Type.Optional(Type.Integer({ minimum: 0, maximum: 1998 })),
  /** Addresses that no request may touch, `from` and `to` included. */
  forbidden: Type.Optional(
    Type.Array(Type.Object({ table: ModbusTable, from: Address, to: Address }, strict), { maxItems: 1000 }),
  ),
  /** For devices that take no single writes (functions 5 and 6): functions 15 and 16 do all of them. */
  multipleWritesOnly: Type.Optional(Type.Boolean()),
  /** The signal that holds the boot id (a counter or a token); its change proves a reboot. */
  bootIdSignal: Type.Optional(SignalName),
  /** The signal that holds the firmware's version. */
  firmwareSignal: Type.Optional(SignalName),
  /** How `reboot` is done: this value is written to this writable point. */
  reboot: Type.Optional(Type.Object({ point: SignalName, value: Type.Number() }, strict)),
};

/** A register map: a file that describes a kind of device once, for every slave of that kind. */
export const ModbusRegisterMap = Type.Object(
  {
    description: Type.Optional(Type.String({ maxLength: 1000 })),
    ...deviceKind,
    points: Type.Array(ModbusPoint, { minItems: 1, maxItems: 1000 }),
  },
  strict,
);
export type ModbusRegisterMap = Static<typeof ModbusRegisterMap>;

const slave = {
  deviceId: Slug,
  /** A file with a register map, its path relative to the configuration. What stands here too overrides it. */
  map: Type.Optional(Type.String({ pattern: '\\.(ya?ml|json)$', maxLength: 4096 })),
  pollMilliseconds: PollMilliseconds,
  requestTimeoutMilliseconds: Type.Optional(RequestTimeout),
  ...deviceKind,
  /** Once the gateway has read its configuration, those of the map are among them. */
  points: Type.Optional(Type.Array(ModbusPoint, { minItems: 1, maxItems: 1000 })),
};

export const ModbusSlave = Type.Object(
  { ...slave, unitId: Type.Integer({ minimum: 1, maximum: 247 }) },
  strict,
);
export type ModbusSlave = Static<typeof ModbusSlave>;

const connector = {
  name: Slug,
  requestTimeoutMilliseconds: Type.Optional(RequestTimeout),
  /** The time zone of the points' `cron`, for example `Europe/Lisbon`; the machine's own by default. */
  timeZone: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
};

/** Modbus RTU on a serial line, or on that of a serial device server (`tcp://host:port`). */
export const ModbusRtuConnector = Type.Object(
  {
    type: Type.Literal('modbus-rtu'),
    ...connector,
    port: SerialPortSettings,
    /** Quiet time on the bus between two transactions, on top of the 3.5 characters of the standard. */
    turnaroundMilliseconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000 })),
    slaves: Type.Array(ModbusSlave, { minItems: 1, maxItems: 247 }),
  },
  strict,
);
export type ModbusRtuConnector = Static<typeof ModbusRtuConnector>;

/** Modbus TCP: one host, and the units behind it. */
export const ModbusTcpConnector = Type.Object(
  {
    type: Type.Literal('modbus-tcp'),
    ...connector,
    host: Host,
    /** 502 where nothing else is said. */
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    /** Connect anew after this long without a byte; 0 never. */
    silenceMilliseconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400_000 })),
    /** How many requests may be under way at once; 1 by default, for many hosts can do no more. */
    inFlightMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 16 })),
    slaves: Type.Array(
      Type.Object({ ...slave, unitId: Type.Integer({ minimum: 0, maximum: 255 }) }, strict),
      { minItems: 1, maxItems: 256 },
    ),
  },
  strict,
);
export type ModbusTcpConnector = Static<typeof ModbusTcpConnector>;
