import { readFileSync } from 'node:fs';
import { type DoorAnswer, type HttpDoor, openHttpDoor } from './http-door.ts';
import { type StatusSources, statusReport } from './report.ts';

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
export function startStatusServer(sources: StatusSources, startedAt: number): Promise<HttpDoor> {
  const routes = new Map<string, () => DoorAnswer | Promise<DoorAnswer>>();
  for (const { path, file, type } of pageFiles) {
    const body = readFileSync(new URL(file, import.meta.url));
    routes.set(path, () => ({ type, body }));
  }
  routes.set('/status.json', () => ({ body: statusReport(sources, startedAt) }));
  routes.set('/healthz', () => ({ body: { status: 'ok', outboxSetAside: sources.setAside?.file } }));
  routes.set('/readyz', () => readiness(sources));
  routes.set('/metrics', async () => {
    const { registry } = sources.metrics;
    return { type: registry.contentType, body: await registry.metrics() };
  });
  const { host, port } = sources.loaded.statusPage;
  return openHttpDoor({
    host,
    port,
    headers,
    routes,
    onError: (error, url) =>
      sources.logger.warn({ error: String(error), url }, 'the status could not be told'),
  });
}

function readiness(sources: StatusSources): DoorAnswer {
  const error = sources.outbox.lastError();
  const starting = sources.connectors.all.filter((connector) => connector.health().state === 'starting');
  const ready = error === undefined && starting.length === 0;
  return {
    status: ready ? 200 : 503,
    body: {
      status: ready ? 'ready' : 'not ready',
      outbox: error?.code,
      starting: starting.map(({ name }) => name),
    },
  };
}
