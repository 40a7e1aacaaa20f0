import {
  type App,
  type Database,
  expectedVersion,
  inTransaction,
  Page,
  type Platform,
  principalOf,
  readCursor,
  toPage,
} from '../platform/index.ts';
import {
  countsOf,
  listJourneys,
  listRuns,
  type RunWithSteps,
  requireJourney,
  requireVersion,
} from './journey-store.ts';
import type { Publishing } from './publishing.ts';
import { ById, Journey, JourneyInput, PageQuery, Run, RunsQuery } from './schemas.ts';
import type { JourneyRow } from './tables.ts';

const tags = ['journeys'];

export function addJourneyRoutes(app: App, { database }: Platform): void {
  app.get(
    '/v1/journeys',
    {
      config: { permission: 'journeys:read' },
      schema: {
        summary: 'All journeys with their counts, newest first',
        tags,
        querystring: PageQuery,
        response: { 200: Page(Journey) },
      },
    },
    async ({ query: { limit = 50, cursor } }) => {
      const rows = await listJourneys(database, { limit, beforeId: readCursor(cursor, ['uuid'])?.[0] });
      const page = toPage(
        rows,
        limit,
        (row) => row,
        (row) => [row.id],
      );
      const items: Journey[] = [];
      for (const row of page.items) {
        items.push(await toJourney(database, row));
      }
      return { items, nextCursor: page.nextCursor };
    },
  );
  app.get(
    '/v1/journeys/:id',
    {
      config: { permission: 'journeys:read' },
      schema: { summary: 'One journey with its counts', tags, params: ById, response: { 200: Journey } },
    },
    async (request) => toJourney(database, await requireJourney(database, request.params.id)),
  );
}

export function addJourneyChangeRoutes(app: App, { database }: Platform, publishing: Publishing): void {
  app.post(
    '/v1/journeys',
    {
      config: { permission: 'journeys:write' },
      schema: { summary: 'Make a draft', tags, body: JourneyInput, response: { 201: Journey } },
    },
    async (request, reply) => {
      const { actor } = principalOf(request);
      const id = await inTransaction(database, (transaction) =>
        publishing.create(transaction, { ...request.body, actor }),
      );
      return reply.status(201).send(await toJourney(database, await requireJourney(database, id)));
    },
  );
  app.put(
    '/v1/journeys/:id',
    {
      config: { permission: 'journeys:write' },
      schema: {
        summary: 'Edit: a new version, which runs only after it is published',
        tags,
        params: ById,
        body: JourneyInput,
        response: { 200: Journey },
      },
    },
    async (request) => {
      const { id } = request.params;
      await inTransaction(database, (transaction) =>
        publishing.edit(transaction, {
          ...request.body,
          id,
          expectedVersion: expectedVersion(request),
          actor: principalOf(request).actor,
        }),
      );
      return toJourney(database, await requireJourney(database, id));
    },
  );
  for (const action of ['publish', 'stop'] as const) {
    app.post(
      `/v1/journeys/:id/${action}`,
      {
        config: { permission: 'journeys:write' },
        schema: {
          summary:
            action === 'publish' ? 'Make the latest version live' : 'Stop, and end what is in progress',
          tags,
          params: ById,
          response: { 200: Journey },
        },
      },
      async (request) => {
        const { id } = request.params;
        const { actor } = principalOf(request);
        await inTransaction(database, (transaction) => publishing[action](transaction, id, actor));
        return toJourney(database, await requireJourney(database, id));
      },
    );
  }
}

export function addRunRoutes(app: App, { database }: Platform): void {
  app.get(
    '/v1/journeys/:id/runs',
    {
      config: { permission: 'journeys:read' },
      schema: {
        summary: 'Who went through a journey, how far and why it ended; newest first',
        tags,
        params: ById,
        querystring: RunsQuery,
        response: { 200: Page(Run) },
      },
    },
    async ({ params, query: { limit = 50, cursor, status, contactId } }) => {
      const journey = await requireJourney(database, params.id);
      const beforeId = readCursor(cursor, ['uuid'])?.[0];
      const rows = await listRuns(database, { journeyId: journey.id, status, contactId, beforeId, limit });
      return toPage(rows, limit, toRun, (row) => [row.id]);
    },
  );
}

async function toJourney(database: Database, row: JourneyRow): Promise<Journey> {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    definition: { ...(await requireVersion(database, row.id, row.latest_version)) },
    latestVersion: row.latest_version,
    liveVersion: row.live_version,
    builtIn: row.built_in_key !== null,
    counts: await countsOf(database, row.id),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

function toRun(row: RunWithSteps): Run {
  return {
    id: row.id,
    journeyId: row.journey_id,
    journeyVersion: row.journey_version,
    triggerEventId: row.trigger_event_id,
    contactId: row.contact_id,
    test: row.test,
    status: row.status,
    reason: row.reason,
    at: row.state.at,
    dueAt: row.due_at?.toISOString() ?? null,
    startedAt: row.started_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    steps: row.steps,
  };
}
