import { AndonError } from '@andon/shared/kernel';
import { stringify } from 'csv-stringify';
import { readTableText, reportColumns } from '../../platform/index.ts';
import { columns, rowsMax } from './job-schemas.ts';

const required = ['deviceId', 'categoryId', 'gatewayId'];
const cellCharactersMax = 2000;

/** A row of a job to be, with what is wrong with its line already. */
export interface SentRow {
  readonly input: Readonly<Record<string, unknown>>;
  readonly line?: number;
  readonly mistake?: { readonly field?: string; readonly message: string };
}

/**
 * Reads a table of devices into the rows of a job. A line that is broken becomes a row that has failed.
 * @throws AndonError `devices.not-a-table` (422) where it is none, or its head does not fit
 */
export function readTable(text: string): SentRow[] {
  const refuse = notATable;
  const shape = { columns, required, ignored: reportColumns, linesMax: rowsMax, cellCharactersMax, refuse };
  const { lines } = readTableText(text, shape);
  if (lines.length === 0) {
    throw notATable('The table has no lines below its head.');
  }
  return lines.map(({ line, cells, mistake }) => ({
    line,
    // A broken line is kept as it is, for whoever mends it.
    input:
      mistake === undefined
        ? Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, cellValue(name, cell)]))
        : cells,
    ...(mistake && { mistake }),
  }));
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

export interface FailedRow {
  readonly number: number;
  readonly line: number | null;
  readonly field: string | null;
  readonly message: string | null;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A stream that takes the rows that failed and gives them as a table: what was sent, and what is wrong with it. */
export function openMistakesWriter() {
  return stringify({
    bom: true,
    header: true,
    columns: [...reportColumns, ...columns],
    escape_formulas: true,
    record_delimiter: 'windows',
  });
}

export function toMistakesLine({ number, line, field, message, input }: FailedRow): Record<string, string> {
  const cells = Object.entries(input).map(([name, value]) => [name, cellText(value)]);
  return {
    ...Object.fromEntries(cells),
    line: String(line ?? number),
    field: field ?? '',
    reason: message ?? '',
  };
}

function cellText(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  return Array.isArray(value) ? value.map(cellText).join(';') : (JSON.stringify(value) ?? '');
}

function notATable(message: string): AndonError {
  return new AndonError({
    code: 'devices.not-a-table',
    message,
    nextStep: `Send CSV whose first line names the columns, of these: ${columns.join(', ')}.`,
    field: 'body',
    status: 422,
  });
}
