import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openTableWriter } from '../platform/index.ts';
import type { ReadingStore, StoredReading, StoredSignal } from './reading-store.ts';

export const tableColumns = ['time', 'device', 'signal', 'value', 'quality'];
/** Held in memory at once, of all signals together. */
const readingsHeldMax = 20_000;
const readingsAPageMax = 1000;
const readingsAPageMin = 10;

export interface TableQuery {
  readonly signals: readonly StoredSignal[];
  readonly from: number;
  readonly to: number;
}

type Read = (query: Parameters<ReadingStore['listReadings']>[1]) => Promise<StoredReading[]>;

/** Lines of the table, and a page of them at once. */
type Lines = readonly Readonly<Record<string, string | number | null>>[];

/**
 * The readings of signals as a table, by their time, in the form that `gateway replay` reads. Page by page, so that it
 * never holds all of them. The first page is read before it answers, and what is wrong then is thrown.
 */
export async function openReadingsTable(read: Read, query: TableQuery): Promise<NodeJS.ReadableStream> {
  const pages = pagesByTime(read, query);
  const first = await pages.next();
  const table = openTableWriter(tableColumns);
  // A reader that goes away ends the table; that is no trouble of ours.
  pipeline(Readable.from(linesOf(first.done === true ? [] : first.value, pages)), table).catch(
    (error: unknown) => table.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return table;
}

async function* linesOf(first: Lines, others: AsyncGenerator<Lines>): AsyncGenerator<Lines[number]> {
  yield* first;
  for await (const page of others) yield* page;
}

interface Source {
  readonly signal: StoredSignal;
  held: StoredReading[];
  /** The place of the last one that was read; undefined before the first page. */
  after: readonly [string, number] | undefined;
  hasMore: boolean;
}

/**
 * What is held of every signal is told up to the time that is known of all of them, and then read on where nothing is
 * held any more.
 */
async function* pagesByTime(read: Read, { signals, from, to }: TableQuery): AsyncGenerator<Lines> {
  const wanted = Math.floor(readingsHeldMax / Math.max(1, signals.length));
  const limit = Math.min(readingsAPageMax, Math.max(readingsAPageMin, wanted));
  const sources = signals.map((signal): Source => ({ signal, held: [], after: undefined, hasMore: true }));
  for (;;) {
    for (const source of sources) {
      if (source.held.length === 0 && source.hasMore) await readOn(read, source, { from, to, limit });
    }
    const horizon = Math.min(...sources.filter(({ hasMore }) => hasMore).map(({ held }) => lastTime(held)));
    const told: { time: number; line: Lines[number] }[] = [];
    for (const source of sources) {
      const beyond = source.held.findIndex(({ sourceTime }) => sourceTime.getTime() > horizon);
      const ready = beyond === -1 ? source.held : source.held.slice(0, beyond);
      source.held = beyond === -1 ? [] : source.held.slice(beyond);
      for (const reading of ready) {
        told.push({ time: reading.sourceTime.getTime(), line: lineOf(source.signal, reading) });
      }
    }
    if (told.length === 0) return;
    yield told.sort((one, other) => one.time - other.time).map(({ line }) => line);
  }
}

const lastTime = (held: readonly StoredReading[]): number =>
  held.at(-1)?.sourceTime.getTime() ?? Number.POSITIVE_INFINITY;

async function readOn(
  read: Read,
  source: Source,
  { from, to, limit }: { from: number; to: number; limit: number },
): Promise<void> {
  const { signal, after } = source;
  const rows = await read({ signal, from, to, limit, ...(after && { after }) });
  source.held = rows.slice(0, limit);
  source.hasMore = rows.length > limit;
  const last = source.held.at(-1);
  if (last !== undefined) source.after = [last.position, last.id];
}

function lineOf(
  { deviceId, name }: StoredSignal,
  { sourceTime, value, quality }: StoredReading,
): Lines[number] {
  return {
    time: sourceTime.toISOString(),
    device: deviceId,
    signal: name,
    // A line of the table is a line of the file, whatever a text holds.
    value: typeof value === 'number' || value === null ? value : String(value).replaceAll(/[\r\n]+/g, ' '),
    quality,
  };
}
