import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AndonError } from '@andon/shared/kernel';
import {
  type App,
  type Database,
  inTransaction,
  Page,
  principalOf,
  readCursor,
  toPage,
} from '../../platform/index.ts';
import type { Dependencies } from '../dependencies.ts';
import { Job, JobById, JobInput, JobsQuery, RowResult, RowsQuery } from './job-schemas.ts';
import {
  cancelJob,
  insertJob,
  listFailedRows,
  listJobs,
  listRows,
  requireJob,
  toJob,
  toRowResult,
} from './job-store.ts';
import { openMistakesWriter, readTable, type SentRow, toMistakesLine } from './job-table.ts';

const tags = ['devices'];
const read = { permission: 'devices:read' } as const;
const write = { permission: 'devices:write' } as const;
const bodyBytesMax = 8 * 1024 * 1024;
const mistakesPerPage = 500;

/** Many devices at once. */
export function jobRoutes(app: App, dependencies: Dependencies): void {
  const { platform } = dependencies;
  const { database } = platform;
  /** What is known of the lines of a table besides their cells. */
  const tables = new WeakMap<object, readonly SentRow[]>();

  app.post(
    '/v1/device-registration-jobs',
    {
      config: write,
      bodyLimit: bodyBytesMax,
      schema: { tags, body: JobInput, response: { 202: Job } },
      // A table is read here, so that it is judged as the list that it stands for.
      preValidation: async (request) => {
        const body: unknown = request.body;
        if (typeof body === 'string') {
          const rows = readTable(body);
          tables.set(request, rows);
          request.body = { rows: rows.map(({ input }) => input) };
        }
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      // A row that names an account makes an asset of it.
      if (
        request.body.rows.some((row) => row.account !== undefined) &&
        !principal.permissions.has('assets:write')
      ) {
        throw new AndonError({
          code: 'devices.rows-make-assets',
          message: `${principal.name} may not make assets, which rows with an account do: it needs assets:write.`,
          nextStep: 'Name assets that there are, or ask somebody who may make them.',
          field: 'rows',
          status: 403,
          details: { permission: 'assets:write' },
        });
      }
      const { actor } = principal;
      const rows = tables.get(request) ?? request.body.rows.map((input) => ({ input }));
      const job = await inTransaction(database, (transaction) =>
        insertJob(platform, transaction, { rows, actor }),
      );
      return reply.status(202).send(job);
    },
  );

  app.get(
    '/v1/device-registration-jobs',
    { config: read, schema: { tags, querystring: JobsQuery, response: { 200: Page(Job) } } },
    async (request) => {
      const { limit = 50, cursor } = request.query;
      const before = readCursor(cursor, ['uuid']);
      const rows = await listJobs(database, { limit, ...(before && { beforeId: before[0] }) });
      return toPage(rows, limit, toJob, (row) => [row.id]);
    },
  );

  app.get(
    '/v1/device-registration-jobs/:id',
    { config: read, schema: { tags, params: JobById, response: { 200: Job } } },
    async (request) => requireJob(database, request.params.id),
  );

  app.get(
    '/v1/device-registration-jobs/:id/rows',
    {
      config: read,
      schema: { tags, params: JobById, querystring: RowsQuery, response: { 200: Page(RowResult) } },
    },
    async (request) => {
      const jobId = (await requireJob(database, request.params.id)).id;
      const { limit = 50, cursor, state } = request.query;
      const after = readCursor(cursor, ['number']);
      const rows = await listRows(database, { jobId, state, limit, ...(after && { afterNumber: after[0] }) });
      return toPage(rows, limit, toRowResult, (row) => [row.number]);
    },
  );

  app.post(
    '/v1/device-registration-jobs/:id/cancel',
    { config: write, schema: { tags, params: JobById, response: { 200: Job } } },
    async (request) => {
      const { id } = await requireJob(database, request.params.id);
      const { actor } = principalOf(request);
      return inTransaction(database, (transaction) => cancelJob(platform, transaction, { id, actor }));
    },
  );
}

/** What failed, as a table that is mended and sent again. */
export function jobMistakesRoutes(app: App, { platform: { database } }: Dependencies): void {
  app.get(
    '/v1/device-registration-jobs/:id/mistakes',
    // What was sent may hold more than a reader of devices sees of them.
    { config: write, schema: { tags, params: JobById, produces: ['text/csv'] } },
    async (request, reply) => {
      const { id } = await requireJob(database, request.params.id);
      const table = openMistakesWriter();
      // A reader that goes away ends the table; that is no trouble of ours.
      pipeline(Readable.from(mistakesOf(database, id)), table).catch((error: unknown) =>
        table.destroy(error instanceof Error ? error : new Error(String(error))),
      );
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="devices-to-mend.csv"')
        .send(table);
    },
  );
}

/** Page by page, so that it never holds all of them. */
async function* mistakesOf(database: Database, jobId: string): AsyncGenerator<Record<string, string>> {
  for (let afterNumber = 0; ; ) {
    const rows = await listFailedRows(database, { jobId, afterNumber, limit: mistakesPerPage });
    for (const row of rows) {
      yield toMistakesLine(row);
      afterNumber = row.number;
    }
    if (rows.length < mistakesPerPage) {
      return;
    }
  }
}
