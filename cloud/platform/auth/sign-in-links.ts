import { AndonError } from '@andon/shared/kernel';
import type { Principal } from '../authorization.ts';
import type { Platform } from '../capability.ts';
import { inTransaction, sql, type Transaction } from '../database.ts';
import { appendEvent } from '../event-log.ts';
import { accountLimit, takeAttemptBack } from './attempts.ts';
import { refuseHigherRole } from './grants.ts';
import { refuseWeakPassword } from './password-rules.ts';
import type { SignInLink } from './schemas.ts';
import { hashPassword, newToken, sha256 } from './secrets.ts';
import { type Browser, endSessions, openSession } from './sessions.ts';
import type { AuthTables } from './tables.ts';
import { lockUser, storeUser, tellUserChanged, type UserRow } from './users.ts';

const linkMillisecondsMax = 3 * 24 * 3_600_000;

/**
 * Makes the link by which one person chooses a password; the one before is worth nothing then. What it says stands
 * after the `#`, which browsers send to nobody: no log of a proxy has it.
 */
export async function makeSignInLink(
  platform: Platform,
  transaction: Transaction,
  userId: string,
  by: Principal,
): Promise<SignInLink> {
  const user = await lockUser(transaction, userId);
  refuseHigherRole(by, user.role);
  if (user.disabled_at !== null) {
    throw new AndonError({
      code: 'platform.user-disabled',
      message: 'This user is disabled, and a link would not let them in.',
      nextStep: 'Enable the user first.',
      status: 409,
    });
  }
  const token = newToken(platform.random);
  const now = platform.clock.now();
  const expiresAt = new Date(now + linkMillisecondsMax);
  const values = {
    token_sha256: sha256(token),
    created_by: by.actor,
    created_at: new Date(now),
    expires_at: expiresAt,
  };
  await transaction
    .withTables<AuthTables>()
    .insertInto('sign_in_links')
    .values({ user_id: userId, ...values })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(values))
    .execute();
  await appendEvent(transaction, {
    type: 'user.link-made',
    key: userId,
    payload: { userId, expiresAt: expiresAt.toISOString() },
    actor: by.actor,
    occurredAt: new Date(now),
  });
  return { url: `${platform.publicUrl}/welcome#${token}`, expiresAt: expiresAt.toISOString() };
}

/** Whom a link is for. */
export async function readSignInLink(platform: Platform, token: string): Promise<UserRow> {
  const user = await platform.database
    .withTables<AuthTables>()
    .selectFrom('sign_in_links')
    .innerJoin('users', 'users.id', 'sign_in_links.user_id')
    .selectAll('users')
    .where('token_sha256', '=', sha256(token))
    .where('expires_at', '>', new Date(platform.clock.now()))
    .where('disabled_at', 'is', null)
    .executeTakeFirst();
  if (user === undefined) {
    throw linkIsOver();
  }
  return user;
}

/** Chooses the password, ends what was open, and signs in. Of several who use the link at once, one does. */
export async function useSignInLink(
  platform: Platform,
  use: { token: string; password: string; browser: Browser; formerToken: string | undefined },
): Promise<{ token: string; user: UserRow }> {
  const found = await readSignInLink(platform, use.token);
  refuseWeakPassword(use.password, found);
  const hash = await hashPassword(use.password, platform.random);
  return inTransaction(platform.database, async (transaction) => {
    const locked = await lockUser(transaction, found.id);
    const { rows } = await sql`
      delete from sign_in_links where token_sha256 = ${sha256(use.token)} and user_id = ${locked.id}
        and expires_at > ${new Date(platform.clock.now())}
      returning user_id`.execute(transaction);
    if (rows.length === 0 || locked.disabled_at !== null) {
      throw linkIsOver();
    }
    const actor = `user:${locked.id}`;
    const user = {
      ...locked,
      password_hash: hash,
      updated_at: new Date(platform.clock.now()),
      version: locked.version + 1,
    };
    await storeUser(transaction, user);
    await endSessions(platform, transaction, { userId: user.id }, actor);
    await takeAttemptBack(transaction, accountLimit(user.email));
    await tellUserChanged(platform, transaction, user, { password: use.password }, actor);
    const token = await openSession(platform, transaction, {
      userId: user.id,
      by: 'link',
      browser: use.browser,
      formerToken: use.formerToken,
    });
    return { token, user };
  });
}

export async function removeExpiredLinks(platform: Platform): Promise<void> {
  await platform.database
    .withTables<AuthTables>()
    .deleteFrom('sign_in_links')
    .where('expires_at', '<=', new Date(platform.clock.now()))
    .execute();
}

/** Unknown, used and expired are the same to whoever holds it. */
function linkIsOver(): AndonError {
  return new AndonError({
    code: 'platform.link-is-over',
    message: 'This link cannot be used any more: it was used, replaced, or its time is over.',
    nextStep: 'Ask an administrator for a new one.',
    status: 410,
  });
}
