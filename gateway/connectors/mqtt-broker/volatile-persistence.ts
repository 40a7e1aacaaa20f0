import { Readable } from 'node:stream';

interface ClientLike {
  readonly id: string;
}
interface PacketLike {
  readonly messageId?: number;
  readonly topic?: string;
  readonly payload?: string | Uint8Array;
}

/**
 * What aedes may remember: as good as nothing. The memory of the gateway is its outbox and its command journal;
 * sessions of the broker always start clean, so that no queue for an absent client exists that could grow
 * (aedes#1087). Kept are the retained messages of local actions, up to a limit that the broker checks, and the
 * ids of QoS 2 publications that wait for PUBREL (aedes bounds them).
 */
export class VolatilePersistence {
  readonly #retained = new Map<string, PacketLike>();
  readonly #incoming = new Map<string, Map<number, PacketLike>>();

  readonly #retainedTopicsMax: number;

  readonly #standing: (topic: string) => PacketLike | undefined;

  /** `standing` gives the message that stands on a topic without being kept here. */
  constructor(retainedTopicsMax: number, standing: (topic: string) => PacketLike | undefined) {
    this.#retainedTopicsMax = retainedTopicsMax;
    this.#standing = standing;
  }

  /** May this topic be retained, or are too many retained already? */
  hasRoomFor(topic: string): boolean {
    return this.#retained.has(topic) || this.#retained.size < this.#retainedTopicsMax;
  }

  async setup(): Promise<void> {
    this.#retained.clear();
  }

  async destroy(): Promise<void> {
    this.#retained.clear();
    this.#incoming.clear();
  }

  async storeRetained(packet: PacketLike): Promise<void> {
    if (packet.topic === undefined) {
      return;
    }
    if (packet.payload === undefined || packet.payload.length === 0) {
      this.#retained.delete(packet.topic);
    } else {
      this.#retained.set(packet.topic, { ...packet });
    }
  }

  /** The filters are those that our rules allow: a topic, or `devices/{deviceId}/commands/+`. */
  createRetainedStreamCombi(filters: readonly string[]): Readable {
    const parents = filters.filter((filter) => filter.endsWith('/+')).map((filter) => filter.slice(0, -1));
    const matches = [...this.#retained.values()].filter(({ topic = '' }) => {
      const parent = topic.slice(0, topic.lastIndexOf('/') + 1);
      return filters.includes(topic) || parents.includes(parent);
    });
    const standing = filters.map(this.#standing).filter((packet) => packet !== undefined);
    return Readable.from([...matches, ...standing]);
  }

  async addSubscriptions(): Promise<void> {
    // Sessions are clean: a subscription lives as long as its connection, in aedes itself.
  }

  async removeSubscriptions(): Promise<void> {
    // As above.
  }

  async cleanSubscriptions(): Promise<void> {
    // As above.
  }

  async subscriptionsByClient(): Promise<never[]> {
    return [];
  }

  async subscriptionsByTopic(): Promise<never[]> {
    return [];
  }

  async outgoingEnqueueCombi(): Promise<void> {
    // Nobody absent is queued for.
  }

  async outgoingClearMessageId(_client: ClientLike, packet: PacketLike): Promise<PacketLike> {
    return packet;
  }

  outgoingStream(): Readable {
    return Readable.from([]);
  }

  async incomingStorePacket(client: ClientLike, packet: PacketLike): Promise<void> {
    const packets = this.#incoming.get(client.id) ?? new Map<number, PacketLike>();
    packets.set(packet.messageId ?? 0, { ...packet });
    this.#incoming.set(client.id, packets);
  }

  async incomingGetPacket(client: ClientLike, packet: PacketLike): Promise<PacketLike> {
    const stored = this.#incoming.get(client.id)?.get(packet.messageId ?? 0);
    if (stored === undefined) {
      throw new Error('no such packet');
    }
    return stored;
  }

  async incomingDelPacket(client: ClientLike, packet: PacketLike): Promise<void> {
    if (this.#incoming.get(client.id)?.delete(packet.messageId ?? 0) !== true) {
      throw new Error('no such packet');
    }
  }

  async cleanIncoming(client: ClientLike): Promise<void> {
    this.#incoming.delete(client.id);
  }

  async putWill(): Promise<void> {
    // aedes keeps the will with its connection; nobody else would publish it.
  }

  async delWill(): Promise<void> {
    // As above.
  }

  streamWill(): Readable {
    return Readable.from([]);
  }
}
