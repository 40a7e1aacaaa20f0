import { consentRecordsOf } from '../consent/index.ts';
import { type Database, inTransaction, type Platform, sql, type Transaction } from '../platform/index.ts';
import type { SubmitOutcome } from './channel-adapter.ts';
import { afterAttempt } from './message-state.ts';
import { reasonToBlock, type SendingFacts } from './pipeline.ts';
import { changeState, tellState } from './state-change.ts';
import type { MessageRow, NotificationTables } from './tables.ts';

/** Short, since a crash shows as `unknown` only after it; renewed while the process lives. */
export const leaseSeconds = 20;
export const leaseRenewalMilliseconds = 5_000;
/** The same words to the same contact point within this time are one message too many. */
const twinMinutes = 10;
const leaseEnds = sql<Date>`statement_timestamp() + make_interval(secs => ${leaseSeconds})`;

/** `none`: nothing waits. `blocked`: one was dealt with, without the wire. */
export type Claim = 'none' | 'blocked' | { readonly message: MessageRow; readonly attempt: number };

/**
 * Takes the message that waits longest and commits, before anybody touches the wire, that it is being sent. Several
 * processes may claim at once: each gets another message. Leases are by the database's clock.
 */
export async function claimNext(platform: Platform, owner: string): Promise<Claim> {
  return inTransaction(platform.database, async (transaction) => {
    const now = new Date(platform.clock.now());
    const tables = transaction.withTables<NotificationTables>();
    const message = await tables
      .selectFrom('messages')
      .selectAll()
      .where('state', '=', 'queued')
      .where('next_attempt_at', '<=', now)
      .orderBy('next_attempt_at')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (message === undefined) {
      return 'none';
    }
    const reason = reasonToBlock(await gatherFacts(transaction, message, now));
    if (reason !== undefined) {
      await changeState(transaction, message, { state: 'blocked', reason, at: now });
      return 'blocked';
    }
    const attempt = message.attempts + 1;
    await tables
      .updateTable('messages')
      .set((expression) => ({
        state: 'sending',
        attempts: attempt,
        next_attempt_at: null,
        lease_owner: owner,
        lease_until: leaseEnds,
        updated_at: now,
        version: expression('version', '+', 1),
      }))
      .where('id', '=', message.id)
      .execute();
    await tables
      .insertInto('message_attempts')
      .values({ message_id: message.id, number: attempt, owner, started_at: now })
      .execute();
    await tellState(transaction, message, { state: 'sending', reason: null, at: now });
    return { message, attempt };
  });
}

async function gatherFacts(transaction: Transaction, message: MessageRow, now: Date): Promise<SendingFacts> {
  const { channel, recipient } = message;
  if (recipient === null) {
    return { ...message, contactKnown: message.contact_id !== null, consents: [], twinId: null };
  }
  // Two twins claimed at once wait for each other here, so that the second sees the first.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${channel} ${recipient}`}, 0))`.execute(
    transaction,
  );
  const twin = await transaction
    .withTables<NotificationTables>()
    .selectFrom('messages')
    .select('id')
    .where('recipient', '=', recipient)
    .where('channel', '=', channel)
    .where('created_at', '>', new Date(now.getTime() - twinMinutes * 60_000))
    .where('id', '<>', message.id)
    .where('text', '=', message.text)
    .where('state', 'in', ['sending', 'sent', 'delivered', 'unknown'])
    .limit(1)
    .executeTakeFirst();
  return {
    ...message,
    contactKnown: message.contact_id !== null,
    consents: await consentRecordsOf(transaction, channel, recipient),
    twinId: twin?.id ?? null,
  };
}

/**
 * Commits what became of an attempt. An answer that comes after the lease ran out still counts: it is the truth
 * about the `unknown`.
 */
export async function finishAttempt(
  platform: Platform,
  attempt: { messageId: string; number: number },
  outcome: SubmitOutcome,
  random: () => number,
): Promise<void> {
  await inTransaction(platform.database, async (transaction) => {
    const now = new Date(platform.clock.now());
    const tables = transaction.withTables<NotificationTables>();
    const message = await tables
      .selectFrom('messages')
      .selectAll()
      .where('id', '=', attempt.messageId)
      .where('attempts', '=', attempt.number)
      .where('state', 'in', ['sending', 'unknown'])
      .forUpdate()
      .executeTakeFirst();
    if (message === undefined) {
      return;
    }
    await tables
      .updateTable('message_attempts')
      .set({
        finished_at: now,
        outcome: outcome.kind,
        detail: outcome.kind === 'accepted' ? outcome.detail : outcome.reason,
      })
      .where('message_id', '=', message.id)
      .where('number', '=', attempt.number)
      .execute();
    if (outcome.kind === 'accepted' && outcome.peerMessageIds.length > 0) {
      await tables
        .insertInto('message_parts')
        .values(
          outcome.peerMessageIds.map((peerMessageId, index) => ({
            message_id: message.id,
            part: index + 1,
            peer_message_id: peerMessageId,
            accepted_at: now,
          })),
        )
        .execute();
    }
    const after = afterAttempt(
      outcome,
      { attempts: message.attempts, createdAt: message.created_at },
      now.getTime(),
      random,
    );
    await changeState(transaction, message, {
      ...after,
      at: now,
      ...(outcome.kind === 'accepted' ? { sentAt: now } : {}),
    });
  });
}

/** Tells everybody that the process `owner` lives. */
export async function renewLeases(database: Database, owner: string): Promise<void> {
  await database
    .withTables<NotificationTables>()
    .updateTable('messages')
    .set({ lease_until: leaseEnds })
    .where('state', '=', 'sending')
    .where('lease_owner', '=', owner)
    .execute();
}

const abandonedReason =
  'The process that was sending it ended before the answer came. It may have arrived; it is not sent again.';

/** Finds what dead processes left in `sending`: it may have arrived, so it becomes `unknown` for good. */
export async function recoverAbandoned(platform: Platform): Promise<number> {
  return inTransaction(platform.database, async (transaction) => {
    const now = new Date(platform.clock.now());
    const tables = transaction.withTables<NotificationTables>();
    const abandoned = await tables
      .selectFrom('messages')
      .selectAll()
      .where('state', '=', 'sending')
      .where('lease_until', '<', sql<Date>`statement_timestamp()`)
      .limit(100)
      .forUpdate()
      .skipLocked()
      .execute();
    for (const message of abandoned) {
      await tables
        .updateTable('message_attempts')
        .set({ finished_at: now, outcome: 'unknown', detail: abandonedReason })
        .where('message_id', '=', message.id)
        .where('number', '=', message.attempts)
        .execute();
      await changeState(transaction, message, { state: 'unknown', reason: abandonedReason, at: now });
    }
    return abandoned.length;
  });
}
