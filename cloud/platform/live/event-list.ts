import { type Static, Type } from 'typebox';
import { principalOf } from '../authorization.ts';
import type { App } from '../capability.ts';
import { readCursor } from '../cursor-parts.ts';
import { type Database, sql } from '../database.ts';
import { eventsOfPeople, maySeePeople } from '../event-visibility.ts';
import { Page, pageQuery, toPage } from '../pagination.ts';

const EventItem = Type.Object({
  id: Type.Integer(),
  type: Type.String(),
  key: Type.String(),
  payload: Type.Record(Type.String(), Type.Unknown()),
  actor: Type.String(),
  occurredAt: Type.String(),
});

interface EventRow {
  id: number;
  type: string;
  key: string;
  payload: Record<string, unknown>;
  actor: string;
  occurred_at: Date;
}

const listQuery = Type.Object(
  {
    ...pageQuery,
    key: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    /** Types such as `case.created`, separated by commas. */
    types: Type.Optional(Type.String({ pattern: '^[a-z.-]{1,60}(,[a-z.-]{1,60}){0,49}$' })),
  },
  { additionalProperties: false },
);

/** `GET /v1/events`: what happened, newest first; with `key`, to one record; with `types`, of these. */
export function eventListRoute(app: App, database: Database): void {
  app.get(
    '/v1/events',
    {
      config: { permission: 'events:read' },
      schema: {
        summary: 'Committed events, newest first',
        querystring: listQuery,
        response: { 200: Page(EventItem) },
      },
    },
    (request) => listEvents(database, request.query, maySeePeople(principalOf(request))),
  );
}

async function listEvents(
  database: Database,
  { limit = 50, cursor, key, types }: Static<typeof listQuery>,
  seesPeople: boolean,
) {
  const before = readCursor(cursor, ['number'])?.[0];
  const rows = await sql<EventRow>`
    select id, type, key, payload, actor, occurred_at from events
    where true ${before === undefined ? sql`` : sql`and id < ${before}`} ${key === undefined ? sql`` : sql`and key = ${key}`}
      ${seesPeople ? sql`` : sql`and type !~ ${eventsOfPeople.source}`}
      ${types === undefined ? sql`` : sql`and type = any(${types.split(',')}::text[])`}
    order by id desc limit ${limit + 1}`.execute(database);
  return toPage(
    rows.rows,
    limit,
    ({ occurred_at, ...event }) => ({ ...event, occurredAt: occurred_at.toISOString() }),
    (event) => [event.id],
  );
}
