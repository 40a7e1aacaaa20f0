import { AndonError } from '@andon/shared/kernel';
import pg from 'pg';
import type { Device, Devices } from '../devices/index.ts';
import { listGaps, RecordedGap, toGap } from '../gateways/index.ts';
import {
  type App,
  type Database,
  inTransaction,
  Page,
  type Platform,
  readCursor,
  sql,
  type Transaction,
  toPage,
} from '../platform/index.ts';
import { findSignal, listSignals, type SignalRow } from './latest-store.ts';
import { qualities, valueOfColumns } from './reading-columns.ts';
import type { ReadingStore, StoredReading } from './reading-store.ts';
import { openReadingsTable } from './readings-table.ts';
import {
  Buckets,
  BucketsQuery,
  DeviceById,
  GapsQuery,
  LatestReadings,
  RawQuery,
  RawReading,
  TableQuery,
} from './schemas.ts';
import { timeRangeOf } from './time-range.ts';

const tags = ['telemetry'];
const config = { permission: 'telemetry:read' } as const;
const queryMillisecondsMax = 15_000;
const queryCanceled = '57014';

interface Dependencies {
  readonly devices: Devices;
  readonly store: ReadingStore;
}

/** Latest values, and charts. */
export function seriesRoutes(app: App, platform: Platform, { devices, store }: Dependencies): void {
  const { database } = platform;

  app.get(
    '/v1/devices/:id/signals',
    { config, schema: { tags, params: DeviceById, response: { 200: LatestReadings } } },
    async (request) => {
      await requireDevice(database, devices, request.params.id);
      return { items: (await listSignals(database, request.params.id)).map(toLatest) };
    },
  );

  app.get(
    '/v1/devices/:id/readings',
    {
      config,
      schema: { tags, params: DeviceById, querystring: BucketsQuery, response: { 200: Buckets } },
    },
    async (request) => {
      const { signal: name, buckets: wanted = 300, ...times } = request.query;
      const { from, to } = timeRangeOf(times, platform.clock.now());
      const signal = await requireSignal(database, devices, request.params.id, name);
      const { id } = signal;
      const range = { from: from.getTime(), to: to.getTime(), buckets: wanted };
      const { bucketMilliseconds, buckets } =
        id === null
          ? { bucketMilliseconds: Math.ceil((range.to - range.from) / wanted), buckets: [] }
          : await withinTime(database, (transaction) =>
              store.readBuckets(transaction, { signal: { id, deviceId: request.params.id, name }, ...range }),
            );
      return {
        signal: signal.name,
        unit: signal.unit,
        from: from.toISOString(),
        to: to.toISOString(),
        bucketMilliseconds,
        buckets: buckets.map(({ start, ...numbers }) => ({
          start: new Date(Math.max(start, range.from)).toISOString(),
          ...numbers,
        })),
      };
    },
  );
}

/** The readings themselves, and what is known to be missing. */
export function readingRoutes(app: App, platform: Platform, { devices, store }: Dependencies): void {
  const { database } = platform;

  app.get(
    '/v1/devices/:id/readings/raw',
    {
      config,
      schema: { tags, params: DeviceById, querystring: RawQuery, response: { 200: Page(RawReading) } },
    },
    async (request) => {
      const { signal: name, limit = 200, cursor, ...times } = request.query;
      const after = readCursor(cursor, ['time', 'number']);
      const { from, to } = timeRangeOf(times, platform.clock.now());
      const signal = await requireSignal(database, devices, request.params.id, name);
      const { id } = signal;
      if (id === null) {
        return { items: [], nextCursor: null };
      }
      const rows = await withinTime(database, (transaction) =>
        store.listReadings(transaction, {
          signal: { id, deviceId: request.params.id, name },
          from: from.getTime(),
          to: to.getTime(),
          limit,
          ...(after && { after }),
        }),
      );
      return toPage(rows, limit, toRaw, (row) => [row.position, row.id]);
    },
  );

  app.get(
    '/v1/devices/:id/gaps',
    {
      config,
      schema: { tags, params: DeviceById, querystring: GapsQuery, response: { 200: Page(RecordedGap) } },
    },
    async (request) => {
      const { id: deviceId, gatewayId } = await requireDevice(database, devices, request.params.id);
      const { limit = 50, cursor, from, to } = request.query;
      const before = readCursor(cursor, ['number']);
      const filter = {
        concerning: { deviceId, gatewayId },
        from: from === undefined ? undefined : new Date(from),
        to: to === undefined ? undefined : new Date(to),
        limit,
        ...(before && { beforeId: before[0] }),
      };
      return toPage(await listGaps(database, filter), limit, toGap, (row) => [row.id]);
    },
  );
}

