import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Uuid } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { Type } from 'typebox';
import {
  type App,
  inTransaction,
  Nullable,
  openTableWriter,
  type Platform,
  principalOf,
  readRecordTable,
} from '../../platform/index.ts';
import { importTable } from './import.ts';
import type { TableKind, TableRecord } from './kind.ts';

const tableBytesMax = 8 * 1024 * 1024;
export const linesMax = 10_000;
const cellCharactersMax = 1_000;

const ImportQuery = Type.Object(
  {
    dryRun: Type.Optional(Type.Boolean({ description: 'Reports what would be done, and does nothing.' })),
    leaveOut: Type.Optional(
      Type.Boolean({
        description: 'Imports the lines without mistakes, instead of none where one has a mistake.',
      }),
    ),
  },
  { additionalProperties: false },
);

const reportOf = (columns: readonly string[]) =>
  Type.Object({
    created: Type.Integer(),
    changed: Type.Integer(),
    unchanged: Type.Integer(),
    /** How many lines have mistakes: nothing of them is imported. */
    refused: Type.Integer(),
    /** Of a dry run, or of the lines that were left out. */
    mistakes: Type.Array(
      Type.Object({
        line: Type.Integer(),
        name: Nullable(Type.String()),
        column: Type.Enum([...columns, 'line']),
        message: Type.String(),
      }),
    ),
    /** What each line without a mistake came to, or in a dry run would. */
    lines: Type.Array(
      Type.Object({
        line: Type.Integer(),
        name: Nullable(Type.String()),
        result: Type.Enum(['created', 'changed', 'unchanged']),
      }),
      { maxItems: linesMax },
    ),
    /** The lines with mistakes as CSV, as they were sent, with what is wrong with each: to be mended and sent again. */
    toMend: Nullable(Type.String()),
  });

/** `POST /v1/…/import` and `GET /v1/…/export` of one kind of records. */
export function tableDoors<Column extends string, Item extends TableRecord>(
  app: App,
  platform: Platform,
  kind: TableKind<Column, Item>,
): void {
  const tags = [kind.plural];
  app.post(
    `/v1/${kind.plural}/import`,
    {
      config: { permission: 'accounts:write' },
      bodyLimit: tableBytesMax,
      schema: {
        tags,
        consumes: ['text/csv'],
        querystring: ImportQuery,
        response: { 200: reportOf(kind.columns) },
      },
    },
    async (request) => {
      if (typeof request.body !== 'string') {
        throw notCsv();
      }
      const table = readRecordTable(request.body, {
        ...kind,
        linesMax,
        cellCharactersMax,
        refuse: (sentence) => notATable(sentence, kind.columns),
      });
      const options = {
        principal: principalOf(request),
        dryRun: request.query.dryRun ?? false,
        leaveOut: request.query.leaveOut ?? false,
      };
      return inTransaction(platform.database, (transaction) =>
        importTable(transaction, platform, kind, { table, ...options }),
      );
    },
  );

  app.get(
    `/v1/${kind.plural}/export`,
    {
      config: { permission: 'accounts:read' },
      schema: {
        tags,
        produces: ['text/csv'],
        querystring: Type.Object(
          { accountId: Type.Optional(Uuid) },
          { additionalProperties: false, description: 'Those of one account, or all.' },
        ),
      },
    },
    async (request, reply) => {
      const { columns, lines } = kind.open(platform.database, request.query, principalOf(request));
      const table = openTableWriter(columns);
      // A reader that goes away ends the table; that is no trouble of ours.
      pipeline(Readable.from(lines), table).catch((error: unknown) => table.destroy(asError(error)));
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${kind.plural}.csv"`)
        .send(table);
    },
  );
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

function notCsv(): AndonError {
  return new AndonError({
    code: 'accounts.not-csv',
    message: 'The body has to be a table.',
    nextStep: 'Send it with Content-Type: text/csv.',
    field: 'body',
    status: 422,
  });
}

function notATable(message: string, columns: readonly string[]): AndonError {
  return new AndonError({
    code: 'accounts.not-a-table',
    message,
    nextStep: `Send CSV whose first line names the columns, of these: ${columns.join(', ')}.`,
    field: 'body',
    status: 422,
  });
}
