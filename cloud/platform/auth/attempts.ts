import { AndonError } from '@andon/shared/kernel';
import { normalizeIP } from '@fastify/rate-limit';
import type { Platform } from '../capability.ts';
import { inTransaction, sql, type Transaction } from '../database.ts';
import type { AuthTables } from './tables.ts';

/** Requests of an address by all doors that sign in, together. */
export const strangersLimit = { name: 'sign-ins', max: 60, windowMilliseconds: 60_000 };

/** Failures that are free; each one more doubles the wait. */
const freeFailures = { account: 5, address: 30 };
const waitBaseMilliseconds = 1_000;
const waitMillisecondsMax = 15 * 60_000;
/** After so long without a failure the count begins again. */
const forgetAfterMilliseconds = 24 * 3_600_000;

/** What attempts are counted by. The counts are in the database: they hold for all replicas, and after a restart. */
export interface AttemptLimit {
  readonly subject: string;
  readonly free: number;
}

export function accountLimit(email: string): AttemptLimit {
  return { subject: `account:${email.toLowerCase()}`, free: freeFailures.account };
}

/** Whoever has one IPv6 address has 2^64 of them, so a network of that size counts as one. */
export function addressLimit(address: string): AttemptLimit {
  return { subject: `address:${normalizeIP(address)}`, free: freeFailures.address };
}

/** How long after the last of so many failures the next try may come. */
export function waitAfterFailures(failures: number, free: number): number {
  return failures < free
    ? 0
    : Math.min(waitMillisecondsMax, waitBaseMilliseconds * 2 ** Math.min(failures - free, 20));
}

/**
 * Counts the attempt as failed before it is looked at, so that a hundred at once are a hundred; success takes it back.
 * An attempt that comes too early counts for nothing.
 * @throws AndonError `platform.too-many-sign-ins` (429)
 */
export async function countAttempt(platform: Platform, limits: readonly AttemptLimit[]): Promise<void> {
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

/** The right password: the account begins anew, the address gets this one attempt back. */
export async function takeAttemptBack(
  transaction: Transaction,
  account: AttemptLimit,
  address?: AttemptLimit,
): Promise<void> {
  const tables = transaction.withTables<AuthTables>();
  await tables.deleteFrom('sign_in_failures').where('subject', '=', account.subject).execute();
  if (address !== undefined) {
    await tables
      .updateTable('sign_in_failures')
      .set({ failures: sql`greatest(failures - 1, 0)` })
      .where('subject', '=', address.subject)
      .execute();
  }
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
    details: { limitName: 'sign-ins', retryAfterSeconds },
  });
}
