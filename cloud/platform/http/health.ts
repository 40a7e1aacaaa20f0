import { AndonError } from '@andon/shared/kernel';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { Type } from 'typebox';
import type { App, Platform } from '../capability.ts';

const Healthy = Type.Object({ status: Type.Literal('ok') });

/** `/healthz`: the process answers. `/readyz`: so does the database. `/metrics`: Prometheus text. */
export function healthRoutes(app: App, platform: Platform): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  app.get(
    '/healthz',
    { config: { permission: 'public', rateLimit: false }, schema: { response: { 200: Healthy } } },
    async () => ({ status: 'ok' as const }),
  );
  app.get(
    '/readyz',
    { config: { permission: 'public', rateLimit: false }, schema: { response: { 200: Healthy } } },
    async () => {
      await platform.pool.query('select 1').catch((cause: unknown) => {
        throw new AndonError({
          code: 'platform.not-ready',
          message: 'The database does not answer.',
          nextStep: 'Wait; if it stays, look at the log of the cloud and of the database.',
          status: 503,
          cause,
        });
      });
      return { status: 'ok' as const };
    },
  );
  app.get('/metrics', { config: { permission: 'events:read' } }, async (_request, reply) => {
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
