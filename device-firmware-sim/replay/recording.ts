import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { AndonError } from '@andon/shared/kernel';

/** One row of a recording. */
export interface RecordedValue {
  /** Epoch milliseconds. */
  readonly ts: number;
  /** A number where the cell holds one, null where it is empty, else the text as it stands. */
  readonly value: number | string | null;
  /** In the file, from 1. */
  readonly line: number;
}

export interface RecordingColumns {
  readonly time: string;
  readonly value: string;
}

const dateAndTime = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)$/;
const withZone = /(Z|[+-]\d{2}:?\d{2})$/i;

/** Epoch milliseconds of a recorded time: ISO 8601 (UTC where it has no zone mark) or milliseconds as a number. */
export function recordedTime(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d{11,16}$/.test(trimmed)) return Number(trimmed);
  const local = dateAndTime.exec(trimmed);
  const iso = local
    ? `${local[1]}T${local[2]}Z`
    : withZone.test(trimmed)
      ? trimmed.replace(' ', 'T')
      : undefined;
  const milliseconds = iso === undefined ? Number.NaN : Date.parse(iso);
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/** The cells of one line of CSV (RFC 4180), without line breaks inside cells. */
export function cellsOf(line: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let index = 0; index < line.length; index += 1) {
    const character = line[index] ?? '';
    if (quoted && character === '"' && line[index + 1] === '"') {
      cell += '"';
      index += 1;
    } else if (character === '"') quoted = !quoted;
    else if (character === ',' && !quoted) {
      cells.push(cell);
      cell = '';
    } else cell += character;
  }
  cells.push(cell);
  return cells;
}

/** The rows in the order of the file, read as they are asked for. A row without a readable time stops it. */
export async function* readRecording(
  path: string,
  columns: RecordingColumns,
): AsyncGenerator<RecordedValue, void> {
  const lines = createInterface({
    input: createReadStream(path, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let line = 0;
  let places: { time: number; value: number } | undefined;
  for await (const text of lines) {
    line += 1;
    if (text.trim() === '') continue;
    const cells = cellsOf(text.replace(/^\uFEFF/, ''));
    if (!places) {
      places = placesOf(cells, columns, path);
      continue;
    }
    const time = cells[places.time] ?? '';
    const ts = recordedTime(time);
    if (ts === undefined) throw unreadable(path, `line ${line}: "${time}" is no time`);
    yield { ts, value: cellValue(cells[places.value] ?? ''), line };
  }
  if (!places) throw unreadable(path, 'it is empty');
}

function placesOf(
  header: readonly string[],
  columns: RecordingColumns,
  path: string,
): { time: number; value: number } {
  const names = header.map((name) => name.trim());
  const place = (name: string): number => {
    const index = names.indexOf(name);
    if (index < 0) throw unreadable(path, `it has no column "${name}", only ${names.join(', ')}`);
    return index;
  };
  return { time: place(columns.time), value: place(columns.value) };
}

function cellValue(text: string): RecordedValue['value'] {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : trimmed;
}

function unreadable(path: string, problem: string): AndonError {
  return new AndonError({
    code: 'simulator.recording-unreadable',
    message: `The recording ${path} cannot be played: ${problem}.`,
    nextStep: 'It has to be CSV with a line of names; choose columns with --time-column and --value-column.',
  });
}
