/**
 * Tables that people send as text: CSV (RFC 4180) with a comma, a semicolon or a tab between cells.
 *
 * A file in another encoding than it says is refused as a whole, for its letters would be stored broken. A line that
 * is broken costs itself only: it comes out with what is wrong, and the next line is read as if it were not there.
 */
import { AndonError } from '@andon/shared/kernel';
import { CsvError, parse } from 'csv-parse/sync';

/** A quote that is open takes in so many further lines at the most; then its own line is broken. */
const linesPerRecordMax = 50;
const recordCharactersMax = 100_000;

export interface TableMistake {
  /** The column; undefined where it is the line as a whole. */
  readonly field?: string;
  readonly message: string;
}

export interface TableLine {
  /** Where it begins in the file, from 1; the head counts. */
  readonly line: number;
  /** By column, as they are in the file; those that are empty are left out. */
  readonly cells: Readonly<Record<string, string>>;
  readonly mistake?: TableMistake;
}

export interface TableShape {
  readonly columns: readonly string[];
  readonly required: readonly string[];
  /** Columns that are passed over. */
  readonly ignored?: readonly string[];
  readonly linesMax: number;
  readonly cellCharactersMax: number;
  /** What is thrown where it is no such table. */
  readonly refuse: (sentence: string) => Error;
}

/** What a table of mistakes has besides what was sent; it is passed over when the table comes back mended. */
export const reportColumns: readonly string[] = ['line', 'field', 'reason'];

/** Reads the columns that the head names, and the lines below it. */
export function readTableText(text: string, shape: TableShape): { columns: string[]; lines: TableLine[] } {
  const physical = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
  if (physical.length > shape.linesMax * linesPerRecordMax) {
    throw shape.refuse(
      `The file has more than ${shape.linesMax * linesPerRecordMax} lines, empty ones counted.`,
    );
  }
  const delimiter = [';', '\t'].find((one) => physical[0]?.includes(one)) ?? ',';
  const head = readHead(physical, delimiter, shape);
  const lines: TableLine[] = [];
  for (let index = head.next; index < physical.length; ) {
    if (physical[index]?.trim() === '') {
      index += 1;
      continue;
    }
    const record = readRecord(physical, index, delimiter, head.names.length);
    const given = record.cells.map((cell) => withoutApostrophe(cell.trim()));
    if (given.some((cell) => cell !== '')) {
      if (lines.length === shape.linesMax) {
        throw shape.refuse(`The table has more than ${shape.linesMax} lines.`);
      }
      const cells = Object.fromEntries(
        head.names
          .map((name, position) => [name, given[position] ?? ''] as const)
          .filter(([name, cell]) => cell !== '' && !shape.ignored?.includes(name)),
      );
      const mistake = record.mistake === undefined ? longCell(cells, shape) : { message: record.mistake };
      lines.push({ line: index + 1, cells, ...(mistake && { mistake }) });
    }
    index = record.next;
  }
  return { columns: head.names.filter((name) => !shape.ignored?.includes(name)), lines };
}

interface CsvRecord {
  readonly cells: readonly string[];
  readonly next: number;
  readonly mistake?: string;
}

function readHead(physical: readonly string[], delimiter: string, shape: TableShape) {
  const { cells, next, mistake } = readRecord(physical, 0, delimiter, undefined);
  if (mistake !== undefined) {
    throw shape.refuse(`The first line names no columns: ${mistake}`);
  }
  const names = cells.map((cell) => cell.trim());
  const known = [...shape.columns, ...(shape.ignored ?? [])];
  const unknown = names.filter((name) => !known.includes(name)).map((name) => (name === '' ? '""' : name));
  const missing = shape.required.filter((column) => !names.includes(column));
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  const sentences = [
    missing.length > 0 ? `The first line lacks ${missing.join(', ')}.` : '',
    unknown.length > 0 ? `It names ${unknown.join(', ')}, which is not known.` : '',
    twice.length > 0 ? `It names ${twice.join(', ')} twice.` : '',
  ].filter((sentence) => sentence !== '');
  if (sentences.length > 0) {
    throw shape.refuse(sentences.join(' '));
  }
  return { names, next };
}

const hasOddQuotes = (line: string): boolean => line.split('"').length % 2 === 0;

const endsNowhere = 'A quote is opened here that ends nowhere.';

