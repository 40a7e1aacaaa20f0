import { AndonError } from '@andon/shared/kernel';
import type { Principal } from '../authorization.ts';
import type { Platform } from '../capability.ts';
import { sql, type Transaction } from '../database.ts';
import { appendEvents } from '../event-log.ts';
import type { TableKind, TableRecord } from './kind.ts';
import { type BrokenLine, type RecordTable, settleLines, writeMistakes } from './records.ts';

/** A problem lists so many; the report has all. */
const mistakesInProblemMax = 200;

interface Import<Column extends string> {
  readonly table: RecordTable<Column>;
  readonly principal: Principal;
  readonly dryRun: boolean;
  readonly leaveOut: boolean;
}

type Result = 'created' | 'changed' | 'unchanged';

/** How many records the table came to, what is wrong with which line, and what each other line came to. */
export interface ImportReport {
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
  /** How many lines have mistakes. */
  readonly refused: number;
  /** With what people know the line by. */
  readonly mistakes: readonly BrokenLine<string>[];
  readonly lines: readonly { readonly line: number; readonly result: Result }[];
  /** The lines with mistakes as a table, with what is wrong with each. */
  readonly toMend: string | null;
}

/**
 * Makes and changes records as the table says. All of it or, where a line has a mistake, nothing; unless lines with
 * mistakes are to be left out. Imports wait for each other.
 * @throws AndonError `accounts.import-refused`, `assets.import-refused` (422) with the mistakes by line; a dry run reports them
 */
export async function importTable<Column extends string, Item extends TableRecord>(
  transaction: Transaction,
  platform: Platform,
  kind: TableKind<Column, Item>,
  { table, principal, dryRun, leaveOut }: Import<Column>,
): Promise<ImportReport> {
  await sql`lock table ${sql.table(kind.plural)} in share row exclusive mode`.execute(transaction);
  const newId = () => platform.newId();
  const read = await kind.read(transaction, { table, newId, principal });
  const found = [...table.broken, ...read.mistakes];
  const { items, stuck } = settleLines(read.items, found, { leaveOut, check: read.check });
  const mistakes = found.sort((one, other) => one.line - other.line);
  if (stuck || (mistakes.length > 0 && !dryRun && !leaveOut)) {
    throw refused(kind.owner, mistakes.slice(0, mistakesInProblemMax));
  }
  if (!dryRun) {
    const changed = items.filter(({ is }) => is !== 'unchanged');
    const now = new Date(platform.clock.now());
    const events = await kind.write(transaction, changed, { now, newId, actor: principal.actor });
    await appendEvents(transaction, [...events]);
  }
  const { column, field, of } = kind.label;
  const labels = new Map(table.sent.map(({ line, cells }) => [line, cells[column] ?? null]));
  const count = (is: TableRecord['is']): number => items.filter((item) => item.is === is).length;
  return {
    created: count('new'),
    changed: count('changed'),
    unchanged: count('unchanged'),
    refused: new Set(mistakes.map(({ line }) => line)).size,
    mistakes: mistakes.map((mistake) => ({ ...mistake, [field]: labels.get(mistake.line) ?? null })),
    lines: items.map((item) => ({
      line: item.line,
      [field]: of(item),
      result: item.is === 'new' ? 'created' : item.is,
    })),
    toMend: mistakes.length === 0 ? null : writeMistakes(table, mistakes),
  };
}

function refused(owner: string, mistakes: readonly BrokenLine<string>[]): AndonError {
  const [first] = mistakes;
  return new AndonError({
    code: `${owner}.import-refused`,
    message: `The table has mistakes, and nothing was imported. Line ${first?.line}, ${first?.column}: ${first?.message}`,
    nextStep:
      'Mend the lines that are listed, and send it again; leaveOut=true imports the other lines, dryRun=true only reports.',
    field: 'body',
    status: 422,
    details: { mistakes },
  });
}
