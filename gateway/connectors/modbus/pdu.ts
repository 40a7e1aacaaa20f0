/** Function codes (Modbus Application Protocol 1.1b3, section 6). */
export const functionCode = {
  readCoils: 1,
  readDiscreteInputs: 2,
  readHoldingRegisters: 3,
  readInputRegisters: 4,
  writeSingleCoil: 5,
  writeSingleRegister: 6,
  writeMultipleCoils: 15,
  writeMultipleRegisters: 16,
} as const;

/** The longest PDU: function code and data (4.1). */
export const pduBytesMax = 253;

export type Request =
  | {
      readonly kind: 'read-bits';
      readonly function: 1 | 2;
      readonly address: number;
      readonly quantity: number;
    }
  | {
      readonly kind: 'read-registers';
      readonly function: 3 | 4;
      readonly address: number;
      readonly quantity: number;
    }
  | { readonly kind: 'write-coil'; readonly address: number; readonly value: boolean }
  | { readonly kind: 'write-register'; readonly address: number; readonly value: number }
  | { readonly kind: 'write-coils'; readonly address: number; readonly values: readonly boolean[] }
  | { readonly kind: 'write-registers'; readonly address: number; readonly values: readonly number[] };

export type Response =
  | { readonly kind: 'bits'; readonly values: readonly boolean[] }
  | { readonly kind: 'registers'; readonly values: readonly number[] }
  | { readonly kind: 'written' }
  /** An exception code of section 7: 1 illegal function, 2 illegal address, 3 illegal value, 4 failure, 6 busy … */
  | { readonly kind: 'exception'; readonly code: number };

export function functionOf(request: Request): number {
  switch (request.kind) {
    case 'read-bits':
    case 'read-registers':
      return request.function;
    case 'write-coil':
      return functionCode.writeSingleCoil;
    case 'write-register':
      return functionCode.writeSingleRegister;
    case 'write-coils':
      return functionCode.writeMultipleCoils;
    case 'write-registers':
      return functionCode.writeMultipleRegisters;
  }
}

/** Packs bits eight to a byte, the first in the lowest bit. */
function packBits(values: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(values.length / 8));
  for (const [index, value] of values.entries()) {
    if (value) {
      bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
    }
  }
  return bytes;
}

const word = (value: number): [number, number] => [(value >> 8) & 0xff, value & 0xff];

function dataOf(request: Request): number[] {
  const address = word(request.address);
  switch (request.kind) {
    case 'read-bits':
    case 'read-registers':
      return [...address, ...word(request.quantity)];
    case 'write-coil':
      return [...address, ...word(request.value ? 0xff00 : 0)];
    case 'write-register':
      return [...address, ...word(request.value)];
    case 'write-coils': {
      const packed = packBits(request.values);
      return [...address, ...word(request.values.length), packed.length, ...packed];
    }
    case 'write-registers':
      return [
        ...address,
        ...word(request.values.length),
        request.values.length * 2,
        ...request.values.flatMap(word),
      ];
  }
}

/** Function code and data of a request, as they stand in a frame of either transport. */
export function encodePdu(request: Request): number[] {
  return [functionOf(request), ...dataOf(request)];
}

/** How many bytes the PDU of the right answer has, where it is no exception. */
export function answerPduBytes(request: Request): number {
  switch (request.kind) {
    case 'read-bits':
      return 2 + Math.ceil(request.quantity / 8);
    case 'read-registers':
      return 2 + request.quantity * 2;
    default:
      return 5;
  }
}

/** What follows the function code in the right answer: a count of bytes, or what was written where. */
export function answerHead(request: Request): number[] {
  return request.kind === 'read-bits' || request.kind === 'read-registers'
    ? [answerPduBytes(request) - 2]
    : dataOf(request).slice(0, 4);
}

export const exceptionBit = 0x80;
export const exceptionPduBytes = 2;

/** Reads the answer to a request; undefined where this is no answer to it. */
export function decodePdu(request: Request, pdu: Uint8Array): Response | undefined {
  if (pdu[0] === (functionOf(request) | exceptionBit)) {
    return pdu.length === exceptionPduBytes ? { kind: 'exception', code: pdu[1] ?? 0 } : undefined;
  }
  const fits =
    pdu.length === answerPduBytes(request) &&
    pdu[0] === functionOf(request) &&
    answerHead(request).every((byte, index) => pdu[1 + index] === byte);
  if (!fits) {
    return undefined;
  }
  const data = pdu.subarray(2);
  if (request.kind === 'read-bits') {
    const values = Array.from(
      { length: request.quantity },
      (_, index) => (((data[index >> 3] ?? 0) >> (index & 7)) & 1) === 1,
    );
    return { kind: 'bits', values };
  }
  if (request.kind === 'read-registers') {
    const values = Array.from(
      { length: request.quantity },
      (_, index) => ((data[index * 2] ?? 0) << 8) | (data[index * 2 + 1] ?? 0),
    );
    return { kind: 'registers', values };
  }
  return { kind: 'written' };
}
