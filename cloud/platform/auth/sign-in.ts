import { AndonError } from '@andon/shared/kernel';
import type { Platform } from '../capability.ts';
import { inTransaction, sql } from '../database.ts';
import { appendEvent } from '../event-log.ts';
import { passwordMatches } from './secrets.ts';
import { openSession } from './sessions.ts';
import type { AuthTables } from './tables.ts';
import type { UserRow } from './users.ts';

/** Failures that are free; each one more doubles the wait. */
const freeFailures = { account: 5, address: 30 };
const waitBaseMilliseconds = 1_000;
const waitMillisecondsMax = 15 * 60_000;
/** After so long without a failure the count begins again. */
const forgetAfterMilliseconds = 24 * 3_600_000;

/** How long after the last of so many failures the next try may come. */
export function waitAfterFailures(failures: number, free: number): number {
  return failures < free
    ? 0
    : Math.min(waitMillisecondsMax, waitBaseMilliseconds * 2 ** Math.min(failures - free, 20));
}

/**
 * Opens a session for the right password.
 * @throws AndonError `platform.wrong-credentials` (401), `platform.too-many-sign-ins` (429)
 */
export async function signIn(
  platform: Platform,
  attempt: { email: string; password: string; address: string },
): Promise<{ token: string; user: UserRow }> {
  const email = attempt.email.toLowerCase();
  const account = { subject: `account:${email}`, free: freeFailures.account };
  const address = { subject: `address:${attempt.address}`, free: freeFailures.address };
  await countAttempt(platform, [account, address]);
  const user = await platform.database
    .withTables<AuthTables>()
    .selectFrom('users')
    .selectAll()
    .where('email', '=', email)
    .where('disabled_at', 'is', null)
    .executeTakeFirst();
  if (
    !(await passwordMatches(user?.password_hash, attempt.password, platform.random)) ||
    user === undefined
  ) {
    throw new AndonError({
      code: 'platform.wrong-credentials',
      message: 'The email or the password is wrong.',
      nextStep: 'Try again; an administrator can set a new password.',
      status: 401,
    });
  }
  const token = await inTransaction(platform.database, async (transaction) => {
    const tables = transaction.withTables<AuthTables>();
    await tables.deleteFrom('sign_in_failures').where('subject', '=', account.subject).execute();
    await tables
      .updateTable('sign_in_failures')
      .set({ failures: sql`greatest(failures - 1, 0)` })
      .where('subject', '=', address.subject)
      .execute();
    await appendEvent(transaction, {
      type: 'user.signed-in',
      key: user.id,
      payload: { userId: user.id, address: attempt.address },
      actor: `user:${user.id}`,
      occurredAt: new Date(platform.clock.now()),
    });
    return openSession(platform, transaction, user.id);
  });
  return { token, user };
}

/**
 * Counts the attempt as failed before it is looked at, so that a hundred at once are a hundred; success takes it back.
 * An attempt that comes too early counts for nothing.
 */
async function countAttempt(
  platform: Platform,
  limits: readonly { subject: string; free: number }[],
): Promise<void> {
  const now = platform.clock.now();
  await inTransaction(platform.database, async (transaction) => {
    for (const limit of limits) {
      const result = await sql<{ failures: number; last_failed_at: Date }>`
        insert into sign_in_failures (subject, failures, last_failed_at) values (${limit.subject}, 0, ${new Date(now)})
        on conflict (subject) do update set failures = case
          when sign_in_failures.last_failed_at < ${new Date(now - forgetAfterMilliseconds)} then 0
          else sign_in_failures.failures end
        returning failures, last_failed_at`.execute(transaction);
      const row = result.rows[0];
      const wait = row ? row.last_failed_at.getTime() + waitAfterFailures(row.failures, limit.free) - now : 0;
      if (wait > 0) {
        throw tooManySignIns(Math.ceil(wait / 1000));
      }
    }
    await sql`update sign_in_failures set failures = failures + 1, last_failed_at = ${new Date(now)}
      where subject = any(${limits.map((limit) => limit.subject)})`.execute(transaction);
  });
}

/** Counts that would begin again anyhow are removed: strangers may try any number of accounts. */
export async function forgetOldFailures(platform: Platform): Promise<void> {
  const before = new Date(platform.clock.now() - forgetAfterMilliseconds);
  await platform.database
    .withTables<AuthTables>()
    .deleteFrom('sign_in_failures')
    .where('last_failed_at', '<', before)
    .execute();
}

function tooManySignIns(retryAfterSeconds: number): AndonError {
  return new AndonError({
    code: 'platform.too-many-sign-ins',
    message: 'Too many sign-ins failed for this account or from this address.',
    nextStep: `Try again in ${retryAfterSeconds} s.`,
    status: 429,
    details: { retryAfterSeconds },
  });
}
