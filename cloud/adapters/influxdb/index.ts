/**
 * Readings in a server of time series instead of our own database, when INFLUX_URL, INFLUX_TOKEN, INFLUX_ORG and
 * INFLUX_BUCKET are set.
 *
 * Actors: the official client writes line protocol to `/api/v2/write`; lists, and charts whose buckets are shorter than a
 * minute, are asked of the query API of VictoriaMetrics (MetricsQL), which InfluxDB itself does not have: it takes the
 * writes, and its readings are looked at with its own tools. Roll-ups are in our database as ever, so longer charts need
 * nothing of the server but the edges of their range.
 *
 * However much is there, little is fetched: the server makes the buckets, and a list counts before it fetches.
 *
 * A batch is written before the transaction commits that acknowledges it. Where the write fails, nothing is
 * acknowledged and the gateway sends it again; where the commit fails after it, the same points are written again over
 * themselves: device, signal, time and their number among those of the same time are what a point is. The numbers follow from
 * the readings before in their lane (`reading-numbers.ts`), so another reading of the same time is another point, in
 * whatever batch it comes.
 *
 * Invariants: what is acknowledged was taken by the server; BAD values are never in the field that is computed with.
 *
 * May go wrong: the server is away (503, the gateway keeps what it has and sends it again); a device whose clock
 * stands still (each of its readings is a series of its own at the server); a date outside of what the server keeps (it
 * drops the point without a word); what was just written is seen a second later.
 */
import type { FastifyBaseLogger } from 'fastify';
import type { ReadingStore } from '../../telemetry/index.ts';
import type { InfluxSettings } from './influx-store.ts';

export type { InfluxSettings } from './influx-store.ts';

/** The client is loaded only where it is set up: it would take a tenth of a second of every start. */
export function createInfluxStore(settings: InfluxSettings, logger: FastifyBaseLogger): ReadingStore {
  let opened: Promise<ReadingStore> | undefined;
  const store = (): Promise<ReadingStore> => {
    opened ??= import('./influx-store.ts').then(({ openInfluxStore }) => openInfluxStore(settings, logger));
    return opened;
  };
  return {
    name: 'influxdb',
    keep: async (...batch) => (await store()).keep(...batch),
    readBuckets: async (...query) => (await store()).readBuckets(...query),
    listReadings: async (...query) => (await store()).listReadings(...query),
  };
}
