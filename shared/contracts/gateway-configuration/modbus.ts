import { type Static, Type } from 'typebox';
import { SignalName, Slug } from '../primitives.ts';
import { numericEncoding, strict } from './primitives.ts';
import { SerialPortSettings } from './serial-port.ts';

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
