import { AndonError } from '@andon/shared/kernel';
import type { Selectable } from 'kysely';
import {
  type Authenticator,
  type Permission,
  type Principal,
  permissionsOfRole,
  type Role,
} from '../authorization.ts';
import type { Platform } from '../capability.ts';
import { inTransaction, sql, type Transaction } from '../database.ts';
import { appendEvent } from '../event-log.ts';
import { refuseMoreThanOwn } from './grants.ts';
import type { ApiKey, NewApiKey } from './schemas.ts';
import { newToken, sha256 } from './secrets.ts';
import type { AuthTables } from './tables.ts';

export const apiKeyPrefix = 'andon_key_';
const touchEveryMilliseconds = 60_000;

export type ApiKeyRow = Selectable<AuthTables['api_keys']> & { owner_name: string | null };

export function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    scopes: row.scopes,
    createdBy: row.created_by,
    owner: row.owner_id === null ? null : { id: row.owner_id, name: row.owner_name ?? '' },
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  };
}

export interface WantedApiKey {
  readonly name: string;
  readonly role?: Role;
  readonly scopes?: readonly Permission[];
  readonly expiresAt?: Date;
  readonly createdBy: string;
  readonly ownerId?: string;
  readonly madeWith?: string;
}

/** Makes a key; it is returned this once and stored nowhere. */
export async function issueApiKey(
  platform: Platform,
  transaction: Transaction,
  wanted: WantedApiKey,
): Promise<{ id: string; key: string }> {
  const id = platform.newId();
  const key = `${apiKeyPrefix}${newToken(platform.random)}`;
  const now = new Date(platform.clock.now());
  const scopes = wanted.scopes === undefined ? null : [...new Set(wanted.scopes)];
  await transaction
    .withTables<AuthTables>()
    .insertInto('api_keys')
    .values({
      id,
      name: wanted.name,
      key_sha256: sha256(key),
      role: wanted.role ?? null,
      scopes,
      owner_id: wanted.ownerId ?? null,
      made_with: wanted.madeWith ?? null,
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
    payload: {
      apiKeyId: id,
      name: wanted.name,
      role: wanted.role ?? null,
      scopes,
      expiresAt: wanted.expiresAt?.toISOString() ?? null,
    },
    actor: wanted.createdBy,
    occurredAt: now,
  });
  return { id, key };
}

/**
 * Makes a key for somebody who asks for one. It may no more than its maker may, ends no later than the key that it is
 * made with, and belongs to the same user.
 * @throws AndonError `platform.more-than-own` (403), `platform.role-or-scopes`, `platform.key-ends-in-the-past` (422)
 */
