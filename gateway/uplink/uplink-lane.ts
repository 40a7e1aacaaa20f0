import { type Lane, uplinkBatchRecordsMax } from '@andon/shared/contracts';
import { backoffMilliseconds, type Clock } from '@andon/shared/kernel';
import type { Batch, Outbox } from '../outbox/index.ts';
import { Waker } from '../waker.ts';
import { type Answer, interpretAnswer } from './answer.ts';
import { type BatchBody, batchBody } from './batch-body.ts';
import { type CloudClient, messageOf } from './cloud-client.ts';

const requestMillisecondsMax = 30_000;
const backoff = { baseMilliseconds: 500, capMilliseconds: 30_000 };
/** No cloud makes us wait longer than this. */
const retryAfterMillisecondsMax = 10 * 60_000;
/** Readings gather for this long, so that a trickle does not make a request of each. */
const gatherMilliseconds: Record<Lane, number> = { alerts: 0, readings: 50, history: 0 };
/** What waits longer than this does not hold up what is live: it goes to the history lane. */
const liveMillisecondsMax = 30_000;
/** So many single records in a row may be refused at full speed. */
const refusalsInARowMax = 5;

export interface UplinkLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

export interface UplinkLaneOptions {
  readonly lane: Lane;
  readonly outbox: Outbox;
  readonly client: CloudClient;
  readonly clock: Clock;
  readonly jitter: () => number;
  readonly logger?: UplinkLogger;
  /** A record's JSON as it goes out: with its time corrected, where the clock was not set when it was kept. */
  readonly settle?: (body: string) => string;
  /** Is the time of what is kept unknown until the cloud is heard? */
  readonly awaitsTime?: () => boolean;
  /** For the lane of what is live: leaves everything that waits to the history lane. */
  readonly demote?: () => Promise<void>;
  /** The cloud stored something again, after it could not be reached or would not. */
  readonly onRecovered?: () => void;
}

export interface UplinkStatus {
  readonly state: 'idle' | 'sending' | 'waiting' | 'stopped';
  readonly acknowledgedAt: number | undefined;
  readonly error: string | undefined;
  readonly batches: number;
  readonly records: number;
}

/** Sends one lane. See the essay in `index.ts`. */
export class UplinkLane {
  readonly #options: UplinkLaneOptions;
  readonly #news = new Waker();
  readonly #patience = new Waker();
  readonly #stop = new AbortController();
  readonly #endListening: () => void;
  #loop: Promise<void> | undefined;
  #state: UplinkStatus['state'] = 'idle';
  #acknowledgedAt: number | undefined;
  #error: string | undefined;
  #batches = 0;
  #records = 0;
  #failures = 0;
  #refusalsInARow = 0;
  #recordsMax = uplinkBatchRecordsMax;
  /** What comes after the batch under way, read and compressed meanwhile. */
  #prepared: PreparedBatch | undefined;
  /** The acknowledgements that are being kept. */
  #keeping: Promise<void> = Promise.resolve();
  /** Up to here the cloud has all, though it is not deleted yet: what comes after it may go. */
  #unkept: Position | undefined;
  /** The highest number that may have reached the cloud under this epoch; an answer may be late or lost. */
  #sent = { epoch: '', through: 0 };
  /** The cloud has answered for all that may have reached it, and that is deleted here for good. */
  #isSettled = false;

