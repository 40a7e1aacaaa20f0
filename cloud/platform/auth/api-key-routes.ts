import { Uuid } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { Type } from 'typebox';
import { principalOf } from '../authorization.ts';
import type { App, Platform } from '../capability.ts';
import { readCursor } from '../cursor-parts.ts';
import { inTransaction } from '../database.ts';
import { Page, pageQuery, toPage } from '../pagination.ts';
import { makeApiKey, revokeApiKey, toApiKey } from './api-keys.ts';
import { ApiKey, NewApiKey } from './schemas.ts';
import type { AuthTables } from './tables.ts';

const config = { permission: 'users:manage' } as const;

export function apiKeyRoutes(app: App, platform: Platform): void {
  app.get(
    '/v1/api-keys',
    {
      config,
      schema: {
        summary: 'API keys, newest first; with `valid`, those that are neither revoked nor over',
        querystring: Type.Object({ ...pageQuery, valid: Type.Optional(Type.Boolean()) }),
        response: { 200: Page(ApiKey) },
      },
    },
    async ({ query }) => {
      const limit = query.limit ?? 50;
      let select = platform.database
        .withTables<AuthTables>()
        .selectFrom('api_keys')
        .leftJoin('users', 'users.id', 'api_keys.owner_id')
        .selectAll('api_keys')
        .select('users.name as owner_name')
        .orderBy('api_keys.id', 'desc')
        .limit(limit + 1);
      const position = readCursor(query.cursor, ['uuid']);
      if (position !== undefined) {
        select = select.where('api_keys.id', '<', position[0]);
      }
      if (query.valid) {
        select = select
          .where('revoked_at', 'is', null)
          .where((where) =>
            where.or([
              where('expires_at', 'is', null),
              where('expires_at', '>', new Date(platform.clock.now())),
            ]),
          );
      }
      return toPage(await select.execute(), limit, toApiKey, (row) => [row.id]);
    },
  );

  app.post(
    '/v1/api-keys',
    {
      config,
      schema: {
        summary: 'Make an API key; it is shown this once',
        body: NewApiKey,
        response: { 201: Type.Object({ id: Type.String(), key: Type.String() }) },
      },
    },
    async (request, reply) => {
      const made = await inTransaction(platform.database, (transaction) =>
        makeApiKey(platform, transaction, request.body, principalOf(request)),
      );
      return reply.status(201).send(made);
    },
  );

  app.delete(
    '/v1/api-keys/:id',
    {
      config,
      schema: {
        summary: 'Revoke an API key, and those that were made with it',
        params: Type.Object({ id: Uuid }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const revoked = await inTransaction(platform.database, (transaction) =>
        revokeApiKey(platform, transaction, request.params.id, principalOf(request).actor),
      );
      if (!revoked) {
        throw new AndonError({
          code: 'platform.no-such-api-key',
          message: 'There is no such API key that is still valid.',
          nextStep: 'See /v1/api-keys for those that there are.',
          status: 404,
        });
      }
      return reply.status(204).send(null);
    },
  );
}
