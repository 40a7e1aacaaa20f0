import { readFileSync } from 'node:fs';
import { AndonError } from '@andon/shared/kernel';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { Gauge } from 'prom-client';
import { laneNames } from '../outbox/index.ts';
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
export async function startStatusServer(sources: StatusSources): Promise<StatusServer> {
  const startedAt = sources.clock.now();
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
  addGauges(sources);
  server.get('/metrics', async (_request, reply) => {
    const { registry } = sources.metrics;
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}

/** Gauges are read off the parts when they are asked for. */
function addGauges(sources: StatusSources): void {
  const { outbox, connectors, registry, deviceStates, commands, metrics } = sources;
  const registers = [metrics.registry];
  const gauge = (name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void) =>
    new Gauge({
      name: `andon_gateway_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        collect(this);
      },
    });
  gauge('lane_records', 'Records that wait to be delivered.', ['lane'], (self) => {
    for (const lane of laneNames) {
      self.set({ lane }, outbox.status(lane).queued);
    }
  });
  gauge('lane_bytes', 'Bytes of the records that wait.', ['lane'], (self) => {
    for (const lane of laneNames) {
      self.set({ lane }, outbox.status(lane).bytes);
    }
  });
  gauge('lane_lost_records', 'Records lost since the start, by reason.', ['lane', 'reason'], (self) => {
    for (const lane of laneNames) {
      const { evicted, refused } = outbox.losses(lane);
      self.set({ lane, reason: 'evicted' }, evicted);
      self.set({ lane, reason: 'refused' }, refused);
    }
  });
  gauge('uplink_records', 'Records acknowledged by the cloud since the start.', ['lane'], (self) => {
    for (const lane of laneNames) {
      self.set({ lane }, sources.uplink?.[lane].status().records ?? 0);
    }
  });
  gauge('downlink_connected', 'Is the line from the cloud open?', [], (self) => {
    self.set(sources.downlink?.status().state === 'connected' ? 1 : 0);
  });
  gauge('connector_connected', 'Does the connector have its wire?', ['connector'], (self) => {
    for (const connector of connectors.all) {
      self.set({ connector: connector.name }, connector.health().state === 'connected' ? 1 : 0);
    }
  });
  gauge('connector_count', "A connector's counters since the start.", ['connector', 'counter'], (self) => {
    for (const connector of connectors.all) {
      for (const [counter, value] of Object.entries(connector.health().counters)) {
        self.set({ connector: connector.name, counter }, value);
      }
    }
  });
  gauge('devices', 'Devices that are known, and those that are connected.', ['state'], (self) => {
    const devices = registry.all();
    self.set({ state: 'known' }, devices.length);
    self.set({ state: 'connected' }, devices.filter(({ id }) => deviceStates.get(id)?.connected).length);
  });
  gauge('alerts_active', 'Alerts that are open here.', [], (self) =>
    self.set(sources.pipeline.active().length),
  );
  gauge('commands', 'Commands in the journal, by state.', ['state'], (self) => {
    for (const { state, commands: count } of commands.counts()) {
      self.set({ state }, count);
    }
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
