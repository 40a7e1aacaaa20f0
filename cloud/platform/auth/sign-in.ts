import { AndonError } from '@andon/shared/kernel';
import type { Platform } from '../capability.ts';
import { inTransaction, type Transaction } from '../database.ts';
import { appendEvent } from '../event-log.ts';
import { accountLimit, addressLimit, countAttempt, takeAttemptBack } from './attempts.ts';
import { emailPattern } from './schemas.ts';
import { hashPassword, isOutdatedHash, passwordMatches } from './secrets.ts';
import { type Browser, openSession } from './sessions.ts';
import type { AuthTables, SignInMeans } from './tables.ts';
import type { UserRow } from './users.ts';

/**
 * Opens a session for the right password.
 * @throws AndonError `platform.wrong-credentials` (401), `platform.too-many-sign-ins` (429)
 */
export async function signIn(
  platform: Platform,
  attempt: { email: string; password: string; browser: Browser; formerToken: string | undefined },
): Promise<{ token: string; user: UserRow }> {
  const email = attempt.email.toLowerCase();
  const account = accountLimit(email);
  const address = addressLimit(attempt.browser.address);
  await countAttempt(platform, [account, address]);
  const user = await platform.database
    .withTables<AuthTables>()
    .selectFrom('users')
    .selectAll()
    .where('email', '=', email)
    .where('disabled_at', 'is', null)
    .executeTakeFirst();
  const matches = await passwordMatches(user?.password_hash, attempt.password, platform.random);
  if (user === undefined || !matches) {
    await tellFailure(platform, {
      ...(user === undefined ? {} : { userId: user.id }),
      email,
      by: 'password',
      reason: 'wrong-credentials',
      browser: attempt.browser,
    });
    throw wrongCredentials();
  }
  const hash =
    user.password_hash !== null && isOutdatedHash(user.password_hash)
      ? await hashPassword(attempt.password, platform.random)
      : undefined;
  const token = await inTransaction(platform.database, async (transaction) => {
    await lockWithPassword(transaction, user);
    await takeAttemptBack(transaction, account, address);
    if (hash !== undefined) {
      await transaction
        .withTables<AuthTables>()
        .updateTable('users')
        .set({ password_hash: hash })
        .where('id', '=', user.id)
        .execute();
    }
    return openSession(platform, transaction, {
      userId: user.id,
      by: 'password',
      browser: attempt.browser,
      formerToken: attempt.formerToken,
    });
  });
  return { token, user };
}

/** While the password was compared it may have been changed, and its sessions ended: this one must not come after. */
async function lockWithPassword(transaction: Transaction, user: UserRow): Promise<void> {
  const same = await transaction
    .withTables<AuthTables>()
    .selectFrom('users')
    .select('id')
    .where('id', '=', user.id)
    .where('password_hash', '=', user.password_hash)
    .where('disabled_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (same === undefined) {
    throw wrongCredentials();
  }
}

function wrongCredentials(): AndonError {
  return new AndonError({
    code: 'platform.wrong-credentials',
    message: 'The email or the password is wrong.',
    nextStep: 'Try again; an administrator can make a link that sets a new password.',
    status: 401,
  });
}

export interface SignInFailure {
  /** Who is known to have tried; else it is the address. */
  readonly actor?: string;
  readonly userId?: string;
  readonly email: string | undefined;
  readonly by: SignInMeans;
  readonly reason: string;
  readonly browser: Browser;
}

/** A failure is in the log, as a sign-in is. What is no address is left out: people type passwords there. */
export async function tellFailure(platform: Platform, failure: SignInFailure): Promise<void> {
  const { userId, email, by, reason, browser } = failure;
  await inTransaction(platform.database, (transaction) =>
    appendEvent(transaction, {
      type: 'user.sign-in-failed',
      key: userId ?? 'sign-in',
      payload: {
        ...(userId === undefined ? {} : { userId }),
        ...(email !== undefined && new RegExp(emailPattern).test(email) ? { email } : {}),
        by,
        reason,
        ...browser,
      },
      actor: failure.actor ?? `address:${browser.address}`,
      occurredAt: new Date(platform.clock.now()),
    }),
  );
}
