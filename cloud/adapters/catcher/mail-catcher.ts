import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import type { AddressObject } from 'mailparser';
import { SMTPServer } from 'smtp-server';

export interface CaughtMail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string | null;
}

const mailBytesMax = 1_048_576;
const connectionsMax = 20;
const closeMilliseconds = 1_000;

/**
 * A real SMTP server on a loopback port of the system's choice. It answers 250 only after `keep` is done, and 451
 * where that failed, so that the sender tries again.
 */
export async function openMailCatcher(
  keep: (mail: CaughtMail) => Promise<void>,
  onError: (error: Error) => void,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = new SMTPServer({
    banner: 'Andon mail catcher',
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: mailBytesMax,
    maxClients: connectionsMax,
    closeTimeout: closeMilliseconds,
    onData(stream, session, callback) {
      const recipient = session.envelope.rcptTo.map((address) => address.address).join(', ');
      const sender = session.envelope.mailFrom ? session.envelope.mailFrom.address : '';
      parse(stream)
        .then((mail) =>
          keep({
            from: textOf(mail.from) || sender,
            to: textOf(mail.to) || recipient,
            subject: mail.subject ?? '',
            text: mail.text ?? '',
            html: mail.html || null,
          }),
        )
        .then(
          () => callback(null, 'kept'),
          (error: unknown) =>
            callback(Object.assign(new Error('could not be kept', { cause: error }), { responseCode: 451 })),
        );
    },
  });
  // A client that breaks off is no trouble to anybody else.
  server.on('error', onError);
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The parser is large, and the first mail comes long after the start. */
async function parse(stream: Readable) {
  const { simpleParser } = await import('mailparser');
  return simpleParser(stream);
}

function textOf(addresses: AddressObject | AddressObject[] | undefined): string {
  return [addresses ?? []]
    .flat()
    .map((address) => address.text)
    .join(', ');
}
