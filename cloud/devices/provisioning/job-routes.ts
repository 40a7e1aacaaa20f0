import { AndonError } from '@andon/shared/kernel';
import { type App, inTransaction, Page, principalOf, readCursor, toPage } from '../../platform/index.ts';
import type { Dependencies } from '../dependencies.ts';
import { Job, JobById, JobInput, JobsQuery, RowResult, RowsQuery } from './job-schemas.ts';
import { cancelJob, insertJob, listJobs, listRows, requireJob, toJob, toRowResult } from './job-store.ts';
import { readTable } from './job-table.ts';

const tags = ['devices'];
const read = { permission: 'devices:read' } as const;
const write = { permission: 'devices:write' } as const;
const bodyBytesMax = 8 * 1024 * 1024;

/** Many devices at once. */
export function jobRoutes(app: App, dependencies: Dependencies): void {
  const { platform } = dependencies;
  const { database } = platform;

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
          request.body = { rows: readTable(body) };
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
      const job = await inTransaction(database, (transaction) =>
        insertJob(platform, transaction, { rows: request.body.rows, actor }),
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
