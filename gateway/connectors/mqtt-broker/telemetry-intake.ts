import { topics } from '@andon/shared/contracts';
import { consumeTelemetry, type PublicationSink } from './publication.ts';
import type { RedeliveryTracker } from './redelivery.ts';

export interface TelemetryIntakeOptions {
  readonly deviceId: string;
  readonly redelivery: RedeliveryTracker;
  readonly sink: PublicationSink;
  readonly payloadBytesMax: number;
  /** So many publications are durable. */
  readonly accepted: (publications: number) => void;
  /** Publications could not be stored; where one of them waits for an acknowledgement, the connection must end. */
  readonly failed: (error: unknown, mustEnd: boolean) => void;
}

/** A publication that was taken. */
export interface TakenPublication {
  /** Undefined for QoS 0, which nobody acknowledges. */
  readonly packetId: number | undefined;
  /** Resolves when it is durable; undefined where nothing is to be waited for. */
  readonly durable: Promise<void> | undefined;
}

const dupFlag = 0x08;
const packetIdBytes = 2;

/**
 * Takes what a device publishes on its telemetry topic with QoS 0 or 1: nearly everything that a gateway ever gets. It is
 * read where it lies in the bytes of the socket. Everything else is left to aedes.
 */
export class TelemetryIntake {
  readonly #options: TelemetryIntakeOptions;
  /** The topic as it stands in a packet, its length in front. */
  readonly #topic: Buffer;
  readonly #topicText: string;

  constructor(options: TelemetryIntakeOptions) {
    this.#options = options;
    this.#topicText = topics.telemetry(options.deviceId);
    const text = Buffer.from(this.#topicText);
    this.#topic = Buffer.concat([Buffer.from([text.length >> 8, text.length & 0xff]), text]);
  }

  get accepted(): (publications: number) => void {
    return this.#options.accepted;
  }

  get failed(): (error: unknown, mustEnd: boolean) => void {
    return this.#options.failed;
  }

  /** Takes the packet with this first byte and this body, or gives undefined where it is none of its own. */
  take(firstByte: number, body: Buffer): TakenPublication | undefined {
    const quality = (firstByte >> 1) & 3;
    const topicEnd = this.#topic.length;
    const payloadFrom = topicEnd + (quality === 0 ? 0 : packetIdBytes);
    const isOurs =
      quality < 2 &&
      body.length >= payloadFrom &&
      body.length - payloadFrom <= this.#options.payloadBytesMax &&
      this.#topic.compare(body, 0, topicEnd) === 0;
    if (!isOurs) {
      return undefined;
    }
    const { deviceId, sink, redelivery } = this.#options;
    const payload = body.subarray(payloadFrom);
    if (quality === 0) {
      return { packetId: undefined, durable: consumeTelemetry(sink, deviceId, payload, undefined) };
    }
    const packetId = body.readUInt16BE(topicEnd);
    if (packetId === 0) {
      return undefined;
    }
    const dup = (firstByte & dupFlag) !== 0;
    const identity = redelivery.identify({ packetId, dup, topic: this.#topicText, payload });
    return { packetId, durable: consumeTelemetry(sink, deviceId, payload, identity) };
  }
}
