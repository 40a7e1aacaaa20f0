import { createServer, type Socket } from 'node:net';
import { systemClock, systemRandom } from '@andon/shared/kernel';
import smpp, { type Pdu } from 'smpp';
import { afterEach, describe, expect, it } from 'vitest';
import { type CaughtText, openSmsCentre } from '../../cloud/adapters/catcher/index.ts';
import { createSmppAdapter, deliveryOf, parseSmppUrl } from '../../cloud/adapters/smpp/index.ts';
import { type DeliveryReceipt, type InboundText, otherSpellings } from '../../cloud/notifications/index.ts';
import { quietLogger } from '../support/quiet-logger.ts';
import { openSmsCentrePeer } from '../support/sms-centre-peer.ts';
import { eventually } from '../support/wait.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) {
    await close();
  }
});

async function openAdapter(url: string, options: { enquireEveryMilliseconds?: number } = {}) {
  const receipts: DeliveryReceipt[] = [];
  const texts: InboundText[] = [];
  const failing = { next: false };
  const adapter = createSmppAdapter({
    url: () => url,
    logger: quietLogger,
    answerMilliseconds: 500,
    reconnectBaseMilliseconds: 50,
    ...options,
  });
  await adapter.start({
    async receipt(receipt) {
      if (failing.next) {
        failing.next = false;
        throw new Error('the database is away');
      }
      receipts.push(receipt);
    },
    async inboundText(text) {
      texts.push(text);
    },
  });
  closing.push(() => adapter.stop());
  const submit = (text: string) =>
    adapter.submit({ messageId: crypto.randomUUID(), to: '+442079460958', subject: null, text, html: null });
  return { submit, receipts, texts, failing };
}

async function openCentre() {
  const kept: CaughtText[] = [];
  const centre = await openSmsCentre({
    clock: systemClock,
    random: systemRandom,
    keep: async (text) => {
      kept.push(text);
    },
    onError: () => undefined,
  });
  closing.push(() => centre.close());
  return { ...centre, kept };
}

describe('the SMPP adapter against the SMS centre of the one-machine mode', () => {
  const long = `${'案件已建立,請按連結查看進度。'.repeat(20)}😀 end`;

  it.each(['payload', 'udh'])(
    'carries a long text (%s) and gets a receipt for each part',
    async (concatenation) => {
      const centre = await openCentre();
      const { submit, receipts } = await openAdapter(`${centre.url}&concatenation=${concatenation}`);
      const outcome = await submit(long);
      const parts = outcome.kind === 'accepted' ? outcome.peerMessageIds : [];
      expect(parts).toHaveLength(concatenation === 'udh' ? 5 : 1);
      expect(centre.kept).toEqual([{ from: 'Andon', to: '+442079460958', text: long }]);
      await eventually('the receipts', () => receipts.length === parts.length);
      expect(receipts.map((receipt) => receipt.outcome)).toEqual(parts.map(() => 'delivered'));
      expect(receipts.map((receipt) => receipt.peerMessageId).sort()).toEqual([...parts].sort());
    },
  );

  it('carries every character of the GSM alphabet', async () => {
    const centre = await openCentre();
    const { submit } = await openAdapter(centre.url);
    const text = '@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&()*+,-./09:;<=>?¡AZÄÖÑÜ§¿azäöñüà^{}\\[~]|€';
    expect((await submit(text)).kind).toBe('accepted');
    expect(centre.kept[0]?.text).toBe(text);
  });

  it('brings what a phone answers', async () => {
    const centre = await openCentre();
    const { submit, texts } = await openAdapter(centre.url);
    await submit('hello');
    await centre.reply({ from: '+442079460958', to: 'Andon', text: '停止' });
    expect(texts).toEqual([{ from: '442079460958', to: 'Andon', text: '停止' }]);
  });

  it('is refused with a wrong password, in plain words', async () => {
    const centre = await openCentre();
    const { submit } = await openAdapter(centre.url.replace(/:[^:@]+@/, ':wrong@'));
    expect(await submit('hello')).toEqual({
      kind: 'temporary',
      reason: expect.stringContaining('the password is wrong'),
    });
    expect(centre.kept).toEqual([]);
  });
});

