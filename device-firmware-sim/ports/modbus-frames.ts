/** Modbus RTU as a slave hears it (MODBUS over Serial Line V1.02; Application Protocol V1.1b3). */

/** CRC-16/MODBUS: polynomial 0xA001 reflected, start 0xFFFF; goes on the wire low byte first. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}

export interface ModbusRequest {
  readonly unitId: number;
  readonly functionCode: number;
  /** What stands between the function code and the CRC. */
  readonly data: Buffer;
}

export const functionCodes = {
  readCoils: 1,
  readDiscreteInputs: 2,
  readHoldingRegisters: 3,
  readInputRegisters: 4,
  writeCoil: 5,
  writeRegister: 6,
  writeCoils: 15,
  writeRegisters: 16,
} as const;

export const exceptionCodes = { illegalFunction: 1, illegalAddress: 2, illegalValue: 3 } as const;

const frameBytesMax = 256;
const frameBytesMin = 4;
const fixedLengthBytes = 8;

/** Length of a request with its CRC; undefined where too little of it is here, or where only silence can tell. */
function requestLength(frame: Buffer): number | undefined {
  const functionCode = frame[1];
  if (functionCode === undefined) return undefined;
  if (functionCode >= functionCodes.readCoils && functionCode <= functionCodes.writeRegister) {
    return fixedLengthBytes;
  }
  if (functionCode === functionCodes.writeCoils || functionCode === functionCodes.writeRegisters) {
    const byteCount = frame[6];
    return byteCount === undefined ? undefined : 9 + byteCount;
  }
  return undefined;
}

/**
 * Finds requests in a stream of bytes. A frame is known by its length and its CRC; after noise the search goes on one
 * byte further. `silence` is to be called when the line has been quiet, which ends a frame (serial line guide,
 * 2.5.1.1) and lets a request of an unknown function be seen.
 */
export class RequestDecoder {
  #pending: Buffer = Buffer.alloc(0);
  #discardedBytes = 0;

  get discardedBytes(): number {
    return this.#discardedBytes;
  }

  push(bytes: Uint8Array): ModbusRequest[] {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    const requests: ModbusRequest[] = [];
    for (;;) {
      const length = requestLength(this.#pending);
      if (length === undefined && this.#pending.length <= frameBytesMax) return requests;
      if (length !== undefined && length <= frameBytesMax && this.#pending.length < length) return requests;
      this.#take(length, requests);
    }
  }

  silence(): ModbusRequest[] {
    const requests: ModbusRequest[] = [];
    while (this.#pending.length > 0) {
      this.#take(requestLength(this.#pending) ?? this.#pending.length, requests);
    }
    return requests;
  }

  /** Takes one request off the front, or else one byte of noise. */
  #take(length: number | undefined, requests: ModbusRequest[]): void {
    const fits = length !== undefined && length >= frameBytesMin && length <= this.#pending.length;
    const request = fits && length <= frameBytesMax ? parse(this.#pending.subarray(0, length)) : undefined;
    if (request) requests.push(request);
    else this.#discardedBytes += 1;
    this.#pending = this.#pending.subarray(request && length ? length : 1);
  }
}

function parse(frame: Buffer): ModbusRequest | undefined {
  const body = frame.subarray(0, -2);
  if (crc16(body) !== frame.readUInt16LE(frame.length - 2)) return undefined;
  return { unitId: body.readUInt8(0), functionCode: body.readUInt8(1), data: Buffer.from(body.subarray(2)) };
}

function sealed(body: Buffer): Buffer {
  const checksum = Buffer.alloc(2);
  checksum.writeUInt16LE(crc16(body));
  return Buffer.concat([body, checksum]);
}

export function encodeResponse(unitId: number, functionCode: number, data: Uint8Array): Buffer {
  return sealed(Buffer.concat([Buffer.from([unitId, functionCode]), data]));
}

export function encodeException(unitId: number, functionCode: number, exceptionCode: number): Buffer {
  return sealed(Buffer.from([unitId, functionCode | 0x80, exceptionCode]));
}
