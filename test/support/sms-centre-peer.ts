import type { AddressInfo } from 'node:net';
import smpp, { type Pdu, type Session } from 'smpp';
import { eventually } from './wait.ts';

/** An SMS centre in a test's hand: it takes texts, and does with the answer and the receipt what the test says. */
export interface SmsCentrePeer {
  readonly url: string;
  /** What arrived, in order. */
  readonly texts: { to: string; text: string }[];
  /** What is done with the next submits: by default accepted. */
  onSubmit: (pdu: Pdu, session: Session) => void;
  /** Sends a deliver_sm and waits until it was answered with this status. */
  deliver(fields: Readonly<Record<string, unknown>>): Promise<number>;
  close(): Promise<void>;
}

export async function openSmsCentrePeer(): Promise<SmsCentrePeer> {
  const texts: { to: string; text: string }[] = [];
  const sessions = new Set<Session>();
  const server = smpp.createServer({}, (session) => {
    session.on('error', () => session.destroy());
    session.on('close', () => sessions.delete(session));
    session.on('bind_transceiver', (pdu: Pdu) => {
      session.send(pdu.response());
      sessions.add(session);
    });
    session.on('enquire_link', (pdu: Pdu) => session.send(pdu.response()));
    session.on('unbind', (pdu: Pdu) => session.send(pdu.response()));
    session.on('submit_sm', (pdu: Pdu) => {
      const field = pdu.short_message as { message: string };
      texts.push({ to: String(pdu.destination_addr), text: String(field.message) });
      peer.onSubmit(pdu, session);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const peer: SmsCentrePeer = {
    url: `smpp://andon:secret@127.0.0.1:${(server.address() as AddressInfo).port}`,
    texts,
    onSubmit: (pdu, session) => session.send(pdu.response({ message_id: `a0${texts.length}bcdef` })),
    async deliver(fields) {
      const session = await eventually('a bound session', () => [...sessions][0]);
      return new Promise((resolve) =>
        session.send(new smpp.PDU('deliver_sm', fields), (response) => resolve(response.command_status)),
      );
    },
    async close() {
      for (const session of [...server.sessions]) {
        session.destroy();
      }
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return peer;
}
