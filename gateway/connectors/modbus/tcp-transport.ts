import { isLineClosed } from '../byte-pipe/index.ts';
import type { Counters } from '../counters.ts';
import { encodeMbapRequest, MbapReader } from './mbap-framing.ts';
import { decodePdu } from './pdu.ts';
import type { Ask, Outcome, Transport } from './transport.ts';

const transactionIds = 0x1_0000;

interface Transaction {
  readonly ask: Ask;
  readonly settle: (outcome: Outcome) => void;
}

/**
 * Requests over a TCP connection. Each has a transaction id of its own, by which its answer is known, in whatever
 * order answers come; an answer that nobody waits for any more is counted and thrown away.
 */
export class TcpTransport implements Transport {
  readonly inFlightMax: number;
  readonly #counters: Counters;
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  readonly #reader = new MbapReader();
  readonly #waiting = new Map<number, Transaction>();
  #lastId = 0;

  constructor(inFlightMax: number, counters: Counters, write: (bytes: Uint8Array) => Promise<void>) {
    this.inFlightMax = inFlightMax;
    this.#counters = counters;
    this.#write = write;
  }

  async transact(ask: Ask): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const id = this.#nextId();
    this.#waiting.set(id, { ask, settle: resolve });
    let timer: NodeJS.Timeout | undefined;
    try {
      const frame = encodeMbapRequest(id, ask.unitId, ask.request);
      ask.show?.('sent', frame);
      await this.#write(frame);
      timer = setTimeout(() => resolve({ failure: 'timeout', sent: true }), ask.timeoutMilliseconds);
    } catch (error) {
      // The link tells why, and connects anew.
      resolve({ failure: 'port-closed', sent: !isLineClosed(error) });
    }
    const outcome = await promise;
    clearTimeout(timer);
    this.#waiting.delete(id);
    return outcome;
  }

  receive(received: Uint8Array): void {
    const before = this.#reader.bytesDiscarded;
    for (const { transactionId, unitId, pdu, bytes } of this.#reader.push(received)) {
      const transaction = this.#waiting.get(transactionId);
      const ours = transaction?.ask.unitId === unitId ? transaction : undefined;
      const response = ours && decodePdu(ours.ask.request, pdu);
      if (response === undefined) {
        this.#counters.add('framesUnasked');
      } else {
        ours?.ask.show?.('received', bytes);
        ours?.settle({ response });
      }
    }
    this.#counters.add('bytesDiscarded', this.#reader.bytesDiscarded - before);
  }

  lineLost(): void {
    this.#counters.add('bytesDiscarded', this.#reader.bytesHeld);
    this.#reader.reset();
    for (const { settle } of this.#waiting.values()) {
      settle({ failure: 'port-closed', sent: true });
    }
  }

  #nextId(): number {
    do {
      this.#lastId = (this.#lastId + 1) % transactionIds;
    } while (this.#waiting.has(this.#lastId));
    return this.#lastId;
  }
}
