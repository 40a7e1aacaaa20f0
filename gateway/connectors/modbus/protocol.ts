import { crc16 } from './crc.ts';

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

export const quantityMax = {
  readBits: 2000,
  readRegisters: 125,
  writeCoils: 1968,
  writeRegisters: 123,
} as const;

/** Longest frame on the line: address, 253 bytes of PDU, checksum. */
export const frameBytesMax = 256;

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
export function packBits(values: readonly boolean[]): Uint8Array {
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

/** Adds the checksum to a frame. */
export function withChecksum(frame: readonly number[]): Uint8Array {
  const crc = crc16(Uint8Array.from(frame));
  return Uint8Array.from([...frame, crc & 0xff, crc >> 8]);
}

/** The whole frame of a request to a slave, as it goes on the line. */
export function encodeRequest(unitId: number, request: Request): Uint8Array {
  return withChecksum([unitId, functionOf(request), ...dataOf(request)]);
}

/** How many bytes the answer has, its checksum included, where it is no exception. */
export function responseBytes(request: Request): number {
  switch (request.kind) {
    case 'read-bits':
      return 5 + Math.ceil(request.quantity / 8);
    case 'read-registers':
      return 5 + request.quantity * 2;
    default:
      return 8;
  }
}

const exceptionBytes = 5;

/**
 * Looks for the answer to one request in what the line gives, whatever stands around it: noise, the late answer of
 * another slave, an echo. Holds at most `receivedBytesMax` bytes.
 */
export class ResponseReader {
  readonly #unitId: number;
  readonly #request: Request;
  readonly #function: number;
  readonly #bytesExpected: number;
  #received = new Uint8Array(0);
  #discarded = 0;
  #checksumFailed = false;

  constructor(unitId: number, request: Request) {
    this.#unitId = unitId;
    this.#request = request;
    this.#function = functionOf(request);
    this.#bytesExpected = responseBytes(request);
  }

  /** Bytes that belong to no answer of ours. */
  get bytesDiscarded(): number {
    return this.#discarded + this.#received.length;
  }

  /** Something that looked like the answer had a wrong checksum. */
  get checksumFailed(): boolean {
    return this.#checksumFailed;
  }

  push(bytes: Uint8Array): Response | undefined {
    const joined = new Uint8Array(this.#received.length + bytes.length);
    joined.set(this.#received);
    joined.set(bytes, this.#received.length);
    let start = 0;
    while (start < joined.length) {
      const length = this.#candidateLength(joined, start);
      if (length === undefined) {
        start += 1;
      } else if (start + length > joined.length) {
        break;
      } else if (crc16(joined, start, start + length) === 0) {
        // The CRC of a frame with its CRC behind it is zero.
        this.#discarded += start + (joined.length - start - length);
        this.#received = new Uint8Array(0);
        return this.#decode(joined.subarray(start, start + length));
      } else {
        this.#checksumFailed = true;
        start += 1;
      }
    }
    this.#discarded += start;
    this.#received = joined.slice(start);
    return undefined;
  }

  /** The length of the frame that may begin here; undefined where none can. Absent bytes count as fitting. */
  #candidateLength(bytes: Uint8Array, start: number): number | undefined {
    if (bytes[start] !== this.#unitId) {
      return undefined;
    }
    const code = bytes[start + 1];
    if (code === (this.#function | 0x80)) {
      return exceptionBytes;
    }
    if (code !== undefined && code !== this.#function) {
      return undefined;
    }
    const fits = this.#expectedHead().every((byte, index) => {
      const given = bytes[start + 2 + index];
      return given === undefined || given === byte;
    });
    return fits ? this.#bytesExpected : undefined;
  }

  /** What follows the function code in the right answer: a byte count, or what was written where. */
  #expectedHead(): number[] {
    return this.#request.kind === 'read-bits' || this.#request.kind === 'read-registers'
      ? [this.#bytesExpected - 5]
      : dataOf(this.#request).slice(0, 4);
  }

  #decode(frame: Uint8Array): Response {
    if (((frame[1] ?? 0) & 0x80) !== 0) {
      return { kind: 'exception', code: frame[2] ?? 0 };
    }
    const data = frame.subarray(3, -2);
    if (this.#request.kind === 'read-bits') {
      const values = Array.from(
        { length: this.#request.quantity },
        (_, index) => (((data[index >> 3] ?? 0) >> (index & 7)) & 1) === 1,
      );
      return { kind: 'bits', values };
    }
    if (this.#request.kind === 'read-registers') {
      const values = Array.from(
        { length: this.#request.quantity },
        (_, index) => ((data[index * 2] ?? 0) << 8) | (data[index * 2 + 1] ?? 0),
      );
      return { kind: 'registers', values };
    }
    return { kind: 'written' };
  }
}
