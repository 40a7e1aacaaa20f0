import { AndonError } from '@andon/shared/kernel';
import { InfluxDB, setLogger } from '@influxdata/influxdb-client';
import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../../platform/index.ts';
import {
  type BucketPart,
  type BucketQuery,
  findNotes,
  keepNotes,
  mergeParts,
  type ReadingQuery,
  type ReadingStore,
  readSummaryParts,
  type StoredReading,
  type StoredSignal,
} from '../../telemetry/index.ts';
import { partsOfReadings, partsOfSeries, rollUps } from './buckets.ts';
import {
  type Fields,
  fieldNames,
  measurement,
  noteOf,
  ordinalsOf,
  pointOf,
  readingOfFields,
} from './points.ts';
import { createQueryApi, type QueryApi } from './query-api.ts';

export interface InfluxSettings {
  readonly url: string;
  readonly token: string;
  readonly org: string;
  readonly bucket: string;
}

/** VictoriaMetrics changes the last points of finer steps as if they were not complete, so those are computed here. */
const stepMillisecondsMin = 60_000;
/** Meanwhile a connection to the database and the lane are held. */
const writeMillisecondsMax = 5_000;
/** Where a page begins to look for readings, and how much further each time that it found too few. */
const firstWindowMilliseconds = 60_000;
const windowGrowth = 4;

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
    async keep(transaction, readings, receivedAt) {
      const ordinals = ordinalsOf(readings);
      const notes = readings.flatMap((reading, index) => noteOf(reading, ordinals[index] ?? 0) ?? []);
      const lines = readings.flatMap(
        (reading, index) => pointOf(reading, ordinals[index] ?? 0, receivedAt).toLineProtocol() ?? [],
      );
      await keepNotes(transaction, notes, receivedAt);
      await write(lines);
    },
    // They are in our database, and read from there.
    noteSummaries: async () => undefined,
    async readBuckets(database, query) {
      const { from, to, signal } = query;
      const bucketMilliseconds = Math.ceil((to - from) / query.buckets);
      const range = { from, to, bucketMilliseconds };
      const parts =
        bucketMilliseconds < stepMillisecondsMin
          ? partsOfReadings(await readingsIn(api, database, signal, query), range)
          : await partsInRange(api, query, bucketMilliseconds);
      const summaries = await readSummaryParts(database, signal.id, range);
      return { bucketMilliseconds, buckets: mergeParts([...parts, ...summaries]) };
    },
    listReadings: (database, query) => listReadings(api, database, query),
  };
}

/** Whole buckets by one query, and the last one, which may be cut short by the end of the range, by another. */
async function partsInRange(api: QueryApi, query: BucketQuery, width: number): Promise<BucketPart[]> {
  const { from, to, signal } = query;
  const whole = Math.floor((to - from) / width);
  const selector = labelsOf(signal);
  const lastStart = from + whole * width;
  // A window holds what is later than its beginning, and its end: so each ends a millisecond early.
  const series =
    whole === 0
      ? []
      : await api.range(rollUps(selector, width), { from: from + width - 1, to: lastStart - 1, step: width });
  const tail = lastStart === to ? [] : await api.instant(rollUps(selector, to - lastStart), to - 1);
  return [...partsOfSeries(series, (time) => time - width + 1), ...partsOfSeries(tail, () => lastStart)];
}

/** Names hold no quotation marks: the contract sees to it. Escaped all the same. */
function labelsOf({ deviceId, name }: StoredSignal): string {
  return `device=${JSON.stringify(deviceId)},signal=${JSON.stringify(name)}`;
}

/** All readings of [from, to), in their order. */
async function readingsIn(
  api: QueryApi,
  database: Database,
  signal: StoredSignal,
  range: { from: number; to: number },
): Promise<StoredReading[]> {
  const selector = `{__name__=~"${measurement}_.+",${labelsOf(signal)}}`;
  const [exported, notes] = [
    await api.exported(selector, range),
    await findNotes(database, signal.id, range),
  ];
  const noteAt = new Map(notes.map((note) => [`${note.sourceTime} ${note.ordinal}`, note]));
  const points = new Map<string, { time: number; ordinal: number; fields: Fields }>();
  for (const { metric, timestamps, values } of exported) {
    const field = fieldNames.find((name) => metric.__name__ === `${measurement}_${name}`);
    const ordinal = Number(metric.n ?? 0);
    for (const [index, time] of timestamps.entries()) {
      const key = `${time} ${ordinal}`;
      const point = points.get(key) ?? { time, ordinal, fields: {} };
      points.set(key, point);
      if (field !== undefined) {
        point.fields[field] = values[index] ?? 0;
      }
    }
  }
  return [...points]
    .map(([key, { fields, ...place }]) => readingOfFields(place, fields, noteAt.get(key)))
    .sort((one, other) => one.sourceTime.getTime() - other.sourceTime.getTime() || one.id - other.id);
}

/** Looks a little further until there are enough: nobody knows beforehand how many there are in what time. */
async function listReadings(
  api: QueryApi,
  database: Database,
  { signal, from, to, after, limit }: ReadingQuery,
): Promise<StoredReading[]> {
  const found: StoredReading[] = [];
  const [position, last] = after ?? [undefined, -1];
  let start = position === undefined ? from : Date.parse(position);
  for (let window = firstWindowMilliseconds; start < to && found.length <= limit; window *= windowGrowth) {
    const end = Math.min(to, start + window);
    const readings = await readingsIn(api, database, signal, { from: start, to: end });
    found.push(...readings.filter((one) => one.position !== position || one.id > last));
    start = end;
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
