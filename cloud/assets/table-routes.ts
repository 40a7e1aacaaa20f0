import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Uuid } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { Type } from 'typebox';
import { clearNames } from '../accounts/index.ts';
import {
  type App,
  inTransaction,
  Nullable,
  openTableWriter,
  type Platform,
  principalOf,
  sql,
} from '../platform/index.ts';
import { listAssets, toAsset } from './asset-store.ts';
import { columns, linesMax, readTable } from './asset-table.ts';
import { importAssets } from './import.ts';

const tableBytesMax = 8 * 1024 * 1024;
const pageRows = 500;

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
const Report = Type.Object({
  created: Type.Integer(),
  changed: Type.Integer(),
  unchanged: Type.Integer(),
  /** How many lines have mistakes: nothing of them is imported. */
  refused: Type.Integer(),
  /** Of a dry run, or of the lines that were left out. */
  mistakes: Type.Array(
    Type.Object({
      line: Type.Integer(),
      assetNumber: Nullable(Type.String()),
      column: Type.Enum([...columns, 'line']),
      message: Type.String(),
    }),
  ),
  /** What each line without a mistake came to, or in a dry run would. */
  lines: Type.Array(
    Type.Object({
      line: Type.Integer(),
      assetNumber: Nullable(Type.String()),
      result: Type.Enum(['created', 'changed', 'unchanged']),
    }),
    { maxItems: linesMax },
  ),
  /** The lines with mistakes as CSV, as they were sent, with what is wrong with each: to be mended and sent again. */
  toMend: Nullable(Type.String()),
});
const ExportQuery = Type.Object(
  { accountId: Type.Optional(Uuid) },
  { additionalProperties: false, description: 'The assets of one account, or all.' },
);

/** The assets as a table, in and out; what one gives, the other takes. */
export function assetTableRoutes(app: App, platform: Platform): void {
  const tags = ['assets'];

  app.post(
    '/v1/assets/import',
    {
      config: { permission: 'assets:write' },
      bodyLimit: tableBytesMax,
      schema: { tags, consumes: ['text/csv'], querystring: ImportQuery, response: { 200: Report } },
    },
    async (request) => {
      if (typeof request.body !== 'string') {
        throw notCsv();
      }
      const table = readTable(request.body);
      return inTransaction(platform.database, (transaction) =>
        importAssets(transaction, platform, table, {
          actor: principalOf(request).actor,
          dryRun: request.query.dryRun ?? false,
          leaveOut: request.query.leaveOut ?? false,
        }),
      );
    },
  );

  app.get(
    '/v1/assets/export',
    {
      config: { permission: 'assets:read' },
      schema: { tags, produces: ['text/csv'], querystring: ExportQuery },
    },
    async (request, reply) => {
      const table = openTableWriter(columns);
      // A reader that goes away ends the table; that is no trouble of ours.
      pipeline(Readable.from(linesOf(platform, request.query)), table).catch((error: unknown) =>
        table.destroy(asError(error)),
      );
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="assets.csv"')
        .send(table);
    },
  );
}

/** Page by page, so that it never holds all of them. */
async function* linesOf(
  { database }: Platform,
  filter: { readonly accountId?: string },
): AsyncGenerator<Record<string, string | null>> {
  const isClear = await clearNames(database);
  let beforeId: string | undefined;
  for (;;) {
    const rows = await listAssets(database, {
      ...filter,
      limit: pageRows,
      ...(beforeId === undefined ? {} : { beforeId }),
    });
    const numbers = await numbersOf(database, rows.slice(0, pageRows));
    for (const row of rows.slice(0, pageRows)) {
      const asset = toAsset(row);
      yield {
        ...asset,
        version: null,
        account: isClear(asset.accountName) ? asset.accountName : asset.accountId,
        site: asset.siteName,
        parentAssetNumber: asset.parentId === null ? null : (numbers.get(asset.parentId) ?? asset.parentId),
      };
      beforeId = row.id;
    }
    if (rows.length <= pageRows) {
      return;
    }
  }
}

async function numbersOf(
  database: Platform['database'],
  rows: readonly { parent_id: string | null }[],
): Promise<Map<string, string | null>> {
  const ids = rows.flatMap(({ parent_id }) => parent_id ?? []);
  if (ids.length === 0) {
    return new Map();
  }
  const found = await sql<{ id: string; asset_number: string | null }>`
    select id, asset_number from assets where id = any(${ids}::uuid[])`.execute(database);
  return new Map(found.rows.map((row) => [row.id, row.asset_number]));
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

function notCsv(): AndonError {
  return new AndonError({
    code: 'assets.not-csv',
    message: 'The body has to be a table.',
    nextStep: 'Send it with Content-Type: text/csv.',
    field: 'body',
    status: 422,
  });
}
