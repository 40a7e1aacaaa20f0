import { AndonError } from '@andon/shared/kernel';
import type { Selectable } from 'kysely';
import { type Principal, permissionsOfRole, type Role } from '../authorization.ts';
import type { Platform } from '../capability.ts';
import { type Database, type Transaction, violates } from '../database.ts';
import { appendEvent } from '../event-log.ts';
import { staleVersion } from '../record-versions.ts';
import { refuseHigherRole, refuseMoreThanOwn } from './grants.ts';
import { refuseWeakPassword } from './password-rules.ts';
import type { OwnEdit, User, UserEdit } from './schemas.ts';
import { hashPassword } from './secrets.ts';
import { endSessions } from './sessions.ts';
import type { AuthTables } from './tables.ts';

export type UserRow = Selectable<AuthTables['users']>;

export function toUser(row: UserRow & { link_expires_at?: Date | null }): User {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    role: row.role,
    language: row.language,
    disabled: row.disabled_at !== null,
    hasPassword: row.password_hash !== null,
    hasOpenIdConnect: row.openid_subject !== null,
    lastSignedInAt: row.last_signed_in_at?.toISOString() ?? null,
    linkExpiresAt: row.link_expires_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

/** Users with what is shown of them. */
export function selectUsers(database: Database) {
  return database
    .withTables<AuthTables>()
    .selectFrom('users')
    .leftJoin('sign_in_links', 'sign_in_links.user_id', 'users.id')
    .selectAll('users')
    .select('sign_in_links.expires_at as link_expires_at');
}

export interface WantedUser {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly language?: User['language'];
  /** Left out: the user is invited, or comes by OpenID Connect. */
  readonly password?: string;
  readonly openId?: { readonly issuer: string; readonly subject: string };
}

export async function createUser(
  platform: Platform,
  transaction: Transaction,
  wanted: WantedUser,
  actor: string,
): Promise<UserRow> {
  const now = new Date(platform.clock.now());
  if (wanted.password !== undefined) {
    refuseWeakPassword(wanted.password, wanted);
  }
  const row: UserRow = {
    id: platform.newId(),
    email: wanted.email.toLowerCase(),
    name: wanted.name,
    role: wanted.role,
    language: wanted.language ?? 'en',
    password_hash:
      wanted.password === undefined ? null : await hashPassword(wanted.password, platform.random),
    disabled_at: null,
    created_at: now,
    updated_at: now,
    version: 1,
    last_signed_in_at: null,
    openid_issuer: wanted.openId?.issuer ?? null,
    openid_subject: wanted.openId?.subject ?? null,
  };
  try {
    await transaction.withTables<AuthTables>().insertInto('users').values(row).execute();
  } catch (error) {
    if (violates(error, 'users_email_key')) {
      throw new AndonError({
        code: 'platform.user-exists',
        message: `There is a user with the email ${row.email} already.`,
        nextStep: 'Edit that user, or use another email.',
        field: 'email',
        status: 409,
      });
    }
    throw error;
  }
  await appendEvent(transaction, {
    type: 'user.created',
    key: row.id,
    payload: { userId: row.id, email: row.email, name: row.name, role: row.role },
    actor,
    occurredAt: now,
  });
  return row;
}

/** Edits one user. Another password, another role or being disabled ends the user's sessions. */
export async function editUser(
  platform: Platform,
  transaction: Transaction,
  edit: { id: string; expectedVersion: number; changes: UserEdit; by: Principal },
): Promise<UserRow> {
  const { changes, by } = edit;
  // Before anything is locked: it takes its time.
  const passwordHash =
    changes.password === undefined ? undefined : await hashPassword(changes.password, platform.random);
  const row = await lockUser(transaction, edit.id);
  refuseHigherRole(by, row.role);
  if (row.version !== edit.expectedVersion) {
    throw staleVersion(edit.expectedVersion, row.version);
  }
  if (changes.role !== undefined) {
    refuseMoreThanOwn(by, permissionsOfRole[changes.role]);
  }
  if (changes.password !== undefined) {
    refuseWeakPassword(changes.password, { email: row.email, name: changes.name ?? row.name });
  }
  const now = new Date(platform.clock.now());
  const changed: UserRow = {
    ...row,
    name: changes.name ?? row.name,
    role: changes.role ?? row.role,
    language: changes.language ?? row.language,
    disabled_at: changes.disabled === undefined ? row.disabled_at : changes.disabled ? now : null,
    password_hash: passwordHash ?? row.password_hash,
    updated_at: now,
    version: row.version + 1,
  };
  await storeUser(transaction, changed);
  if (changes.password !== undefined || changes.role !== undefined || changes.disabled === true) {
    await endSessions(platform, transaction, { userId: row.id }, by.actor);
  }
  if (changes.password !== undefined || changes.disabled === true) {
    await transaction
      .withTables<AuthTables>()
      .deleteFrom('sign_in_links')
      .where('user_id', '=', row.id)
      .execute();
  }
  await tellUserChanged(platform, transaction, changed, changes, by.actor);
  return changed;
}

/** A person's own name and language. */
export async function editOwnUser(
  platform: Platform,
  transaction: Transaction,
  by: Principal,
  changes: OwnEdit,
): Promise<UserRow> {
  const row = await lockUser(transaction, by.id);
  const changed: UserRow = {
    ...row,
    name: changes.name ?? row.name,
    language: changes.language ?? row.language,
    updated_at: new Date(platform.clock.now()),
    version: row.version + 1,
  };
  await storeUser(transaction, changed);
  await tellUserChanged(platform, transaction, changed, changes, by.actor);
  return changed;
}

/** What changed, and into what; of a password only that it did. */
export async function tellUserChanged(
  platform: Platform,
  transaction: Transaction,
  user: UserRow,
  changes: UserEdit,
  actor: string,
): Promise<void> {
  const { password: _, ...visible } = changes;
  await appendEvent(transaction, {
    type: 'user.changed',
    key: user.id,
    payload: { userId: user.id, changed: Object.keys(changes), ...visible },
    actor,
    occurredAt: new Date(platform.clock.now()),
  });
}

/** @throws AndonError `platform.no-such-user` (404) */
export async function lockUser(transaction: Transaction, id: string): Promise<UserRow> {
  const row = await transaction
    .withTables<AuthTables>()
    .selectFrom('users')
    .selectAll()
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (row === undefined) {
    throw noSuchUser();
  }
  return row;
}

/**
 * Stores a user who was locked. That an administrator stays is kept by the database, whoever does what at once.
 * @throws AndonError `platform.last-administrator` (409)
 */
export async function storeUser(transaction: Transaction, { id, ...columns }: UserRow): Promise<void> {
  try {
    await transaction
      .withTables<AuthTables>()
      .updateTable('users')
      .set(columns)
      .where('id', '=', id)
      .execute();
  } catch (error) {
    if (violates(error, 'users_keep_an_administrator')) {
      throw new AndonError({
        code: 'platform.last-administrator',
        message: 'This is the last administrator.',
        nextStep: 'Make somebody else an administrator first.',
        status: 409,
      });
    }
    throw error;
  }
}

export function noSuchUser(): AndonError {
  return new AndonError({
    code: 'platform.no-such-user',
    message: 'There is no such user.',
    nextStep: 'See /v1/users for those that there are.',
    status: 404,
  });
}
