import { AndonError } from '@andon/shared/kernel';
import { type Options, stringify } from 'csv-stringify';
import { stringify as stringifyAtOnce } from 'csv-stringify/sync';
import { readTableText, reportColumns, type TableLine, withApostrophe } from '../platform/index.ts';

/**
 * The columns of the file, in the order of the export. A file may leave out those that are not required, and says
 * nothing about them then: an asset keeps what it has. An asset is known by its id where that is given and its account
 * has it, else by its account and number.
 */
export const columns = [
  'id',
  'account',
  'assetNumber',
  'name',
  'product',
  'serialNumber',
  'categoryId',
  'site',
  'parentAssetNumber',
  'manufacturedOn',
  'warrantyUntil',
] as const;
export type Column = (typeof columns)[number];
const required: readonly Column[] = ['account', 'assetNumber', 'name'];

/** One line of the file; a cell that is empty, or whose column is not there, is undefined. */
export type Line = Readonly<Partial<Record<Column, string>>> & { readonly line: number };

export const linesMax = 10_000;
const cellCharactersMax = 500;

/** What is wrong with a line before it is read against what is there. */
export interface BrokenLine {
  readonly line: number;
  /** The column, or `line` where it is the line as a whole. */
  readonly column: Column | 'line';
  readonly message: string;
}

export interface AssetTable {
  /** Those that the file has. */
  readonly columns: ReadonlySet<string>;
  readonly lines: readonly Line[];
  readonly broken: readonly BrokenLine[];
  /** All lines, as they were sent. */
  readonly sent: readonly TableLine[];
}

/**
 * Reads a table of assets (RFC 4180; comma, semicolon or tab between cells).
 * @throws AndonError `assets.not-a-table` (422) where it is none, or its head does not fit.
 */
export function readTable(text: string): AssetTable {
  const shape = { columns, required, ignored: reportColumns, linesMax, cellCharactersMax, refuse: notATable };
  const read = readTableText(text, shape);
  return {
    columns: new Set(read.columns),
    lines: read.lines.flatMap(({ line, cells, mistake }) =>
      mistake === undefined ? { ...cells, line } : [],
    ),
    broken: read.lines.flatMap(({ line, mistake }) =>
      mistake === undefined
        ? []
        : {
            line,
            column: columns.find((column) => column === mistake.field) ?? 'line',
            message: mistake.message,
          },
    ),
    sent: read.lines,
  };
}

function notATable(message: string): AndonError {
  return new AndonError({
    code: 'assets.not-a-table',
    message,
    nextStep: `Send CSV whose first line names the columns, of these: ${columns.join(', ')}.`,
    field: 'body',
    status: 422,
  });
}

const written: Options = {
  header: true,
  cast: { string: withApostrophe },
  // The library quotes a cell only for the line ends that the file itself has.
  quoted_match: /[\r\n]/,
  record_delimiter: 'windows',
};

/** A stream that takes one record for each line and gives CSV, with the head. */
export function openTableWriter() {
  return stringify({ ...written, columns: [...columns] });
}

/**
 * The lines that have mistakes, with what is wrong with each: a table to mend and to send again. It has the columns
 * that were sent and no other, for an empty cell would clear what is there.
 */
export function writeMistakes(table: AssetTable, mistakes: readonly BrokenLine[]): string {
  const byLine = Map.groupBy(mistakes, ({ line }) => line);
  const records = table.sent.flatMap(({ line, cells }) => {
    const [first, ...others] = byLine.get(line) ?? [];
    if (first === undefined) {
      return [];
    }
    const reason = [first.message, ...others.map(({ column, message }) => `${column}: ${message}`)].join(' ');
    return { ...cells, line: String(line), field: first.column, reason };
  });
  return stringifyAtOnce(records, { ...written, bom: true, columns: [...reportColumns, ...table.columns] });
}
