import { crc16 } from './crc.ts';
import {
  answerHead,
  answerPduBytes,
  decodePdu,
  encodePdu,
  exceptionBit,
  exceptionPduBytes,
  functionOf,
  type Request,
  type Response,
} from './pdu.ts';

/** Unit before the PDU, checksum behind it. */
const envelopeBytes = 3;

/** Adds the checksum to a frame. */
export function withChecksum(frame: readonly number[]): Uint8Array {
  const crc = crc16(Uint8Array.from(frame));
  return Uint8Array.from([...frame, crc & 0xff, crc >> 8]);
}

/** The whole frame of a request to a slave, as it goes on the line. */
export function encodeRequest(unitId: number, request: Request): Uint8Array {
  return withChecksum([unitId, ...encodePdu(request)]);
}

/** How many bytes the answer has, its checksum included, where it is no exception. */
export const responseBytes = (request: Request): number => envelopeBytes + answerPduBytes(request);

/**
 * Looks for the answer to one request in what the line gives, whatever stands around it: noise, the late answer of
 * another slave, an echo. Holds less than one frame (256 bytes) between two pushes.
 */
export class ResponseReader {
  readonly #unitId: number;
  readonly #request: Request;
  readonly #function: number;
  readonly #bytesExpected: number;
  readonly #head: readonly number[];
  #received = new Uint8Array(0);
  #discarded = 0;
  #checksumFailed = false;
  #frame: Uint8Array = new Uint8Array(0);

  constructor(unitId: number, request: Request) {
    this.#unitId = unitId;
    this.#request = request;
    this.#function = functionOf(request);
    this.#bytesExpected = responseBytes(request);
    this.#head = answerHead(request);
  }

  /** Bytes that belong to no answer of ours. */
  get bytesDiscarded(): number {
    return this.#discarded + this.#received.length;
  }

  /** Bytes kept for a frame of which the end has not come yet. */
  get bytesHeld(): number {
    return this.#received.length;
  }

  /** Something that looked like the answer had a wrong checksum. */
  get checksumFailed(): boolean {
    return this.#checksumFailed;
  }

  /** The frame of the answer; empty until it is found. */
  get frame(): Uint8Array {
    return this.#frame;
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
        this.#frame = joined.subarray(start, start + length);
        return decodePdu(this.#request, joined.subarray(start + 1, start + length - 2));
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
    if (code === (this.#function | exceptionBit)) {
      return envelopeBytes + exceptionPduBytes;
    }
    if (code !== undefined && code !== this.#function) {
      return undefined;
    }
    const fits = this.#head.every((byte, index) => {
      const given = bytes[start + 2 + index];
      return given === undefined || given === byte;
    });
    return fits ? this.#bytesExpected : undefined;
  }
}
