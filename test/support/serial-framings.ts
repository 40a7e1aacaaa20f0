import type { SerialFrame } from '@andon/shared/contracts';

const binary = { checksum: 'crc-16-ccitt-false', checksumForm: 'binary' } as const;

export const framingLengthMax = 128;
const lengthMax = framingLengthMax;

/** One framing of each kind that a serial line may have. */
export const framings = {
  'start, hexadecimal checksum and end': { start: '$', end: '\r\n', checksum: 'crc-16-modbus', lengthMax },
  'an end alone, with a checksum in bytes': { end: '\r\n', ...binary, lengthMax },
  'a checksum behind the end': {
    start: '\x02',
    end: '\x03',
    ...binary,
    checksumPosition: 'after-end',
    lengthMax,
  },
  'HDLC escapes': { start: '~', end: '~', escape: { byte: '}', xor: 0x20 }, ...binary, lengthMax },
  'DLE escapes': { start: '\x10\x02', end: '\x10\x03', escape: { byte: '\x10' }, ...binary, lengthMax },
  'one length': { start: '\xaa', length: 24, ...binary },
  'a length of one byte': { start: '\xaa\x55', lengthPrefix: { bytes: 1 }, ...binary, lengthMax },
  'a length of two bytes and no start': {
    lengthPrefix: { bytes: 2, byteOrder: 'little', counts: ['prefix', 'checksum'] },
    checksum: 'crc-32-iso-hdlc',
    checksumForm: 'binary',
    lengthMax,
  },
  'a length behind an address, and an end': {
    start: '\x02',
    end: '\x03',
    lengthPrefix: { bytes: 4, at: 2, counts: ['head', 'end'] },
    ...binary,
    lengthMax,
  },
} as const satisfies Record<string, SerialFrame>;
