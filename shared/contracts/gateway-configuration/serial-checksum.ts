import { type Static, Type } from 'typebox';

/**
 * Checksums of serial protocols. The `crc-…` have the names of the catalogue of parametrised CRC algorithms
 * (reveng.sourceforge.io), with `crc-16-ccitt-false` for CRC-16/IBM-3740. `xor` is also known as BCC and as the LRC of
 * ISO 1155; `lrc` is that of Modbus ASCII, the two's complement of the sum.
 */
export const Checksum = Type.Enum([
  'none',
  'xor',
  'nmea',
  'lrc',
  'sum-8',
  'sum-8-twos-complement',
  'sum-16',
  'sum-16-twos-complement',
  'crc-8-smbus',
  'crc-8-maxim-dow',
  'crc-8-sae-j1850',
  'crc-8-autosar',
  'crc-8-rohc',
  'crc-8-i-432-1',
  'crc-8-cdma2000',
  'crc-8-dvb-s2',
  'crc-16-modbus',
  'crc-16-ccitt-false',
  'crc-16-xmodem',
  'crc-16-kermit',
  'crc-16-arc',
  'crc-16-ibm-sdlc',
  'crc-16-usb',
  'crc-16-dnp',
  'crc-16-genibus',
  'crc-16-maxim-dow',
  'crc-16-mcrf4xx',
  'crc-16-spi-fujitsu',
  'crc-16-umts',
  'crc-16-en-13757',
  'crc-32-iso-hdlc',
  'crc-32-bzip2',
  'crc-32-mpeg-2',
  'crc-32-iscsi',
]);
export type Checksum = Static<typeof Checksum>;
