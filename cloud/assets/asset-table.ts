import {
  type MachineColumn,
  machineColumns,
  machineColumnsNeeded,
} from '@andon/shared/contracts/machine-table';
import { AndonError } from '@andon/shared/kernel';
import {
  type BrokenLine as BrokenLineOf,
  type ReadLine,
  type RecordTable,
  readRecordTable,
} from '../platform/index.ts';

/**
 * The columns of the file, in the order of the export. A file may leave out those that are not required, and says
 * nothing about them then: an asset keeps what it has. An asset is known by its id where that is given and its account
 * has it, else by its account and number.
 */
export const columns = machineColumns;
export type Column = MachineColumn;

export const linesMax = 10_000;
const cellCharactersMax = 500;

export type Line = ReadLine<Column>;
export type BrokenLine = BrokenLineOf<Column>;
export type AssetTable = RecordTable<Column>;

/**
 * Reads a table of assets (RFC 4180; comma, semicolon or tab between cells).
 * @throws AndonError `assets.not-a-table` (422) where it is none, or its head does not fit.
 */
export const readTable = (text: string): AssetTable =>
  readRecordTable(text, {
    columns,
    required: machineColumnsNeeded,
    linesMax,
    cellCharactersMax,
    refuse: notATable,
  });

function notATable(message: string): AndonError {
  return new AndonError({
    code: 'assets.not-a-table',
    message,
    nextStep: `Send CSV whose first line names the columns, of these: ${columns.join(', ')}.`,
    field: 'body',
    status: 422,
  });
}
