import { type Static, Type } from 'typebox';
import { strict } from './primitives.ts';

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
