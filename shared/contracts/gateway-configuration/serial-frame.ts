import { type Static, Type } from 'typebox';
import { strict } from './primitives.ts';
import { Checksum } from './serial-checksum.ts';

export const ByteOrder = Type.Enum(['big', 'little']);
export type ByteOrder = Static<typeof ByteOrder>;

const frameBytesMax = 65_536;
const FrameBytes = Type.Integer({ minimum: 1, maximum: frameBytesMax });

/** A number of bytes within a frame that says how long the frame is. */
export const LengthPrefix = Type.Object(
  {
    bytes: Type.Enum([1, 2, 4]),
    /** `big` where absent. */
    byteOrder: Type.Optional(ByteOrder),
    /** Where it stands, counted from the frame's first byte; right behind the start where absent. */
    at: Type.Optional(Type.Integer({ minimum: 0, maximum: 1024 })),
    /** What it counts besides the body: what stands before it, itself, the checksum, the end. */
    counts: Type.Optional(Type.Array(Type.Enum(['head', 'prefix', 'checksum', 'end']), { maxItems: 4 })),
  },
  strict,
);

/** How bytes that would look like a delimiter are disguised within a frame (byte stuffing). */
export const FrameEscape = Type.Object(
  {
    /** The byte that announces a disguised one, for example `\x7D`. */
    byte: Type.String({ minLength: 1, maxLength: 6 }),
    /** The disguised byte is the real one, exclusive or this; 0, the byte itself (doubling), where absent. */
    xor: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
    /** Disguised bytes and what they stand for, as SLIP has them: `{ "\xDC": "\xC0", "\xDD": "\xDB" }`. */
    replace: Type.Optional(
      Type.Record(Type.String({ minLength: 1, maxLength: 6 }), Type.String({ minLength: 1, maxLength: 6 })),
    ),
  },
  strict,
);

/**
 * How frames stand on the line: `start head prefix body separator checksum end`, most of them optional. A frame ends
 * with `end`, after `length` bytes, where its `lengthPrefix` says, or when the line falls silent (`idleEnds: frame`).
 */
export const SerialFrame = Type.Object(
  {
    /** Text before the body, for example `$`; may hold escapes such as `\u0002`. */
    start: Type.Optional(Type.String({ maxLength: 16 })),
    /** What ends a frame, for example `\r\n`; with a length, what must stand there. */
    end: Type.Optional(Type.String({ minLength: 1, maxLength: 16 })),
    /** Of the whole frame, in bytes, where all have the same. */
    length: Type.Optional(FrameBytes),
    lengthPrefix: Type.Optional(LengthPrefix),
    escape: Type.Optional(FrameEscape),
    checksum: Type.Optional(Checksum),
    /** Hexadecimal digits (the default), or bytes. */
    checksumForm: Type.Optional(Type.Enum(['hex', 'binary'])),
    /** `big`, the highest digits first, where absent. */
    checksumByteOrder: Type.Optional(ByteOrder),
    checksumPosition: Type.Optional(Type.Enum(['before-end', 'after-end'])),
    /** Stands before the checksum; `*` before hexadecimal digits and nothing before bytes where absent. */
    checksumSeparator: Type.Optional(Type.String({ maxLength: 4 })),
    /** Where absent, what stands between start and separator, and the end where the checksum follows it. */
    checksumCovers: Type.Optional(
      Type.Object(
        {
          start: Type.Optional(Type.Boolean()),
          /** The first byte that is covered, counted from the frame's first; instead of `start`. */
          from: Type.Optional(Type.Integer({ minimum: 0, maximum: 1024 })),
          separator: Type.Optional(Type.Boolean()),
          end: Type.Optional(Type.Boolean()),
        },
        strict,
      ),
    ),
    /** From the first byte of the start to the last of the end. */
    lengthMax: Type.Optional(Type.Integer({ minimum: 2, maximum: frameBytesMax })),
    /** After so long a silence, an unfinished frame is over. */
    idleMilliseconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 60_000 })),
    /** Is what the silence cut off a frame, or is it thrown away (the default)? */
    idleEnds: Type.Optional(Type.Enum(['frame', 'nothing'])),
  },
  strict,
);
export type SerialFrame = Static<typeof SerialFrame>;
