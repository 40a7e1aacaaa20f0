import {
  type App,
  appendEvent,
  expectedVersion,
  inTransaction,
  Page,
  type Platform,
  principalOf,
  readCursor,
  toPage,
} from '../platform/index.ts';
import { insertAsset, listAssets, requireAsset, toAsset, updateAsset } from './asset-store.ts';
import { Asset, AssetInput, AssetsQuery, ById } from './schemas.ts';

export function assetRoutes(app: App, platform: Platform): void {
  const read = { permission: 'assets:read' } as const;
  const write = { permission: 'assets:write' } as const;
  const tags = ['assets'];

  app.get(
    '/v1/assets',
    { config: read, schema: { tags, querystring: AssetsQuery, response: { 200: Page(Asset) } } },
    async (request) => {
      const { limit = 50, cursor, ...filter } = request.query;
      const before = readCursor(cursor, ['uuid']);
      const rows = await listAssets(platform.database, {
        ...filter,
        limit,
        ...(before && { beforeId: before[0] }),
      });
      return toPage(rows, limit, toAsset, (row) => [row.id]);
    },
  );

  app.get(
    '/v1/assets/:id',
    { config: read, schema: { tags, params: ById, response: { 200: Asset } } },
    async (request) => requireAsset(platform.database, request.params.id),
  );

  app.post(
    '/v1/assets',
    { config: write, schema: { tags, body: AssetInput, response: { 201: Asset } } },
    async (request, reply) => {
      const now = new Date(platform.clock.now());
      const asset = await inTransaction(platform.database, async (transaction) => {
        const created = await insertAsset(transaction, { id: platform.newId(), input: request.body, now });
        await appendEvent(transaction, {
          type: 'asset.created',
          key: created.id,
          payload: { assetId: created.id, accountId: created.accountId, name: created.name },
          actor: principalOf(request).actor,
          occurredAt: now,
        });
        return created;
      });
      return reply.status(201).send(asset);
    },
  );

  app.put(
    '/v1/assets/:id',
    { config: write, schema: { tags, params: ById, body: AssetInput, response: { 200: Asset } } },
    async (request) => {
      const now = new Date(platform.clock.now());
      return inTransaction(platform.database, async (transaction) => {
        const changed = await updateAsset(transaction, {
          id: request.params.id,
          expectedVersion: expectedVersion(request),
          input: request.body,
          now,
        });
        await appendEvent(transaction, {
          type: 'asset.changed',
          key: changed.id,
          payload: { assetId: changed.id, accountId: changed.accountId, name: changed.name },
          actor: principalOf(request).actor,
          occurredAt: now,
        });
        return changed;
      });
    },
  );
}
