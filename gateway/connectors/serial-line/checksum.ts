import type { Checksum } from '@andon/shared/contracts';
import { crc16 } from '../modbus/crc.ts';

/** How many hexadecimal digits a checksum has; 0 where there is none. */
export function checksumDigits(kind: Checksum): number {
  return kind === 'none' ? 0 : kind === 'crc-16-modbus' ? 4 : 2;
}

/** The checksum of a body (one character is one byte), in upper-case hexadecimal, the highest digit first. */
export function checksumOf(body: string, kind: Checksum): string {
  const bytes = Buffer.from(body, 'latin1');
  return numberOf(bytes, kind).toString(16).toUpperCase().padStart(checksumDigits(kind), '0');
}

function numberOf(bytes: Uint8Array, kind: Checksum): number {
  switch (kind) {
    case 'crc-16-modbus':
      return crc16(bytes);
    case 'sum-8':
      return bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
    default:
      // NMEA 0183 is an exclusive or, too.
      return bytes.reduce((all, byte) => all ^ byte, 0);
  }
}
