import type { DownlinkMessage, DownlinkReceipt } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { sql, type Transaction, tellCommitted } from '../platform/index.ts';
import { requireCertificate, type ShownCertificate } from './certificates.ts';
import type { GatewayTables } from './gateway-store.ts';
import type { DownlinkSource } from './ports.ts';

/** More messages than this are not kept for one gateway: one that comes back later gets the whole state anew. */
export const downlinkMessagesMax = 10_000;
/** What the streams wake on. */
export const downlinkTopic = 'downlink';

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

/** A message, and whom it is for. */
export interface GatewayMessage {
  readonly gatewayId: string;
  readonly message: DownlinkMessage;
}

const messagesPerStatementMax = 1000;

/**
 * Queues messages for gateways in a few statements for all, and answers the number of each. The gateways' rows stay locked
 * until the transaction ends, so that numbers become visible in their order. Of several about one subject of a gateway the
 * last stays.
 */
export async function sendDownlinks(
  transaction: Transaction,
  messages: readonly GatewayMessage[],
  now: Date,
): Promise<number[]> {
  const gatewayIds = [...new Set(messages.map(({ gatewayId }) => gatewayId))];
  // In the same order everywhere, so that two who send to the same gateways never wait for each other crosswise.
  const locked = await sql<{ id: string }>`
    select id from gateways where id = any(${gatewayIds}) order by id for no key update`.execute(transaction);
  if (locked.rows.length !== gatewayIds.length) {
    throw new Error('there is no such gateway to send to');
  }
  const numbers: number[] = [];
  for (let from = 0; from < messages.length; from += messagesPerStatementMax) {
    const some = messages.slice(from, from + messagesPerStatementMax);
    numbers.push(...(await queueSome(transaction, some, now)));
  }
  await pruneFull(transaction, gatewayIds);
  wakeStreams(transaction);
  return numbers;
}

async function pruneFull(transaction: Transaction, gatewayIds: readonly string[]): Promise<void> {
  const full = await sql<{ gateway_id: string }>`
    select gateway_id from gateway_downlink where gateway_id = any(${gatewayIds})
    group by gateway_id having count(*) > ${downlinkMessagesMax} order by gateway_id`.execute(transaction);
  for (const { gateway_id } of full.rows) {
    await prune(transaction, gateway_id);
  }
}

async function queueSome(
  transaction: Transaction,
  messages: readonly GatewayMessage[],
  now: Date,
): Promise<number[]> {
  const rows = sql`unnest(${messages.map(({ gatewayId }) => gatewayId)}::text[],
    ${messages.map(({ message }) => subjectOf(message))}::text[],
    ${messages.map(({ message }) => JSON.stringify(message))}::text[])
    with ordinality as row (gateway_id, subject, message, position)`;
  await sql`
    delete from gateway_downlink as earlier using ${rows}
    where earlier.gateway_id = row.gateway_id and earlier.subject = row.subject`.execute(transaction);
  const queued = await sql<{ number: number }>`
    with sent as (
      select gateway_id, subject, message, position,
        row_number() over (partition by gateway_id order by position) as place
      from ${rows}),
    counted as (
      update gateways set downlink_number = downlink_number + added.count
      from (select gateway_id, count(*) from sent group by gateway_id) as added
      where gateways.id = added.gateway_id
      returning gateways.id, downlink_number - added.count as before),
    queued as (
      insert into gateway_downlink (gateway_id, number, subject, message, created_at)
      select gateway_id, before + place, subject, message::jsonb, ${now}
      from sent join counted on counted.id = gateway_id
      where subject is null or position = (
        select max(position) from sent as same
        where same.gateway_id = sent.gateway_id and same.subject = sent.subject))
    select before + place as number from sent join counted on counted.id = gateway_id
    order by position`.execute(transaction);
  return queued.rows.map(({ number }) => number);
}

/** Wakes the streams, of all replicas, when the transaction commits. */
export function wakeStreams(transaction: Transaction): void {
  tellCommitted(transaction, downlinkTopic);
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
    shown: ShownCertificate;
    streamId: string;
    lastEventId: number | undefined;
    now: Date;
  },
  sources: readonly DownlinkSource[],
): Promise<OpenedStream> {
  const { gatewayId, keySha256, shown, streamId, lastEventId, now } = stream;
  const state = await transaction
    .withTables<GatewayTables>()
    .selectFrom('gateways')
    .select(['downlink_number', 'downlink_acknowledged', 'downlink_dropped'])
    .select(['certificate_sha256', 'next_certificate_sha256'])
    .where('id', '=', gatewayId)
    .where((where) =>
      where.or([
        where('key_sha256', '=', keySha256),
        where.and([where('former_key_sha256', '=', keySha256), where('former_key_until', '>', now)]),
      ]),
    )
    .forNoKeyUpdate()
    .executeTakeFirst();
  // Whoever revokes a key or binds a certificate locks the row too, and cuts the stream that is there: one that begins later asks again.
  if (state === undefined) {
    throw keyNotGood();
  }
  requireCertificate(state, shown);
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

/**
 * Takes a gateway's word that it has journaled everything up to a message. What was said of another stream than the one
 * that is open now is left aside: the numbers may have been given anew since.
 */
export async function takeReceipt(
  transaction: Transaction,
  gatewayId: string,
  { stream, lastEventId }: DownlinkReceipt,
): Promise<void> {
  const taken = await sql`
    update gateways set downlink_acknowledged = ${lastEventId}
    where id = ${gatewayId} and stream_id = ${stream} and downlink_acknowledged < ${lastEventId}
      and ${lastEventId} between downlink_dropped and downlink_number`.execute(transaction);
  if (taken.numAffectedRows === 1n) {
    await sql`delete from gateway_downlink where gateway_id = ${gatewayId} and number <= ${lastEventId}`.execute(
      transaction,
    );
    wakeStreams(transaction);
  }
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
