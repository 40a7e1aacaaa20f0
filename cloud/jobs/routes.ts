import { senderOf } from '../commands/index.ts';
import {
  type App,
  expectedVersion,
  inTransaction,
  principalOf,
  readCursor,
  toPage,
} from '../platform/index.ts';
import type { JobsGround } from './ground.ts';
import { present, requireJob } from './presentation.ts';
import {
  Because,
  ById,
  Job,
  JobInput,
  JobPage,
  JobsQuery,
  JobTargetPage,
  Preview,
  PreviewInput,
  TargetsQuery,
} from './schemas.ts';
import { preview } from './selection.ts';
import { jobSteps } from './state.ts';
import { editJob, makeJob, makeJobForTheRest, takeStep, writersOf } from './steps.ts';
import { listJobs } from './store.ts';
import { listTargets, toTarget } from './target-store.ts';

const tags = ['jobs'];
const read = { permission: 'jobs:read' } as const;
const write = { permission: 'jobs:write' } as const;

export function jobRoutes(app: App, ground: JobsGround): void {
  const { database } = ground.platform;

  app.get(
    '/v1/jobs',
    { config: read, schema: { tags, querystring: JobsQuery, response: { 200: JobPage } } },
    async (request) => {
      const { limit = 50, cursor, state } = request.query;
      const position = readCursor(cursor, ['time', 'uuid']);
      const rows = await listJobs(
        database,
        { state },
        { limit, ...(position ? { before: { createdAt: position[0], id: position[1] } } : {}) },
      );
      const page = toPage(
        rows,
        limit,
        (row) => row,
        (row) => [row.created_at.toISOString(), row.id],
      );
      return { items: await present(database, page.items), nextCursor: page.nextCursor };
    },
  );

  app.get(
    '/v1/jobs/:id',
    { config: read, schema: { tags, params: ById, response: { 200: Job } } },
    async (request) => requireJob(database, request.params.id),
  );

  app.get(
    '/v1/jobs/:id/targets',
    {
      config: read,
      schema: { tags, params: ById, querystring: TargetsQuery, response: { 200: JobTargetPage } },
    },
    async (request) => {
      const { limit = 50, cursor, state } = request.query;
      const jobId = (await requireJob(database, request.params.id)).id;
      const after = readCursor(cursor, ['number']);
      const rows = await listTargets(database, {
        jobId,
        state,
        limit,
        ...(after && { afterPosition: after[0] }),
      });
      return toPage(rows, limit, toTarget, (row) => [row.position]);
    },
  );
}

export function jobChangeRoutes(app: App, ground: JobsGround): void {
  const { database } = ground.platform;

  app.post(
    '/v1/jobs/preview',
    { config: write, schema: { tags, body: PreviewInput, response: { 200: Preview } } },
    async (request) => {
      const { selection, command, parameters = {} } = request.body;
      const principal = principalOf(request);
      const who = { sender: senderOf(principal), writers: writersOf(principal) };
      const order = command === undefined ? undefined : { command, parameters, ...who };
      return preview(database, ground.dependencies.devices, selection, order);
    },
  );

  app.post(
    '/v1/jobs',
    { config: write, schema: { tags, body: JobInput, response: { 201: Job } } },
    async (request, reply) => {
      const job = await inTransaction(database, async (transaction) =>
        requireJob(transaction, await makeJob(transaction, ground, principalOf(request), request.body)),
      );
      return reply.status(201).send(job);
    },
  );

  app.put(
    '/v1/jobs/:id',
    { config: write, schema: { tags, params: ById, body: JobInput, response: { 200: Job } } },
    async (request) => {
      const edit = { id: request.params.id, expectedVersion: expectedVersion(request), input: request.body };
      return inTransaction(database, async (transaction) => {
        await editJob(transaction, ground, principalOf(request), edit);
        return requireJob(transaction, edit.id);
      });
    },
  );

  app.post(
    '/v1/jobs/:id/again',
    { config: write, schema: { tags, params: ById, response: { 201: Job } } },
    async (request, reply) => {
      const job = await inTransaction(database, async (transaction) => {
        const principal = principalOf(request);
        return requireJob(
          transaction,
          await makeJobForTheRest(transaction, ground, principal, request.params.id),
        );
      });
      return reply.status(201).send(job);
    },
  );

  for (const step of jobSteps) {
    app.post(
      `/v1/jobs/:id/${step}`,
      { config: write, schema: { tags, params: ById, body: Because, response: { 200: Job } } },
      async (request) => {
        const { id } = request.params;
        // Nobody approves or submits what they have not seen.
        const seen =
          step === 'approve' || step === 'submit' ? { expectedVersion: expectedVersion(request) } : {};
        const asked = { id, step, reason: request.body.reason ?? null, ...seen };
        return inTransaction(database, async (transaction) => {
          await takeStep(transaction, ground, principalOf(request), asked);
          return requireJob(transaction, id);
        });
      },
    );
  }
}
