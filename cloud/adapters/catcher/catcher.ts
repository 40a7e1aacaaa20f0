import { Uuid } from '@andon/shared/contracts';
import { AndonError } from '@andon/shared/kernel';
import { Type } from 'typebox';
import {
  type App,
  type Capability,
  makeStorable,
  Nullable,
  Page,
  type Platform,
  pageQuery,
  readCursor,
  Time,
  toPage,
} from '../../platform/index.ts';
import { openMailCatcher } from './mail-catcher.ts';
import { keepReceived, listReceived, type ReceivedMessage } from './received-store.ts';
import { openSmsCentre } from './sms-centre.ts';

export interface Catcher extends Capability {
  /** Known once it is started. */
  smtpUrl(): string;
  smppUrl(): string;
}

const ReceivedMessageAnswer = Type.Object({
  id: Uuid,
  channel: Type.Enum(['sms', 'email']),
  from: Type.String(),
  to: Type.String(),
  subject: Nullable(Type.String()),
  text: Type.String(),
  html: Nullable(Type.String()),
  receivedAt: Time,
});

const Reply = Type.Object(
  {
    from: Type.String({ minLength: 3, maxLength: 30 }),
    to: Type.String({ minLength: 1, maxLength: 30 }),
    text: Type.String({ minLength: 1, maxLength: 70 }),
  },
  { additionalProperties: false },
);

const addressCharactersMax = 500;
const bodyCharactersMax = 200_000;

/** Opens both servers when it starts; so it must start before the adapters that connect to them. */
export function createCatcher(platform: Platform): Catcher {
  let mail: Awaited<ReturnType<typeof openMailCatcher>> | undefined;
  let texts: Awaited<ReturnType<typeof openSmsCentre>> | undefined;
  const keep = (message: Omit<ReceivedMessage, 'id' | 'receivedAt'>): Promise<void> =>
    keepReceived(platform.database, {
      id: platform.newId(),
      channel: message.channel,
      from: storable(message.from, addressCharactersMax),
      to: storable(message.to, addressCharactersMax),
      subject: message.subject === null ? null : storable(message.subject, addressCharactersMax),
      text: storable(message.text, bodyCharactersMax),
      html: message.html === null ? null : storable(message.html, bodyCharactersMax),
      receivedAt: new Date(platform.clock.now()),
    });
  return {
    name: 'catcher',
    async start() {
      mail = await openMailCatcher(
        (caught) => keep({ channel: 'email', ...caught }),
        (error) => platform.logger.warn({ err: error }, 'the local mail catcher'),
      );
      texts = await openSmsCentre({
        clock: platform.clock,
        random: platform.random,
        keep: (caught) => keep({ channel: 'sms', subject: null, html: null, ...caught }),
        onError: (error) => platform.logger.warn({ err: error }, 'the local SMS centre'),
      });
    },
    async stop() {
      await texts?.close();
      await mail?.close();
    },
    smtpUrl: () => opened(mail).url,
    smppUrl: () => opened(texts).url,
    routes: (app) => addRoutes(app, platform, (reply) => opened(texts).reply(reply)),
  };
}

function storable(text: string, charactersMax: number): string {
  return String(makeStorable(text.slice(0, charactersMax)));
}

function opened<T>(server: T | undefined): T {
  if (server === undefined) {
    throw new AndonError({
      code: 'catcher.not-started',
      message: 'The mail catcher and the SMS centre are not started yet.',
      nextStep: 'Try again in a few seconds.',
      status: 503,
    });
  }
  return server;
}

function addRoutes(
  app: App,
  platform: Platform,
  reply: (text: { from: string; to: string; text: string }) => Promise<void>,
): void {
  app.get(
    '/v1/received-messages',
    {
      config: { permission: 'messages:read' },
      schema: {
        summary: 'What the mail catcher and the SMS centre of the one-machine mode received, newest first',
        tags: ['messages'],
        querystring: Type.Object(
          { ...pageQuery, channel: Type.Optional(Type.Enum(['sms', 'email'])) },
          { additionalProperties: false },
        ),
        response: { 200: Page(ReceivedMessageAnswer) },
      },
    },
    async (request) => {
      const { limit = 50, cursor, channel } = request.query;
      const position = readCursor(cursor, ['uuid']);
      const rows = await listReceived(platform.database, {
        limit,
        channel,
        ...(position === undefined ? {} : { beforeId: position[0] }),
      });
      return toPage(
        rows,
        limit,
        (row) => ({ ...row, receivedAt: row.receivedAt.toISOString() }),
        (row) => [row.id],
      );
    },
  );
  app.post(
    '/v1/received-messages/reply',
    {
      config: { permission: 'consents:write' },
      schema: {
        summary: 'Answer a text message as its receiver would, for example with STOP',
        tags: ['messages'],
        body: Reply,
        response: { 204: Type.Null() },
      },
    },
    async (request, answer) => {
      await reply(request.body);
      return answer.status(204).send(null);
    },
  );
}
