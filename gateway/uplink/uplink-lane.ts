import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Lane, uplinkBatchRecordsMax } from '@andon/shared/contracts';
import { backoffMilliseconds, type Clock } from '@andon/shared/kernel';
import type { Batch, Outbox } from '../outbox/index.ts';
import { Waker } from '../waker.ts';
import { type Answer, interpretAnswer } from './answer.ts';
import { type CloudClient, messageOf } from './cloud-client.ts';

const compress = promisify(gzip);

const requestMillisecondsMax = 30_000;
const backoff = { baseMilliseconds: 500, capMilliseconds: 30_000 };
/** No cloud makes us wait longer than this. */
const retryAfterMillisecondsMax = 10 * 60_000;
/** Readings gather for this long, so that a trickle does not make a request of each. */
const gatherMilliseconds: Record<Lane, number> = { alerts: 0, readings: 50 };
/** A body shorter than this goes as it is. */
const compressBytesMin = 1024;
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
  #loop: Promise<void> | undefined;
  #state: UplinkStatus['state'] = 'idle';
  #acknowledgedAt: number | undefined;
  #error: string | undefined;
  #batches = 0;
  #records = 0;
  #failures = 0;
  #refusalsInARow = 0;
  #recordsMax = uplinkBatchRecordsMax;
  /** The highest number that may have reached the cloud under this epoch; an answer may be late or lost. */
  #sent = { epoch: '', through: 0 };

  constructor(options: UplinkLaneOptions) {
    this.#options = options;
    options.outbox.onAppended((lane) => {
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
    const { outbox, lane } = this.#options;
    let wasFull = true;
    while (!this.#stop.signal.aborted) {
      try {
        const gather = gatherMilliseconds[lane];
        if (!wasFull && gather > 0) {
          await this.#patience.sleep(gather);
        }
        const batch = outbox.batch(lane, this.#recordsMax);
        if (!batch) {
          this.#state = 'idle';
          await this.#news.sleep();
          wasFull = false;
          continue;
        }
        wasFull = batch.records.length >= this.#recordsMax;
        this.#state = 'sending';
        await this.#deliver(batch);
      } catch (error) {
        await this.#wait(messageOf(error), undefined);
      }
    }
  }

  async #deliver(batch: Batch): Promise<void> {
    const answer = await this.#send(batch);
    if (answer.kind === 'stored') {
      await this.#stored(batch, answer.acked);
    } else if (answer.kind === 'hole') {
      await this.#hole(batch, answer.expected);
    } else if (answer.kind === 'invalid') {
      await this.#invalid(batch, answer.reason);
    } else {
      await this.#wait(answer.reason, answer.afterMilliseconds);
    }
  }

  async #send(batch: Batch): Promise<Answer> {
    const { client, clock } = this.#options;
    const last = lastNumber(batch);
    const through = this.#sent.epoch === batch.epoch ? Math.max(this.#sent.through, last) : last;
    this.#sent = { epoch: batch.epoch, through };
    const bodies = batch.records.map(({ body }) => body).join(',');
    const envelope = { lane: batch.lane, epoch: batch.epoch, firstSeq: batch.firstSeq };
    const text = `${JSON.stringify(envelope).slice(0, -1)},"records":[${bodies}]}`;
    const compressed = text.length >= compressBytesMin;
    const response = await client.request('/v1/gateway/uplink', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(compressed && { 'content-encoding': 'gzip' }),
      },
      body: compressed ? await compress(text) : text,
      signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(requestMillisecondsMax)]),
    });
    const body = await response.text();
    const retryAfter = response.headers.get('retry-after');
    return interpretAnswer({ status: response.status, retryAfter, body }, clock.now());
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
    await this.#options.outbox.acknowledge(batch.lane, acked);
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

  async #hole(batch: Batch, expected: number): Promise<void> {
    const { outbox, clock, lane, logger } = this.#options;
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

const lastNumber = (batch: Batch): number => batch.firstSeq + batch.records.length - 1;
