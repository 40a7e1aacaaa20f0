import { AndonError } from '@andon/shared/kernel';
import { stringify } from 'csv-stringify';
import { readTableText, withApostrophe } from '../platform/index.ts';

/**
 * The columns of the file, in the order of the export. A file may leave out those that are not required. An asset is known
 * by its id where that is given and its account has it, else by its account and number.
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

/**
 * Reads a table of assets (RFC 4180; comma, semicolon or tab between cells).
 * @throws AndonError `assets.not-a-table` (422) where it is none, or its head does not fit.
 */
export function readLines(text: string): { lines: Line[]; broken: BrokenLine[] } {
  const all = readTableText(text, { columns, required, linesMax, cellCharactersMax, refuse: notATable });
  return {
    lines: all.flatMap(({ line, cells, mistake }) => (mistake === undefined ? { ...cells, line } : [])),
    broken: all.flatMap(({ line, mistake }) =>
      mistake === undefined
        ? []
        : {
            line,
            column: columns.find((column) => column === mistake.field) ?? 'line',
            message: mistake.message,
          },
    ),
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

/** A stream that takes one record for each line and gives CSV, with the head. */
export function openTableWriter() {
  return stringify({
    header: true,
    columns: [...columns],
    cast: { string: withApostrophe },
    // The library quotes a cell only for the line ends that the file itself has.
    quoted_match: /[\r\n]/,
    record_delimiter: 'windows',
  });
}
