import { AndonError } from '@andon/shared/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses what another site makes a browser send (CSRF). Browsers say where a request comes from
 * (`Sec-Fetch-Site`, or `Origin` where they are older); programs say neither, and carry no cookie by accident.
 */
export function refuseCrossSite(app: FastifyInstance, publicUrl: string): void {
  const ownOrigin = new URL(publicUrl).origin;
  app.addHook('onRequest', async (request) => {
    if (!safeMethods.has(request.method) && !comesFromOurPages(request, ownOrigin)) {
      throw new AndonError({
        code: 'platform.cross-site',
        message: 'This request was made by the page of another site.',
        nextStep: `Work from ${ownOrigin}; programs send an API key and no Origin.`,
        status: 403,
      });
    }
  });
}

function comesFromOurPages(request: FastifyRequest, ownOrigin: string): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined) {
    return site === 'same-origin' || site === 'none';
  }
  const { origin } = request.headers;
  return origin === undefined || origin === ownOrigin || hostOf(origin) === request.headers.host;
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
