import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import smpp, { type Pdu, type Session } from 'smpp';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { createSmppAdapter } from '../../cloud/adapters/smpp/index.ts';
import { createSmtpAdapter } from '../../cloud/adapters/smtp/index.ts';
import type { ChannelAdapter, ChannelListener, OutgoingMessage } from '../../cloud/notifications/index.ts';
import { quietLogger } from '../support/quiet-logger.ts';
import { eventually } from '../support/wait.ts';

/** How a peer treats the next message. */
type Manner = 'accept' | 'refuse-now' | 'refuse-for-good' | 'hang' | 'cut-before' | 'cut-after-content';

interface Peer {
  manner: Manner;
  /** Messages that it took, by its own books. */
  readonly taken: string[];
  readonly adapter: ChannelAdapter;
  close(): Promise<void>;
}

const message: OutgoingMessage = {
  messageId: '01890000-0000-7000-8000-000000000001',
  to: '+442079460958',
  subject: 'Solved',
  text: 'Case CAS-000001 is solved',
  html: '<p>Case CAS-000001 is solved</p>',
};
const listener: ChannelListener = { receipt: async () => undefined, inboundText: async () => undefined };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) {
    await close();
  }
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function mailPeer(): Promise<Peer> {
  const taken: string[] = [];
  const sockets = new Set<Socket>();
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onRcptTo(_address, _session, callback) {
      if (peer.manner === 'refuse-now') {
        callback(Object.assign(new Error('mailbox busy'), { responseCode: 450 }));
      } else if (peer.manner === 'refuse-for-good') {
        callback(Object.assign(new Error('no such mailbox'), { responseCode: 550 }));
      } else if (peer.manner === 'cut-before') {
        cut();
      } else {
        callback();
      }
    },
    onData(stream, _session, callback) {
      let content = '';
      stream.on('data', (chunk: Buffer) => {
        content += chunk.toString();
      });
      stream.on('end', () => {
        if (peer.manner === 'cut-after-content') {
          taken.push(content);
          cut();
        } else if (peer.manner !== 'hang') {
          taken.push(content);
          callback(null, 'taken');
        }
      });
    },
  });
  const cut = () => {
    for (const socket of sockets) {
      socket.destroy();
    }
  };
  server.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('error', () => undefined);
  const port = await listen(server.server);
  const adapter = createSmtpAdapter({
    url: () => `smtp://127.0.0.1:${port}`,
    from: 'Andon <andon@example.com>',
    connectMilliseconds: 2000,
    answerMilliseconds: 500,
  });
  const peer: Peer = {
    manner: 'accept',
    taken,
    adapter,
    async close() {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return peer;
}

async function smsPeer(): Promise<Peer> {
  const taken: string[] = [];
  const server = smpp.createServer({}, (session: Session) => {
    session.on('error', () => session.destroy());
    session.on('bind_transceiver', (pdu: Pdu) => session.send(pdu.response()));
    session.on('enquire_link', (pdu: Pdu) => session.send(pdu.response()));
    session.on('unbind', (pdu: Pdu) => session.send(pdu.response()));
    session.on('submit_sm', (pdu: Pdu) => {
      switch (peer.manner) {
        case 'refuse-now':
          session.send(pdu.response({ command_status: 0x58 }));
          return;
        case 'refuse-for-good':
          session.send(pdu.response({ command_status: 0x0b }));
          return;
        case 'hang':
          return;
        case 'cut-after-content':
          taken.push('cut');
          session.destroy();
          return;
        default:
          taken.push(JSON.stringify(pdu.short_message));
          session.send(pdu.response({ message_id: `id-${taken.length}` }));
      }
    });
  });
  const port = await listen(server);
  const adapter = createSmppAdapter({
    url: () => `smpp://andon:secret@127.0.0.1:${port}`,
    logger: quietLogger,
    answerMilliseconds: 500,
    reconnectBaseMilliseconds: 50,
  });
  const peer: Peer = {
    manner: 'accept',
    taken,
    adapter,
    async close() {
      for (const session of [...server.sessions]) {
        session.destroy();
      }
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return peer;
}

describe.each([
  ['SMTP', mailPeer, 'ana@example.com'],
  ['SMPP', smsPeer, '+442079460958'],
] as const)('the channel adapter for %s', (name, openPeer, to) => {
  async function open(): Promise<Peer> {
    const peer = await openPeer();
    closing.push(() => peer.close());
    await peer.adapter.start(listener);
    closing.push(() => peer.adapter.stop());
    return peer;
  }
  const submit = (peer: Peer) => peer.adapter.submit({ ...message, to });

  it('says that the peer accepted', async () => {
    const peer = await open();
    const outcome = await submit(peer);
    expect(outcome.kind).toBe('accepted');
    expect(peer.taken).toHaveLength(1);
    expect(peer.taken[0]).toContain('CAS-000001');
  });

  it('says that a refusal is for now, in the words of the peer', async () => {
    const peer = await open();
    peer.manner = 'refuse-now';
    expect(await submit(peer)).toEqual({
      kind: 'temporary',
      reason: expect.stringMatching(/mailbox busy|faster than it allows/),
    });
    peer.manner = 'accept';
    expect((await submit(peer)).kind).toBe('accepted');
    expect(peer.taken).toHaveLength(1);
  });

  it('says that a refusal is for good, in the words of the peer', async () => {
    const peer = await open();
    peer.manner = 'refuse-for-good';
    expect(await submit(peer)).toEqual({
      kind: 'permanent',
      reason: expect.stringMatching(/no such mailbox|number does not exist/),
    });
  });

  it('says unknown when the peer does not answer after it got the message', async () => {
    const peer = await open();
    peer.manner = 'hang';
    expect((await submit(peer)).kind).toBe('unknown');
  });

  it('says unknown when the connection is cut after the peer got the message', async () => {
    const peer = await open();
    peer.manner = 'cut-after-content';
    expect((await submit(peer)).kind).toBe('unknown');
    expect(peer.taken).toHaveLength(1);
  });

  it('sends again over a new connection after one was cut, and the peer gets each message once', async () => {
    const peer = await open();
    expect((await submit(peer)).kind).toBe('accepted');
    peer.manner = 'cut-after-content';
    expect((await submit(peer)).kind).toBe('unknown');
    peer.manner = 'accept';
    await eventually('a new connection', async () => (await submit(peer)).kind === 'accepted');
    expect(peer.taken).toHaveLength(3);
  });

  it('says that it is for now when nobody listens', async () => {
    const peer = await open();
    await peer.close();
    const outcome = await submit(peer);
    expect(outcome).toEqual({ kind: 'temporary', reason: expect.stringMatching(/cannot be reached/) });
  });

  it('carries traditional Chinese', async () => {
    const peer = await open();
    const outcome = await peer.adapter.submit({ ...message, to, text: '案件已解決', html: null });
    expect(outcome.kind).toBe('accepted');
    const raw = peer.taken[0] ?? '';
    const decoded = name === 'SMTP' ? Buffer.from(raw.split('\r\n\r\n')[1] ?? '', 'base64').toString() : raw;
    expect(decoded).toContain('案件已解決');
  });
});

describe('the SMTP adapter', () => {
  it('says that it is for now when the connection is cut before the content', async () => {
    const peer = await mailPeer();
    closing.push(() => peer.close());
    await peer.adapter.start(listener);
    closing.push(() => peer.adapter.stop());
    peer.manner = 'cut-before';
    expect((await peer.adapter.submit({ ...message, to: 'ana@example.com' })).kind).toBe('temporary');
    expect(peer.taken).toHaveLength(0);
  });

  it('gives the same Message-ID in every attempt, and refuses line breaks in headers', async () => {
    const peer = await mailPeer();
    closing.push(() => peer.close());
    await peer.adapter.start(listener);
    closing.push(() => peer.adapter.stop());
    const nasty = { ...message, to: 'ana@example.com', subject: 'Solved\r\nBcc: evil@example.com' };
    await peer.adapter.submit(nasty);
    await peer.adapter.submit(nasty);
    expect(peer.taken).toHaveLength(2);
    for (const content of peer.taken) {
      expect(content).toContain(`Message-ID: <${message.messageId}@example.com>`);
      expect(content).not.toMatch(/^Bcc:/m);
    }
  });

  it('says that it is for now when the server never greets', async () => {
    const server = createServer();
    const port = await listen(server);
    closing.push(() => new Promise((resolve) => server.close(() => resolve())));
    const adapter = createSmtpAdapter({
      url: () => `smtp://127.0.0.1:${port}`,
      from: 'andon@example.com',
      connectMilliseconds: 200,
    });
    await adapter.start(listener);
    closing.push(() => adapter.stop());
    expect((await adapter.submit({ ...message, to: 'ana@example.com' })).kind).toBe('temporary');
  });
});
