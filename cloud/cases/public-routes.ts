import { randomSecret } from '@andon/shared/kernel';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { App } from '../platform/index.ts';
import { type CasesGround, digestOfToken, noSuchCase } from './ground.ts';
import { casePage, contentSecurityPolicy, notFoundPage } from './public-page.ts';
import { PublicStatus, toPublicStatus } from './public-status.ts';
import { findPublicCase } from './store.ts';

const ByToken = Type.Object({ token: Type.String({ maxLength: 300 }) });
/** A page asks every four seconds; many customers may share one address. */
const requestLimit = { name: 'case-pages', max: 200, windowMilliseconds: 10_000 };

/** The customer's link, without sign-in: it shows one case, and of it only what its customer is told. */
export function publicRoutes(app: App, { platform }: CasesGround): void {
  const statusOf = async (token: string): Promise<PublicStatus | undefined> => {
    const row = await findPublicCase(platform.database, digestOfToken(token));
    return row && toPublicStatus(row);
  };

  app.get(
    '/c/:token',
    { config: { permission: 'public', requestLimit }, schema: { params: ByToken, hide: true } },
    async (request, reply) => {
      const nonce = randomSecret(platform.random);
      const status = await statusOf(request.params.token);
      return conceal(reply)
        .header('content-security-policy', contentSecurityPolicy(nonce))
        .status(status === undefined ? 404 : 200)
        .type('text/html; charset=utf-8')
        .send(status === undefined ? notFoundPage(nonce) : casePage(status, nonce));
    },
  );

  app.get(
    '/c/:token/status.json',
    {
      config: { permission: 'public', requestLimit },
      schema: { params: ByToken, response: { 200: PublicStatus } },
    },
    async (request, reply) => {
      const status = await statusOf(request.params.token);
      conceal(reply);
      if (status === undefined) {
        throw noSuchCase();
      }
      return status;
    },
  );
}

/** Keeps the link out of caches, search engines and the logs of other sites. */
function conceal(reply: FastifyReply): FastifyReply {
  return reply
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'no-referrer')
    .header('x-robots-tag', 'noindex, nofollow');
}
