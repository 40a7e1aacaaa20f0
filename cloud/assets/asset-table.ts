import { AndonError } from '@andon/shared/kernel';
import { CsvError, parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify';

/** The columns of the file, in the order of the export. A file may leave out those that are not required. */
export const columns = [
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

/**
 * Reads a table of assets (RFC 4180, UTF-8; comma, semicolon or tab between cells).
 * @throws AndonError `assets.not-a-table` (422) where it is none, or its head does not fit.
 */
export function readLines(text: string): Line[] {
  const head = text.slice(0, text.search(/[\r\n]|$/));
  const delimiter = [';', '\t'].find((one) => head.includes(one)) ?? ',';
  let records: { record: Record<string, string>; info: { lines: number } }[];
  try {
    records = parse(text, {
      bom: true,
      columns: checkedHead,
      delimiter,
      info: true,
      max_record_size: 100_000,
      skip_empty_lines: true,
      trim: true,
      to: linesMax + 1,
    });
  } catch (error) {
    throw error instanceof CsvError ? notATable(error.message) : error;
  }
  if (records.length > linesMax) {
    throw notATable(`The table has more than ${linesMax} lines.`);
  }
  return records.map(({ record, info }) => ({
    line: info.lines,
    ...Object.fromEntries(
      Object.entries(record)
        .filter(([, cell]) => cell !== '')
        .map(([name, cell]) => [name, withoutApostrophe(cell).slice(0, cellCharactersMax)]),
    ),
  }));
}

function checkedHead(names: string[]): string[] {
  const unknown = names.filter((name) => !columns.some((column) => column === name));
  const missing = required.filter((column) => !names.includes(column));
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (unknown.length > 0 || missing.length > 0 || twice.length > 0) {
    throw notATable(
      [
        missing.length > 0 ? `The first line lacks ${missing.join(', ')}.` : '',
        unknown.length > 0 ? `It names ${unknown.join(', ')}, which is not known.` : '',
        twice.length > 0 ? `It names ${twice.join(', ')} twice.` : '',
      ]
        .filter((sentence) => sentence !== '')
        .join(' '),
    );
  }
  return names;
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

/** What a spreadsheet would take for a formula is written behind an apostrophe. */
const withoutApostrophe = (cell: string): string => (/^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell);

/** A stream that takes one record for each line and gives CSV, with the head. */
export function openTableWriter() {
  return stringify({
    header: true,
    columns: [...columns],
    escape_formulas: true,
    record_delimiter: 'windows',
  });
}
