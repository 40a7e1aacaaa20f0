import { AndonError } from '@andon/shared/kernel';
import { CsvError, parse } from 'csv-parse/sync';
import { columns, rowsMax } from './job-schemas.ts';

const required = ['deviceId', 'categoryId', 'gatewayId'];
const cellCharactersMax = 2000;

/**
 * Reads a table of devices (RFC 4180, UTF-8; comma, semicolon or tab between cells) into the rows of a job.
 * @throws AndonError `devices.not-a-table` (422) where it is none, or its head does not fit
 */
export function readTable(text: string): Record<string, unknown>[] {
  const head = text.slice(0, text.search(/[\r\n]|$/));
  const delimiter = [';', '\t'].find((one) => head.includes(one)) ?? ',';
  let records: Record<string, string>[];
  try {
    records = parse(text, {
      bom: true,
      columns: checkedHead,
      delimiter,
      max_record_size: 100_000,
      skip_empty_lines: true,
      trim: true,
      to: rowsMax + 1,
    });
  } catch (error) {
    throw error instanceof CsvError ? notATable(error.message) : error;
  }
  if (records.length === 0 || records.length > rowsMax) {
    throw notATable(
      `The table has ${records.length === 0 ? 'no' : `more than ${rowsMax}`} lines below its head.`,
    );
  }
  return records.map((record) =>
    Object.fromEntries(
      Object.entries(record)
        .filter(([, cell]) => cell !== '')
        .map(([name, cell]) => [name, cellValue(name, withoutApostrophe(cell).slice(0, cellCharactersMax))]),
    ),
  );
}

function checkedHead(names: string[]): string[] {
  const unknown = names.filter((name) => !columns.includes(name));
  const missing = required.filter((column) => !names.includes(column));
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  const sentences = [
    missing.length > 0 ? `The first line lacks ${missing.join(', ')}.` : '',
    unknown.length > 0 ? `It names ${unknown.join(', ')}, which is not known.` : '',
    twice.length > 0 ? `It names ${twice.join(', ')} twice.` : '',
  ].filter((sentence) => sentence !== '');
  if (sentences.length > 0) {
    throw notATable(sentences.join(' '));
  }
  return names;
}

/** What is no number or truth stays a text, and is told of its row. */
function cellValue(column: string, cell: string): unknown {
  switch (column) {
    case 'tags':
      return cell.split(/[;|]/).flatMap((tag) => tag.trim() || []);
    case 'latitude':
    case 'longitude':
      return /^-?\d+(\.\d+)?$/.test(cell) ? Number(cell) : cell;
    case 'simulated':
      return cell === 'true' || cell === 'false' ? cell === 'true' : cell;
    default:
      return cell;
  }
}

/** What a spreadsheet would take for a formula is written behind an apostrophe. */
const withoutApostrophe = (cell: string): string => (/^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell);

function notATable(message: string): AndonError {
  return new AndonError({
    code: 'devices.not-a-table',
    message,
    nextStep: `Send CSV whose first line names the columns, of these: ${columns.join(', ')}.`,
    field: 'body',
    status: 422,
  });
}
