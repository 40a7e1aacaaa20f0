import { readFileSync } from 'node:fs';
import { AndonError } from '@andon/shared/kernel';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { type StatusSources, statusReport } from './report.ts';

export interface StatusServer {
  readonly port: number;
  close(): Promise<void>;
}

const bodyBytesMax = 1024;
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};
const pageFiles = [
  { path: '/', file: 'page.html', type: 'text/html; charset=utf-8' },
  { path: '/page.css', file: 'page.css', type: 'text/css; charset=utf-8' },
  { path: '/page.js', file: 'page.js', type: 'text/javascript; charset=utf-8' },
];

/** Listens; rejects with `status.port-in-use` where another program has the port. */
export async function startStatusServer(sources: StatusSources, startedAt: number): Promise<StatusServer> {
  const server = Fastify({ logger: false, bodyLimit: bodyBytesMax, forceCloseConnections: true });
  server.addHook('onSend', async (_request, reply) => {
    reply.headers(headers);
  });
  server.setErrorHandler((error, request, reply) => {
    sources.logger.warn({ error: String(error), url: request.url }, 'the status could not be told');
    return problem(reply, 500, 'The status cannot be told now.');
  });
  server.setNotFoundHandler((_request, reply) => problem(reply, 404, 'There is nothing at this address.'));
  addRoutes(server, sources, startedAt);
  const { host, port } = sources.loaded.statusPage;
  try {
    await server.listen({ host, port });
  } catch (error) {
    await server.close();
    throw listenError(error, host, port);
  }
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () => server.close(),
  };
}

function addRoutes(server: FastifyInstance, sources: StatusSources, startedAt: number): void {
  for (const { path, file, type } of pageFiles) {
    const content = readFileSync(new URL(file, import.meta.url));
    server.get(path, (_request, reply) => reply.type(type).send(content));
  }
  server.get('/status.json', () => statusReport(sources, startedAt));
  server.get('/healthz', () => ({ status: 'ok', outboxSetAside: sources.setAside?.file }));
  server.get('/readyz', (_request, reply) => {
    const error = sources.outbox.lastError();
    const starting = sources.connectors.all.filter((connector) => connector.health().state === 'starting');
    const ready = error === undefined && starting.length === 0;
    return reply.code(ready ? 200 : 503).send({
      status: ready ? 'ready' : 'not ready',
      outbox: error?.code,
      starting: starting.map(({ name }) => name),
    });
  });
  server.get('/metrics', async (_request, reply) => {
    const { registry } = sources.metrics;
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}

function problem(reply: FastifyReply, status: number, title: string): FastifyReply {
  return reply.code(status).type('application/problem+json').send({ type: 'about:blank', title, status });
}

function listenError(error: unknown, host: string, port: number): unknown {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return new AndonError({
      code: 'status.port-in-use',
      message: `The port ${port} on ${host}, for the status page, is in use by another program.`,
      nextStep: 'Stop that program, or choose another port with ANDON_GATEWAY_PORT.',
      cause: error,
    });
  }
  return error;
}
