import { appendEvent, type Transaction } from '../platform/index.ts';
import type { MessageState } from './message-state.ts';
import type { MessageRow, NotificationTables } from './tables.ts';

export interface StateChange {
  readonly state: MessageState;
  readonly reason: string | null;
  readonly at: Date;
  readonly nextAttemptAt?: Date | null;
  readonly sentAt?: Date;
  readonly deliveredAt?: Date;
}

/**
 * Moves a message to a state other than `sending`, and tells it in the same transaction. The caller holds the row's
 * lock; the lease ends.
 */
export async function changeState(
  transaction: Transaction,
  message: MessageRow,
  change: StateChange,
): Promise<void> {
  await transaction
    .withTables<NotificationTables>()
    .updateTable('messages')
    .set((expression) => ({
      state: change.state,
      reason: change.reason,
      updated_at: change.at,
      next_attempt_at: change.nextAttemptAt ?? null,
      lease_owner: null,
      lease_until: null,
      sent_at: change.sentAt ?? message.sent_at,
      delivered_at: change.deliveredAt ?? message.delivered_at,
      version: expression('version', '+', 1),
    }))
    .where('id', '=', message.id)
    .execute();
  await tellState(transaction, message, change);
}

export async function tellState(
  transaction: Transaction,
  message: Pick<MessageRow, 'id' | 'channel' | 'contact_id' | 'case_id' | 'caused_by'>,
  change: { state: MessageState; reason: string | null; at: Date },
): Promise<void> {
  await appendEvent(transaction, {
    type: 'message.state-changed',
    key: message.id,
    payload: {
      messageId: message.id,
      state: change.state,
      reason: change.reason,
      channel: message.channel,
      contactId: message.contact_id,
      caseId: message.case_id,
    },
    actor: 'system:notifications',
    occurredAt: change.at,
    ...(message.caused_by === null ? {} : { causedBy: message.caused_by }),
  });
}
