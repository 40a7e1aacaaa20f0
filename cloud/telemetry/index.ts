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
 * Invariants: a BAD reading is kept and counted, and never computed with; a reading is kept for the retention (400
 * days unless set otherwise) after its arrival, whatever its own date is.
 *
 * May go wrong: a device whose clock is wrong (a date in the future does not hide what follows); a device that
 * invents signals without end (readings beyond its first thousand signals are refused and counted); a range that
 * holds too much (the query is given up after 15 s and says so).
 */
import type { Reading } from '@andon/shared/contracts';
import type { Devices } from '../devices/index.ts';
import type { Gateways, UplinkHandler } from '../gateways/index.ts';
import type { Capability, Database, Platform } from '../platform/index.ts';
import { qualities, valueOfColumns } from './reading-columns.ts';
import { listSignals } from './reading-store.ts';
import { createRetention, retentionDaysDefault } from './retention.ts';
import { telemetryRoutes } from './routes.ts';
import { createReadingHandler } from './uplink.ts';

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
}

export function createTelemetry(
  platform: Platform,
  dependencies: { gateways: Gateways; devices: Devices; retentionDays?: number },
): Telemetry {
  const retention = createRetention(platform, dependencies.retentionDays ?? retentionDaysDefault);
  return {
    name: 'telemetry',
    uplink: createReadingHandler(dependencies),
    routes: (app) => telemetryRoutes(app, platform, dependencies.devices),
    start: async () => retention.start(),
    stop: () => retention.stop(),
    async findLatest(database, deviceId) {
      const rows = await listSignals(database, deviceId);
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
    },
  };
}
