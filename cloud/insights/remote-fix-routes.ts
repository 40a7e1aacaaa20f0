import { stringify } from 'csv-stringify/sync';
import type { App, Platform } from '../platform/index.ts';
import { countRemoteFixes } from './remote-fixes.ts';
import { RemoteFixes, RemoteFixesQuery, type RemoteFixItem } from './schemas.ts';

const columns = [
  'categoryId',
  'rule',
  'errorCode',
  'command',
  'day',
  'sent',
  'alerts',
  'fixedRemotely',
  'fixedOtherwise',
  'toPeople',
  'givenUp',
  'underWay',
  'byThemselves',
  'untouched',
  'tried',
  'shareOfAlerts',
  'shareOfTried',
] as const satisfies readonly (keyof RemoteFixItem)[];

export function remoteFixRoutes(app: App, { database, clock }: Platform): void {
  const tags = ['insights'];
  const config = { permission: 'alerts:read' } as const;

  app.get(
    '/v1/insights/remote-fixes',
    { config, schema: { tags, querystring: RemoteFixesQuery, response: { 200: RemoteFixes } } },
    async (request) => countRemoteFixes(database, request.query, clock.now()),
  );

  app.get(
    '/v1/insights/remote-fixes.csv',
    { config, schema: { tags, produces: ['text/csv'], querystring: RemoteFixesQuery } },
    async (request, reply) => {
      const { items } = await countRemoteFixes(database, request.query, clock.now());
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="remote-fixes.csv"')
        .send(stringify(items, { header: true, columns: [...columns], escape_formulas: true }));
    },
  );
}
