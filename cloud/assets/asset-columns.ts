import {
  type MachineColumn,
  machineColumns,
  machineColumnsNeeded,
} from '@andon/shared/contracts/machine-table';
import type { BrokenLine as BrokenLineOf, ReadLine } from '../platform/index.ts';

/**
 * The columns of the file, in the order of the export. A file may leave out those that are not required, and says
 * nothing about them then: an asset keeps what it has. An asset is known by its id where that is given and its account
 * has it, else by its account and number.
 */
export const columns = machineColumns;
export const required = machineColumnsNeeded;
export type Column = MachineColumn;

export type Line = ReadLine<Column>;
export type BrokenLine = BrokenLineOf<Column>;
