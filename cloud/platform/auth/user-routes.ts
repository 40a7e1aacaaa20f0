import { Uuid } from '@andon/shared/contracts';
import { Type } from 'typebox';
import { principalOf } from '../authorization.ts';
import type { App, Platform } from '../capability.ts';
import { readCursor } from '../cursor-parts.ts';
import { inTransaction } from '../database.ts';
import { Page, pageQuery, toPage } from '../pagination.ts';
import { expectedVersion } from '../record-versions.ts';
import { NewUser, User, UserEdit } from './schemas.ts';
import type { AuthTables } from './tables.ts';
import { createUser, editUser, noSuchUser, toUser } from './users.ts';

const config = { permission: 'users:manage' } as const;
const Id = Type.Object({ id: Uuid });

export function userRoutes(app: App, platform: Platform): void {
  app.get(
    '/v1/users',
    {
      config,
      schema: { summary: 'Users', querystring: Type.Object(pageQuery), response: { 200: Page(User) } },
    },
    async ({ query }) => {
      const limit = query.limit ?? 50;
      let select = platform.database
        .withTables<AuthTables>()
        .selectFrom('users')
        .selectAll()
        .orderBy('email')
        .limit(limit + 1);
      const position = readCursor(query.cursor, ['text']);
      if (position !== undefined) {
        select = select.where('email', '>', position[0]);
      }
      return toPage(await select.execute(), limit, toUser, (row) => [row.email]);
    },
  );

  app.post(
    '/v1/users',
    { config, schema: { summary: 'Add a user', body: NewUser, response: { 201: User } } },
    async (request, reply) => {
      const row = await inTransaction(platform.database, (transaction) =>
        createUser(platform, transaction, request.body, principalOf(request).actor),
      );
      return reply.status(201).send(toUser(row));
    },
  );

  app.get(
    '/v1/users/:id',
    { config, schema: { summary: 'One user', params: Id, response: { 200: User } } },
    async ({ params }) => {
      const row = await platform.database
        .withTables<AuthTables>()
        .selectFrom('users')
        .selectAll()
        .where('id', '=', params.id)
        .executeTakeFirst();
      if (row === undefined) {
        throw noSuchUser();
      }
      return toUser(row);
    },
  );

  app.patch(
    '/v1/users/:id',
    {
      config,
      schema: { summary: 'Edit a user (If-Match)', params: Id, body: UserEdit, response: { 200: User } },
    },
    async (request) => {
      const row = await inTransaction(platform.database, (transaction) =>
        editUser(platform, transaction, {
          id: request.params.id,
          expectedVersion: expectedVersion(request),
          changes: request.body,
          actor: principalOf(request).actor,
        }),
      );
      return toUser(row);
    },
  );
}
