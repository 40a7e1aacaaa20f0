import type { Gateways } from '../gateways/index.ts';
import {
  type App,
  changeAndTell,
  expectedVersion,
  Page,
  type Platform,
  principalOf,
  readCursor,
  toPage,
} from '../platform/index.ts';
import {
  CategoriesQuery,
  CategoryById,
  CategoryEdit,
  CategoryInput,
  DeviceCategory,
} from './category-schemas.ts';
import {
  insertCategory,
  listCategories,
  requireCategory,
  toCategory,
  updateCategory,
} from './category-store.ts';
import { authorOf } from './command-writers.ts';
import { sendDefinitionsOfCategory } from './definitions.ts';
import type { KnownIncidentTypes } from './incident-types-named.ts';

const tags = ['device-categories'];
const read = { permission: 'devices:read' } as const;
const write = { permission: 'devices:write' } as const;

export function categoryRoutes(
  app: App,
  platform: Platform,
  { gateways, known }: { readonly gateways: Gateways; readonly known: KnownIncidentTypes },
): void {
  const payloadOf = ({ id, version }: DeviceCategory) => ({ categoryId: id, version });

  app.get(
    '/v1/device-categories',
    { config: read, schema: { tags, querystring: CategoriesQuery, response: { 200: Page(DeviceCategory) } } },
    async (request) => {
      const { limit = 50, cursor, ...filter } = request.query;
      const after = readCursor(cursor, ['text']);
      const rows = await listCategories(platform.database, {
        ...filter,
        limit,
        ...(after && { afterId: after[0] }),
      });
      return toPage(rows, limit, toCategory, (row) => [row.id]);
    },
  );

  app.get(
    '/v1/device-categories/:id',
    { config: read, schema: { tags, params: CategoryById, response: { 200: DeviceCategory } } },
    async (request) => requireCategory(platform.database, request.params.id),
  );

  app.post(
    '/v1/device-categories',
    { config: write, schema: { tags, body: CategoryInput, response: { 201: DeviceCategory } } },
    async (request, reply) => {
      const { id, ...input } = request.body;
      const telling = { type: 'device-category.created', payloadOf };
      const category = await changeAndTell(platform, request, telling, (transaction, now) =>
        insertCategory(transaction, { id, input, author: authorOf(principalOf(request)), known, now }),
      );
      return reply.status(201).send(category);
    },
  );

  app.put(
    '/v1/device-categories/:id',
    {
      config: write,
      schema: { tags, params: CategoryById, body: CategoryEdit, response: { 200: DeviceCategory } },
    },
    async (request) => {
      const telling = { type: 'device-category.changed', payloadOf };
      return changeAndTell(platform, request, telling, async (transaction, now) => {
        const changed = await updateCategory(transaction, {
          id: request.params.id,
          expectedVersion: expectedVersion(request),
          input: request.body,
          author: authorOf(principalOf(request)),
          known,
          now,
        });
        await sendDefinitionsOfCategory(transaction, gateways, changed.id, now);
        return changed;
      });
    },
  );
}
