import { type Static, Type } from 'typebox';
import { SignalName, Slug } from '../primitives.ts';
import { numericEncoding, strict } from './primitives.ts';
import { ByteOrder, SerialFrame } from './serial-frame.ts';
import { SerialPortSettings } from './serial-port.ts';

const Milliseconds = Type.Integer({ minimum: 10, maximum: 60_000 });
/** An RE2 expression: neither look-around nor back references, and linear in the length of what it reads. */
const Expression = Type.String({ minLength: 1, maxLength: 1024 });

/** One value in a frame: found by `position`, `group`, `path` or `at`. */
export const SerialField = Type.Object(
  {
    signal: SignalName,
    /** Between separators; counts from 0, which is the tag where there is one. */
    position: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
    /** A named group of the message's pattern. */
    group: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    /** A path into the body as JSON, for example `sensors[0].value`. */
    path: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    /** The value's first byte, counted from the frame's first; from its last with -1, -2 … */
    at: Type.Optional(Type.Integer({ minimum: -65_536, maximum: 65_535 })),
    /** What the bytes at `at` are. */
    as: Type.Optional(
      Type.Enum([
        'uint8',
        'int8',
        'uint16',
        'int16',
        'uint24',
        'int24',
        'uint32',
        'int32',
        'uint64',
        'int64',
        'float32',
        'float64',
        'bcd',
        'text',
      ]),
    ),
    /** How many bytes, for `bcd` and `text`. */
    bytes: Type.Optional(Type.Integer({ minimum: 1, maximum: 256 })),
    byteOrder: Type.Optional(ByteOrder),
    /** The lowest bit of the value within an integer, 0 the lowest of all. */
    bit: Type.Optional(Type.Integer({ minimum: 0, maximum: 31 })),
    /** How many bits from there; 1 where absent. */
    bits: Type.Optional(Type.Integer({ minimum: 1, maximum: 32 })),
    /** What a text holds; `hex` is a whole number in hexadecimal digits. */
    type: Type.Optional(Type.Enum(['number', 'text', 'hex'])),
    ...numericEncoding,
  },
  strict,
);
export type SerialField = Static<typeof SerialField>;

const Fields = Type.Array(SerialField, { minItems: 1, maxItems: 256 });

/** A kind of frame that carries readings: told by its tag, its pattern or bytes at a place, or every frame. */
export const SerialMessage = Type.Object(
  {
    /** The first field, between separators. */
    tag: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
    /** The body must match it; its named groups are values. */
    pattern: Type.Optional(Expression),
    /** The frame must hold these bytes at this place, counted from its first. */
    bytes: Type.Optional(
      Type.Object(
        {
          at: Type.Integer({ minimum: 0, maximum: 65_535 }),
          equal: Type.String({ minLength: 1, maxLength: 64 }),
        },
        strict,
      ),
    ),
    fields: Fields,
  },
  strict,
);
export type SerialMessage = Static<typeof SerialMessage>;

const outgoing = {
  /** With `{value}`, `{commandId}` and `{parameters.NAME}` filled in, also with decimals: `{value:.2}`. */
  text: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
  /** Bytes as hexadecimal digits, with values such as `{value:int16}` or `{value:uint32-little}`. */
  hex: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })),
  /** False where it is sent as it stands, without start, length, checksum and end. */
  framed: Type.Optional(Type.Boolean()),
};

/** Something to send by command or writable point, and what the machine must answer. */
export const SerialCommand = Type.Object(
  {
    ...outgoing,
    answer: Type.Optional(
      Type.Object(
        {
          /** Of the answer that means success. */
          pattern: Expression,
          /** Of the answer that means failure; its group `reason` says why. */
          failedPattern: Type.Optional(Expression),
          /** Is the answer the body of a frame (the default), or some bytes without a frame? */
          in: Type.Optional(Type.Enum(['frame', 'bytes'])),
          timeoutMilliseconds: Type.Optional(Milliseconds),
        },
        strict,
      ),
    ),
  },
  strict,
);
export type SerialCommand = Static<typeof SerialCommand>;

/** Something that is sent again and again, for machines that speak only when they are asked. */
export const SerialRequest = Type.Object(
  {
    ...outgoing,
    everyMilliseconds: Type.Integer({ minimum: 10, maximum: 86_400_000 }),
    timeoutMilliseconds: Type.Optional(Milliseconds),
  },
  strict,
);
export type SerialRequest = Static<typeof SerialRequest>;

const Tag = Type.String({ minLength: 1, maxLength: 32 });

/** A device that sends frames on a serial line, by itself or when it is asked. */
export const SerialLineConnector = Type.Object(
  {
    type: Type.Literal('serial-line'),
    name: Slug,
    port: SerialPortSettings,
    deviceId: Slug,
    frame: SerialFrame,
    /** What separates the fields of a body, for example `,`. */
    fieldSeparator: Type.Optional(Type.String({ minLength: 1, maxLength: 4 })),
    /** The tag, the pattern and the fields of the only message, or of the first; `messages` has the others. */
    readingTag: Type.Optional(Tag),
    pattern: Type.Optional(Expression),
    fields: Type.Optional(Fields),
    messages: Type.Optional(Type.Array(SerialMessage, { minItems: 1, maxItems: 64 })),
    bootIdSignal: Type.Optional(SignalName),
    firmwareSignal: Type.Optional(SignalName),
    requests: Type.Optional(Type.Array(SerialRequest, { minItems: 1, maxItems: 64 })),
    /** Bodies to send, by command or writable point; `{value}` and `{commandId}` are filled in. */
    templates: Type.Optional(Type.Record(Type.String({ maxLength: 100 }), Type.String({ maxLength: 1024 }))),
    /** The same with more to say: bytes instead of text, or the answer by which the machine says how it went. */
    commands: Type.Optional(Type.Record(Type.String({ maxLength: 100 }), SerialCommand)),
    /** Frames `tag commandId reason?` that answer a template with `{commandId}`; ACK and NAK where it is absent. */
    answers: Type.Optional(
      Type.Object(
        {
          acceptedTag: Type.Optional(Tag),
          rejectedTag: Type.Optional(Tag),
          succeededTag: Type.Optional(Tag),
          failedTag: Type.Optional(Tag),
          timeoutMilliseconds: Type.Optional(Milliseconds),
        },
        strict,
      ),
    ),
  },
  strict,
);
export type SerialLineConnector = Static<typeof SerialLineConnector>;

/** The kinds of frame that carry readings, in the order in which they are tried. */
export function serialMessagesOf(settings: SerialLineConnector): readonly SerialMessage[] {
  const { readingTag, pattern, fields, messages = [] } = settings;
  const first = fields && {
    ...(readingTag === undefined ? {} : { tag: readingTag }),
    ...(pattern === undefined ? {} : { pattern }),
    fields,
  };
  return first === undefined ? messages : [first, ...messages];
}
