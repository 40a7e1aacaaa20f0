import { createGunzip } from 'node:zlib';
import { AndonError } from '@andon/shared/kernel';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body may come with `content-encoding: gzip`; the route's `bodyLimit` counts what it inflates to. */
    acceptsGzip?: boolean;
  }
}

/** Inflates bodies of the routes that accept it; elsewhere a content encoding is refused (415). */
export function inflateBodies(app: FastifyInstance): void {
  app.addHook('preParsing', async (request, _reply, payload) => {
    const encoding = request.headers['content-encoding'];
    if (encoding === undefined || encoding === 'identity') {
      return payload;
    }
    if (encoding !== 'gzip' || !request.routeOptions.config.acceptsGzip) {
      throw new AndonError({
        code: 'platform.content-encoding',
        message: `The content encoding ${encoding} is not accepted here.`,
        nextStep: 'Send the body as it is.',
        field: 'content-encoding',
        status: 415,
      });
    }
    // Content-Length is about the compressed bytes. Fastify counts the inflated ones against the body limit, chunk
    // by chunk, so a bomb ends there.
    delete request.headers['content-length'];
    const inflated = payload.pipe(createGunzip());
    payload.once('error', (error) => inflated.destroy(error));
    inflated.once('error', () => payload.unpipe(inflated));
    return inflated;
  });
}
