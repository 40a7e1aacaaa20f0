import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { permissionsOfRole, principalOf } from '../authorization.ts';
import type { App, Platform } from '../capability.ts';
import { inTransaction } from '../database.ts';
import { appendEvent } from '../event-log.ts';
import { strangersLimit } from './attempts.ts';
import type { OpenIdConnect } from './openid-connect/index.ts';
import { LinkQuestion, LinkUse, SignedIn, SignIn, SignInMethods } from './schemas.ts';
import { browserOf, giveSessionCookie, sessionTokenOf, takeSessionCookie } from './sessions.ts';
import { signIn } from './sign-in.ts';
import { readSignInLink, useSignInLink } from './sign-in-links.ts';
import type { AuthTables } from './tables.ts';
import type { UserRow } from './users.ts';

const open = { permission: 'public', requestLimit: strangersLimit } as const;
/** Strangers have little to say. */
const bodyLimit = 4096;

export function sessionRoutes(app: App, platform: Platform, openIdConnect: OpenIdConnect | undefined): void {
  signInRoutes(app, platform, openIdConnect);
  signInLinkRoutes(app, platform);

  app.get(
    '/v1/session',
    {
      config: { permission: 'session' },
      schema: { summary: 'Who is signed in', response: { 200: SignedIn } },
    },
    (request) => signedIn(platform, request),
  );

  app.delete(
    '/v1/session',
    {
      config: { permission: 'session' },
      schema: {
        summary: 'Sign out; where OpenID Connect was used, the answer says where to sign out there',
        response: { 200: Type.Object({ continueAt: Type.String() }), 204: Type.Null() },
      },
    },
    async (request, reply) => {
      takeSessionCookie(platform, request, reply);
      const openedBy = await signOut(platform, request);
      const continueAt =
        openedBy === 'openid-connect' ? await openIdConnect?.signOutAddress(request.log) : undefined;
      return continueAt === undefined ? reply.status(204).send(null) : reply.status(200).send({ continueAt });
    },
  );
}

function signInRoutes(app: App, platform: Platform, openIdConnect: OpenIdConnect | undefined): void {
  app.get(
    '/v1/sign-in-methods',
    {
      config: { permission: 'public' },
      schema: { summary: 'How one may sign in', response: { 200: SignInMethods } },
    },
    async () => ({
      password: true,
      openIdConnect: openIdConnect === undefined ? null : { name: openIdConnect.name },
    }),
  );

  app.post(
    '/v1/session',
    { config: open, bodyLimit, schema: { summary: 'Sign in', body: SignIn, response: { 201: SignedIn } } },
    async (request, reply) => {
      const { token, user } = await signIn(platform, {
        ...request.body,
        browser: browserOf(request),
        formerToken: sessionTokenOf(platform, request),
      });
      return welcome(platform, request, reply, { token, user });
    },
  );
}

function signInLinkRoutes(app: App, platform: Platform): void {
  app.post(
    '/v1/sign-in-links/read',
    {
      config: open,
      bodyLimit,
      schema: {
        summary: 'Whom a link is for',
        body: LinkQuestion,
        response: {
          200: Type.Object({ email: Type.String(), name: Type.String(), hasPassword: Type.Boolean() }),
        },
      },
    },
    async (request) => {
      const user = await readSignInLink(platform, request.body.token);
      return { email: user.email, name: user.name, hasPassword: user.password_hash !== null };
    },
  );

  app.post(
    '/v1/sign-in-links/use',
    {
      config: open,
      bodyLimit,
      schema: {
        summary: 'Choose a password with a link, and sign in',
        body: LinkUse,
        response: { 201: SignedIn },
      },
    },
    async (request, reply) => {
      const used = await useSignInLink(platform, {
        ...request.body,
        browser: browserOf(request),
        formerToken: sessionTokenOf(platform, request),
      });
      return welcome(platform, request, reply, used);
    },
  );
}

/** The answer to whoever has just signed in. */
function welcome(
  platform: Platform,
  request: FastifyRequest,
  reply: FastifyReply,
  { token, user }: { token: string; user: UserRow },
) {
  giveSessionCookie(platform, request, reply, token);
  return reply.status(201).send({
    user: {
      id: user.id,
      kind: 'user',
      email: user.email,
      name: user.name,
      role: user.role,
      language: user.language,
      permissions: [...permissionsOfRole[user.role]],
    },
  });
}

/** Ends the session of the cookie; answers how it was opened. */
function signOut(platform: Platform, request: FastifyRequest): Promise<string | undefined> {
  const { sessionId, actor, id } = principalOf(request);
  if (sessionId === undefined) {
    return Promise.resolve(undefined);
  }
  return inTransaction(platform.database, async (transaction) => {
    const ended = await transaction
      .withTables<AuthTables>()
      .deleteFrom('sessions')
      .where('id', '=', sessionId)
      .returning('opened_by')
      .executeTakeFirst();
    if (ended !== undefined) {
      await appendEvent(transaction, {
        type: 'user.signed-out',
        key: id,
        payload: { userId: id },
        actor,
        occurredAt: new Date(platform.clock.now()),
      });
    }
    return ended?.opened_by;
  });
}

async function signedIn(platform: Platform, request: FastifyRequest): Promise<SignedIn> {
  const principal = principalOf(request);
  const user =
    principal.kind === 'user'
      ? await platform.database
          .withTables<AuthTables>()
          .selectFrom('users')
          .select(['email', 'language'])
          .where('id', '=', principal.id)
          .executeTakeFirst()
      : undefined;
  return {
    user: {
      id: principal.id,
      kind: principal.kind,
      email: user?.email ?? null,
      name: principal.name,
      role: principal.role ?? null,
      language: user?.language ?? 'en',
      permissions: [...principal.permissions],
    },
  };
}
