import type { Client } from 'aedes';
import type { ClientCertificate } from './certificate.ts';
import type { PacketGuard } from './packet-guard.ts';
import type { RedeliveryTracker } from './redelivery.ts';

const packetIdMax = 65_535;

/** Who a signed-in connection is. */
export interface SignedIn {
  readonly deviceId: string;
  /** The hash that its password matched, to notice a change of credentials; undefined where a certificate spoke for it. */
  readonly passwordSha256: string | undefined;
  /** Unique among all clients: the device's id and the client id that it gave. */
  readonly clientId: string;
  readonly redelivery: RedeliveryTracker;
}

/** One connection of a client, from its first byte to its last. */
export class Connection {
  readonly client: Client;
  readonly guard: PacketGuard;
  readonly certificate: ClientCertificate | undefined;
  /** Granted QoS by topic filter. */
  readonly subscriptions = new Map<string, number>();
  signedIn: SignedIn | undefined;
  willTopic: string | undefined;
  endReason: string | undefined;
  #lastPacketId = 0;

  constructor(client: Client, guard: PacketGuard, certificate?: ClientCertificate) {
    this.client = client;
    this.guard = guard;
    this.certificate = certificate;
  }

  /** An id for the next packet that we send with QoS 1. */
  nextPacketId(): number {
    this.#lastPacketId = this.#lastPacketId === packetIdMax ? 1 : this.#lastPacketId + 1;
    return this.#lastPacketId;
  }

  /** The QoS at which this topic was subscribed to; undefined where it was not. */
  subscribedAt(topic: string): number | undefined {
    const parent = topic.slice(0, topic.lastIndexOf('/'));
    return (
      this.subscriptions.get(topic) ??
      this.subscriptions.get(`${parent}/+`) ??
      this.subscriptions.get(`${topic}/#`) ??
      this.subscriptions.get(`${parent}/#`)
    );
  }

  end(reason: string): void {
    this.endReason ??= reason;
    this.guard.destroy();
  }
}
