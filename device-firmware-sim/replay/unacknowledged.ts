import { Store } from 'mqtt';

/**
 * The messages that the broker has not acknowledged, in the order in which they were first sent. mqtt.js sends them
 * again from here after each reconnection, one by one and before anything new, under the packet ids that they have.
 * Its own store leaves the DUP flag out, which MQTT 3.1.1 (3.3.1.1) demands of a message that is sent again.
 */
export class UnacknowledgedStore extends Store {
  override put(...[packet, done]: Parameters<Store['put']>): this {
    return super.put(packet.cmd === 'publish' ? { ...packet, dup: true } : packet, done);
  }
}
