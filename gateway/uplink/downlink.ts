import { DownlinkMessage, downlinkStreamHeader, validatorOf } from '@andon/shared/contracts';
import { backoffMilliseconds, type Clock } from '@andon/shared/kernel';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { Waker } from '../waker.ts';
import { type CloudClient, messageOf } from './cloud-client.ts';
import { DownlinkReceipts } from './downlink-receipts.ts';
import { parsedJson } from './parsed-json.ts';
import type { UplinkLogger } from './uplink-lane.ts';

/** The cloud says something every 15 s; a line that is silent for three times that is dead. */
const silenceMillisecondsMax = 45_000;
const backoff = { baseMilliseconds: 500, capMilliseconds: 30_000 };
const eventBytesMax = 4 * 1024 * 1024;
const eventsWaitingMax = 10_000;

export interface DownlinkOptions {
  readonly client: CloudClient;
  readonly clock: Clock;
  readonly jitter: () => number;
  readonly logger?: UplinkLogger;
  readonly lastEventId: () => string | undefined;
  /** What the gateway says of itself when it connects. */
  readonly introduction?: () => Readonly<Record<string, string>>;
  /** Keeps the message durably with its id, then begins to act. A rejection means that it comes again. */
  readonly handle: (eventId: string, message: DownlinkMessage) => Promise<void>;
  /** Told of a message that does not follow the contract; it is kept as seen, and passed over. */
  readonly passOver: (eventId: string, message: unknown) => Promise<void>;
  readonly onConnected: () => void;
  readonly silenceMilliseconds?: number;
}

export interface DownlinkStatus {
  readonly state: 'connected' | 'connecting' | 'waiting' | 'stopped';
  readonly since: number;
  readonly error: string | undefined;
  readonly messages: number;
  readonly passedOver: number;
}

const checkMessage = validatorOf(DownlinkMessage);

/** Listens to the cloud. See the essay in `index.ts`. */
export class Downlink {
  readonly #options: DownlinkOptions;
  readonly #waker = new Waker();
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;
  #state: DownlinkStatus['state'] = 'connecting';
  #since: number;
  #error: string | undefined;
  #messages = 0;
  #passedOver = 0;
  #failures = 0;

  constructor(options: DownlinkOptions) {
    this.#options = options;
    this.#since = options.clock.now();
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#waker.wake();
    await this.#loop;
    this.#enter('stopped');
  }

  /** Tries again now: the cloud was just heard of. */
  tryNow(): void {
    if (this.#state === 'waiting') {
      this.#waker.wake();
    }
  }

  status(): DownlinkStatus {
    return {
      state: this.#state,
      since: this.#since,
      error: this.#error,
      messages: this.#messages,
      passedOver: this.#passedOver,
    };
  }

  async #run(): Promise<void> {
    const { jitter, logger } = this.#options;
    while (!this.#stop.signal.aborted) {
      const failure = await this.#listen().then(() => undefined, messageOf);
      if (this.#stop.signal.aborted) {
        return;
      }
      // In good order the cloud ends a line to hear what was journaled, or to be updated: that is no outage.
      if (failure !== undefined) {
        this.#error = failure;
        if (this.#failures === 0) {
          logger?.warn({ reason: failure }, 'the downlink waits');
        }
      }
      this.#enter('waiting');
      const patience = backoffMilliseconds(this.#failures, backoff, jitter);
      this.#failures += 1;
      await this.#waker.sleep(patience);
    }
  }

  async #listen(): Promise<void> {
    const {
      client,
      lastEventId,
      introduction,
      onConnected,
      logger,
      silenceMilliseconds = silenceMillisecondsMax,
    } = this.#options;
    this.#enter('connecting');
    const line = new AbortController();
    const cut = () => line.abort(new Error(`nothing was heard for ${silenceMilliseconds} ms`));
    const watchdog = setTimeout(cut, silenceMilliseconds);
    try {
      const last = lastEventId();
      const response = await client.request('/v1/gateway/downlink', {
        method: 'GET',
        headers: {
          accept: 'text/event-stream',
          ...introduction?.(),
          ...(last !== undefined && { 'last-event-id': last }),
        },
        signal: AbortSignal.any([this.#stop.signal, line.signal]),
      });
      if (response.status !== 200) {
        response.cancel();
        throw new Error(`the cloud answered ${response.status}`);
      }
      this.#enter('connected');
      if (this.#error !== undefined) {
        this.#error = undefined;
        logger?.info({}, 'the downlink is open again');
      }
      onConnected();
      const stream = response.header(downlinkStreamHeader);
      const receipts =
        stream === null ? undefined : new DownlinkReceipts({ client, stream, signal: line.signal, logger });
      await this.#read(response.body, watchdog, receipts);
    } finally {
      clearTimeout(watchdog);
      line.abort();
    }
  }

  async #read(
    body: AsyncIterable<Uint8Array>,
    watchdog: NodeJS.Timeout,
    receipts: DownlinkReceipts | undefined,
  ): Promise<void> {
    const decoder = new TextDecoder();
    const events: EventSourceMessage[] = [];
    const parser = createParser({ onEvent: (event) => events.push(event), maxBufferSize: eventBytesMax });
    for await (const chunk of body) {
      watchdog.refresh();
      parser.feed(decoder.decode(chunk, { stream: true }));
      if (events.length > eventsWaitingMax) {
        throw new Error(`more than ${eventsWaitingMax} messages came at once`);
      }
      // Asked for in one turn, they share a transaction, in order.
      const came = events.splice(0);
      await Promise.all(came.map((event) => this.#take(event)));
      const lastKept = came.findLast(({ id }) => id !== undefined && id !== '')?.id;
      if (lastKept !== undefined) {
        receipts?.tell(lastKept);
      }
      // Only a line that carried something is a good one: a server that hangs up at once is not asked in a hurry.
      this.#failures = 0;
    }
  }

  async #take(event: EventSourceMessage): Promise<void> {
    const { handle, passOver, logger } = this.#options;
    if (event.id === undefined || event.id === '') {
      return;
    }
    const message = parsedJson(event.data);
    if (checkMessage.Check(message)) {
      await handle(event.id, message);
      this.#messages += 1;
    } else {
      logger?.warn({ eventId: event.id }, 'a message of the cloud does not follow the contract');
      await passOver(event.id, message);
      this.#passedOver += 1;
    }
  }

  #enter(state: DownlinkStatus['state']): void {
    this.#state = state;
    this.#since = this.#options.clock.now();
  }
}
