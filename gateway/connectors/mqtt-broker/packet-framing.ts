/** MQTT control packet types (MQTT 3.1.1, table 2.1). */
export const packetType = { connect: 1, publish: 3, disconnect: 14 } as const;

/** Why bytes cannot be let through. */
export type FramingFault = 'malformed-length' | 'packet-too-large' | 'payload-too-large' | 'connect-expected';

export interface FramingStep {
  /** How many bytes of the chunk belong to this step: up to the end of a packet or of the chunk. */
  readonly bytes: number;
  /** The type of the packet that ends with them. */
  readonly completed?: number;
  readonly fault?: FramingFault;
}

export interface FramingLimits {
  /** Greatest remaining length of each kind of packet, in bytes. */
  readonly connectBytesMax: number;
  readonly publishBytesMax: number;
  readonly controlBytesMax: number;
}

const lengthBytesMax = 4;

/**
 * Finds where MQTT packets begin and end by their fixed headers (MQTT 3.1.1, 2.2), without keeping their bytes:
 * so a packet that announces too much is refused by its header, before its payload is held anywhere.
 */
export class PacketFraming {
  readonly #limits: FramingLimits;
  #first = true;
  #type: number | undefined;
  #lengthBytes = 0;
  #remaining = 0;
  #inBody = false;

  constructor(limits: FramingLimits) {
    this.#limits = limits;
  }

  /** True between two packets. */
  get atBoundary(): boolean {
    return this.#type === undefined;
  }

  /** Goes on from `offset` to the end of the packet or of the chunk, whichever comes first. */
  step(chunk: Uint8Array, offset: number): FramingStep {
    let position = offset;
    while (position < chunk.length) {
      if (this.#inBody) {
        const taken = Math.min(this.#remaining, chunk.length - position);
        this.#remaining -= taken;
        position += taken;
      } else {
        const fault = this.#header(chunk[position] ?? 0);
        if (fault !== undefined) {
          return { bytes: position - offset, fault };
        }
        position += 1;
      }
      if (this.#inBody && this.#remaining === 0) {
        return { bytes: position - offset, completed: this.#complete() };
      }
    }
    return { bytes: position - offset };
  }

  #header(byte: number): FramingFault | undefined {
    if (this.#type === undefined) {
      this.#type = byte >> 4;
      this.#lengthBytes = 0;
      this.#remaining = 0;
      return this.#first && this.#type !== packetType.connect ? 'connect-expected' : undefined;
    }
    this.#remaining += (byte & 0x7f) * 128 ** this.#lengthBytes;
    this.#lengthBytes += 1;
    if ((byte & 0x80) !== 0) {
      return this.#lengthBytes === lengthBytesMax ? 'malformed-length' : undefined;
    }
    this.#inBody = true;
    return this.#tooLarge(this.#type);
  }

  #tooLarge(type: number): FramingFault | undefined {
    if (type === packetType.publish) {
      return this.#remaining > this.#limits.publishBytesMax ? 'payload-too-large' : undefined;
    }
    const most = type === packetType.connect ? this.#limits.connectBytesMax : this.#limits.controlBytesMax;
    return this.#remaining > most ? 'packet-too-large' : undefined;
  }

  #complete(): number {
    const type = this.#type ?? 0;
    this.#first = false;
    this.#type = undefined;
    this.#inBody = false;
    return type;
  }
}

/** Where a whole packet lies in a chunk. */
export interface WholePacket {
  readonly bodyFrom: number;
  readonly end: number;
}

/**
 * The PUBLISH that begins at `offset`: where it lies, or `incomplete` where the chunk ends before it does. Undefined where
 * another packet begins there, or one that `step` refuses.
 */
export function wholePublish(
  chunk: Uint8Array,
  offset: number,
  publishBytesMax: number,
): WholePacket | 'incomplete' | undefined {
  if ((chunk[offset] ?? 0) >> 4 !== packetType.publish) {
    return undefined;
  }
  let length = 0;
  for (let index = 0; index < lengthBytesMax; index += 1) {
    const byte = chunk[offset + 1 + index];
    if (byte === undefined) {
      return 'incomplete';
    }
    length += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) {
      const bodyFrom = offset + 2 + index;
      if (length > publishBytesMax) {
        return undefined;
      }
      return bodyFrom + length > chunk.length ? 'incomplete' : { bodyFrom, end: bodyFrom + length };
    }
  }
  return undefined;
}
