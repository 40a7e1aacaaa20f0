import type { Principal } from '../authorization.ts';
import type { Database, Transaction } from '../database.ts';
import type { NewEvent } from '../event-log.ts';
import { asCell, type BrokenLine, type ReadLine, type RecordTable } from './records.ts';

/** A record as a line of the table wants it. */
export interface TableRecord {
  readonly id: string;
  readonly line: number;
  readonly is: 'new' | 'changed' | 'unchanged';
}

export interface Reading<Column extends string> {
  readonly table: RecordTable<Column>;
  readonly newId: () => string;
  readonly principal: Principal;
}

export interface ReadRecords<Column extends string, Item> {
  readonly items: readonly Item[];
  readonly mistakes: readonly BrokenLine<Column>[];
  /** What is wrong with lines because of each other, or of those that are left out. */
  readonly check: (items: readonly Item[], leftOut: readonly Item[]) => BrokenLine<Column>[];
}

export interface Writing {
  readonly now: Date;
  readonly newId: () => string;
  readonly actor: string;
}

export type Cells = Readonly<Record<string, string | number | null>>;

export interface TableKind<Column extends string, Item extends TableRecord> {
  /** The table of the database, and what the doors and files are named by. */
  readonly plural: 'accounts' | 'assets' | 'contacts' | 'sites';
  /** Whose permissions are asked for, and whose errors are told. */
  readonly owner: 'accounts' | 'assets';
  readonly columns: readonly Column[];
  readonly required: readonly Column[];
  readonly cellCharactersMax: number;
  /** What people know a line by. */
  readonly label: {
    readonly column: Column;
    /** What the report calls it. */
    readonly field: 'name' | 'assetNumber';
    of(item: Item): string | null;
  };
  /** Reads the lines against what is there, which nobody else changes meanwhile. */
  read(transaction: Transaction, reading: Reading<Column>): Promise<ReadRecords<Column, Item>>;
  /** Writes what is new or changed, and gives what is to be told of it. */
  write(transaction: Transaction, items: readonly Item[], writing: Writing): Promise<readonly NewEvent[]>;
  /** The table as whoever asks may see it. */
  open(
    database: Database,
    filter: { readonly accountId?: string | undefined },
    principal: Principal,
  ): { readonly columns: readonly Column[]; readonly lines: AsyncIterable<Cells> };
}

export type Tell<Column extends string> = (column: Column | 'line', message: string) => void;

/** Reads line by line; what is told of a line is a mistake of it, and where nothing comes of it, it is left out. */
export function readLines<Column extends string, Item>(
  { lines }: Pick<RecordTable<Column>, 'lines'>,
  read: (line: ReadLine<Column>, tell: Tell<Column>) => Item | undefined,
): { items: Item[]; mistakes: BrokenLine<Column>[] } {
  const mistakes: BrokenLine<Column>[] = [];
  const items = lines.flatMap(
    (line) => read(line, (column, message) => mistakes.push({ line: line.line, column, message })) ?? [],
  );
  return { items, mistakes };
}

/** What a cell says of a text; what is there stays as it is where the cell says the same, and where there is none. */
export function textOf(
  has: boolean,
  cell: string | undefined,
  stored: string | null | undefined,
): string | null {
  if (!has || (stored !== null && stored !== undefined && asCell(stored) === (cell ?? ''))) {
    return stored ?? null;
  }
  return cell ?? null;
}

const pageRows = 500;

/** All rows, page by page, so that never all of them are held; each page begins below the id that ended the last. */
export async function* inPages<Row extends { readonly id: string }>(
  page: (beforeId: string, limit: number) => Promise<readonly Row[]>,
): AsyncGenerator<readonly Row[]> {
  let beforeId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
  for (;;) {
    const rows = await page(beforeId, pageRows);
    yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageRows) {
      return;
    }
    beforeId = last.id;
  }
}
