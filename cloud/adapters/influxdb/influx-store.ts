import { AndonError } from '@andon/shared/kernel';
import { InfluxDB, setLogger } from '@influxdata/influxdb-client';
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../../platform/index.ts';
import {
  findNotes,
  findNumberedLanes,
  keepNotes,
  keepNumberedLanes,
  noteChanges,
  type ReadingQuery,
  type ReadingStore,
  readBucketsAround,
  type StoredReading,
  type StoredSignal,
} from '../../telemetry/index.ts';
import { countIn, labelsOf, partsIn } from './aggregates.ts';
import { type Fields, fieldNames, measurement, noteOf, pointOf, readingOfFields } from './points.ts';
import { createQueryApi, type QueryApi } from './query-api.ts';
import { numberAll } from './reading-numbers.ts';

export interface InfluxSettings {
  readonly url: string;
  readonly token: string;
  readonly org: string;
  readonly bucket: string;
}

/** Meanwhile a connection to the database and the lane are held. */
const writeMillisecondsMax = 5_000;
/** Where a page begins to look for readings, and how much further each time that it found too few. */
const firstWindowMilliseconds = 60_000;
const windowGrowth = 4;
/** Of more readings than this the window is made smaller before they are fetched; a page has up to 1,001. */
const readingsAtOnceMax = 4000;

/** Readings in a server that speaks InfluxDB's line protocol and is asked by PromQL. */
export function openInfluxStore(settings: InfluxSettings, logger: FastifyBaseLogger): ReadingStore {
  setLogger({
    error: (message, error) => logger.error({ err: error }, message),
    warn: (message, error) => logger.warn({ err: error }, message),
  });
  const { url, token } = settings;
  const client = new InfluxDB({ url, token, timeout: writeMillisecondsMax });
  const api = createQueryApi(settings);

  const write = async (lines: string[]): Promise<void> => {
    // One for each batch, so that its failure is its own. It repeats nothing by itself: the gateway does.
    const writer = client.getWriteApi(settings.org, settings.bucket, 'ms', {
      batchSize: lines.length + 1,
      flushInterval: 0,
      maxRetries: 0,
    });
    try {
      writer.writeRecords(lines);
      await writer.flush();
    } catch (error) {
      throw notWritten(error);
    } finally {
      writer.dispose();
    }
  };

  return {
    name: 'influxdb',
    async keep(transaction, readings, receivedAt, origin) {
      const signalIds = [...new Set(readings.map(({ signalId }) => signalId))];
      const known = await findNumberedLanes(transaction, signalIds);
      const { ordinals, lanes } = numberAll(readings, origin, known);
      const notes = readings.flatMap((reading, index) => noteOf(reading, ordinals[index] ?? 0) ?? []);
      const lines = readings.flatMap(
        (reading, index) => pointOf(reading, ordinals[index] ?? 0, receivedAt).toLineProtocol() ?? [],
      );
      await noteChanges(transaction, { readings }, receivedAt);
      await keepNotes(transaction, notes, receivedAt);
      await keepNumberedLanes(transaction, lanes);
      await write(lines);
    },
    readBuckets: (database, query) =>
      readBucketsAround(database, query, (range, plan) => partsIn(api, query.signal, range, plan)),
    listReadings: (database, query) => listReadings(api, database, query),
  };
}

/** All readings of [from, to), in their order. */
async function readingsIn(
  api: QueryApi,
  database: Database,
  signal: StoredSignal,
  range: { from: number; to: number },
): Promise<StoredReading[]> {
  const selector = `{__name__=~"${measurement}_.+",${labelsOf(signal)}}`;
  const [series, notes] = [await api.samples(selector, range), await findNotes(database, signal.id, range)];
  const noteAt = new Map(notes.map((note) => [`${note.sourceTime} ${note.ordinal}`, note]));
  const points = new Map<string, { time: number; ordinal: number; fields: Fields }>();
  for (const { labels, points: samples } of series) {
    const field = fieldNames.find((name) => labels.__name__ === `${measurement}_${name}`);
    const ordinal = Number(labels.n ?? 0);
    for (const [time, value] of samples) {
      const key = `${time} ${ordinal}`;
      const point = points.get(key) ?? { time, ordinal, fields: {} };
      points.set(key, point);
      if (field !== undefined) {
        point.fields[field] = value;
      }
    }
  }
  return [...points]
    .map(([key, { fields, ...place }]) => readingOfFields(place, fields, noteAt.get(key)))
    .sort((one, other) => one.sourceTime.getTime() - other.sourceTime.getTime() || one.id - other.id);
}

/**
 * Looks a little further until there are enough: nobody knows beforehand how many there are in what time. They are
 * counted at the server before they are fetched.
 */
async function listReadings(
  api: QueryApi,
  database: Database,
  { signal, from, to, after, limit }: ReadingQuery,
): Promise<StoredReading[]> {
  const found: StoredReading[] = [];
  const [position, last] = after ?? [undefined, -1];
  let start = position === undefined ? from : Date.parse(position);
  let window = firstWindowMilliseconds;
  while (start < to && found.length <= limit) {
    const range = { from: start, to: Math.min(to, start + window) };
    const count = await countIn(api, signal, range);
    if (count > readingsAtOnceMax && window > 1) {
      window = Math.ceil(window / windowGrowth);
      continue;
    }
    if (count > 0) {
      const readings = await readingsIn(api, database, signal, range);
      found.push(...readings.filter((one) => one.position !== position || one.id > last));
    }
    start = range.to;
    window = count > readingsAtOnceMax / windowGrowth ? window : window * windowGrowth;
  }
  return found.slice(0, limit + 1);
}

function notWritten(cause: unknown): AndonError {
  return new AndonError({
    code: 'influxdb.not-written',
    message: 'The store of readings did not take them, so nothing of this batch was stored.',
    nextStep: 'Send it again; an administrator finds the reason in the log.',
    status: 503,
    details: { retryAfterSeconds: 5 },
    cause,
  });
}
