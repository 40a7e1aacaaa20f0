import { AndonError, type Clock } from '@andon/shared/kernel';
import type { Counters } from '../counters.ts';
import { RequestSlots } from '../request-slots.ts';
import type { Ask, Measure, Outcome, Transport } from './transport.ts';

const urgentWaitingMax = 64;

/** A transport that is shared: commands and writes go before polls, and everything that happens is counted. */
export class Bus {
  readonly #name: string;
  readonly #transport: Transport;
  readonly #slots: RequestSlots;
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #measure: Measure | undefined;
  #stopped = false;

  constructor(options: {
    name: string;
    transport: Transport;
    clock: Clock;
    counters: Counters;
    measure: Measure | undefined;
  }) {
    this.#name = options.name;
    this.#transport = options.transport;
    this.#slots = new RequestSlots(options.transport.inFlightMax);
    this.#clock = options.clock;
    this.#counters = options.counters;
    this.#measure = options.measure;
  }

  get inFlightMax(): number {
    return this.#transport.inFlightMax;
  }

  /** Asks when the bus is free. `milliseconds` is how long the bus was held. Never rejects. */
  poll(ask: Ask): Promise<{ outcome: Outcome; milliseconds: number }> {
    return this.#slots.run(false, () => this.#transact(ask));
  }

  /** Asks before all polls. Rejects where too many wait already, or the connector stops. */
  async ahead(ask: Ask): Promise<Outcome> {
    if (this.#stopped) {
      throw this.#notRunning();
    }
    if (this.#slots.urgentWaiting >= urgentWaitingMax) {
      throw new AndonError({
        code: 'modbus.busy',
        message: `${urgentWaitingMax} writes wait for the line ${this.#name} already.`,
        nextStep: 'Try again later.',
      });
    }
    return (await this.#slots.run(true, () => this.#transact(ask))).outcome;
  }

  stop(): void {
    this.#stopped = true;
    this.#slots.cancelUrgent(this.#notRunning());
    this.#transport.lineLost();
  }

  async #transact(ask: Ask): Promise<{ outcome: Outcome; milliseconds: number }> {
    if (this.#stopped) {
      return { outcome: { failure: 'port-closed', sent: false }, milliseconds: 0 };
    }
    const begin = this.#clock.monotonic();
    this.#counters.add('requests');
    const outcome = await this.#transport.transact(ask);
    const milliseconds = this.#clock.monotonic() - begin;
    if ('response' in outcome) {
      this.#counters.add(outcome.response.kind === 'exception' ? 'exceptions' : 'responsesGood');
    } else {
      this.#counters.add(`failures.${outcome.failure}`);
    }
    this.#measure?.(ask.unitId, outcome, milliseconds);
    return { outcome, milliseconds };
  }

  #notRunning(): AndonError {
    return new AndonError({
      code: 'modbus.not-running',
      message: `The connector ${this.#name} is not running.`,
      nextStep: 'It is tried again when the gateway runs.',
    });
  }
}
