import {
  type App,
  changeAndTell,
  expectedVersion,
  Page,
  type Platform,
  readCursor,
  toPage,
} from '../platform/index.ts';
import { insertAsset, listAssets, requireAsset, toAsset, updateAsset } from './asset-store.ts';
import { Asset, AssetInput, AssetsQuery, ById } from './schemas.ts';

export function assetRoutes(app: App, platform: Platform): void {
  const payloadOf = ({ id, accountId, name }: Asset) => ({ assetId: id, accountId, name });
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
      const telling = { type: 'asset.created', payloadOf };
      const asset = await changeAndTell(platform, request, telling, (transaction, now) =>
        insertAsset(transaction, { id: platform.newId(), input: request.body, now }),
      );
      return reply.status(201).send(asset);
    },
  );

  app.put(
    '/v1/assets/:id',
    { config: write, schema: { tags, params: ById, body: AssetInput, response: { 200: Asset } } },
    async (request) => {
      const telling = { type: 'asset.changed', payloadOf };
      return changeAndTell(platform, request, telling, (transaction, now) =>
        updateAsset(transaction, {
          id: request.params.id,
          expectedVersion: expectedVersion(request),
          input: request.body,
          now,
        }),
      );
    },
  );
}
