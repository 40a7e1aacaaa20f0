import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Uuid } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { Type } from 'typebox';
import { principalOf } from '../authorization.ts';
import type { App, Platform } from '../capability.ts';
import { inTransaction } from '../database.ts';
import { Nullable } from '../record-schemas.ts';
import { type ImportReport, importTable } from './import.ts';
import type { TableKind, TableRecord } from './kind.ts';
import { openTableWriter, readRecordTable } from './records.ts';

const tableBytesMax = 8 * 1024 * 1024;
const linesMax = 10_000;

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

const reportOf = (columns: readonly string[], label: string) =>
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
        [label]: Nullable(Type.String()),
        column: Type.Enum([...columns, 'line']),
        message: Type.String(),
      }),
    ),
    /** What each line without a mistake came to, or in a dry run would. */
    lines: Type.Array(
      Type.Object({
        line: Type.Integer(),
        [label]: Nullable(Type.String()),
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
  const { plural, owner, columns, label } = kind;
  const tags = [plural];
  app.post(
    `/v1/${plural}/import`,
    {
      config: { permission: `${owner}:write` },
      bodyLimit: tableBytesMax,
      schema: {
        tags,
        consumes: ['text/csv'],
        querystring: ImportQuery,
        response: { 200: Type.Unsafe<ImportReport>(reportOf(columns, label.field)) },
      },
    },
    async (request) => {
      if (typeof request.body !== 'string') {
        throw notCsv(owner);
      }
      const table = readRecordTable(request.body, {
        ...kind,
        linesMax,
        refuse: (sentence) => notATable(owner, sentence, columns),
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
    `/v1/${plural}/export`,
    {
      config: { permission: `${owner}:read` },
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
      const shown = kind.open(platform.database, request.query, principalOf(request));
      const table = openTableWriter(shown.columns);
      // A reader that goes away ends the table; that is no trouble of ours.
      pipeline(Readable.from(shown.lines), table).catch((error: unknown) => table.destroy(asError(error)));
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${plural}.csv"`)
        .send(table);
    },
  );
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

function notCsv(owner: string): AndonError {
  return new AndonError({
    code: `${owner}.not-csv`,
    message: 'The body has to be a table.',
    nextStep: 'Send it with Content-Type: text/csv.',
    field: 'body',
    status: 422,
  });
}

function notATable(owner: string, message: string, columns: readonly string[]): AndonError {
  return new AndonError({
    code: `${owner}.not-a-table`,
    message,
    nextStep: `Send CSV whose first line names the columns, of these: ${columns.join(', ')}.`,
    field: 'body',
    status: 422,
  });
}
