import type { ConsentCapability } from '../consent/index.ts';
import {
  type App,
  appendEvent,
  type Capability,
  type Database,
  inTransaction,
  makeStorable,
  Page,
  type Platform,
  readCursor,
  type Transaction,
  toPage,
} from '../platform/index.ts';
import type { ChannelAdapter, ChannelListener, InboundText } from './channel-adapter.ts';
import { type NotificationIntent, queueMessage } from './intents.ts';
import { attemptsOf, listMessages, requireMessage, toMessage } from './message-store.ts';
import { keepReceipt, matchReceipts, receiptTopic } from './receipts.ts';
import { ById, Message, MessageDetail, MessagesQuery } from './schemas.ts';
import { createSender } from './sender.ts';

export interface Notifications extends Capability {
  /**
   * Commits, in the caller's transaction, that somebody is to be told something. Answers the message's id, or
   * undefined where this step of this run has its message already.
   */
  notify(transaction: Transaction, intent: NotificationIntent): Promise<string | undefined>;
}

/** How long a stop waits for what is on the wire, before it hangs up. */
const stopMilliseconds = 5_000;
const inboundCharactersMax = 2_000;

export function createNotifications(
  platform: Platform,
  parts: { consent: ConsentCapability; adapters: readonly ChannelAdapter[] },
): Notifications {
  const sender = createSender(platform, parts.adapters);
  const listener = createListener(platform, parts.consent);
  return {
    name: 'notifications',
    notify: (transaction, intent) => queueMessage(platform, transaction, intent),
    routes: (app) => addRoutes(app, platform.database),
    tasks: [
      sender.task,
      {
        name: 'notifications.receipts',
        everyMilliseconds: 5_000,
        wakesOn: ['message.', receiptTopic],
        run: () => matchReceipts(platform),
      },
    ],
    async start() {
      for (const adapter of parts.adapters) {
        await adapter.start(listener);
      }
    },
    async stop() {
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, stopMilliseconds);
      });
      await Promise.race([sender.idle(), patience]);
      clearTimeout(timer);
      for (const adapter of parts.adapters) {
        await adapter.stop();
      }
      await sender.idle();
    },
  };
}

/** What the peers tell is committed before they are answered. */
function createListener(platform: Platform, consent: ConsentCapability): ChannelListener {
  const now = () => new Date(platform.clock.now());
  return {
    async receipt(receipt) {
      await inTransaction(platform.database, (transaction) => keepReceipt(transaction, receipt, now()));
      // Else the next look of the task finds it.
      await matchReceipts(platform);
    },
    async inboundText(inbound: InboundText) {
      const text = String(makeStorable(inbound.text.slice(0, inboundCharactersMax)));
      await inTransaction(platform.database, async (transaction) => {
        const consentState = await consent.takeKeyword(transaction, { from: inbound.from, text });
        await appendEvent(transaction, {
          type: 'message.received',
          key: inbound.from,
          payload: {
            channel: 'sms',
            from: inbound.from,
            to: inbound.to,
            text,
            consentState: consentState ?? null,
          },
          actor: 'system:notifications',
          occurredAt: now(),
        });
      });
    },
  };
}

function addRoutes(app: App, database: Database): void {
  app.get(
    '/v1/messages',
    {
      config: { permission: 'messages:read' },
      schema: {
        summary: 'What we wrote to whom, what became of it and why, newest first',
        tags: ['messages'],
        querystring: MessagesQuery,
        response: { 200: Page(Message) },
      },
    },
    async (request) => {
      const { limit = 50, cursor, ...filter } = request.query;
      const position = readCursor(cursor, ['uuid']);
      const rows = await listMessages(database, {
        ...filter,
        limit,
        ...(position === undefined ? {} : { beforeId: position[0] }),
      });
      const attempts = await attemptsOf(
        database,
        rows.map((row) => row.id),
      );
      return toPage(
        rows,
        limit,
        (row) => toMessage(row, attempts.get(row.id) ?? []),
        (row) => [row.id],
      );
    },
  );
  app.get(
    '/v1/messages/:id',
    {
      config: { permission: 'messages:read' },
      schema: {
        summary: 'One message, with its attempts and receipts',
        tags: ['messages'],
        params: ById,
        response: { 200: MessageDetail },
      },
    },
    (request) => requireMessage(database, request.params.id),
  );
}
