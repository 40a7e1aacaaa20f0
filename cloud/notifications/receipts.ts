import {
  type Database,
  inTransaction,
  type Platform,
  sql,
  type Transaction,
  tellCommitted,
} from '../platform/index.ts';
import type { DeliveryReceipt } from './channel-adapter.ts';
import { stateOfParts } from './message-state.ts';
import { changeState } from './state-change.ts';
import type { NotificationTables } from './tables.ts';

/** What the matching wakes on. */
export const receiptTopic = 'receipt';
const peerMessageIdCharactersMax = 65;
const reasonCharactersMax = 500;
/** Below this many characters, another spelling of one id is too easily another message's id. */
const spellingCharactersMin = 6;
const matchAgainForHours = 24;
const partsForDays = 7;
const receiptsPerTransactionMax = 100;

/**
 * How other peers write the same id: hexadecimal in one place and decimal in the other, padded with zeros or not.
 */
export function otherSpellings(peerMessageId: string): string[] {
  const id = peerMessageId.toLowerCase();
  if (id.length < spellingCharactersMin || !/^[0-9a-f]+$/.test(id)) {
    return id === peerMessageId ? [] : [id];
  }
  const spellings = new Set([id, id.toUpperCase(), id.replace(/^0+(?=.)/, ''), BigInt(`0x${id}`).toString()]);
  if (/^\d+$/.test(id)) {
    const hexadecimal = BigInt(id).toString(16);
    spellings.add(hexadecimal).add(hexadecimal.toUpperCase());
    spellings.add(hexadecimal.padStart(8, '0')).add(hexadecimal.padStart(8, '0').toUpperCase());
  }
  spellings.delete(peerMessageId);
  return [...spellings];
}

/** Keeps a receipt; `matchReceipts` finds its message, which may not be known yet. */
export async function keepReceipt(
  transaction: Transaction,
  receipt: DeliveryReceipt,
  now: Date,
): Promise<void> {
  const id = receipt.peerMessageId.slice(0, peerMessageIdCharactersMax);
  await sql`insert into delivery_receipts (peer_message_id, other_spellings, outcome, reason, received_at)
    values (${id}, ${otherSpellings(id)}, ${receipt.outcome}, ${receipt.reason.slice(0, reasonCharactersMax)},
      ${now})`.execute(transaction);
  tellCommitted(transaction, receiptTopic);
}

interface Match {
  receipt_id: number;
  message_id: string;
  part: number;
  outcome: DeliveryReceipt['outcome'];
  reason: string;
  received_at: Date;
}

/** Gives receipts to the messages that they are about. Answers how many it matched. */
export async function matchReceipts(platform: Platform): Promise<number> {
  const since = new Date(platform.clock.now() - matchAgainForHours * 3_600_000);
  const partsSince = new Date(platform.clock.now() - partsForDays * 86_400_000);
  return inTransaction(platform.database, async (transaction) => {
    const matches = await sql<Match>`
      select receipt.id as receipt_id, part.message_id, part.part, receipt.outcome, receipt.reason,
        receipt.received_at
      from delivery_receipts receipt
      cross join lateral (
        select message_id, part from message_parts
        where peer_message_id = any(receipt.peer_message_id || receipt.other_spellings)
          and accepted_at > ${partsSince}
        order by peer_message_id = receipt.peer_message_id desc, accepted_at desc limit 1
      ) part
      where receipt.message_id is null and receipt.received_at > ${since}
      order by receipt.id limit ${receiptsPerTransactionMax}
      for update of receipt skip locked`.execute(transaction);
    for (const match of matches.rows) {
      await applyReceipt(transaction, match);
    }
    return matches.rows.length;
  });
}

async function applyReceipt(transaction: Transaction, match: Match): Promise<void> {
  const tables = transaction.withTables<NotificationTables>();
  const message = await tables
    .selectFrom('messages')
    .selectAll()
    .where('id', '=', match.message_id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  await sql`update delivery_receipts set message_id = ${message.id} where id = ${match.receipt_id}`.execute(
    transaction,
  );
  if (match.outcome !== 'pending') {
    await tables
      .updateTable('message_parts')
      .set({ outcome: match.outcome })
      .where('message_id', '=', message.id)
      .where('part', '=', match.part)
      .where('outcome', 'is', null)
      .execute();
  }
  const parts = await tables
    .selectFrom('message_parts')
    .select('outcome')
    .where('message_id', '=', message.id)
    .execute();
  const state = stateOfParts(parts);
  if (message.state === 'sent' && (state !== 'sent' || message.reason !== match.reason)) {
    await changeState(transaction, message, {
      state,
      reason: match.reason,
      at: match.received_at,
      ...(state === 'delivered' ? { deliveredAt: match.received_at } : {}),
    });
  }
}

/** The receipts of a message, oldest first. */
export async function receiptsOf(
  database: Database,
  messageId: string,
): Promise<{ at: Date; outcome: DeliveryReceipt['outcome']; reason: string }[]> {
  const found = await sql<{ received_at: Date; outcome: DeliveryReceipt['outcome']; reason: string }>`
    select received_at, outcome, reason from delivery_receipts where message_id = ${messageId}
    order by id limit 50`.execute(database);
  return found.rows.map((row) => ({ at: row.received_at, outcome: row.outcome, reason: row.reason }));
}
