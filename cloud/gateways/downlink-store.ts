import type { DownlinkMessage } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { eventChannel, sql, type Transaction } from '../platform/index.ts';
import type { GatewayTables } from './gateway-store.ts';
import type { DownlinkSource } from './ports.ts';

/** More messages than this are not kept for one gateway: one that comes back later gets the whole state anew. */
export const downlinkMessagesMax = 10_000;
const pruneEveryMessages = 100;

/** A later message of the same subject makes the earlier one pointless. */
function subjectOf(message: DownlinkMessage): string | null {
  switch (message.type) {
    case 'device':
      return `device:${message.device.id}`;
    case 'device-removed':
      return `device:${message.deviceId}`;
    case 'configuration':
    case 'configuration-confirmation':
      return message.type;
    case 'command':
    case 'cancel':
    case 'configuration-check':
      return null;
  }
}

/**
 * Queues a message for a gateway and answers its number. The gateway's row stays locked until the transaction
 * ends, so that numbers become visible in their order.
 */
export async function sendDownlink(
  transaction: Transaction,
  gatewayId: string,
  message: DownlinkMessage,
  now: Date,
): Promise<number> {
  const subject = subjectOf(message);
  const counted = await sql<{ number: number }>`
    update gateways set downlink_number = downlink_number + 1 where id = ${gatewayId}
    returning downlink_number as number`.execute(transaction);
  const number = counted.rows[0]?.number;
  if (number === undefined) {
    throw new Error(`there is no gateway ${gatewayId} to send to`);
  }
  if (subject !== null) {
    await sql`delete from gateway_downlink where gateway_id = ${gatewayId} and subject = ${subject}`.execute(
      transaction,
    );
  }
  await sql`insert into gateway_downlink (gateway_id, number, subject, message, created_at)
    values (${gatewayId}, ${number}, ${subject}, ${JSON.stringify(message)}::jsonb, ${now})`.execute(
    transaction,
  );
  if (number % pruneEveryMessages === 0) {
    await prune(transaction, gatewayId);
  }
  await wakeStreams(transaction);
  return number;
}

/** Wakes the streams, of all replicas, when the transaction commits. */
export async function wakeStreams(transaction: Transaction): Promise<void> {
  await sql`select pg_notify(${eventChannel}, '')`.execute(transaction);
}

async function prune(transaction: Transaction, gatewayId: string): Promise<void> {
  await sql`
    with dropped as (
      delete from gateway_downlink where gateway_id = ${gatewayId} and number <= (
        select number from gateway_downlink where gateway_id = ${gatewayId}
        order by number desc offset ${downlinkMessagesMax} limit 1)
      returning number)
    update gateways set downlink_dropped = (select max(number) from dropped)
    where id = ${gatewayId} and exists (select from dropped)`.execute(transaction);
}

/** A stream as it begins: messages after `after` are to be sent. */
export interface OpenedStream {
  readonly after: number;
}

/**
 * Begins a stream. Up to `lastEventId` everything is journaled at the gateway and is forgotten here. A gateway that
 * knows nothing, or asks for messages that are no longer kept, gets the present state anew.
 * @throws AndonError `gateways.key-not-good` (401) where the key ended after it was shown at the door
 */
export async function openStream(
  transaction: Transaction,
  stream: {
    gatewayId: string;
    keySha256: string;
    streamId: string;
    lastEventId: number | undefined;
    now: Date;
  },
  sources: readonly DownlinkSource[],
): Promise<OpenedStream> {
  const { gatewayId, keySha256, streamId, lastEventId, now } = stream;
  const state = await transaction
    .withTables<GatewayTables>()
    .selectFrom('gateways')
    .select(['downlink_number', 'downlink_acknowledged', 'downlink_dropped'])
    .where('id', '=', gatewayId)
    .where((where) =>
      where.or([
        where('key_sha256', '=', keySha256),
        where.and([where('former_key_sha256', '=', keySha256), where('former_key_until', '>', now)]),
      ]),
    )
    .forUpdate()
    .executeTakeFirst();
  // Whoever revokes a key locks the row too, and cuts the stream that is there: one that begins later asks again.
  if (state === undefined) {
    throw keyNotGood();
  }
  const kept = Math.max(state.downlink_acknowledged, state.downlink_dropped);
  const resumes = lastEventId !== undefined && lastEventId >= kept && lastEventId <= state.downlink_number;
  // Numbers go on above whatever the gateway has seen, also where our own record is older than its journal.
  const after = resumes ? lastEventId : Math.max(state.downlink_number, lastEventId ?? 0);
  await sql`delete from gateway_downlink where gateway_id = ${gatewayId} and number <= ${after}`.execute(
    transaction,
  );
  if (resumes) {
    await sql`update gateways set stream_id = ${streamId}, downlink_acknowledged = ${after}
      where id = ${gatewayId}`.execute(transaction);
    return { after };
  }
  await sql`update gateways set stream_id = ${streamId}, downlink_number = ${after}, downlink_dropped = ${after}
    where id = ${gatewayId}`.execute(transaction);
  const messages: DownlinkMessage[] = [];
  for (const source of sources) {
    messages.push(...(await source.presentState(transaction, gatewayId)));
  }
  await queueAll(transaction, gatewayId, messages, now);
  return { after };
}

function keyNotGood(): AndonError {
  return new AndonError({
    code: 'gateways.key-not-good',
    message: 'The key is good no longer.',
    nextStep: 'Read the key file again, or enrol the gateway with a new code.',
    status: 401,
  });
}

async function queueAll(
  transaction: Transaction,
  gatewayId: string,
  messages: readonly DownlinkMessage[],
  now: Date,
): Promise<void> {
  if (messages.length === 0) {
    return;
  }
  await sql`
    with counted as (
      update gateways set downlink_number = downlink_number + ${messages.length} where id = ${gatewayId}
      returning downlink_number - ${messages.length} as before)
    insert into gateway_downlink (gateway_id, number, subject, message, created_at)
    select ${gatewayId}, before + position, subject, message::jsonb, ${now}
    from counted, unnest(${messages.map(subjectOf)}::text[], ${messages.map((message) => JSON.stringify(message))}::text[])
      with ordinality as row (subject, message, position)`.execute(transaction);
}