  constructor(options: UplinkLaneOptions) {
    this.#options = options;
    this.#endListening = options.outbox.onAppended((lane) => {
      if (lane === options.lane) {
        this.#news.wake();
      }
    });
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Ends the request under way; what it held is sent again after the next start. */
  async stop(): Promise<void> {
    this.#endListening();
    this.#stop.abort();
    this.#news.wake();
    this.#patience.wake();
    await this.#loop;
    this.#state = 'stopped';
  }

  /** Tries again now: the cloud was just heard of. */
  tryNow(): void {
    if (this.#state === 'waiting') {
      this.#patience.wake();
    }
  }

  status(): UplinkStatus {
    return {
      state: this.#state,
      acknowledgedAt: this.#acknowledgedAt,
      error: this.#error,
      batches: this.#batches,
      records: this.#records,
    };
  }

  async #run(): Promise<void> {
    let wasFull = true;
    while (!this.#stop.signal.aborted) {
      try {
        const gather = gatherMilliseconds[this.#options.lane];
        if (!wasFull && gather > 0) {
          await this.#patience.sleep(gather);
        }
        const prepared = await this.#next();
        if (!prepared) {
          this.#state = 'idle';
          await this.#news.sleep();
          wasFull = false;
          continue;
        }
        wasFull = prepared.batch.records.length >= this.#recordsMax;
        this.#state = 'sending';
        await this.#deliver(prepared, wasFull);
      } catch (error) {
        this.#prepared = undefined;
        await this.#wait(messageOf(error), undefined);
      }
    }
    await this.#keeping.catch(() => undefined);
  }

  /** What goes next: prepared already, or read now. */
  async #next(): Promise<PreparedBatch | undefined> {
    const prepared = this.#prepared;
    this.#prepared = undefined;
    if (prepared && prepared.batch.epoch === this.#sent.epoch) {
      return prepared;
    }
    if (this.#unkept !== undefined) {
      return this.#prepare(this.#unkept);
    }
    await this.#keeping;
    await this.#learnTime();
    await this.#leaveBacklog();
    return this.#prepare(undefined);
  }

  /** Reads and compresses what comes after the batch given, or what is at the front. */
  async #prepare(before: Position | undefined): Promise<PreparedBatch | undefined> {
    const { outbox, lane, settle = (body: string) => body } = this.#options;
    const batch = outbox.batch(lane, this.#recordsMax, before?.through);
    if (!batch || (before && batch.epoch !== before.epoch)) {
      return undefined;
    }
    const isOld = lane === 'history' || (lane === 'readings' && this.#isBehind());
    return { batch, body: await batchBody(batch, settle, isOld) };
  }

  async #deliver(prepared: PreparedBatch, isFull: boolean): Promise<void> {
    const { batch } = prepared;
    const sending = this.#send(prepared);
    // Only in the history lane: in the others nothing may be read ahead, so that a backlog can be left at any time.
    const preparing = isFull && this.#options.lane === 'history' ? this.#prepare(endOf(batch)) : undefined;
    const [answer, next] = await Promise.all([sending, preparing]);
    if (answer.kind === 'stored') {
      if (answer.acked === lastNumber(batch)) {
        this.#prepared = next;
      }
      await this.#stored(batch, answer.acked);
    } else if (answer.kind === 'hole') {
      await this.#hole(batch, answer.expected);
    } else if (answer.kind === 'invalid') {
      await this.#invalid(batch, answer.reason);
    } else {
      await this.#wait(answer.reason, answer.afterMilliseconds);
    }
  }

  async #send({ batch, body }: PreparedBatch): Promise<Answer> {
    const last = lastNumber(batch);
    const through = this.#sent.epoch === batch.epoch ? Math.max(this.#sent.through, last) : last;
    this.#sent = { epoch: batch.epoch, through };
    this.#isSettled = false;
    const response = await this.#options.client.request('/v1/gateway/uplink', {
      method: 'POST',
      ...body,
      signal: this.#stop.signal,
      millisecondsMax: requestMillisecondsMax,
    });
    const text = await response.text();
    return interpretAnswer({
      status: response.status,
      retryAfter: response.header('retry-after'),
      date: response.header('date'),
      contentType: response.header('content-type'),
      body: text,
    });
  }

  /** Where the clock is not set, the cloud is asked what time it is before anything is told of the past. */
  async #learnTime(): Promise<void> {
    const { awaitsTime, client, lane, outbox } = this.#options;
    if (awaitsTime?.() && outbox.batch(lane, 1)) {
      const response = await client.request('/healthz', {
        method: 'GET',
        signal: this.#stop.signal,
        millisecondsMax: requestMillisecondsMax,
      });
      response.cancel();
    }
  }

  /** Leaves what waits for long to the history lane, where the cloud cannot have got any of it under other numbers. */
  async #leaveBacklog(): Promise<void> {
    const { demote } = this.#options;
    if (demote && this.#isSettled && this.#isBehind()) {
      await demote();
    }
  }

  #isBehind(): boolean {
    const { outbox, lane } = this.#options;
    return (outbox.oldestAge(lane) ?? 0) > liveMillisecondsMax;
  }

  async #stored(batch: Batch, acked: number): Promise<void> {
    if (acked > this.#sent.through) {
      await this.#cloudIsAhead(batch, acked);
      return;
    }
    if (acked < batch.firstSeq) {
      await this.#wait(`the cloud stored nothing of the batch (acknowledged ${acked})`, undefined);
      return;
    }
    await this.#acknowledge(batch, acked);
    this.#refusalsInARow = 0;
    this.#recordsMax = Math.min(uplinkBatchRecordsMax, this.#recordsMax * 2);
  }

  async #acknowledge(batch: Batch, acked: number): Promise<void> {
    if (batch.lane === 'alerts') {
      this.#keepMeanwhile(batch, acked);
    } else {
      // The next batch goes while this is kept; a failure shows with the next acknowledgement.
      await this.#keeping;
      this.#keeping = this.#keep(batch, acked);
      if (this.#prepared === undefined) {
        await this.#keeping;
      } else {
        this.#keeping.catch(() => undefined);
      }
    }
    this.#batches += 1;
    this.#records += acked - batch.firstSeq + 1;
    this.#acknowledgedAt = this.#options.clock.now();
    this.#failures = 0;
    if (this.#error !== undefined) {
      this.#error = undefined;
      this.#options.logger?.info({ lane: batch.lane }, 'the uplink delivers again');
      this.#options.onRecovered?.();
    }
  }

  async #keep({ lane, epoch }: Batch, acked: number): Promise<void> {
    await this.#options.outbox.acknowledge(lane, acked);
    this.#noteSettled(epoch, acked);
  }

  /** An alert does not wait until the one before is deleted. Where that fails, all is read from the front again. */
  #keepMeanwhile(batch: Batch, acked: number): void {
    const unkept = { epoch: batch.epoch, through: acked };
    this.#unkept = unkept;
    this.#keeping = Promise.all([this.#keeping, this.#keep(batch, acked)]).then(() => undefined);
    this.#keeping.then(
      () => {
        if (this.#unkept === unkept) {
          this.#unkept = undefined;
        }
      },
      () => {
        this.#unkept = undefined;
        this.#news.wake();
      },
    );
  }

  /** Not before the deletion is kept: what the cloud has and is still here must not get other numbers. */
  #noteSettled(epoch: string, acked: number): void {
    if (epoch === this.#sent.epoch && acked === this.#sent.through) {
      this.#isSettled = true;
    }
  }

  async #hole(batch: Batch, expected: number): Promise<void> {
    const { outbox, clock, lane, logger } = this.#options;
    this.#prepared = undefined;
    if (expected === batch.firstSeq) {
      await this.#wait('the cloud expects what it was sent', undefined);
    } else if (expected - 1 > this.#sent.through) {
      await this.#cloudIsAhead(batch, expected - 1);
    } else if (expected > batch.firstSeq) {
      await this.#acknowledge(batch, expected - 1);
    } else {
      const lost = batch.firstSeq - expected;
      const now = clock.now();
      logger?.warn(
        { lane, expected, front: batch.firstSeq },
        'the cloud has lost records that it acknowledged',
      );
      await outbox.beginEpoch(lane, {
        type: 'gap',
        reason: `cloud-lost: numbers ${expected} to ${batch.firstSeq - 1} were acknowledged and are not here any more`,
        count: lost,
        from: this.#acknowledgedAt ?? now,
        to: now,
      });
    }
  }

  /** The cloud knows numbers that were never given: this outbox is an old copy. Nothing of it is lost by that. */
  async #cloudIsAhead(batch: Batch, acked: number): Promise<void> {
    const { outbox, lane, logger } = this.#options;
    logger?.warn(
      { lane, acked, front: batch.firstSeq },
      'the cloud is ahead of this outbox; a new epoch begins',
    );
    await outbox.beginEpoch(lane);
  }

  async #invalid(batch: Batch, reason: string): Promise<void> {
    const { outbox, lane, logger } = this.#options;
    if (batch.records.length > 1) {
      this.#recordsMax = Math.max(1, Math.floor(batch.records.length / 2));
      return;
    }
    await outbox.refuseFront(lane, reason);
    logger?.warn({ lane, number: batch.firstSeq, reason }, 'the cloud refused a record; it is set aside');
    this.#refusalsInARow += 1;
    if (this.#refusalsInARow > refusalsInARowMax) {
      await this.#wait(`the cloud refuses record after record: ${reason}`, undefined);
    }
  }

  async #wait(reason: string, afterMilliseconds: number | undefined): Promise<void> {
    if (this.#stop.signal.aborted) {
      return;
    }
    const { clock, jitter, lane, logger } = this.#options;
    this.#prepared = undefined;
    this.#unkept = undefined;
    this.#keeping = Promise.resolve();
    if (this.#error === undefined) {
      logger?.warn({ lane, reason }, 'the uplink waits');
    }
    this.#error = reason;
    this.#state = 'waiting';
    const patience = Math.min(
      retryAfterMillisecondsMax,
      Math.max(afterMilliseconds ?? 0, backoffMilliseconds(this.#failures, backoff, jitter)),
    );
    this.#failures += 1;
    const until = clock.monotonic() + patience;
    await this.#patience.sleep(patience);
    // Woken early because the cloud was heard of; but where it said when to come back, that stands.
    if (afterMilliseconds !== undefined && !this.#stop.signal.aborted) {
      const rest = until - clock.monotonic();
      if (rest > 0) {
        await this.#patience.sleep(rest);
      }
    }
  }
}

interface PreparedBatch {
  readonly batch: Batch;
  readonly body: BatchBody;
}

/** A place in a lane: everything up to and with this number. */
interface Position {
  readonly epoch: string;
  readonly through: number;
}

const lastNumber = (batch: Batch): number => batch.firstSeq + batch.records.length - 1;
const endOf = (batch: Batch): Position => ({ epoch: batch.epoch, through: lastNumber(batch) });
