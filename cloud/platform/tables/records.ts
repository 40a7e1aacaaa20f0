import { type Options, stringify } from 'csv-stringify';
import { stringify as stringifyAtOnce } from 'csv-stringify/sync';
import { readTableText, reportColumns, type TableLine, withApostrophe } from './text.ts';

/** What a line is refused for. */
export interface BrokenLine<Column extends string> {
  readonly line: number;
  /** The column, or `line` where it is the line as a whole. */
  readonly column: Column | 'line';
  readonly message: string;
}

/** One line of the file; a cell that is empty, or whose column is not there, is undefined. */
export type ReadLine<Column extends string> = Readonly<Partial<Record<Column, string>>> & {
  readonly line: number;
};

export interface RecordTable<Column extends string> {
  /** Those that the file has. */
  readonly columns: ReadonlySet<string>;
  readonly lines: readonly ReadLine<Column>[];
  readonly broken: readonly BrokenLine<Column>[];
  /** All lines, as they were sent. */
  readonly sent: readonly TableLine[];
}

export interface RecordTableShape<Column extends string> {
  readonly columns: readonly Column[];
  readonly required: readonly Column[];
  readonly linesMax: number;
  readonly cellCharactersMax: number;
  /** What is thrown where it is no such table, or its head does not fit. */
  readonly refuse: (sentence: string) => Error;
}

/** Reads a table of records (RFC 4180; comma, semicolon or tab between cells). */
export function readRecordTable<Column extends string>(
  text: string,
  shape: RecordTableShape<Column>,
): RecordTable<Column> {
  const read = readTableText(text, { ...shape, ignored: reportColumns });
  const lines = read.lines.flatMap(({ line, cells, mistake }): ReadLine<Column>[] => {
    const known: Partial<Record<Column, string>> = {};
    for (const column of shape.columns) {
      const cell = cells[column];
      if (cell !== undefined) {
        known[column] = cell;
      }
    }
    return mistake === undefined ? [{ ...known, line }] : [];
  });
  return {
    columns: new Set(read.columns),
    lines,
    broken: read.lines.flatMap(({ line, mistake }) =>
      mistake === undefined
        ? []
        : {
            line,
            column: shape.columns.find((column) => column === mistake.field) ?? ('line' as const),
            message: mistake.message,
          },
    ),
    sent: read.lines,
  };
}

const written: Options = {
  header: true,
  cast: { string: withApostrophe },
  // The library quotes a cell only for the line ends that the file itself has.
  quoted_match: /[\r\n]/,
  record_delimiter: 'windows',
};

/** A stream that takes one record for each line and gives CSV, with the head. */
export function openTableWriter(columns: readonly string[]) {
  return stringify({ ...written, columns: [...columns] });
}

/**
 * The lines that have mistakes, with what is wrong with each: a table to mend and to send again. It has the columns
 * that were sent and no other, for an empty cell would clear what is there.
 */
export function writeMistakes<Column extends string>(
  table: RecordTable<Column>,
  mistakes: readonly BrokenLine<Column>[],
): string {
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

/** Leaving out a line may make another one wrong; this often at the most. */
const roundsMax = 20;

/**
 * Leaves out the lines that have mistakes, and those that are wrong without them. `check` tells what is wrong with
 * lines because of each other or of those that are left out. Where lines are not to be left out, it looks once.
 */
export function settleLines<Item extends { readonly line: number }, Column extends string>(
  all: readonly Item[],
  mistakes: BrokenLine<Column>[],
  options: {
    readonly leaveOut: boolean;
    readonly check: (items: readonly Item[], leftOut: readonly Item[]) => BrokenLine<Column>[];
  },
): { items: Item[]; stuck: boolean } {
  let items = [...all];
  let leftOut: Item[] = [];
  for (let round = 1; ; round += 1) {
    mistakes.push(...options.check(items, leftOut));
    const mistaken = new Set(mistakes.map(({ line }) => line));
    const before = items.length;
    leftOut = all.filter(({ line }) => mistaken.has(line));
    items = all.filter(({ line }) => !mistaken.has(line));
    if (!options.leaveOut || items.length === before || round === roundsMax) {
      return { items, stuck: options.leaveOut && items.length !== before };
    }
  }
}

/** As a cell is read: spaces around it, and how its lines end, are no part of it. */
export const asCell = (text: string): string => text.trim().replaceAll(/\r\n?/g, '\n');

/** A mistake in a table repeats so much of a cell. */
const repeatedCharactersMax = 100;
export const shortCell = (text: string): string => text.slice(0, repeatedCharactersMax);