/** The readings as a table, for a spreadsheet or for `gateway replay`. */
export function tableRoutes(app: App, platform: Platform, { devices, store }: Dependencies): void {
  const { database } = platform;

  app.get(
    '/v1/devices/:id/readings.csv',
    { config, schema: { tags, produces: ['text/csv'], params: DeviceById, querystring: TableQuery } },
    async (request, reply) => {
      const { id: deviceId } = request.params;
      const { signal, ...times } = request.query;
      const { from, to } = timeRangeOf(times, platform.clock.now());
      await requireDevice(database, devices, deviceId);
      const asked =
        signal === undefined
          ? await listSignals(database, deviceId)
          : [await requireSignal(database, devices, deviceId, signal)];
      const signals = asked.flatMap(({ id, name }) => (id === null ? [] : [{ id, deviceId, name }]));
      const table = await openReadingsTable(
        (query) => withinTime(database, (transaction) => store.listReadings(transaction, query)),
        { signals, from: from.getTime(), to: to.getTime() },
      );
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${deviceId}.csv"`)
        .send(table);
    },
  );
}

/** @throws AndonError `telemetry.no-such-device` */
export async function requireDevice(database: Database, devices: Devices, id: string): Promise<Device> {
  const device = await devices.findDevice(database, id);
  if (device === undefined) {
    throw new AndonError({
      code: 'telemetry.no-such-device',
      message: 'There is no such device.',
      nextStep: 'Look for it in GET /v1/devices.',
      status: 404,
    });
  }
  return device;
}

/** A signal that the device has sent, or (with no id yet) is to send: its category names it. */
async function requireSignal(
  database: Database,
  devices: Devices,
  deviceId: string,
  name: string,
): Promise<{ id: number | null; name: string; unit: string | null }> {
  const { categoryId } = await requireDevice(database, devices, deviceId);
  const signal = await findSignal(database, deviceId, name);
  if (signal !== undefined) {
    return signal;
  }
  const category = await devices.findCategory(database, categoryId);
  const expected = category?.signals.find((one) => one.name === name);
  if (expected === undefined) {
    throw new AndonError({
      code: 'telemetry.no-such-signal',
      message: `The device has no readings of ${name}.`,
      nextStep: 'See GET /v1/devices/:id/signals for what it has.',
      field: 'signal',
      status: 404,
    });
  }
  return { id: null, name, unit: expected.unit ?? null };
}

/** A range of years may hold more than can be looked through while somebody waits. */
async function withinTime<T>(
  database: Database,
  query: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  try {
    return await inTransaction(database, async (transaction) => {
      await sql`set local statement_timeout = ${sql.raw(String(queryMillisecondsMax))}`.execute(transaction);
      return query(transaction);
    });
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === queryCanceled) {
      throw new AndonError({
        code: 'telemetry.range-too-large',
        message: `There are too many readings to look through within ${queryMillisecondsMax / 1000} s.`,
        nextStep: 'Ask for a shorter range.',
        field: 'from',
        status: 422,
        cause: error,
      });
    }
    throw error;
  }
}

function toLatest(row: SignalRow): LatestReadings['items'][number] {
  return {
    signal: row.name,
    unit: row.unit,
    value: valueOfColumns(row.value, row.text_value),
    quality: row.quality === null ? null : (qualities[row.quality] ?? null),
    qualityReason: row.quality_reason,
    sourceTime: row.source_time?.toISOString() ?? null,
    gatewayTime: row.gateway_time?.toISOString() ?? null,
  };
}

function toRaw(row: StoredReading): RawReading {
  const { position: _position, sourceTime, gatewayTime, receivedAt, originalTime, ...rest } = row;
  return {
    ...rest,
    sourceTime: sourceTime.toISOString(),
    gatewayTime: gatewayTime.toISOString(),
    receivedAt: receivedAt.toISOString(),
    originalTime: originalTime?.toISOString() ?? null,
  };
}
