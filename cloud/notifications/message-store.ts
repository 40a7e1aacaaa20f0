import { AndonError } from '@andon/shared/kernel';
import type { Database } from '../platform/index.ts';
import { receiptsOf } from './receipts.ts';
import type { Message, MessageDetail, MessagesQuery } from './schemas.ts';
import type { AttemptRow, MessageRow, NotificationTables } from './tables.ts';

const attemptsShownMax = 50;

/** Newest first, one more than asked for. */
export async function listMessages(
  database: Database,
  filter: Omit<MessagesQuery, 'cursor' | 'limit'> & { beforeId?: string; limit: number },
): Promise<MessageRow[]> {
  let query = database.withTables<NotificationTables>().selectFrom('messages').selectAll();
  const columns = {
    contact_id: filter.contactId,
    case_id: filter.caseId,
    run_id: filter.runId,
    state: filter.state,
    channel: filter.channel,
  };
  for (const [column, value] of Object.entries(columns)) {
    if (value !== undefined) {
      query = query.where(column as keyof typeof columns, '=', value);
    }
  }
  if (filter.beforeId !== undefined) {
    query = query.where('id', '<', filter.beforeId);
  }
  return query
    .orderBy('id', 'desc')
    .limit(filter.limit + 1)
    .execute();
}

/** The attempts of several messages, by message, oldest first. */
export async function attemptsOf(
  database: Database,
  messageIds: readonly string[],
): Promise<Map<string, AttemptRow[]>> {
  const rows =
    messageIds.length === 0
      ? []
      : await database
          .withTables<NotificationTables>()
          .selectFrom('message_attempts')
          .selectAll()
          .where('message_id', 'in', [...messageIds])
          .orderBy('number')
          .execute();
  return Map.groupBy(rows, (row) => row.message_id);
}

export async function requireMessage(database: Database, id: string): Promise<MessageDetail> {
  const row = await database
    .withTables<NotificationTables>()
    .selectFrom('messages')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) {
    throw new AndonError({
      code: 'notifications.no-such-message',
      message: 'There is no such message.',
      nextStep: 'Look for it in GET /v1/messages.',
      status: 404,
    });
  }
  const attempts = await attemptsOf(database, [id]);
  const receipts = await receiptsOf(database, id);
  return {
    ...toMessage(row, attempts.get(id) ?? []),
    receipts: receipts.map((receipt) => ({ ...receipt, at: receipt.at.toISOString() })),
  };
}

export function toMessage(row: MessageRow, attempts: readonly AttemptRow[]): Message {
  const time = (date: Date | null): string | null => date?.toISOString() ?? null;
  return {
    id: row.id,
    channel: row.channel,
    purpose: row.purpose,
    topic: row.topic,
    template: row.template,
    language: row.language,
    to: row.recipient,
    contactId: row.contact_id,
    contactName: row.contact_name,
    subject: row.subject,
    text: row.text,
    html: row.html,
    state: row.state,
    reason: row.reason,
    test: row.test,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    version: row.version,
    sentAt: time(row.sent_at),
    deliveredAt: time(row.delivered_at),
    nextAttemptAt: time(row.next_attempt_at),
    runId: row.run_id,
    stepId: row.step_id,
    journeyId: row.journey_id,
    caseId: row.case_id,
    attempts: attempts.slice(-attemptsShownMax).map((attempt) => ({
      at: attempt.started_at.toISOString(),
      finishedAt: time(attempt.finished_at),
      outcome: attempt.outcome,
      detail: attempt.detail,
    })),
  };
}
