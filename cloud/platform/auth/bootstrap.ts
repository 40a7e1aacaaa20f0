import { AndonError, randomSecret } from '@andon/shared/kernel';
import type { Platform } from '../capability.ts';
import { inTransaction, sql } from '../database.ts';
import { appendEvent } from '../event-log.ts';
import { accountLimit, takeAttemptBack } from './attempts.ts';
import { hashPassword } from './secrets.ts';
import { endSessions } from './sessions.ts';
import type { AuthTables } from './tables.ts';
import { createUser } from './users.ts';

const bootstrapLockKey = 4_201_967;

/**
 * Makes the first administrator where there is no user yet. `password` of the answer is there only if it was made
 * here, now: nobody can read it again.
 */
export function bootstrapAdministrator(
  platform: Platform,
  wanted: { email: string; password: string | undefined },
): Promise<{ email: string; password?: string }> {
  return inTransaction(platform.database, async (transaction) => {
    await sql`select pg_advisory_xact_lock(${bootstrapLockKey})`.execute(transaction);
    const first = await transaction
      .withTables<AuthTables>()
      .selectFrom('users')
      .select('email')
      .where('role', '=', 'administrator')
      .where('disabled_at', 'is', null)
      .orderBy('created_at')
      .executeTakeFirst();
    if (first !== undefined) {
      return { email: first.email };
    }
    const password = wanted.password ?? randomSecret(platform.random);
    const user = await createUser(
      platform,
      transaction,
      { email: wanted.email, name: 'Administrator', role: 'administrator', password },
      'system:platform',
    );
    return { email: user.email, ...(wanted.password === undefined ? { password } : {}) };
  });
}

/** Gives a user a new password, made here, ends the sessions, and lets the account in again. */
export async function resetPassword(platform: Platform, email: string): Promise<string> {
  const password = randomSecret(platform.random);
  const hash = await hashPassword(password, platform.random);
  const now = new Date(platform.clock.now());
  await inTransaction(platform.database, async (transaction) => {
    const tables = transaction.withTables<AuthTables>();
    const user = await tables
      .updateTable('users')
      .set({
        password_hash: hash,
        disabled_at: null,
        updated_at: now,
        version: sql`version + 1`,
      })
      .where('email', '=', email.toLowerCase())
      .returning('id')
      .executeTakeFirst();
    if (user === undefined) {
      throw new AndonError({
        code: 'platform.no-user-with-email',
        message: `There is no user with the email ${email}.`,
        nextStep: 'Check the spelling.',
        status: 404,
      });
    }
    await endSessions(platform, transaction, { userId: user.id }, 'system:platform');
    await tables.deleteFrom('sign_in_links').where('user_id', '=', user.id).execute();
    await takeAttemptBack(transaction, accountLimit(email));
    await appendEvent(transaction, {
      type: 'user.changed',
      key: user.id,
      payload: { userId: user.id, changed: ['password', 'disabled'] },
      actor: 'system:platform',
      occurredAt: now,
    });
  });
  return password;
}
