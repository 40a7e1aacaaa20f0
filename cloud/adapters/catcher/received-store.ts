import type { Channel } from '../../consent/index.ts';
import { type Database, sql } from '../../platform/index.ts';

export interface ReceivedMessage {
  readonly id: string;
  readonly channel: Channel;
  readonly from: string;
  readonly to: string;
  readonly subject: string | null;
  readonly text: string;
  readonly html: string | null;
  readonly receivedAt: Date;
}

type ReceivedTables = {
  received_messages: {
    id: string;
    channel: Channel;
    sender: string;
    recipient: string;
    subject: string | null;
    text: string;
    html: string | null;
    received_at: Date;
  };
};

export const receivedMessagesMax = 1_000;

/** Keeps a message and lets go of the oldest beyond the limit. */
export async function keepReceived(database: Database, message: ReceivedMessage): Promise<void> {
  await database
    .withTables<ReceivedTables>()
    .insertInto('received_messages')
    .values({
      id: message.id,
      channel: message.channel,
      sender: message.from,
      recipient: message.to,
      subject: message.subject,
      text: message.text,
      html: message.html,
      received_at: message.receivedAt,
    })
    .execute();
  await sql`delete from received_messages where id <= (
    select id from received_messages order by id desc offset ${receivedMessagesMax} limit 1)`.execute(
    database,
  );
}

/** Newest first. */
export async function listReceived(
  database: Database,
  filter: { beforeId?: string; channel?: Channel | undefined; limit: number },
): Promise<ReceivedMessage[]> {
  let query = database.withTables<ReceivedTables>().selectFrom('received_messages').selectAll();
  if (filter.beforeId !== undefined) {
    query = query.where('id', '<', filter.beforeId);
  }
  if (filter.channel !== undefined) {
    query = query.where('channel', '=', filter.channel);
  }
  const rows = await query
    .orderBy('id', 'desc')
    .limit(filter.limit + 1)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    channel: row.channel,
    from: row.sender,
    to: row.recipient,
    subject: row.subject,
    text: row.text,
    html: row.html,
    receivedAt: row.received_at,
  }));
}
