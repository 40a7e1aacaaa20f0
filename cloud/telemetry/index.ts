/**
 * Readings: every value of every signal of every device.
 *
 * Actors: gateways send batches of readings; people and escalations ask for the latest values, for buckets of a
 * range (a chart), or for the readings themselves.
 *
 * A reading is 40 to 60 bytes: (device, signal) is a number, quality and clock state are small numbers. A batch is
 * stored by one statement and moves the latest value of its signals by another, forward in time only, within the
 * transaction that advances the lane: so each reading is stored once. Readings are never taken for repetitions by
 * their time: two of the same time are two. What an edge had to thin is kept beside them, and is in the buckets.
 *
 * Readings lie in tables of some days each, by the time of their arrival, which are made ahead and dropped as wholes.
 * What a batch adds to the minutes of its signals is written down with it, and some seconds later added to the
 * roll-ups of a minute and of an hour: added, not computed anew, so a reading that comes years late needs no other to
 * be there still. Whoever asks gets roll-ups and what waits to be added in one statement, so nothing is missing and
 * nothing twice at any moment. Instead of in our database readings may be kept in another store (`ReadingStore`); their
 * roll-ups are here all the same.
 *
 * Moments are what happened to a device (alerts, commands, reboots, cases, work orders), taken from the event log and
 * pinned on its charts at the time at which they happened.
 *
 * Invariants: a BAD reading is kept and counted, and never computed with; a reading is kept for the retention (400
 * days unless set otherwise) after its arrival, whatever its own date is, and its roll-ups for longer.
 *
 * May go wrong: a device whose clock is wrong (a date in the future does not hide what follows); a device that
 * invents signals without end (readings beyond its first thousand signals are refused and counted); a range that
 * holds too much (the query is given up after 15 s and says so); a store elsewhere that is away (503, and the gateway
 * sends again); rows that find no table of their time (they go into one that takes all, and move when theirs is made).
 */
import type { Reading } from '@andon/shared/contracts';
import type { Devices } from '../devices/index.ts';
import type { Gateways, UplinkHandler } from '../gateways/index.ts';
import type { Capability, Database, Platform } from '../platform/index.ts';
import { createHousekeeping, keptDefault } from './housekeeping.ts';
import { listSignals, listSignalsOf, type SignalRow } from './latest-store.ts';
import { momentRoutes } from './moment-routes.ts';
import { momentSubscription } from './moment-store.ts';
import type { Kept } from './partitions.ts';
import { createPostgresStore } from './postgres-store.ts';
import { qualities, valueOfColumns } from './reading-columns.ts';
import type { ReadingStore } from './reading-store.ts';
import { readingRoutes, seriesRoutes, tableRoutes } from './routes.ts';
import { createReadingHandler } from './uplink.ts';

export type { Bucket, BucketPart } from './bucket-merge.ts';
export { readBucketsAround } from './buckets-around.ts';
export { noteChanges } from './change-store.ts';
export { findNotes, keepNotes, type ReadingNote } from './note-store.ts';
export { findNumberedLanes, keepNumberedLanes, type NumberedLane } from './number-store.ts';
export type { Kept } from './partitions.ts';
export {
  clockStates,
  columnsOfValue,
  type NumberedReading,
  qualities,
  summableMax,
  valueOfColumns,
} from './reading-columns.ts';
export type * from './reading-store.ts';

/** The latest reading of a signal. */
export interface LatestReading {
  readonly signal: string;
  readonly unit: string | null;
  readonly value: Reading['value'];
  readonly quality: Reading['quality'];
  readonly sourceTime: Date;
  readonly gatewayTime: Date;
}

export interface Telemetry extends Capability {
  readonly uplink: UplinkHandler;
  /** The latest reading of each signal of a device, by name: evidence for a case. */
  findLatest(database: Database, deviceId: string): Promise<LatestReading[]>;
  /** The same of several devices, in one query. */
  findLatestOf(database: Database, deviceIds: readonly string[]): Promise<Map<string, LatestReading[]>>;
}

export function createTelemetry(
  platform: Platform,
  dependencies: {
    gateways: Gateways;
    devices: Devices;
    /** Where readings are kept; undefined: in our own database. */
    store?: ReadingStore | undefined;
    kept?: Partial<Kept>;
  },
): Telemetry {
  const store = dependencies.store ?? createPostgresStore();
  const housekeeping = createHousekeeping(platform, { ...keptDefault, ...dependencies.kept });
  return {
    name: 'telemetry',
    subscriptions: [momentSubscription],
    uplink: createReadingHandler({ ...dependencies, store }),
    routes(app) {
      seriesRoutes(app, platform, { ...dependencies, store });
      readingRoutes(app, platform, { ...dependencies, store });
      tableRoutes(app, platform, { ...dependencies, store });
      momentRoutes(app, platform, dependencies);
    },
    start: async () => housekeeping.start(),
    stop: () => housekeeping.stop(),
    findLatest: async (database, deviceId) => toLatest(await listSignals(database, deviceId)),
    async findLatestOf(database, deviceIds) {
      const rows = Map.groupBy(await listSignalsOf(database, deviceIds), ({ device_id }) => device_id);
      return new Map([...rows].map(([deviceId, own]) => [deviceId, toLatest(own)]));
    },
  };
}

function toLatest(rows: readonly SignalRow[]): LatestReading[] {
  return rows.flatMap((row) =>
    row.quality === null || row.source_time === null || row.gateway_time === null
      ? []
      : [
          {
            signal: row.name,
            unit: row.unit,
            value: valueOfColumns(row.value, row.text_value),
            quality: qualities[row.quality] ?? 'BAD',
            sourceTime: row.source_time,
            gatewayTime: row.gateway_time,
          },
        ],
  );
}