export async function makeApiKey(
  platform: Platform,
  transaction: Transaction,
  wanted: NewApiKey,
  by: Principal,
): Promise<{ id: string; key: string }> {
  const { name, role, scopes } = wanted;
  if ((role === undefined) === (scopes === undefined)) {
    throw new AndonError({
      code: 'platform.role-or-scopes',
      message: 'A key has either a role or scopes.',
      nextStep: 'Send one of the two.',
      field: 'scopes',
      status: 422,
    });
  }
  refuseMoreThanOwn(by, scopes ?? permissionsOfRole[role ?? 'administrator']);
  if (by.kind === 'api-key') {
    await lockValidKey(transaction, by.id);
  }
  const ownerId = by.kind === 'user' ? by.id : by.ownerId;
  const expiresAt = endOfNewKey(platform, wanted.expiresAt, by);
  return issueApiKey(platform, transaction, {
    name,
    ...(role === undefined ? {} : { role }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    createdBy: by.actor,
    ...(ownerId === undefined ? {} : { ownerId }),
    ...(by.kind === 'api-key' ? { madeWith: by.id } : {}),
  });
}

/** Whoever revokes a key at this moment revokes the new one too, or is waited for. */
async function lockValidKey(transaction: Transaction, id: string): Promise<void> {
  const valid = await transaction
    .withTables<AuthTables>()
    .selectFrom('api_keys')
    .select('id')
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .forShare()
    .executeTakeFirst();
  if (valid === undefined) {
    throw new AndonError({
      code: 'platform.key-was-revoked',
      message: 'The key that this was asked with has just been revoked.',
      nextStep: 'Use another one.',
      status: 401,
    });
  }
}

function endOfNewKey(platform: Platform, wanted: string | undefined, by: Principal): Date | undefined {
  const latest = by.kind === 'api-key' ? (by.endsAt ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  const end = Math.min(wanted === undefined ? Number.POSITIVE_INFINITY : Date.parse(wanted), latest);
  if (end <= platform.clock.now()) {
    throw new AndonError({
      code: 'platform.key-ends-in-the-past',
      message: 'The key would have ended before it began.',
      nextStep: 'Choose a later expiresAt, or leave it out.',
      field: 'expiresAt',
      status: 422,
    });
  }
  return Number.isFinite(end) ? new Date(end) : undefined;
}

/** Revokes a key for good, and those that were made with it; false where there is none that is still valid. */
export async function revokeApiKey(
  platform: Platform,
  transaction: Transaction,
  id: string,
  actor: string,
): Promise<boolean> {
  const now = new Date(platform.clock.now());
  const { rows } = await sql<{ id: string }>`
    with recursive family as (
      select id from api_keys where id = ${id} and revoked_at is null
      union
      select api_keys.id from api_keys join family on api_keys.made_with = family.id
    )
    update api_keys set revoked_at = ${now} from family
    where family.id = api_keys.id and revoked_at is null
    returning api_keys.id`.execute(transaction);
  for (const revoked of rows) {
    await appendEvent(transaction, {
      type: 'api-key.revoked',
      key: revoked.id,
      payload: { apiKeyId: revoked.id, ...(revoked.id === id ? {} : { madeWith: id }) },
      actor,
      occurredAt: now,
    });
  }
  return rows.length > 0;
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
      .leftJoin('users', 'users.id', 'api_keys.owner_id')
      .selectAll('api_keys')
      .select('users.role as owner_role')
      .where('key_sha256', '=', sha256(key))
      .where('revoked_at', 'is', null)
      .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', new Date(now))]))
      // Whoever may not come in any more does not by a key either.
      .where('users.disabled_at', 'is', null)
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
    const role = roleOfKey(found.role, found.owner_role);
    return {
      actor: `api-key:${found.id}`,
      kind: 'api-key',
      id: found.id,
      name: found.name,
      ...(role === undefined ? {} : { role }),
      permissions: permissionsOfKey(found, found.owner_role),
      ...(found.owner_id === null ? {} : { ownerId: found.owner_id }),
      ...(found.expires_at === null ? {} : { endsAt: found.expires_at.getTime() }),
    } satisfies Principal;
  };
}

/** The lesser of a key's role and its owner's today; none where neither is, or the key was given scopes. */
export function roleOfKey(role: Role | null, ownerRole: Role | null): Role | undefined {
  if (role === null) {
    return undefined;
  }
  if (ownerRole === null || isWithin(role, ownerRole)) {
    return role;
  }
  return isWithin(ownerRole, role) ? ownerRole : undefined;
}

function isWithin(lesser: Role, greater: Role): boolean {
  return [...permissionsOfRole[lesser]].every((permission) => permissionsOfRole[greater].has(permission));
}

/** What a key may: what it was made for, as far as its owner may that today. Everybody may ask who they are. */
export function permissionsOfKey(
  key: { role: Role | null; scopes: readonly Permission[] | null },
  ownerRole: Role | null,
): ReadonlySet<Permission> {
  const given = key.role === null ? (key.scopes ?? []) : [...permissionsOfRole[key.role]];
  const held =
    ownerRole === null ? given : given.filter((permission) => permissionsOfRole[ownerRole].has(permission));
  return new Set<Permission>([...held, 'session']);
}
