import type { AddressInfo } from 'node:net';
import { AndonError, type Clock, type RandomSource, randomSecret } from '@andon/shared/kernel';
import smpp, { type Pdu, type Session } from 'smpp';
import { numberOf, textOf } from '../smpp/delivery.ts';

export interface CaughtText {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

const sessionsMax = 20;
const replyMilliseconds = 10_000;
const receiptMilliseconds = 100;
const statusOk = 0;
const statusSystemError = 0x08;
const statusNotBound = 0x04;
const statusBadPassword = 0x0e;
const statusThrottled = 0x58;
const receiptEsmClass = 0x04;
const udhIndicator = 0x40;
const partsWaitingMax = 200;

/**
 * A real SMS centre (SMPP 3.4) on a loopback port of the system's choice: signs in, takes texts, joins their parts,
 * gives receipts, and sends the replies that somebody writes in the console. A text is answered only after `keep`
 * is done.
 */
export async function openSmsCentre(options: {
  clock: Clock;
  random: RandomSource;
  keep: (text: CaughtText) => Promise<void>;
  onError: (error: Error) => void;
}): Promise<{ url: string; reply(text: CaughtText): Promise<void>; close(): Promise<void> }> {
  const password = randomSecret(options.random).slice(0, 8);
  const bound = new Set<Session>();
  const joiner = createJoiner();
  const server = smpp.createServer({}, (session) => {
    if (server.sessions.length > sessionsMax) {
      session.destroy();
      return;
    }
    serve(session);
  });

  const serve = (session: Session): void => {
    session.on('error', (error: Error) => {
      options.onError(error);
      session.destroy();
    });
    session.on('close', () => bound.delete(session));
    session.on('unknown', (pdu: Pdu) => session.send(pdu.response()));
    session.on('enquire_link', (pdu: Pdu) => session.send(pdu.response()));
    session.on('unbind', (pdu: Pdu) => {
      session.send(pdu.response());
      session.close();
    });
    session.on('bind_transceiver', (pdu: Pdu) => {
      const right = pdu.password === password;
      if (right) {
        bound.add(session);
      }
      session.send(
        pdu.response(right ? { system_id: 'andon-sms-centre' } : { command_status: statusBadPassword }),
      );
    });
    session.on('submit_sm', (pdu: Pdu) => {
      if (!bound.has(session)) {
        session.send(pdu.response({ command_status: statusNotBound }));
        return;
      }
      void take(session, pdu);
    });
  };

  const take = async (session: Session, pdu: Pdu): Promise<void> => {
    const messageId = Buffer.from(options.random(8)).toString('hex');
    try {
      const text = joiner.join(pdu);
      if (text === 'full') {
        session.send(pdu.response({ command_status: statusThrottled }));
        return;
      }
      if (text !== undefined) {
        await options.keep({
          from: String(pdu.source_addr),
          to: `+${String(pdu.destination_addr).replace(/^\+/, '')}`,
          text,
        });
      }
    } catch (error) {
      options.onError(error instanceof Error ? error : new Error(String(error)));
      session.send(pdu.response({ command_status: statusSystemError }));
      return;
    }
    session.send(pdu.response({ message_id: messageId }));
    if (numberOf(pdu.registered_delivery) !== 0) {
      setTimeout(() => session.send(receipt(pdu, messageId, options.clock)), receiptMilliseconds);
    }
  };

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `smpp://andon:${password}@127.0.0.1:${address.port}?source=Andon`,
    async reply(text) {
      const [session] = bound;
      await deliver(session, text);
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of [...server.sessions]) {
        session.destroy();
      }
      await closed;
    },
  };
}

/** Sends a text to the product, as if a phone had; rejects where it was not taken. */
async function deliver(session: Session | undefined, text: CaughtText): Promise<void> {
  const pdu = new smpp.PDU('deliver_sm', {
    source_addr_ton: 1,
    source_addr_npi: 1,
    source_addr: text.from.replace(/^\+/, ''),
    destination_addr: text.to.replace(/^\+/, ''),
    data_coding: 8,
    short_message: Buffer.from(text.text, 'utf16le').swap16(),
  });
  const status = await new Promise<number | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), replyMilliseconds);
    const settle = (answer: number | undefined): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    if (session?.send(pdu, (response) => settle(response.command_status)) !== true) {
      settle(undefined);
    }
  });
  if (status !== statusOk) {
    throw new AndonError({
      code: 'catcher.reply-not-taken',
      message: 'The reply could not be handed over.',
      nextStep: 'Try again in a few seconds.',
      status: 503,
    });
  }
}

/** Appendix B of SMPP 3.4. */
function receipt(pdu: Pdu, messageId: string, clock: Clock): Pdu {
  const at = new Date(clock.now()).toISOString().replace(/\D/g, '').slice(2, 12);
  return new smpp.PDU('deliver_sm', {
    source_addr: pdu.destination_addr,
    destination_addr: pdu.source_addr,
    esm_class: receiptEsmClass,
    data_coding: 0,
    short_message: Buffer.from(
      `id:${messageId} sub:001 dlvrd:001 submit date:${at} done date:${at} stat:DELIVRD err:000 text:`,
      'ascii',
    ),
    receipted_message_id: messageId,
    message_state: 2,
  });
}

/** Puts texts in parts together again: undefined while parts are missing, `full` where too many wait. */
function createJoiner() {
  const waiting = new Map<string, (string | undefined)[]>();
  return {
    join(pdu: Pdu): string | 'full' | undefined {
      const words = textOf(pdu.short_message) || textOf(pdu.message_payload);
      const header = headerOf(pdu);
      if (header === undefined) {
        return words;
      }
      const key = `${pdu.source_addr}/${pdu.destination_addr}/${header.reference}`;
      if (!waiting.has(key) && waiting.size >= partsWaitingMax) {
        return 'full';
      }
      const parts = waiting.get(key) ?? new Array<string | undefined>(header.total).fill(undefined);
      parts[header.number - 1] = words;
      waiting.set(key, parts);
      if (parts.some((part) => part === undefined)) {
        return undefined;
      }
      waiting.delete(key);
      return parts.join('');
    },
  };
}

/** The package gives the elements of the user data header without its length: `00 03 reference total number`. */
function headerOf(pdu: Pdu): { reference: number; total: number; number: number } | undefined {
  const field = pdu.short_message;
  if ((numberOf(pdu.esm_class) & udhIndicator) === 0 || typeof field !== 'object' || field === null) {
    return undefined;
  }
  const elements: unknown[] = 'udh' in field && Array.isArray(field.udh) ? field.udh : [];
  for (const element of elements) {
    if (Buffer.isBuffer(element) && element.length === 5 && element[0] === 0 && element[1] === 3) {
      const [, , reference = 0, total = 1, number = 1] = element;
      return number >= 1 && number <= total ? { reference, total, number } : undefined;
    }
  }
  return undefined;
}