describe('the SMPP adapter against centres with their own ways', () => {
  it('refuses to acknowledge a receipt that could not be kept, so that the centre sends it again', async () => {
    const peer = await openSmsCentrePeer();
    closing.push(() => peer.close());
    const { receipts, failing } = await openAdapter(peer.url);
    failing.next = true;
    const receipt = { esm_class: 4, short_message: 'id:1 stat:DELIVRD err:000' };
    expect(await peer.deliver(receipt)).toBe(0x64);
    expect(await peer.deliver(receipt)).toBe(0);
    expect(receipts).toHaveLength(1);
  });

  it('sends at most a window of texts before answers come', async () => {
    const peer = await openSmsCentrePeer();
    closing.push(() => peer.close());
    const answers: (() => void)[] = [];
    peer.onSubmit = (pdu, session) =>
      answers.push(() => session.send(pdu.response({ message_id: String(answers.length) })));
    const { submit } = await openAdapter(peer.url);
    const outcomes = Promise.all(Array.from({ length: 12 }, (_, index) => submit(`text ${index}`)));
    await eventually('a full window', () => peer.texts.length === 10);
    answers.splice(0).forEach((answer) => {
      answer();
    });
    await eventually('the rest', () => peer.texts.length === 12);
    answers.splice(0).forEach((answer) => {
      answer();
    });
    expect((await outcomes).map((outcome) => outcome.kind)).toEqual(Array(12).fill('accepted'));
  });

  it('drops a connection whose centre went silent, and comes back', async () => {
    let silent = false;
    let connections = 0;
    const server = smpp.createServer({}, (session) => {
      connections += 1;
      session.on('error', () => session.destroy());
      session.on('bind_transceiver', (pdu: Pdu) => session.send(pdu.response()));
      session.on('enquire_link', (pdu: Pdu) => silent || session.send(pdu.response()));
      session.on('unbind', (pdu: Pdu) => session.send(pdu.response()));
      session.on('submit_sm', (pdu: Pdu) => silent || session.send(pdu.response({ message_id: '1' })));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(async () => {
      for (const session of [...server.sessions]) {
        session.destroy();
      }
      server.close();
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { submit } = await openAdapter(`smpp://a:b@127.0.0.1:${port}`, { enquireEveryMilliseconds: 100 });
    expect((await submit('one')).kind).toBe('accepted');
    silent = true;
    await eventually('another connection', () => connections > 1);
    silent = false;
    await eventually('a text to be taken again', async () => (await submit('two')).kind === 'accepted');
  });

  it('survives a peer that does not speak SMPP', async () => {
    let connections = 0;
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      connections += 1;
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(async () => {
      for (const socket of sockets) {
        socket.destroy();
      }
      server.close();
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { submit } = await openAdapter(`smpp://a:b@127.0.0.1:${port}`);
    expect((await submit('hello')).kind).toBe('temporary');
    expect(connections).toBeGreaterThan(1);
  });
});

describe('stopping the SMPP adapter', () => {
  it('does not wait for a centre that takes the connection and says nothing', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const adapter = createSmppAdapter({
      url: () => `smpp://a:b@127.0.0.1:${port}`,
      logger: quietLogger,
      connectMilliseconds: 600_000,
    });
    await adapter.start({ receipt: async () => undefined, inboundText: async () => undefined });
    await eventually('the connection', () => sockets.size > 0);
    await adapter.stop();
    for (const socket of sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('receipts', () => {
  const pdu = (fields: Record<string, unknown>): Pdu =>
    new smpp.PDU('deliver_sm', { esm_class: 4, short_message: { message: '' }, ...fields });

  it.each([
    ['id:ab1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:x', 'ab1', 'delivered', /received/],
    ['id:ab1 stat:UNDELIV err:001', 'ab1', 'undelivered', /cannot be reached.*error code 001/],
    ['id:ab1 stat:EXPIRED err:000', 'ab1', 'undelivered', /expired \(EXPIRED\)/],
    ['id:ab1 stat:REJECTD err:0x45', 'ab1', 'undelivered', /rejected/],
    ['ID: ab1 STAT: ACCEPTD', 'ab1', 'pending', /took it over/],
    ['id:ab1 stat:SOMETHING', 'ab1', 'pending', /says SOMETHING/],
  ])('reads %s', (message, peerMessageId, outcome, reason) => {
    expect(deliveryOf(pdu({ short_message: { message } }))).toEqual({
      receipt: { peerMessageId, outcome, reason: expect.stringMatching(reason) },
    });
  });

  it('reads a receipt that comes in options alone', () => {
    expect(deliveryOf(pdu({ receipted_message_id: 'ab1', message_state: 5 }))).toMatchObject({
      receipt: { peerMessageId: 'ab1', outcome: 'undelivered' },
    });
  });

  it('knows nothing of a receipt without an id', () => {
    expect(deliveryOf(pdu({ short_message: { message: 'stat:DELIVRD' } }))).toBeUndefined();
  });

  it('knows the spellings of one id', () => {
    expect(otherSpellings('5EED0001')).toContain(String(0x5eed0001));
    expect(otherSpellings(String(0x5eed0001))).toContain('5EED0001');
    expect(otherSpellings('0000001a2b')).toContain('1a2b');
    expect(otherSpellings('12')).toEqual([]);
    expect(otherSpellings('a-uuid-like-thing')).toEqual([]);
  });
});

describe('SMPP_URL', () => {
  it('is read, with defaults', () => {
    expect(parseSmppUrl('smpps://me:p%40ss@sms.example?source=%2B4420&concatenation=udh')).toEqual({
      host: 'sms.example',
      port: 3550,
      tls: true,
      systemId: 'me',
      password: 'p@ss',
      source: '+4420',
      concatenation: 'udh',
    });
    expect(parseSmppUrl('smpp://a:b@[::1]')).toMatchObject({ host: '::1', port: 2775, source: 'Andon' });
  });
  it.each(['', 'http://a', 'smpp://', 'smpp://a?concatenation=none'])('refuses %j', (url) => {
    expect(() => parseSmppUrl(url)).toThrow(expect.objectContaining({ field: 'SMPP_URL' }));
  });
});
