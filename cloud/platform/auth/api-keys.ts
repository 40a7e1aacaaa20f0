import type { Selectable } from 'kysely';
import type { Authenticator, Role } from '../authorization.ts';
import type { Platform } from '../capability.ts';
import { inTransaction, type Transaction } from '../database.ts';
import { appendEvent } from '../event-log.ts';
import type { ApiKey } from './schemas.ts';
import { newToken, sha256 } from './secrets.ts';
import { principalWithRole } from './sessions.ts';
import type { AuthTables } from './tables.ts';

export const apiKeyPrefix = 'andon_key_';
const touchEveryMilliseconds = 60_000;

export function toApiKey(row: Selectable<AuthTables['api_keys']>): ApiKey {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  };
}

/** Makes a key; it is returned this once and stored nowhere. */
export async function issueApiKey(
  platform: Platform,
  transaction: Transaction,
  wanted: { name: string; role: Role; expiresAt?: Date; createdBy: string },
): Promise<{ id: string; key: string }> {
  const id = platform.newId();
  const key = `${apiKeyPrefix}${newToken(platform.random)}`;
  const now = new Date(platform.clock.now());
  await transaction
    .withTables<AuthTables>()
    .insertInto('api_keys')
    .values({
      id,
      name: wanted.name,
      key_sha256: sha256(key),
      role: wanted.role,
      created_by: wanted.createdBy,
      created_at: now,
      expires_at: wanted.expiresAt ?? null,
      revoked_at: null,
      last_used_at: null,
    })
    .execute();
  await appendEvent(transaction, {
    type: 'api-key.issued',
    key: id,
    payload: { apiKeyId: id, name: wanted.name, role: wanted.role },
    actor: wanted.createdBy,
    occurredAt: now,
  });
  return { id, key };
}

/** Revokes a key for good; false where there is none that is still valid. */
export async function revokeApiKey(
  platform: Platform,
  transaction: Transaction,
  id: string,
  actor: string,
): Promise<boolean> {
  const now = new Date(platform.clock.now());
  const result = await transaction
    .withTables<AuthTables>()
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n) {
    return false;
  }
  await appendEvent(transaction, {
    type: 'api-key.revoked',
    key: id,
    payload: { apiKeyId: id },
    actor,
    occurredAt: now,
  });
  return true;
}

/** A new administrator's key in the place of the former ones of this name; for a program that starts with us. */
export function replaceApiKey(platform: Platform, name: string, createdBy: string): Promise<string> {
  return inTransaction(platform.database, async (transaction) => {
    const former = await transaction
      .withTables<AuthTables>()
      .selectFrom('api_keys')
      .select('id')
      .where('name', '=', name)
      .where('created_by', '=', createdBy)
      .where('revoked_at', 'is', null)
      .execute();
    for (const { id } of former) {
      await revokeApiKey(platform, transaction, id, createdBy);
    }
    return (await issueApiKey(platform, transaction, { name, role: 'administrator', createdBy })).key;
  });
}

export function apiKeyAuthenticator(platform: Platform): Authenticator {
  return async (request) => {
    const [scheme, key] = (request.headers.authorization ?? '').split(' ');
    if (scheme?.toLowerCase() !== 'bearer' || !key?.startsWith(apiKeyPrefix)) {
      return undefined;
    }
    const now = platform.clock.now();
    const database = platform.database.withTables<AuthTables>();
    const found = await database
      .selectFrom('api_keys')
      .selectAll()
      .where('key_sha256', '=', sha256(key))
      .where('revoked_at', 'is', null)
      .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', new Date(now))]))
      .executeTakeFirst();
    if (found === undefined) {
      return undefined;
    }
    if (now - (found.last_used_at?.getTime() ?? 0) > touchEveryMilliseconds) {
      await database
        .updateTable('api_keys')
        .set({ last_used_at: new Date(now) })
        .where('id', '=', found.id)
        .execute();
    }
    return principalWithRole('api-key', found);
  };
}
