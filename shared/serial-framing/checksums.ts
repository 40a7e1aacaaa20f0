import type { Checksum } from '../contracts/index.ts';

/** The parameters of the Rocksoft model, as the catalogue gives them. */
interface CrcModel {
  readonly width: 8 | 16 | 32;
  readonly polynomial: number;
  readonly initial: number;
  /** Input and result with the lowest bit first. */
  readonly reflected: boolean;
  readonly finalXor: number;
}

const model = (
  width: CrcModel['width'],
  polynomial: number,
  initial: number,
  reflected: boolean,
  finalXor: number,
): CrcModel => ({ width, polynomial, initial, reflected, finalXor });

const crcModels = {
  'crc-8-smbus': model(8, 0x07, 0x00, false, 0x00),
  'crc-8-maxim-dow': model(8, 0x31, 0x00, true, 0x00),
  'crc-8-sae-j1850': model(8, 0x1d, 0xff, false, 0xff),
  'crc-8-autosar': model(8, 0x2f, 0xff, false, 0xff),
  'crc-8-rohc': model(8, 0x07, 0xff, true, 0x00),
  'crc-8-i-432-1': model(8, 0x07, 0x00, false, 0x55),
  'crc-8-cdma2000': model(8, 0x9b, 0xff, false, 0x00),
  'crc-8-dvb-s2': model(8, 0xd5, 0x00, false, 0x00),
  'crc-16-modbus': model(16, 0x8005, 0xffff, true, 0x0000),
  'crc-16-ccitt-false': model(16, 0x1021, 0xffff, false, 0x0000),
  'crc-16-xmodem': model(16, 0x1021, 0x0000, false, 0x0000),
  'crc-16-kermit': model(16, 0x1021, 0x0000, true, 0x0000),
  'crc-16-arc': model(16, 0x8005, 0x0000, true, 0x0000),
  'crc-16-ibm-sdlc': model(16, 0x1021, 0xffff, true, 0xffff),
  'crc-16-usb': model(16, 0x8005, 0xffff, true, 0xffff),
  'crc-16-dnp': model(16, 0x3d65, 0x0000, true, 0xffff),
  'crc-16-genibus': model(16, 0x1021, 0xffff, false, 0xffff),
  'crc-16-maxim-dow': model(16, 0x8005, 0x0000, true, 0xffff),
  'crc-16-mcrf4xx': model(16, 0x1021, 0xffff, true, 0x0000),
  'crc-16-spi-fujitsu': model(16, 0x1021, 0x1d0f, false, 0x0000),
  'crc-16-umts': model(16, 0x8005, 0x0000, false, 0x0000),
  'crc-16-en-13757': model(16, 0x3d65, 0x0000, false, 0xffff),
  'crc-32-iso-hdlc': model(32, 0x04c11db7, 0xffffffff, true, 0xffffffff),
  'crc-32-bzip2': model(32, 0x04c11db7, 0xffffffff, false, 0xffffffff),
  'crc-32-mpeg-2': model(32, 0x04c11db7, 0xffffffff, false, 0x00000000),
  'crc-32-iscsi': model(32, 0x1edc6f41, 0xffffffff, true, 0xffffffff),
} as const satisfies Partial<Record<Checksum, CrcModel>>;

type Sum = (bytes: Uint8Array) => number;

const sum: Sum = (bytes) => bytes.reduce((total, byte) => (total + byte) & 0xffff, 0);
const exclusiveOr: Sum = (bytes) => bytes.reduce((all, byte) => all ^ byte, 0);

interface Algorithm {
  /** How many bytes the result has. */
  readonly bytes: 1 | 2 | 4;
  readonly of: Sum;
}

const algorithms: Readonly<Record<Exclude<Checksum, 'none'>, Algorithm>> = {
  xor: { bytes: 1, of: exclusiveOr },
  // NMEA 0183 is an exclusive or, too.
  nmea: { bytes: 1, of: exclusiveOr },
  lrc: { bytes: 1, of: (bytes) => -sum(bytes) & 0xff },
  'sum-8': { bytes: 1, of: (bytes) => sum(bytes) & 0xff },
  'sum-8-twos-complement': { bytes: 1, of: (bytes) => -sum(bytes) & 0xff },
  'sum-16': { bytes: 2, of: sum },
  'sum-16-twos-complement': { bytes: 2, of: (bytes) => -sum(bytes) & 0xffff },
  ...mapModels(crcModels),
};

/** How many bytes a checksum has; 0 where there is none. */
export function checksumBytes(kind: Checksum): number {
  return kind === 'none' ? 0 : algorithms[kind].bytes;
}

/** The checksum of these bytes as a whole number; 0 where there is none. */
export function checksumOf(bytes: Uint8Array, kind: Checksum): number {
  return kind === 'none' ? 0 : algorithms[kind].of(bytes);
}

function mapModels<Name extends string>(models: Readonly<Record<Name, CrcModel>>): Record<Name, Algorithm>;
function mapModels(models: Readonly<Record<string, CrcModel>>): Record<string, Algorithm> {
  return Object.fromEntries(Object.entries(models).map(([name, parameters]) => [name, crcOf(parameters)]));
}

function crcOf(parameters: CrcModel): Algorithm {
  const { width, reflected, finalXor } = parameters;
  const bytes = width === 8 ? 1 : width === 16 ? 2 : 4;
  const initial = reflected ? mirrored(parameters.initial, width) : parameters.initial;
  const mask = width === 32 ? 0xffffffff : (1 << width) - 1;
  let table: Uint32Array | undefined;
  return {
    bytes,
    of(input) {
      table ??= tableOf(parameters);
      let register = initial;
      for (const byte of input) {
        register = reflected
          ? (register >>> 8) ^ (table[(register ^ byte) & 0xff] ?? 0)
          : (register << 8) ^ (table[((register >>> (width - 8)) ^ byte) & 0xff] ?? 0);
      }
      return ((register ^ finalXor) & mask) >>> 0;
    },
  };
}

/** What each value of the register's outgoing byte does to the rest of it. */
function tableOf({ width, polynomial, reflected }: CrcModel): Uint32Array {
  const reversed = mirrored(polynomial, width);
  const top = width === 32 ? 0x80000000 : 1 << (width - 1);
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = reflected ? byte : byte << (width - 8);
    for (let bit = 0; bit < 8; bit += 1) {
      if (reflected) {
        value = value & 1 ? (value >>> 1) ^ reversed : value >>> 1;
      } else {
        value = value & top ? (value << 1) ^ polynomial : value << 1;
      }
    }
    return value;
  });
}

function mirrored(value: number, width: number): number {
  let result = 0;
  for (let bit = 0; bit < width; bit += 1) {
    if ((value >>> bit) & 1) {
      result |= 1 << (width - 1 - bit);
    }
  }
  return result >>> 0;
}
