import { AndonError } from '@andon/shared/kernel';
import type { Selectable } from 'kysely';
import type { Platform } from '../capability.ts';
import { type Transaction, violates } from '../database.ts';
import { appendEvent } from '../event-log.ts';
import { staleVersion } from '../record-versions.ts';
import type { NewUser, User, UserEdit } from './schemas.ts';
import { hashPassword } from './secrets.ts';
import type { AuthTables } from './tables.ts';

export type UserRow = Selectable<AuthTables['users']>;

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    role: row.role,
    language: row.language,
    disabled: row.disabled_at !== null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
  };
}

export async function createUser(
  platform: Platform,
  transaction: Transaction,
  wanted: NewUser,
  actor: string,
): Promise<UserRow> {
  const now = new Date(platform.clock.now());
  const row: UserRow = {
    id: platform.newId(),
    email: wanted.email.toLowerCase(),
    name: wanted.name,
    role: wanted.role,
    language: wanted.language ?? 'en',
    password_hash: await hashPassword(wanted.password, platform.random),
    disabled_at: null,
    created_at: now,
    updated_at: now,
    version: 1,
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
    payload: { userId: row.id, email: row.email, role: row.role },
    actor,
    occurredAt: now,
  });
  return row;
}

/** Edits one user. Another password, another role or being disabled ends the user's sessions. */
export async function editUser(
  platform: Platform,
  transaction: Transaction,
  edit: { id: string; expectedVersion: number; changes: UserEdit; actor: string },
): Promise<UserRow> {
  const { changes } = edit;
  // Before anything is locked: it takes its time.
  const passwordHash =
    changes.password === undefined ? undefined : await hashPassword(changes.password, platform.random);
  const locked = await lockWithAdministrators(transaction, edit.id);
  const row = locked.find(({ id }) => id === edit.id);
  if (row === undefined) {
    throw noSuchUser();
  }
  if (row.version !== edit.expectedVersion) {
    throw staleVersion(edit.expectedVersion, row.version);
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
  if (isAdministrator(row) && !isAdministrator(changed) && locked.filter(isAdministrator).length === 1) {
    throw lastAdministrator();
  }
  const tables = transaction.withTables<AuthTables>();
  await tables.updateTable('users').set(changed).where('id', '=', row.id).execute();
  if (changes.password !== undefined || changes.role !== undefined || changes.disabled === true) {
    await tables.deleteFrom('sessions').where('user_id', '=', row.id).execute();
  }
  await appendEvent(transaction, {
    type: 'user.changed',
    key: row.id,
    payload: { userId: row.id, changed: Object.keys(changes) },
    actor: edit.actor,
    occurredAt: now,
  });
  return changed;
}

function isAdministrator(row: UserRow): boolean {
  return row.role === 'administrator' && row.disabled_at === null;
}

/**
 * A user together with all administrators, locked in one order for everybody: of two who demote each other at once,
 * the second waits, and is refused.
 */
function lockWithAdministrators(transaction: Transaction, id: string): Promise<UserRow[]> {
  return transaction
    .withTables<AuthTables>()
    .selectFrom('users')
    .selectAll()
    .where((where) =>
      where.or([
        where('id', '=', id),
        where.and([where('role', '=', 'administrator'), where('disabled_at', 'is', null)]),
      ]),
    )
    .orderBy('id')
    .forUpdate()
    .execute();
}

function lastAdministrator(): AndonError {
  return new AndonError({
    code: 'platform.last-administrator',
    message: 'This is the last administrator.',
    nextStep: 'Make somebody else an administrator first.',
    status: 409,
  });
}

export function noSuchUser(): AndonError {
  return new AndonError({
    code: 'platform.no-such-user',
    message: 'There is no such user.',
    nextStep: 'See /v1/users for those that there are.',
    status: 404,
  });
}
