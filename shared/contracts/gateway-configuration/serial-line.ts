import { type Static, Type } from 'typebox';
import { SignalName, Slug } from '../primitives.ts';
import { numericEncoding, strict } from './primitives.ts';
import { SerialPortSettings } from './serial-port.ts';

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
