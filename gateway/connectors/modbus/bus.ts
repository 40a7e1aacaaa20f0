import type { SerialPortSettings } from '@andon/shared/contracts';
import type { Clock } from '@andon/shared/kernel';
import { isLineClosed } from '../byte-pipe/index.ts';
import type { Counters } from '../counters.ts';
import { encodeRequest, type Request, type Response, ResponseReader, responseBytes } from './protocol.ts';

export type Outcome =
  | { readonly response: Response }
  /** `sent` where the slave may have got the request all the same. */
  | { readonly failure: 'timeout' | 'checksum' | 'port-closed'; readonly sent: boolean };

export interface BusTiming {
  readonly requestTimeoutMilliseconds: number;
  readonly gapMilliseconds: number;
  readonly characterMilliseconds: number;
}

const baudRateDefault = 9600;
const requestTimeoutDefault = 500;
const gapCharacters = 3.5;
/** Above 19,200 baud the gap is fixed (Modbus over Serial Line 1.02, 2.5.1.1). */
const fastBaudRate = 19_200;
const fastGapMilliseconds = 1.75;
/** After a bad checksum the right answer may still follow; so long a silence says that it does not. */
const settleMilliseconds = 50;

export function timingOf(settings: {
  readonly port: SerialPortSettings;
  readonly requestTimeoutMilliseconds?: number;
  readonly turnaroundMilliseconds?: number;
}): BusTiming {
  const { baudRate = baudRateDefault, dataBits = 8, parity = 'none', stopBits = 1 } = settings.port;
  const characterMilliseconds = ((1 + dataBits + (parity === 'none' ? 0 : 1) + stopBits) / baudRate) * 1000;
  const gap = baudRate > fastBaudRate ? fastGapMilliseconds : gapCharacters * characterMilliseconds;
  return {
    requestTimeoutMilliseconds: settings.requestTimeoutMilliseconds ?? requestTimeoutDefault,
    gapMilliseconds: gap + (settings.turnaroundMilliseconds ?? 0),
    characterMilliseconds,
  };
}

interface Transaction {
  readonly reader: ResponseReader;
  readonly settle: (outcome: Outcome) => void;
  timer: NodeJS.Timeout | undefined;
}

/** One request at a time on a line, with the silence that the standard wants between two frames. */
export class ModbusBus {
  readonly #timing: BusTiming;
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  #current: Transaction | undefined;
  #lastActivity = Number.NEGATIVE_INFINITY;

  constructor(
    timing: BusTiming,
    clock: Clock,
    counters: Counters,
    write: (bytes: Uint8Array) => Promise<void>,
  ) {
    this.#timing = timing;
    this.#clock = clock;
    this.#counters = counters;
    this.#write = write;
  }

  /** Never rejects. The caller has one transaction under way at most. */
  async transact(unitId: number, request: Request): Promise<Outcome> {
    await this.#silence();
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const transaction: Transaction = {
      reader: new ResponseReader(unitId, request),
      settle: resolve,
      timer: undefined,
    };
    this.#current = transaction;
    this.#counters.add('requests');
    try {
      await this.#write(encodeRequest(unitId, request));
      this.#lastActivity = this.#clock.monotonic();
      const onTheWire = responseBytes(request) * this.#timing.characterMilliseconds;
      transaction.timer ??= this.#giveUpAfter(
        transaction,
        this.#timing.requestTimeoutMilliseconds + onTheWire,
      );
    } catch (error) {
      // The link tells why, and opens the line anew.
      resolve({ failure: 'port-closed', sent: !isLineClosed(error) });
    }
    const outcome = await promise;
    clearTimeout(transaction.timer);
    this.#current = undefined;
    this.#counters.add('bytesDiscarded', transaction.reader.bytesDiscarded);
    this.#count(outcome);
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
      transaction.settle({ response });
    } else if (transaction.reader.checksumFailed) {
      clearTimeout(transaction.timer);
      transaction.timer = this.#giveUpAfter(transaction, settleMilliseconds);
    }
  }

  lineLost(): void {
    this.#current?.settle({ failure: 'port-closed', sent: true });
  }

  #giveUpAfter(transaction: Transaction, milliseconds: number): NodeJS.Timeout {
    return setTimeout(
      () =>
        transaction.settle({
          failure: transaction.reader.checksumFailed ? 'checksum' : 'timeout',
          sent: true,
        }),
      milliseconds,
    );
  }

  /** Waits until the line was quiet for the gap; on a line that never is, as long as for an answer. */
  async #silence(): Promise<void> {
    const { gapMilliseconds, requestTimeoutMilliseconds } = this.#timing;
    const latest = this.#clock.monotonic() + Math.max(requestTimeoutMilliseconds, gapMilliseconds);
    for (;;) {
      const now = this.#clock.monotonic();
      const left = Math.min(this.#lastActivity + gapMilliseconds, latest) - now;
      if (left <= 0) {
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, Math.ceil(left)));
    }
  }

  #count(outcome: Outcome): void {
    if ('response' in outcome) {
      this.#counters.add(outcome.response.kind === 'exception' ? 'exceptions' : 'responsesGood');
    } else {
      this.#counters.add(`failures.${outcome.failure}`);
    }
  }
}
