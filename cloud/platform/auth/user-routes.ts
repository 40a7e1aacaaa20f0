import { Uuid } from '@andon/shared/contracts';
import { Type } from 'typebox';
import { principalOf } from '../authorization.ts';
import type { App, Platform } from '../capability.ts';
import { readCursor } from '../cursor-parts.ts';
import { inTransaction } from '../database.ts';
import { Page, pageQuery, toPage } from '../pagination.ts';
import { expectedVersion } from '../record-versions.ts';
import { refuseHigherRole } from './grants.ts';
import { NewUser, SignInLink, User, UserEdit } from './schemas.ts';
import { endSessions } from './sessions.ts';
import { makeSignInLink } from './sign-in-links.ts';
import { createUser, editUser, lockUser, noSuchUser, selectUsers, toUser } from './users.ts';

const config = { permission: 'users:manage' } as const;
const Id = Type.Object({ id: Uuid });
const CreatedUser = Type.Intersect([User, Type.Object({ link: Type.Optional(SignInLink) })]);

export function userRoutes(app: App, platform: Platform): void {
  readRoutes(app, platform);

  app.post(
    '/v1/users',
    {
      config,
      schema: {
        summary: 'Add a user; without a password the answer has a link to choose one, told this once',
        body: NewUser,
        response: { 201: CreatedUser },
      },
    },
    async (request, reply) => {
      const by = principalOf(request);
      refuseHigherRole(by, request.body.role);
      const made = await inTransaction(platform.database, async (transaction) => {
        const row = await createUser(platform, transaction, request.body, by.actor);
        const link =
          request.body.password === undefined
            ? await makeSignInLink(platform, transaction, row.id, by)
            : undefined;
        return { ...toUser(row), ...(link === undefined ? {} : { link, linkExpiresAt: link.expiresAt }) };
      });
      return reply.status(201).send(made);
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
          by: principalOf(request),
        }),
      );
      return toUser(row);
    },
  );

  app.post(
    '/v1/users/:id/sign-in-links',
    {
      config,
      schema: {
        summary: 'Make a link that sets a new password; it is told this once, and ends the one before',
        params: Id,
        response: { 201: SignInLink },
      },
    },
    async (request, reply) => {
      const link = await inTransaction(platform.database, (transaction) =>
        makeSignInLink(platform, transaction, request.params.id, principalOf(request)),
      );
      return reply.status(201).send(link);
    },
  );

  app.delete(
    '/v1/users/:id/sessions',
    { config, schema: { summary: 'Sign a user out everywhere', params: Id, response: { 204: Type.Null() } } },
    async (request, reply) => {
      const by = principalOf(request);
      await inTransaction(platform.database, async (transaction) => {
        const { id, role } = await lockUser(transaction, request.params.id);
        refuseHigherRole(by, role);
        await endSessions(platform, transaction, { userId: id }, by.actor);
      });
      return reply.status(204).send(null);
    },
  );
}

function readRoutes(app: App, platform: Platform): void {
  app.get(
    '/v1/users',
    {
      config,
      schema: { summary: 'Users', querystring: Type.Object(pageQuery), response: { 200: Page(User) } },
    },
    async ({ query }) => {
      const limit = query.limit ?? 50;
      let select = selectUsers(platform.database)
        .orderBy('email')
        .limit(limit + 1);
      const position = readCursor(query.cursor, ['text']);
      if (position !== undefined) {
        select = select.where('email', '>', position[0]);
      }
      return toPage(await select.execute(), limit, toUser, (row) => [row.email]);
    },
  );

  app.get(
    '/v1/users/:id',
    { config, schema: { summary: 'One user', params: Id, response: { 200: User } } },
    async ({ params }) => {
      const row = await selectUsers(platform.database).where('users.id', '=', params.id).executeTakeFirst();
      if (row === undefined) {
        throw noSuchUser();
      }
      return toUser(row);
    },
  );
}
