import type { ClockState, Lane, Quality, Reading } from '@andon/shared/contracts';
import type { Database, Transaction } from '../platform/index.ts';
import type { Bucket } from './bucket-merge.ts';
import type { NumberedReading } from './reading-columns.ts';

/** A signal of a device; `id` is its number in our database. */
export interface StoredSignal {
  readonly id: number;
  readonly deviceId: string;
  readonly name: string;
}

/** Readings in [from, to), in at most so many buckets. Times in epoch milliseconds. */
export interface BucketQuery {
  readonly signal: StoredSignal;
  readonly from: number;
  readonly to: number;
  readonly buckets: number;
}

export interface BucketAnswer {
  readonly bucketMilliseconds: number;
  /** In their order, empty ones left out. The first may begin before the range; nothing from before is in it. */
  readonly buckets: readonly Bucket[];
}

export interface ReadingQuery {
  readonly signal: StoredSignal;
  readonly from: number;
  readonly to: number;
  /** The `position` and `id` of the last one of the page before. */
  readonly after?: readonly [string, number];
  readonly limit: number;
}

export interface StoredReading {
  /** Unique among those of its signal and time. */
  readonly id: number;
  /** With `id` the place in the order, as a cursor needs it. */
  readonly position: string;
  readonly sourceTime: Date;
  readonly gatewayTime: Date;
  readonly receivedAt: Date;
  readonly originalTime: Date | null;
  readonly value: Reading['value'];
  readonly quality: Quality;
  readonly qualityReason: string | null;
  readonly clockState: ClockState;
  readonly historical: boolean;
}

/** Who sent the readings of a batch: within one lane of one gateway they come in one order, however often. */
export interface ReadingOrigin {
  readonly lane: Lane;
  gatewayOf(deviceId: string): string;
}

/**
 * Where readings are kept. Latest values, gaps, roll-ups and what gateways thinned are kept in our database whatever the
 * store; `test/contract/reading-stores.test.ts` says what all stores must do.
 */
export interface ReadingStore {
  /** `postgresql` or `influxdb`, for people. */
  readonly name: string;
  /**
   * Keeps the readings of a batch, and has them rolled up, before it answers. Called in the transaction that advances the lane, and perhaps
   * again with the same readings when that was not committed: they must not be there twice then. What it throws ends
   * the batch; the gateway sends it again.
   */
  keep(
    transaction: Transaction,
    readings: readonly NumberedReading[],
    receivedAt: Date,
    origin: ReadingOrigin,
  ): Promise<void>;
  readBuckets(database: Database, query: BucketQuery): Promise<BucketAnswer>;
  /** By the device's time; up to one more than the limit, which says that there are more. */
  listReadings(database: Database, query: ReadingQuery): Promise<StoredReading[]>;
}
