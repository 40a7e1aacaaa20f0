import { digestOfBytes, digestOfText } from '../../digest.ts';
import type { RawMessage } from '../connector.ts';
import { limits } from './limits.ts';

/**
 * Which messages may be the second delivery of one that was committed already.
 *
 * Clients differ. mosquitto sends again with DUP set, the same packet id and payload. mqtt.js sends again with the
 * same packet id and payload too, but without DUP (against MQTT-3.3.1-1), one by one, before anything new. So
 * besides DUP, a message may be a resend while its connection is young: until a packet id comes for the second
 * time on the connection, and only where the connection before it of the same client did not end by DISCONNECT.
 * The key holds the client id, because packet ids of two clients of one device are unrelated.
 */
export class CleanClients {
  readonly #ids = new Set<string>();

  /** The client said goodbye: it has nothing to send again. */
  left(clientId: string): void {
    this.#ids.delete(clientId);
    this.#ids.add(clientId);
    if (this.#ids.size > limits.cleanClientsMax) {
      for (const oldest of this.#ids) {
        this.#ids.delete(oldest);
        break;
      }
    }
  }

  /** The client is back: does it come from a clean end? */
  returned(clientId: string): boolean {
    return this.#ids.delete(clientId);
  }
}

/** Follows one connection, and gives each message of QoS 1 and 2 its identity. */
export class RedeliveryTracker {
  readonly #clientDigest: number;
  #topic = '';
  #topicDigest = 0;
  #packetIds: Set<number> | undefined;

  constructor(clientId: string, endedCleanlyBefore: boolean) {
    this.#clientDigest = digestOfText(clientId);
    this.#packetIds = endedCleanlyBefore ? undefined : new Set();
  }

  identify(packet: {
    readonly packetId: number;
    readonly dup: boolean;
    readonly topic: string;
    readonly payload: Uint8Array;
  }): NonNullable<RawMessage['redelivery']> {
    if (packet.topic !== this.#topic) {
      this.#topic = packet.topic;
      this.#topicDigest = digestOfText(packet.topic);
    }
    const seed =
      this.#clientDigest ^ Math.imul(this.#topicDigest, 3) ^ Math.imul(packet.packetId, 0x9e3779b1);
    return {
      key: digestOfBytes(packet.payload, seed),
      possible: this.#mayBeResent(packet.packetId) || packet.dup,
    };
  }

  #mayBeResent(packetId: number): boolean {
    if (this.#packetIds === undefined) {
      return false;
    }
    if (this.#packetIds.has(packetId) || this.#packetIds.size >= limits.resentMessagesMax) {
      this.#packetIds = undefined;
      return false;
    }
    this.#packetIds.add(packetId);
    return true;
  }
}
