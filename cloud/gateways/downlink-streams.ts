import type { ServerResponse } from 'node:http';
import { downlinkNumberMax } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { inTransaction, type Platform, sql } from '../platform/index.ts';
import { type BrokerPlace, noteBrokerPlace } from './broker-place.ts';
import { openStream, wakeStreams } from './downlink-store.ts';
import type { DownlinkSource } from './ports.ts';
import { markConnected, type Presence } from './presence.ts';

const heartbeatMilliseconds = 15_000;
/**
 * So long after its first message without a receipt a stream ends, and by resuming it the gateway says what it has
 * journaled.
 */
const receiptMilliseconds = 30_000;
/**
 * A stream ends when nothing else was heard of the gateway for this long: one that lost its power without a word
 * does not come back. What we write ourselves proves nothing, for it waits unread for a quarter of an hour.
 */
const silenceMilliseconds = 120_000;
/** A gateway that reads nothing for this long has lost the stream. */
const drainMilliseconds = 30_000;
const messagesPerRoundMax = 200;
const resumeAfterMilliseconds = 250;

interface Stream {
  readonly gatewayId: string;
  readonly streamId: string;
  readonly response: ServerResponse;
  /** The number of the last message written. */
  after: number;
  /** Times of the monotonic clock. */
  writtenAt: number;
  firstMessageAt: number | undefined;
}

interface StreamState {
  id: string;
  stream_id: string | null;
  downlink_acknowledged: number;
  downlink_dropped: number;
}

interface QueuedMessage {
  gateway_id: string;
  number: number;
  message: unknown;
}

/** What was shown at the door. */
export type StreamOpener = Pick<Parameters<typeof openStream>[1], 'gatewayId' | 'keySha256' | 'shown'>;

/** The server-sent event streams that are open in this process. */
export interface DownlinkStreams {
  /** Begins a stream: `take` is told its name and gives the response, with its headers sent, once it is sure to begin. */
  open(
    caller: StreamOpener,
    lastEventId: string | undefined,
    broker: BrokerPlace,
    take: (streamId: string) => ServerResponse,
  ): Promise<void>;
  /** Writes what is due to all streams; answers how many messages. */
  pump(): Promise<number>;
  closeAll(): void;
}

/** The number in `Last-Event-ID`; undefined where the gateway knows nothing yet. */
export function parseLastEventId(header: string | undefined): number | undefined {
  if (header === undefined || header === '') {
    return undefined;
  }
  const number = /^\d{1,16}$/.test(header) ? Number(header) : Number.NaN;
  if (!(number <= downlinkNumberMax)) {
    throw new AndonError({
      code: 'gateways.last-event-id-invalid',
      message: 'Last-Event-ID is not a number of the downlink.',
      nextStep: 'Send the id of the last event that was journaled, or leave it out.',
      field: 'Last-Event-ID',
      status: 422,
    });
  }
  return number;
}

export function createDownlinkStreams(
  platform: Platform,
  presence: Presence,
  sources: () => readonly DownlinkSource[],
): DownlinkStreams {
  const streams = new Map<string, Stream>();
  let closed = false;

  const end = (stream: Stream): void => {
    if (streams.get(stream.gatewayId) === stream) {
      streams.delete(stream.gatewayId);
    }
    stream.response.end();
  };

  /** Whoever does not read would be waited for, and get the rest with a key that was revoked. */
  const endNow = (stream: Stream): void => {
    if (stream.response.writableNeedDrain) {
      stream.response.destroy();
    } else {
      end(stream);
    }
  };

  const pump = async (): Promise<number> => {
    const now = platform.clock.monotonic();
    for (const stream of streams.values()) {
      tend(platform, presence, stream, now, end);
    }
    const open = [...streams.values()];
    if (open.length === 0) {
      return 0;
    }
    const ready = open.filter((stream) => !stream.response.writableNeedDrain);
    const { states, messages } = await readDue(platform, open, ready);
    const current = new Map(states.map((state) => [state.id, state]));
    for (const stream of open) {
      const state = current.get(stream.gatewayId);
      if (state?.stream_id !== stream.streamId || state.downlink_dropped > stream.after) {
        endNow(stream);
      } else if (state.downlink_acknowledged >= stream.after) {
        stream.firstMessageAt = undefined;
      } else if (lacksReceipt(stream, now)) {
        end(stream);
      }
    }
    const byGateway = new Map(ready.map((stream) => [stream.gatewayId, stream]));
    return writeAll(byGateway, messages, now);
  };

  return {
    pump,
    async open({ gatewayId, keySha256, shown }, lastEventIdText, broker, take) {
      const lastEventId = parseLastEventId(lastEventIdText);
      const streamId = platform.newId();
      const now = new Date(platform.clock.now());
      const { after } = await inTransaction(platform.database, async (transaction) => {
        const stream = { gatewayId, keySha256, shown, streamId, lastEventId, now };
        const opened = await openStream(transaction, stream, sources());
        await noteBrokerPlace(transaction, gatewayId, broker);
        await markConnected(transaction, gatewayId, now);
        wakeStreams(transaction);
        return opened;
      });
      const former = streams.get(gatewayId);
      if (former) {
        end(former);
      }
      presence.proven(gatewayId);
      const writtenAt = platform.clock.monotonic();
      const stream: Stream = {
        gatewayId,
        streamId,
        response: take(streamId),
        after,
        writtenAt,
        firstMessageAt: undefined,
      };
      if (closed || stream.response.destroyed) {
        stream.response.end();
        return;
      }
      stream.response.once('close', () => end(stream));
      stream.response.on('error', (error) =>
        platform.logger.debug({ err: error, gatewayId }, 'a downlink stream broke'),
      );
      streams.set(gatewayId, stream);
      stream.response.write(`retry: ${resumeAfterMilliseconds}\n\n`);
      await pump();
    },
    closeAll() {
      closed = true;
      for (const stream of streams.values()) {
        end(stream);
      }
    },
  };
}

