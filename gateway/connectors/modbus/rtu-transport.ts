import type { ModbusRtuConnector } from '@andon/shared/contracts';
import type { Clock } from '@andon/shared/kernel';
import { wireTimingOf } from '@andon/shared/modbus-plan';
import { isLineClosed } from '../byte-pipe/index.ts';
import type { Counters } from '../counters.ts';
import { encodeRequest, ResponseReader, responseBytes } from './rtu-framing.ts';
import type { Ask, Outcome, Transport } from './transport.ts';

export interface RtuTiming {
  /** The silence before a request: 3.5 characters, and the turnaround of this line. */
  readonly silenceMilliseconds: number;
  readonly characterMilliseconds: number;
}

/** After a bad checksum the right answer may still follow; so long a silence says that it does not. */
const settleMilliseconds = 50;

export function rtuTimingOf(
  settings: Pick<ModbusRtuConnector, 'port' | 'turnaroundMilliseconds'>,
): RtuTiming {
  const { characterMilliseconds, gapMilliseconds, turnaroundMilliseconds } = wireTimingOf(settings);
  return { silenceMilliseconds: gapMilliseconds + turnaroundMilliseconds, characterMilliseconds };
}

interface Transaction {
  readonly ask: Ask;
  readonly reader: ResponseReader;
  readonly settle: (outcome: Outcome) => void;
  timer: NodeJS.Timeout | undefined;
}

/** One request at a time on a line, with the silence that the standard wants between two frames. */
export class RtuTransport implements Transport {
  readonly inFlightMax = 1;
  readonly #timing: RtuTiming;
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  #current: Transaction | undefined;
  #losses = 0;
  #lastActivity = Number.NEGATIVE_INFINITY;

  constructor(
    timing: RtuTiming,
    clock: Clock,
    counters: Counters,
    write: (bytes: Uint8Array) => Promise<void>,
  ) {
    this.#timing = timing;
    this.#clock = clock;
    this.#counters = counters;
    this.#write = write;
  }

  async transact(ask: Ask): Promise<Outcome> {
    const losses = this.#losses;
    await this.#silence(ask.timeoutMilliseconds);
    if (losses !== this.#losses) {
      return { failure: 'port-closed', sent: false };
    }
    const { unitId, request } = ask;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const reader = new ResponseReader(unitId, request);
    const transaction: Transaction = { ask, reader, settle: resolve, timer: undefined };
    this.#current = transaction;
    try {
      const frame = encodeRequest(unitId, request);
      ask.show?.('sent', frame);
      await this.#write(frame);
      this.#lastActivity = this.#clock.monotonic();
      const onTheWire = responseBytes(request) * this.#timing.characterMilliseconds;
      transaction.timer ??= this.#giveUpAfter(transaction, ask.timeoutMilliseconds + onTheWire);
    } catch (error) {
      // The link tells why, and opens the line anew.
      resolve({ failure: 'port-closed', sent: !isLineClosed(error) });
    }
    const outcome = await promise;
    clearTimeout(transaction.timer);
    this.#current = undefined;
    this.#counters.add('bytesDiscarded', reader.bytesDiscarded);
    return outcome;
  }

  receive(bytes: Uint8Array): void {
    this.#lastActivity = this.#clock.monotonic();
    const transaction = this.#current;
    if (transaction === undefined) {
      this.#counters.add('bytesLate', bytes.length);
      return;
    }
    const response = transaction.reader.push(bytes);
    if (response !== undefined) {
      transaction.ask.show?.('received', transaction.reader.frame);
      transaction.settle({ response });
    } else if (transaction.reader.checksumFailed) {
      clearTimeout(transaction.timer);
      transaction.timer = this.#giveUpAfter(transaction, settleMilliseconds);
    }
  }

  lineLost(): void {
    this.#losses += 1;
    this.#current?.settle({ failure: 'port-closed', sent: true });
  }

  #giveUpAfter(transaction: Transaction, milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => {
      const failure = transaction.reader.checksumFailed ? 'checksum' : 'timeout';
      transaction.settle({ failure, sent: true });
    }, milliseconds);
  }

  /** Waits until the line was quiet for the gap; on a line that never is, as long as for an answer. */
  async #silence(timeoutMilliseconds: number): Promise<void> {
    const { silenceMilliseconds } = this.#timing;
    const latest = this.#clock.monotonic() + Math.max(timeoutMilliseconds, silenceMilliseconds);
    for (;;) {
      const now = this.#clock.monotonic();
      const left = Math.min(this.#lastActivity + silenceMilliseconds, latest) - now;
      if (left <= 0) {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, Math.ceil(left)));
    }
  }
}