/** The record that begins at a line: that line, or with those that a quote takes in. */
function readRecord(
  physical: readonly string[],
  index: number,
  delimiter: string,
  width: number | undefined,
): CsvRecord {
  const first = physical[index] ?? '';
  let next = index + 1;
  let record = first;
  if (hasOddQuotes(first)) {
    const further = physical.slice(index + 1, index + linesPerRecordMax);
    const closing = further.findIndex(hasOddQuotes);
    if (closing !== -1) {
      next = index + 1 + closing + 1;
      record = physical.slice(index, next).join('\n');
    }
  }
  const broken = (mistake: string): CsvRecord => ({
    cells: first.split(delimiter),
    next: index + 1,
    mistake,
  });
  const cells = cellsOf(record, delimiter);
  if (typeof cells === 'string') {
    return broken(next > index + 1 ? endsNowhere : cells);
  }
  if (width === undefined || cells.length === width || cells.every((cell) => cell.trim() === '')) {
    return { cells, next };
  }
  const counts = `The line has ${cells.length} cells, and the first line names ${width} columns.`;
  const over = cells.slice(width).map((cell) => JSON.stringify(cell));
  return next > index + 1
    ? broken(endsNowhere)
    : { cells, next, mistake: over.length === 0 ? counts : `${counts} Too much: ${over.join(', ')}.` };
}

/** The cells of one record, or what is wrong with it. */
function cellsOf(record: string, delimiter: string): string[] | string {
  if (record.length > recordCharactersMax) {
    return `It is longer than ${recordCharactersMax} characters.`;
  }
  if (!record.includes('"')) {
    return record.split(delimiter);
  }
  try {
    const rows: string[][] = parse(record, { delimiter, relax_column_count: true, trim: true });
    return rows[0] ?? [''];
  } catch (error) {
    if (error instanceof CsvError) {
      return error.code === 'CSV_QUOTE_NOT_CLOSED'
        ? endsNowhere
        : 'A quote stands where none may: a cell with quotes is quoted as a whole, and quotes within are doubled.';
    }
    throw error;
  }
}

function longCell(cells: Readonly<Record<string, string>>, shape: TableShape): TableMistake | undefined {
  const long = Object.entries(cells).find(([, cell]) => cell.length > shape.cellCharactersMax);
  return long && { field: long[0], message: `It has more than ${shape.cellCharactersMax} characters.` };
}

/**
 * What a spreadsheet would take for a formula is written behind an apostrophe; and so is what has apostrophes before
 * such, or it would be read with one fewer than was written.
 */
const formula = /^'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;
export const withApostrophe = (text: string): string => (formula.test(text) ? `'${text}` : text);
const withoutApostrophe = (cell: string): string =>
  cell.startsWith("'") && formula.test(cell) ? cell.slice(1) : cell;

/** By the names that files are declared with; ISO 8859-1 is read as browsers do, as windows-1252. */
const decoders: Readonly<Record<string, string>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  'windows-1252': 'windows-1252',
  cp1252: 'windows-1252',
  'iso-8859-1': 'windows-1252',
  latin1: 'windows-1252',
};

/**
 * The text of a file.
 * @throws AndonError `platform.text-not-utf-8`, `platform.charset-unknown` (422)
 */
export function decodeTableText(bytes: Uint8Array, contentType: string | undefined): string {
  const charset = /;\s*charset="?([^\s";]+)/i.exec(contentType ?? '')?.[1]?.toLowerCase() ?? 'utf-8';
  const encoding = decoders[charset];
  if (encoding === undefined) {
    throw new AndonError({
      code: 'platform.charset-unknown',
      message: `Tables in ${charset} are not read.`,
      nextStep:
        'Save the file as UTF-8, or as windows-1252 and say so: Content-Type: text/csv; charset=windows-1252.',
      field: 'body',
      status: 422,
    });
  }
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) {
      throw error;
    }
    throw new AndonError({
      code: 'platform.text-not-utf-8',
      message: `The file is not UTF-8: line ${brokenLine(bytes)} has letters that cannot be read.`,
      nextStep:
        'Save it as "CSV UTF-8", or say what it is: Content-Type: text/csv; charset=windows-1252 (what spreadsheets in Western Europe and the Americas save as plain CSV).',
      field: 'body',
      status: 422,
      cause: error,
    });
  }
}

const newline = 0x0a;

/** The first line that is not UTF-8. A newline is no part of another letter, so each line is judged by itself. */
function brokenLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  for (let from = 0; from <= bytes.length; line += 1) {
    const end = bytes.indexOf(newline, from);
    const until = end === -1 ? bytes.length : end;
    try {
      decoder.decode(bytes.subarray(from, until));
    } catch (error) {
      if (error instanceof TypeError) {
        return line;
      }
      throw error;
    }
    from = until + 1;
  }
  return line;
}
