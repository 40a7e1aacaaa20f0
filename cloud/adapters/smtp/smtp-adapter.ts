import type { Readable } from 'node:stream';
import nodemailer from 'nodemailer';
import type { ChannelAdapter, OutgoingMessage, SubmitOutcome } from '../../notifications/index.ts';
import { outcomeOfSmtpError } from './smtp-outcome.ts';

export interface SmtpOptions {
  /**
   * `smtp://user:password@host:587` or `smtps://…`, asked for when it starts. Members of the query are options of
   * nodemailer (`?tls.rejectUnauthorized=false`).
   */
  readonly url: () => string;
  /** Who writes: an address, or `Name <address>`. */
  readonly from: string;
  /** Milliseconds until the connection stands, until any single answer, and for the whole attempt. */
  readonly connectMilliseconds?: number;
  readonly answerMilliseconds?: number;
  readonly attemptMilliseconds?: number;
}

const connectionsMax = 4;
const messagesPerConnectionMax = 100;

/** Sends email by SMTP (RFC 5321). SMTP has no receipts: what is accepted stays `sent`. */
export function createSmtpAdapter(options: SmtpOptions): ChannelAdapter {
  let transport: ReturnType<typeof openTransport> | undefined;
  return {
    channel: 'email',
    async start() {
      transport = openTransport(options);
    },
    async submit(message) {
      return transport === undefined
        ? { kind: 'temporary', reason: 'The way to the mail server is closed at the moment.' }
        : transport.submit(message);
    },
    async stop() {
      transport?.close();
      transport = undefined;
    },
  };
}

function openTransport(options: SmtpOptions) {
  const pool = nodemailer.createTransport({
    url: options.url(),
    pool: true,
    maxConnections: connectionsMax,
    maxMessages: messagesPerConnectionMax,
    // Whether a message is sent again, notifications decides alone.
    maxRequeues: 0,
    connectionTimeout: options.connectMilliseconds ?? 15_000,
    greetingTimeout: options.connectMilliseconds ?? 15_000,
    socketTimeout: options.answerMilliseconds ?? 30_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  // The pool reads a message's stream only after the server said 354: whether it was read tells whether content
  // went out. Keyed by Message-ID while the attempt lasts.
  const contents = new Map<string, Readable | undefined>();
  pool.use('stream', (mail, callback) => {
    const content = mail.message;
    const key = String(mail.data.messageId);
    if (content && contents.has(key)) {
      const createReadStream = content.createReadStream.bind(content);
      content.createReadStream = (streamOptions) => {
        const stream = createReadStream(streamOptions);
        contents.set(key, stream);
        return stream;
      };
    }
    callback();
  });
  return {
    close: () => pool.close(),
    async submit(message: OutgoingMessage): Promise<SubmitOutcome> {
      const messageId = messageIdOf(options.from, message.messageId);
      contents.set(messageId, undefined);
      try {
        const info = await pool.sendMail({
          messageId,
          from: options.from,
          to: { name: '', address: message.to },
          subject: message.subject ?? '',
          text: message.text,
          ...(message.html === null ? {} : { html: message.html }),
          headers: { 'Auto-Submitted': 'auto-generated' },
          signal: AbortSignal.timeout(options.attemptMilliseconds ?? 80_000),
        });
        return { kind: 'accepted', peerMessageIds: [], detail: info.response };
      } catch (error) {
        return outcomeOfSmtpError(error, contents.get(messageId)?.readableDidRead ?? false);
      } finally {
        contents.delete(messageId);
      }
    },
  };
}

/** The Message-ID is ours and the same in every attempt, so that mailboxes can tell a copy from a new message. */
export function messageIdOf(from: string, messageId: string): string {
  const domain = /@([^\s<>@]+)>?\s*$/.exec(from)?.[1] ?? 'andon.invalid';
  return `<${messageId}@${domain}>`;
}
