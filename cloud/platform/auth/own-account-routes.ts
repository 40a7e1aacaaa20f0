import { Uuid } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import type { FastifyRequest } from 'fastify';
import type { Selectable } from 'kysely';
import { Type } from 'typebox';
import { type Principal, principalOf } from '../authorization.ts';
import type { App, Platform } from '../capability.ts';
import { inTransaction } from '../database.ts';
import { changeOwnPassword } from './own-password.ts';
import { OwnEdit, PasswordChange, Session, User } from './schemas.ts';
import { browserOf, endSessions, giveSessionCookie } from './sessions.ts';
import type { AuthTables } from './tables.ts';
import { editOwnUser, noSuchUser, selectUsers, toUser } from './users.ts';

const config = { permission: 'session' } as const;
const sessionsShownMax = 200;

/** What everybody who is signed in may do about themselves. Programs have no account: their keys are refused. */
export function ownAccountRoutes(app: App, platform: Platform): void {
  app.get(
    '/v1/session/user',
    { config, schema: { summary: 'My account', response: { 200: User } } },
    async (request) => {
      const row = await selectUsers(platform.database)
        .where('users.id', '=', personOf(request).id)
        .executeTakeFirst();
      if (row === undefined) {
        throw noSuchUser();
      }
      return toUser(row);
    },
  );

  app.patch(
    '/v1/session/user',
    { config, schema: { summary: 'Change my name or language', body: OwnEdit, response: { 200: User } } },
    async (request) => {
      const by = personOf(request);
      const row = await inTransaction(platform.database, (transaction) =>
        editOwnUser(platform, transaction, by, request.body),
      );
      return toUser(row);
    },
  );

  app.put(
    '/v1/session/password',
    {
      config,
      schema: {
        summary: 'Change my password; all my other sessions end',
        body: PasswordChange,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const by = personOf(request);
      const token = await changeOwnPassword(platform, by, request.body, browserOf(request));
      giveSessionCookie(platform, request, reply, token);
      return reply.status(204).send(null);
    },
  );

  ownSessionRoutes(app, platform);
}

function ownSessionRoutes(app: App, platform: Platform): void {
  app.get(
    '/v1/sessions',
    {
      config,
      schema: {
        summary: 'Where I am signed in',
        response: { 200: Type.Object({ items: Type.Array(Session) }) },
      },
    },
    async (request) => {
      const by = personOf(request);
      const rows = await platform.database
        .withTables<AuthTables>()
        .selectFrom('sessions')
        .selectAll()
        .where('user_id', '=', by.id)
        .where('expires_at', '>', new Date(platform.clock.now()))
        .orderBy('last_used_at', 'desc')
        .limit(sessionsShownMax)
        .execute();
      return { items: rows.map((row) => toSession(row, by.sessionId)) };
    },
  );

  app.delete(
    '/v1/sessions/:id',
    {
      config,
      schema: {
        summary: 'End one of my sessions',
        params: Type.Object({ id: Uuid }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const by = personOf(request);
      const only = request.params.id;
      const ended = await inTransaction(platform.database, (transaction) =>
        endSessions(platform, transaction, { userId: by.id, only }, by.actor),
      );
      if (ended === 0) {
        throw new AndonError({
          code: 'platform.no-such-session',
          message: 'You have no such session.',
          nextStep: 'See /v1/sessions for those that there are.',
          status: 404,
        });
      }
      return reply.status(204).send(null);
    },
  );

  app.delete(
    '/v1/sessions',
    {
      config,
      schema: { summary: 'End all my sessions but the one that asks', response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const by = personOf(request);
      await inTransaction(platform.database, (transaction) =>
        endSessions(platform, transaction, { userId: by.id, except: by.sessionId }, by.actor),
      );
      return reply.status(204).send(null);
    },
  );
}

function toSession(row: Selectable<AuthTables['sessions']>, current: string | undefined): Session {
  return {
    id: row.id,
    current: row.id === current,
    device: row.device,
    address: row.address,
    openedBy: row.opened_by,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}

/** A key that could change a password would outlive its own end. */
function personOf(request: FastifyRequest): Principal {
  const principal = principalOf(request);
  if (principal.kind !== 'user') {
    throw new AndonError({
      code: 'platform.not-a-person',
      message: 'This is about the account of a person, and an API key has none.',
      nextStep: 'Sign in with the browser.',
      status: 404,
    });
  }
  return principal;
}
