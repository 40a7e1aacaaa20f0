import smpp, { type Pdu, type Session } from 'smpp';
import { meaningOfStatus } from './smpp-words.ts';

/** `not-sent`: no byte went out. `no-answer`: it went out, and the connection was lost or the time ran out. */
export type RequestResult =
  | { readonly kind: 'answer'; readonly pdu: Pdu }
  | { readonly kind: 'not-sent'; readonly reason: string }
  | { readonly kind: 'no-answer'; readonly reason: string };

export interface SmppSession {
  request(
    command: string,
    fields: Readonly<Record<string, unknown>>,
    milliseconds: number,
  ): Promise<RequestResult>;
  /** Settles when the connection is gone, with why. */
  readonly closed: Promise<string>;
  /** Says goodbye (unbind) and closes. */
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly systemId: string;
  readonly password: string;
  readonly connectMilliseconds: number;
  readonly enquireEveryMilliseconds: number;
  readonly enquireMilliseconds: number;
  /** Gives up, also while it connects. */
  readonly signal: AbortSignal;
}

const unbindMilliseconds = 1_000;
const temporaryApplicationError = 0x64;

/**
 * Connects and signs in as a transceiver. Works around what the package (0.5.1) leaves open: callbacks of requests
 * are never called when the connection is lost, a peer that went silent is not noticed, and after a PDU that it
 * cannot read it stays deaf, so that the connection is dropped then.
 */
export async function openSmppSession(
  options: SessionOptions,
  onDelivery: (pdu: Pdu) => Promise<void>,
): Promise<SmppSession> {
  const session = smpp.connect({ host: options.host, port: options.port, tls: options.tls });
  const pending = new Set<(result: RequestResult) => void>();
  let lost: string | undefined;
  const { promise: closed, resolve: resolveClosed } = Promise.withResolvers<string>();
  const lose = (reason: string): void => {
    if (lost !== undefined) {
      return;
    }
    lost = reason;
    session.destroy();
    for (const settle of pending) {
      settle({ kind: 'no-answer', reason });
    }
    resolveClosed(reason);
  };
  session.on('error', (error: Error) => lose(error.message));
  session.on('close', () => lose('The SMS centre closed the connection.'));
  const giveUp = (): void => lose('We closed the connection.');
  options.signal.addEventListener('abort', giveUp);
  void closed.then(() => options.signal.removeEventListener('abort', giveUp));

  const request: SmppSession['request'] = (command, fields, milliseconds) =>
    new Promise((resolve) => {
      const settle = (result: RequestResult): void => {
        clearTimeout(timer);
        pending.delete(settle);
        resolve(result);
      };
      const timer = setTimeout(
        () =>
          settle({ kind: 'no-answer', reason: `The SMS centre did not answer within ${milliseconds} ms.` }),
        milliseconds,
      );
      pending.add(settle);
      const sent =
        lost === undefined &&
        session.send(new smpp.PDU(command, fields), (pdu) => settle({ kind: 'answer', pdu }));
      if (!sent) {
        settle({ kind: 'not-sent', reason: lost ?? 'The connection to the SMS centre is not open.' });
      }
    });

  answerPeer(session, onDelivery, lose);
  await connected(session, closed, options.connectMilliseconds, lose);
  const bound = await request(
    'bind_transceiver',
    {
      system_id: options.systemId,
      password: options.password,
      system_type: '',
      interface_version: 0x34,
    },
    options.connectMilliseconds,
  );
  if (bound.kind !== 'answer' || bound.pdu.command_status !== 0) {
    const reason = bound.kind === 'answer' ? meaningOfStatus(bound.pdu.command_status).words : bound.reason;
    lose(reason);
    throw new Error(`sign-in: ${reason}`);
  }
  keepAlive(request, closed, options, lose);
  return {
    request,
    closed,
    async close() {
      await request('unbind', {}, unbindMilliseconds);
      giveUp();
    },
  };
}

function connected(
  session: Session,
  closed: Promise<string>,
  milliseconds: number,
  lose: (reason: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => lose(`No connection within ${milliseconds} ms.`), milliseconds);
    session.once(session.socket.constructor.name === 'TLSSocket' ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      resolve();
    });
    void closed.then((reason) => {
      clearTimeout(timer);
      reject(new Error(reason));
    });
  });
}

/** Answers what the SMS centre asks. A delivery is answered when it is committed; else the centre keeps it. */
function answerPeer(
  session: Session,
  onDelivery: (pdu: Pdu) => Promise<void>,
  lose: (reason: string) => void,
): void {
  session.on('enquire_link', (pdu: Pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu: Pdu) => {
    session.send(pdu.response());
    lose('The SMS centre said goodbye.');
  });
  session.on('unknown', (pdu: Pdu) => session.send(pdu.response()));
  session.on('deliver_sm', (pdu: Pdu) => {
    onDelivery(pdu).then(
      () => session.send(pdu.response()),
      () => session.send(pdu.response({ command_status: temporaryApplicationError })),
    );
  });
}

/** Drops a connection whose other end no longer answers. */
function keepAlive(
  request: SmppSession['request'],
  closed: Promise<string>,
  options: SessionOptions,
  lose: (reason: string) => void,
): void {
  const timer = setInterval(() => {
    void request('enquire_link', {}, options.enquireMilliseconds).then((result) => {
      if (result.kind !== 'answer') {
        lose(`The SMS centre is silent: ${result.reason}`);
      }
    });
  }, options.enquireEveryMilliseconds);
  timer.unref();
  void closed.then(() => clearInterval(timer));
}
