import type { ModbusByteOrder } from '@andon/shared/contracts';

/**
 * The bytes of registers in the order A, B, C, D …, the most significant first, or back: the orders are their own
 * inverse. Works in place.
 */
export function reorder(bytes: Uint8Array, order: ModbusByteOrder = 'ABCD'): Uint8Array {
  if (order === 'CDAB' || order === 'DCBA') {
    turnRegistersRound(bytes);
  }
  if (order === 'BADC' || order === 'DCBA') {
    swapWithinRegisters(bytes);
  }
  return bytes;
}

/** Swaps the two bytes of each register alone: what an order means for text, which has no most significant end. */
export function reorderText(bytes: Uint8Array, order: ModbusByteOrder = 'ABCD'): Uint8Array {
  return order === 'BADC' || order === 'DCBA' ? swapWithinRegisters(bytes) : bytes;
}

function swapWithinRegisters(bytes: Uint8Array): Uint8Array {
  for (let index = 0; index + 1 < bytes.length; index += 2) {
    const high = bytes[index] ?? 0;
    bytes[index] = bytes[index + 1] ?? 0;
    bytes[index + 1] = high;
  }
  return bytes;
}

function turnRegistersRound(bytes: Uint8Array): Uint8Array {
  return swapWithinRegisters(bytes.reverse());
}

export function bytesOf(registers: readonly number[]): Uint8Array {
  return Uint8Array.from(registers.flatMap((register) => [register >> 8, register & 0xff]));
}

export function registersOf(bytes: Uint8Array): number[] {
  return Array.from(
    { length: bytes.length / 2 },
    (_, index) => ((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0),
  );
}
