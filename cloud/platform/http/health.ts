import { AndonError } from '@andon/shared/kernel';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { Type } from 'typebox';
import type { App, Platform } from '../capability.ts';
import { sql } from '../database.ts';

const Healthy = Type.Object({ status: Type.Literal('ok') });

/** `/healthz`: the process answers. `/readyz`: so does the database. `/metrics`: Prometheus text. */
export function healthRoutes(app: App, platform: Platform): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  subscriberMetrics(registry, platform);
  app.get(
    '/healthz',
    { config: { permission: 'public', requestLimit: false }, schema: { response: { 200: Healthy } } },
    async () => ({ status: 'ok' as const }),
  );
  app.get(
    '/readyz',
    { config: { permission: 'public', requestLimit: false }, schema: { response: { 200: Healthy } } },
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

/** How the subscribers of the event log do: one that stands still, or sets events aside, wants somebody's eyes. */
function subscriberMetrics(registry: Registry, platform: Platform): void {
  const gauges = [
    {
      name: 'andon_subscriber_events_behind',
      help: 'Events of its types that a subscriber has not handled yet.',
      query: sql<SubscriberCount>`
        select subscriber, (select count(*) from event_order
          where event_order.position > event_cursors.position and type = any(types)) as count
        from event_cursors`,
    },
    {
      name: 'andon_subscriber_events_set_aside',
      help: 'Events that a subscriber could not handle and set aside (table event_failures).',
      query: sql<SubscriberCount>`
        select subscriber, count(event_id) as count
        from event_cursors left join event_failures using (subscriber) group by subscriber`,
    },
  ];
  for (const { name, help, query } of gauges) {
    new Gauge({
      name,
      help,
      labelNames: ['subscriber'],
      registers: [registry],
      async collect() {
        const { rows } = await query.execute(platform.database);
        for (const { subscriber, count } of rows) {
          this.set({ subscriber }, count);
        }
      },
    });
  }
}

interface SubscriberCount {
  subscriber: string;
  count: number;
}