/** What is to be done with a stream apart from messages. */
function dueOf(
  { response, writtenAt }: Stream,
  silentFor: number,
  now: number,
): 'destroy' | 'end' | 'heartbeat' | undefined {
  if (response.writableNeedDrain) {
    return now - writtenAt >= drainMilliseconds ? 'destroy' : undefined;
  }
  if (silentFor >= silenceMilliseconds) {
    return 'end';
  }
  return now - writtenAt >= heartbeatMilliseconds ? 'heartbeat' : undefined;
}

function lacksReceipt({ response, firstMessageAt }: Stream, now: number): boolean {
  return (
    !response.writableNeedDrain && firstMessageAt !== undefined && now - firstMessageAt >= receiptMilliseconds
  );
}

function tend(
  platform: Platform,
  presence: Presence,
  stream: Stream,
  now: number,
  end: (stream: Stream) => void,
): void {
  switch (dueOf(stream, presence.silentFor(stream.gatewayId), now)) {
    case 'destroy':
      stream.response.destroy();
      break;
    case 'end':
      end(stream);
      break;
    case 'heartbeat':
      stream.response.write(': heartbeat\n\n');
      stream.writtenAt = now;
      presence
        .keepConnected(stream.gatewayId)
        .catch((error: unknown) => platform.logger.warn({ err: error }, 'a heartbeat was not recorded'));
      break;
    case undefined:
  }
}

async function readDue(
  platform: Platform,
  open: readonly Stream[],
  ready: readonly Stream[],
): Promise<{ states: StreamState[]; messages: QueuedMessage[] }> {
  const idsOf = (streams: readonly Stream[]) => streams.map((stream) => stream.gatewayId);
  const states = await sql<StreamState>`
    select id, stream_id, downlink_acknowledged, downlink_dropped from gateways where id = any(${idsOf(open)})`.execute(
    platform.database,
  );
  const messages = await sql<QueuedMessage>`
    select due.* from unnest(${idsOf(ready)}::text[], ${ready.map((stream) => stream.after)}::bigint[])
        as open (gateway_id, after)
      cross join lateral (
        select gateway_id, number, message from gateway_downlink
        where gateway_id = open.gateway_id and number > open.after
        order by number limit ${messagesPerRoundMax}) as due
    order by due.gateway_id, due.number`.execute(platform.database);
  return { states: states.rows, messages: messages.rows };
}

/** Two rounds may have read the same message: the stream's own position says what is news. */
function writeAll(
  streams: ReadonlyMap<string, Stream>,
  messages: readonly QueuedMessage[],
  now: number,
): number {
  let written = 0;
  for (const { gateway_id, number, message } of messages) {
    const stream = streams.get(gateway_id);
    if (stream !== undefined && !stream.response.writableEnded && number > stream.after) {
      stream.response.write(`id: ${number}\ndata: ${JSON.stringify(message)}\n\n`);
      stream.after = number;
      stream.writtenAt = now;
      stream.firstMessageAt ??= now;
      written += 1;
    }
  }
  return written;
}
