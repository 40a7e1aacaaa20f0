import { AndonError } from '@andon/shared/kernel';
import type { Principal } from '../authorization.ts';
import type { Platform } from '../capability.ts';
import { inTransaction } from '../database.ts';
import { accountLimit, countAttempt, takeAttemptBack } from './attempts.ts';
import { refuseWeakPassword } from './password-rules.ts';
import { hashPassword, passwordMatches } from './secrets.ts';
import { type Browser, endSessions, openSession } from './sessions.ts';
import { tellFailure } from './sign-in.ts';
import type { AuthTables } from './tables.ts';
import { lockUser, storeUser, tellUserChanged, type UserRow } from './users.ts';

/**
 * Changes a password for whoever knows the old one. Wrong ones count as sign-ins that failed: a borrowed browser is no
 * place to guess it. All sessions end, this one too; its browser gets a new one.
 * @returns the token of the new session
 */
export async function changeOwnPassword(
  platform: Platform,
  by: Principal,
  change: { currentPassword: string; password: string },
  browser: Browser,
): Promise<string> {
  const user = await platform.database
    .withTables<AuthTables>()
    .selectFrom('users')
    .selectAll()
    .where('id', '=', by.id)
    .executeTakeFirstOrThrow();
  if (user.password_hash === null) {
    throw new AndonError({
      code: 'platform.no-password-yet',
      message: 'You have no password here: you sign in elsewhere.',
      nextStep: 'An administrator can make a link that sets one.',
      status: 409,
    });
  }
  refuseWeakPassword(change.password, user);
  const account = accountLimit(user.email);
  await countAttempt(platform, [account]);
  if (!(await passwordMatches(user.password_hash, change.currentPassword, platform.random))) {
    await tellFailure(platform, {
      actor: by.actor,
      userId: user.id,
      email: user.email,
      by: 'password',
      reason: 'wrong-current-password',
      browser,
    });
    throw wrongCurrentPassword();
  }
  const hash = await hashPassword(change.password, platform.random);
  return inTransaction(platform.database, async (transaction) => {
    const locked = await lockUser(transaction, user.id);
    if (locked.password_hash !== user.password_hash || locked.disabled_at !== null) {
      throw wrongCurrentPassword();
    }
    const changed: UserRow = {
      ...locked,
      password_hash: hash,
      updated_at: new Date(platform.clock.now()),
      version: locked.version + 1,
    };
    await storeUser(transaction, changed);
    await takeAttemptBack(transaction, account);
    await transaction
      .withTables<AuthTables>()
      .deleteFrom('sign_in_links')
      .where('user_id', '=', user.id)
      .execute();
    await endSessions(platform, transaction, { userId: user.id }, by.actor);
    await tellUserChanged(platform, transaction, changed, { password: change.password }, by.actor);
    return openSession(platform, transaction, { userId: user.id, by: 'password', browser });
  });
}

/** 403, not 401: whoever asks is signed in, and the console must not take them for a stranger. */
function wrongCurrentPassword(): AndonError {
  return new AndonError({
    code: 'platform.wrong-current-password',
    message: 'The current password is wrong.',
    nextStep:
      'Type it again. If you have forgotten it, an administrator can make a link that sets a new one.',
    field: 'currentPassword',
    status: 403,
  });
}
