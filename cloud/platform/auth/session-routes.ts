import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { principalOf } from '../authorization.ts';
import type { App, Platform } from '../capability.ts';
import { SignedIn, SignIn } from './schemas.ts';
import { closeSession, cookieOptions, principalWithRole, sessionCookie } from './sessions.ts';
import { signIn } from './sign-in.ts';
import type { AuthTables } from './tables.ts';

export function sessionRoutes(app: App, platform: Platform): void {
  app.post(
    '/v1/session',
    {
      config: { permission: 'public', rateLimit: { max: 60, timeWindow: 60_000 } },
      schema: { summary: 'Sign in', body: SignIn, response: { 201: SignedIn } },
    },
    async (request, reply) => {
      const { token, user } = await signIn(platform, { ...request.body, address: request.ip });
      reply.setCookie(sessionCookie, token, cookieOptions(platform.publicUrl));
      const { permissions } = principalWithRole('user', user);
      return reply.status(201).send({
        user: {
          id: user.id,
          kind: 'user',
          email: user.email,
          name: user.name,
          role: user.role,
          language: user.language,
          permissions: [...permissions],
        },
      });
    },
  );

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
    { config: { permission: 'session' }, schema: { summary: 'Sign out', response: { 204: Type.Null() } } },
    async (request, reply) => {
      const token = request.cookies[sessionCookie];
      if (token !== undefined) {
        await closeSession(platform, token);
      }
      reply.clearCookie(sessionCookie, { path: '/' });
      return reply.status(204).send(null);
    },
  );
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
