import { backoffMilliseconds, jitter } from '@andon/shared/kernel';
import type { FastifyBaseLogger } from 'fastify';
import type { Pdu } from 'smpp';
import type { ChannelAdapter, ChannelListener, SubmitOutcome } from '../../notifications/index.ts';
import { deliveryOf } from './delivery.ts';
import { openSmppSession, type SmppSession } from './smpp-session.ts';
import { parseSmppUrl, type SmppUrl } from './smpp-url.ts';
import { meaningOfStatus } from './smpp-words.ts';
import { type SubmitFields, submitsOf } from './submit-fields.ts';

export interface SmppOptions {
  /** See `parseSmppUrl`; asked for before each connection. */
  readonly url: () => string;
  readonly logger: FastifyBaseLogger;
  /** Milliseconds, with defaults for real SMS centres. */
  readonly connectMilliseconds?: number;
  readonly answerMilliseconds?: number;
  readonly enquireEveryMilliseconds?: number;
  readonly reconnectBaseMilliseconds?: number;
}

/** Submits waiting for an answer at once. */
const windowMax = 10;
const reconnectCapMilliseconds = 60_000;
/** How long an attempt waits for the connection to come up. */
const boundWithinMilliseconds = 5_000;

/** Sends text messages by SMPP 3.4 as a transceiver, and hears receipts and replies on the same connection. */
export function createSmppAdapter(options: SmppOptions): ChannelAdapter {
  let connection: ReturnType<typeof keepConnected> | undefined;
  let reference = 0;
  const free = createWindow(windowMax);
  return {
    channel: 'sms',
    async start(listener) {
      connection = keepConnected(options, listener);
    },
    async submit(message) {
      const session = await connection?.session(boundWithinMilliseconds);
      if (connection === undefined || session === undefined) {
        const why = connection?.lastError() ?? 'the connection is closed';
        return { kind: 'temporary', reason: `The SMS centre cannot be reached: ${why}` };
      }
      reference = (reference + 1) & 0xff;
      const submits = submitsOf(message, parseSmppUrl(options.url()), reference);
      if (submits === undefined) {
        return { kind: 'permanent', reason: 'The text is too long for a text message.' };
      }
      const release = await free();
      try {
        return await submitAll(session, submits, options.answerMilliseconds ?? 30_000);
      } finally {
        release();
      }
    },
    async stop() {
      await connection?.close();
      connection = undefined;
    },
  };
}

async function submitAll(
  session: SmppSession,
  submits: readonly SubmitFields[],
  answerMilliseconds: number,
): Promise<SubmitOutcome> {
  const peerMessageIds: string[] = [];
  for (const fields of submits) {
    const result = await session.request('submit_sm', fields, answerMilliseconds / submits.length);
    const outcome = outcomeOf(result, peerMessageIds);
    if (outcome !== undefined) {
      return peerMessageIds.length === 0
        ? outcome
        : {
            kind: outcome.kind === 'unknown' ? 'unknown' : 'permanent',
            reason: `Only ${peerMessageIds.length} of ${submits.length} parts were accepted. ${outcome.reason}`,
          };
    }
  }
  return { kind: 'accepted', peerMessageIds, detail: `accepted as ${peerMessageIds.join(', ')}` };
}

/** Undefined where the part was accepted; its id is added then. */
function outcomeOf(
  result: Awaited<ReturnType<SmppSession['request']>>,
  peerMessageIds: string[],
): { kind: 'temporary' | 'permanent' | 'unknown'; reason: string } | undefined {
  if (result.kind === 'not-sent') {
    return { kind: 'temporary', reason: `The SMS centre cannot be reached: ${result.reason}` };
  }
  if (result.kind === 'no-answer') {
    return {
      kind: 'unknown',
      reason: `The SMS centre did not answer after it got the message (${result.reason}) It may have taken it.`,
    };
  }
  if (result.pdu.command_status !== 0) {
    const meaning = meaningOfStatus(result.pdu.command_status);
    return { kind: meaning.temporary ? 'temporary' : 'permanent', reason: meaning.words };
  }
  peerMessageIds.push(typeof result.pdu.message_id === 'string' ? result.pdu.message_id : '');
  return undefined;
}

/** Keeps one signed-in connection, for ever, with back-off between the tries. */
function keepConnected(options: SmppOptions, listener: ChannelListener) {
  const connecting = new AbortController();
  let stopped = false;
  let current: SmppSession | undefined;
  let lastError: string | undefined;
  let wakeSleeper: (() => void) | undefined;
  const waiters = new Set<(session: SmppSession) => void>();

  const sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      wakeSleeper = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const deliver = async (pdu: Pdu): Promise<void> => {
    const delivery = deliveryOf(pdu);
    if (delivery === undefined) {
      options.logger.warn('a receipt of the SMS centre does not say which message it is about');
    } else if ('receipt' in delivery) {
      await listener.receipt(delivery.receipt);
    } else {
      await listener.inboundText(delivery.text);
    }
  };
  const run = async (): Promise<void> => {
    for (let failures = 0; !stopped; failures += 1) {
      try {
        current = await openSmppSession(
          sessionOptions(options, parseSmppUrl(options.url()), connecting.signal),
          deliver,
        );
        failures = 0;
        for (const waiter of waiters) {
          waiter(current);
        }
        lastError = await current.closed;
      } catch (error) {
        lastError = error instanceof Error ? error.message : String(error);
      }
      current = undefined;
      if (!stopped) {
        options.logger.warn({ reason: lastError }, 'the SMS centre cannot be reached');
        const base = options.reconnectBaseMilliseconds ?? 500;
        await sleep(
          backoffMilliseconds(
            failures,
            { baseMilliseconds: base, capMilliseconds: reconnectCapMilliseconds },
            jitter,
          ),
        );
      }
    }
  };
  const running = run();

  return {
    lastError: () => lastError,
    /** The session, once it is signed in; undefined where that takes too long. */
    session(milliseconds: number): Promise<SmppSession | undefined> {
      if (current !== undefined) {
        return Promise.resolve(current);
      }
      return new Promise((resolve) => {
        const settle = (session: SmppSession | undefined): void => {
          clearTimeout(timer);
          waiters.delete(settle);
          resolve(session);
        };
        const timer = setTimeout(() => settle(undefined), milliseconds);
        waiters.add(settle);
      });
    },
    async close() {
      stopped = true;
      await current?.close();
      connecting.abort();
      wakeSleeper?.();
      await running;
    },
  };
}

function sessionOptions(options: SmppOptions, url: SmppUrl, signal: AbortSignal) {
  return {
    ...url,
    signal,
    connectMilliseconds: options.connectMilliseconds ?? 15_000,
    enquireEveryMilliseconds: options.enquireEveryMilliseconds ?? 20_000,
    enquireMilliseconds: options.answerMilliseconds ?? 10_000,
  };
}

/** Lets so many in at once; each gets a function that lets the next one in. */
function createWindow(places: number): () => Promise<() => void> {
  let free = places;
  const queue: (() => void)[] = [];
  const release = (): void => {
    const next = queue.shift();
    if (next === undefined) {
      free += 1;
    } else {
      next();
    }
  };
  return () =>
    new Promise((resolve) => {
      if (free > 0) {
        free -= 1;
        resolve(release);
      } else {
        queue.push(() => resolve(release));
      }
    });
}
