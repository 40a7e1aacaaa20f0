import type { FastifyInstance } from 'fastify';

interface BodySchema {
  readonly type?: string;
  readonly required?: readonly string[];
  readonly minProperties?: number;
}

/** Where no body is needed, a request that says that its body is JSON, and has none, is one without a body. */
export function takeEmptyBodies(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ headers, routeOptions }) => {
    const isEmpty = headers['content-length'] === '0' && headers['transfer-encoding'] === undefined;
    const body = routeOptions.schema?.body as BodySchema | undefined;
    if (isEmpty && (body === undefined || mayBeLeftOut(body))) {
      delete headers['content-type'];
    }
  });
}

/** Whether a body may be left out: so may all of its members. */
export function mayBeLeftOut(schema: BodySchema): boolean {
  return schema.type === 'object' && (schema.required ?? []).length === 0 && !schema.minProperties;
}
