import {
  type App,
  changeAndTell,
  expectedVersion,
  Page,
  type Platform,
  readCursor,
  toPage,
} from '../platform/index.ts';
import { ById, Site, SiteInput, SitesQuery } from './schemas.ts';
import { insertSite, listSites, requireSite, toSite, updateSite } from './site-store.ts';

export function siteRoutes(app: App, platform: Platform): void {
  const payloadOf = ({ id, accountId, name }: Site) => ({ siteId: id, accountId, name });
  const read = { permission: 'accounts:read' } as const;
  const write = { permission: 'accounts:write' } as const;
  const tags = ['sites'];

  app.get(
    '/v1/sites',
    { config: read, schema: { tags, querystring: SitesQuery, response: { 200: Page(Site) } } },
    async (request) => {
      const { q, accountId, limit = 50, cursor } = request.query;
      const before = readCursor(cursor, ['uuid']);
      const rows = await listSites(platform.database, {
        q,
        accountId,
        limit,
        ...(before && { beforeId: before[0] }),
      });
      return toPage(rows, limit, toSite, (row) => [row.id]);
    },
  );

  app.get(
    '/v1/sites/:id',
    { config: read, schema: { tags, params: ById, response: { 200: Site } } },
    async (request) => requireSite(platform.database, request.params.id),
  );

  app.post(
    '/v1/sites',
    { config: write, schema: { tags, body: SiteInput, response: { 201: Site } } },
    async (request, reply) => {
      const telling = { type: 'site.created', payloadOf };
      const site = await changeAndTell(platform, request, telling, (transaction, now) =>
        insertSite(transaction, { id: platform.newId(), input: request.body, now }),
      );
      return reply.status(201).send(site);
    },
  );

  app.put(
    '/v1/sites/:id',
    { config: write, schema: { tags, params: ById, body: SiteInput, response: { 200: Site } } },
    async (request) => {
      const telling = { type: 'site.changed', payloadOf };
      return changeAndTell(platform, request, telling, (transaction, now) =>
        updateSite(transaction, {
          id: request.params.id,
          expectedVersion: expectedVersion(request),
          input: request.body,
          now,
        }),
      );
    },
  );
}
