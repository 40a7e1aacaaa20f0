import { encodePdu, pduBytesMax, type Request } from './pdu.ts';

/** Transaction, protocol, length, unit (Modbus Messaging on TCP/IP 1.0b, 3.1.3). */
const headerBytes = 7;
const unitAt = 6;
const emptyBytes = new Uint8Array(0);

/** A frame with the PDU of an answer in it; whose it is, its transaction id says. */
export interface MbapFrame {
  readonly transactionId: number;
  readonly unitId: number;
  readonly pdu: Uint8Array;
  /** All of it, with its header. */
  readonly bytes: Uint8Array;
}

const word = (value: number): [number, number] => [(value >> 8) & 0xff, value & 0xff];

export function encodeMbapRequest(transactionId: number, unitId: number, request: Request): Uint8Array {
  const pdu = encodePdu(request);
  return Uint8Array.from([...word(transactionId), 0, 0, ...word(pdu.length + 1), unitId, ...pdu]);
}

/**
 * Cuts a stream into frames. What cannot be the beginning of one (another protocol, a length that no PDU has) is
 * thrown away byte by byte until a beginning comes. Holds less than one frame (260 bytes) between two pushes.
 */
export class MbapReader {
  #received: Uint8Array = emptyBytes;
  #discarded = 0;

  get bytesDiscarded(): number {
    return this.#discarded;
  }

  /** Bytes kept for a frame of which the end has not come yet. */
  get bytesHeld(): number {
    return this.#received.length;
  }

  /** The connection is another one: nothing of the old goes on. */
  reset(): void {
    this.#discarded += this.#received.length;
    this.#received = emptyBytes;
  }

  push(bytes: Uint8Array): MbapFrame[] {
    const joined = new Uint8Array(this.#received.length + bytes.length);
    joined.set(this.#received);
    joined.set(bytes, this.#received.length);
    const frames: MbapFrame[] = [];
    let start = 0;
    while (start < joined.length) {
      const length = frameLength(joined, start);
      if (length === undefined) {
        start += 1;
        this.#discarded += 1;
      } else if (start + length > joined.length) {
        break;
      } else {
        frames.push({
          transactionId: ((joined[start] ?? 0) << 8) | (joined[start + 1] ?? 0),
          unitId: joined[start + unitAt] ?? 0,
          pdu: joined.subarray(start + headerBytes, start + length),
          bytes: joined.subarray(start, start + length),
        });
        start += length;
      }
    }
    this.#received = joined.slice(start);
    return frames;
  }
}

/** The length of the frame that may begin here; undefined where none can. Absent bytes count as fitting. */
function frameLength(bytes: Uint8Array, start: number): number | undefined {
  const [protocolHigh = 0, protocolLow = 0, lengthHigh = 0, lengthLow] = bytes.subarray(start + 2, start + 6);
  if (protocolHigh !== 0 || protocolLow !== 0 || lengthHigh !== 0) {
    return undefined;
  }
  if (lengthLow === undefined) {
    return headerBytes;
  }
  // Unit and PDU: a function code and one byte at least.
  return lengthLow >= 3 && lengthLow <= pduBytesMax + 1 ? unitAt + lengthLow : undefined;
}
