import { type Static, Type } from 'typebox';
import { principalOf } from '../authorization.ts';
import type { App } from '../capability.ts';
import { readCursor } from '../cursor-parts.ts';
import { type Database, sql } from '../database.ts';
import { eventsOfPeople, maySeePeople } from '../event-visibility.ts';
import { Page, pageQuery, toPage } from '../pagination.ts';
import { Nullable, Time } from '../record-schemas.ts';

const AuditEntry = Type.Object({
  id: Type.Integer(),
  at: Time,
  /** `user:<id>`, `api-key:<id>`, `gateway:<id>` or `system:<capability>`. */
  actor: Type.String(),
  /** As it is called now; null for what is no person and no program. */
  actorName: Nullable(Type.String()),
  type: Type.String(),
  /** The record that it is about. */
  key: Type.String(),
  payload: Type.Record(Type.String(), Type.Unknown()),
});

const AuditQuery = Type.Object(
  {
    ...pageQuery,
    /** `people` (with their programs) where it is left out; `all` also what machines and the cloud itself did. */
    by: Type.Optional(Type.Enum(['people', 'all'])),
    actor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    /** The first part of the type: `command`, `job`, `case`. */
    about: Type.Optional(Type.String({ pattern: '^[a-z-]{1,60}$' })),
    key: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    from: Type.Optional(Time),
    to: Type.Optional(Time),
  },
  { additionalProperties: false },
);

interface AuditRow {
  id: number;
  occurred_at: Date;
  actor: string;
  actor_name: string | null;
  type: string;
  key: string;
  payload: Record<string, unknown>;
}

export function auditRoutes(app: App, database: Database): void {
  app.get(
    '/v1/audit',
    {
      config: { permission: 'audit:inspect' },
      schema: {
        tags: ['audit'],
        summary: 'Who did what, newest first; nobody can change it',
        querystring: AuditQuery,
        response: { 200: Page(AuditEntry) },
      },
    },
    (request) => listAudit(database, request.query, maySeePeople(principalOf(request))),
  );
}

async function listAudit(database: Database, query: Static<typeof AuditQuery>, seesPeople: boolean) {
  const { limit = 50, cursor, by = 'people', actor, about, key, from, to } = query;
  const before = readCursor(cursor, ['number'])?.[0];
  // The first condition is that of the partial indexes.
  const rows = await sql<AuditRow>`
    select events.id, occurred_at, actor, coalesce(users.name, api_keys.name) as actor_name, type, key, payload
    from events
      left join users on actor = 'user:' || users.id
      left join api_keys on actor = 'api-key:' || api_keys.id
    where true
      ${by === 'people' ? sql`and actor not like 'system:%' and actor not like 'gateway:%'` : sql``}
      ${seesPeople ? sql`` : sql`and type !~ ${eventsOfPeople.source}`}
      ${before === undefined ? sql`` : sql`and events.id < ${before}`}
      ${actor === undefined ? sql`` : sql`and actor = ${actor}`}
      ${about === undefined ? sql`` : sql`and type like ${`${about}.%`}`}
      ${key === undefined ? sql`` : sql`and key = ${key}`}
      ${from === undefined ? sql`` : sql`and occurred_at >= ${new Date(from)}`}
      ${to === undefined ? sql`` : sql`and occurred_at < ${new Date(to)}`}
    order by events.id desc limit ${limit + 1}`.execute(database);
  return toPage(
    rows.rows,
    limit,
    (row) => ({
      id: row.id,
      at: row.occurred_at.toISOString(),
      actor: row.actor,
      actorName: row.actor_name,
      type: row.type,
      key: row.key,
      payload: row.payload,
    }),
    (row) => [row.id],
  );
}
