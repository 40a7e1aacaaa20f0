import type { Gateways } from '../gateways/index.ts';
import {
  type App,
  appendEvent,
  expectedVersion,
  inTransaction,
  Page,
  type Platform,
  principalOf,
  readCursor,
  type Transaction,
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
import { sendDefinitionsOfCategory } from './definitions.ts';

const tags = ['device-categories'];
const read = { permission: 'devices:read' } as const;
const write = { permission: 'devices:write' } as const;

export function categoryRoutes(app: App, platform: Platform, gateways: Gateways): void {
  const announce = (transaction: Transaction, type: string, category: DeviceCategory, actor: string) =>
    appendEvent(transaction, {
      type,
      key: category.id,
      payload: { categoryId: category.id, version: category.version },
      actor,
      occurredAt: new Date(platform.clock.now()),
    });

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
      const category = await inTransaction(platform.database, async (transaction) => {
        const now = new Date(platform.clock.now());
        const created = await insertCategory(transaction, { id, input, now });
        await announce(transaction, 'device-category.created', created, principalOf(request).actor);
        return created;
      });
      return reply.status(201).send(category);
    },
  );

  app.put(
    '/v1/device-categories/:id',
    {
      config: write,
      schema: { tags, params: CategoryById, body: CategoryEdit, response: { 200: DeviceCategory } },
    },
    async (request) =>
      inTransaction(platform.database, async (transaction) => {
        const now = new Date(platform.clock.now());
        const changed = await updateCategory(transaction, {
          id: request.params.id,
          expectedVersion: expectedVersion(request),
          input: request.body,
          now,
        });
        await sendDefinitionsOfCategory(transaction, gateways, changed.id, now);
        await announce(transaction, 'device-category.changed', changed, principalOf(request).actor);
        return changed;
      }),
  );
}
