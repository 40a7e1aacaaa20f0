import type { FastifyRequest } from 'fastify';
import { principalOf } from './authorization.ts';
import type { Platform } from './capability.ts';
import { inTransaction, type Transaction } from './database.ts';
import { appendEvent } from './event-log.ts';

/** The event that tells of a change of one record; its key is the record's id. */
export interface Telling<Item> {
  readonly type: string;
  readonly payloadOf: (record: Item) => Readonly<Record<string, unknown>>;
}

/** A change of one record by whoever calls, and the event that tells of it, in one transaction. */
export function changeAndTell<Item extends { readonly id: string }>(
  platform: Platform,
  request: FastifyRequest,
  { type, payloadOf }: Telling<Item>,
  change: (transaction: Transaction, now: Date) => Promise<Item>,
): Promise<Item> {
  const now = new Date(platform.clock.now());
  return inTransaction(platform.database, async (transaction) => {
    const record = await change(transaction, now);
    await appendEvent(transaction, {
      type,
      key: record.id,
      payload: payloadOf(record),
      actor: principalOf(request).actor,
      occurredAt: now,
    });
    return record;
  });
}
