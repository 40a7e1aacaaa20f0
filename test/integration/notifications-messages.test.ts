import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConsent } from '../../cloud/consent/index.ts';
import { createNotifications, type NotificationIntent } from '../../cloud/notifications/index.ts';
import { inTransaction, sql } from '../../cloud/platform/index.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { openSmsCentrePeer, type SmsCentrePeer } from '../support/sms-centre-peer.ts';
import { eventually } from '../support/wait.ts';

let numbers = 0;
/** A phone number of its own for each test, so that their consents and twins do not meet. */
const nextPhone = () => `+4420794601${String(numbers++).padStart(2, '0')}`;

function textIntent(phone: string | null, language = 'en'): NotificationIntent {
  return {
    channel: 'sms',
    template: 'case-opened',
    values: { number: 'CAS-000001', link: 'http://andon.test/c/secret' },
    purpose: 'transactional',
    topic: 'cases',
    contact: {
      id: crypto.randomUUID(),
      fullName: 'Ana',
      email: 'Ana@Example.com',
      phone,
      language,
    },
    caseId: null,
    test: false,
    causedBy: null,
    origin: { journeyId: crypto.randomUUID(), runId: crypto.randomUUID(), stepId: 'tell' },
  };
}

function notify(cloud: TestApp, intent: NotificationIntent): Promise<string | undefined> {
  const { notify: queue } = createNotifications(cloud.platform, {
    consent: createConsent(cloud.platform),
    adapters: [],
  });
  return inTransaction(cloud.database, (transaction) => queue(transaction, intent));
}

async function messageInState(cloud: TestApp, id: string | undefined, state: string) {
  return eventually(`message ${id} to be ${state}`, async () => {
    cloud.wake();
    const { body } = await cloud.administrator.get(`/v1/messages/${id}`);
    return body.state === state ? body : undefined;
  });
}

describe('messages on one machine', () => {
  let cloud: TestApp;
  beforeAll(async () => {
    cloud = await createTestApp();
  });
  afterAll(() => cloud.close());

  it('brings a text to the SMS centre, delivered by its receipt', async () => {
    const phone = nextPhone();
    const message = await messageInState(cloud, await notify(cloud, textIntent(phone)), 'delivered');
    expect(message).toMatchObject({
      to: phone,
      channel: 'sms',
      contactName: 'Ana',
      attempts: [{ outcome: 'accepted' }],
      receipts: [{ outcome: 'delivered' }],
    });
    const { body } = await cloud.administrator.get('/v1/received-messages?channel=sms');
    expect(body.items[0]).toMatchObject({ channel: 'sms', to: phone, text: message.text });
    expect(message.text).toContain('http://andon.test/c/secret');
  });

  it('brings a long text in traditional Chinese to the SMS centre as it was written', async () => {
    const phone = nextPhone();
    const intent = {
      ...textIntent(phone, 'zh-Hant'),
      values: { number: '案'.repeat(100), link: 'https://a.example/c/1' },
    };
    const message = await messageInState(cloud, await notify(cloud, intent), 'delivered');
    const { body } = await cloud.administrator.get('/v1/received-messages');
    expect(body.items[0].text).toBe(message.text);
    expect(message.text).toContain('您的設備需要處理');
  });

  it('brings an email to the mail catcher, text and HTML', async () => {
    const intent: NotificationIntent = {
      ...textIntent(null, 'es'),
      channel: 'email',
      template: 'case-resolved',
      values: {
        number: 'CAS-000002',
        title: 'Bomba <1>',
        link: 'http://andon.test/c/x',
        resolution: 'Sello cambiado',
      },
    };
    const message = await messageInState(cloud, await notify(cloud, intent), 'sent');
    expect(message.to).toBe('ana@example.com');
    const { body } = await cloud.administrator.get('/v1/received-messages?channel=email');
    expect(body.items[0]).toMatchObject({
      to: 'ana@example.com',
      subject: 'Resuelto: Bomba <1> (CAS-000002)',
      text: expect.stringContaining('está resuelto'),
      html: expect.stringContaining('Bomba &lt;1&gt;'),
    });
  });

  it('makes one message of a step, however often its intent is committed', async () => {
    const intent = textIntent(nextPhone());
    const [first, second] = await Promise.all([notify(cloud, intent), notify(cloud, intent)]);
    expect([first, second].filter((id) => id !== undefined)).toHaveLength(1);
    expect(await notify(cloud, intent)).toBeUndefined();
  });

  it('blocks what has no contact point, and says so', async () => {
    const message = await messageInState(cloud, await notify(cloud, textIntent(null)), 'blocked');
    expect(message.reason).toBe('The contact has no phone number.');
    expect(message.attempts).toEqual([]);
  });

  it('blocks the same words to the same number twice', async () => {
    const phone = nextPhone();
    await messageInState(cloud, await notify(cloud, textIntent(phone)), 'delivered');
    const second = await messageInState(cloud, await notify(cloud, textIntent(phone)), 'blocked');
    expect(second.reason).toContain('same words');
  });

  it('shows a message whose words cannot be filled in as failed, with the reason', async () => {
    const id = await notify(cloud, { ...textIntent(nextPhone()), values: { number: 'CAS-1' } });
    const message = await messageInState(cloud, id, 'failed');
    expect(message.reason).toContain('link');
  });

  it('STOP by SMS opts the number out, the next message is blocked and says why, START opts it in again [J12]', async () => {
    const phone = nextPhone();
    const reply = (text: string) =>
      cloud.administrator.post('/v1/received-messages/reply', { from: phone, to: 'Andon', text });
    expect((await reply('Stop')).status).toBe(204);
    const consents = await cloud.administrator.get(`/v1/consents?contactPoint=${encodeURIComponent(phone)}`);
    expect(consents.body.items).toHaveLength(2);
    expect(consents.body.items[0]).toMatchObject({
      state: 'opted-out',
      history: [{ from: null, to: 'opted-out', source: 'text message: Stop' }],
    });
    const blocked = await messageInState(cloud, await notify(cloud, textIntent(phone)), 'blocked');
    expect(blocked.reason).toBe('The contact point opted out of transactional messages.');
    expect((await reply('START')).status).toBe(204);
    await messageInState(cloud, await notify(cloud, textIntent(phone)), 'delivered');
  });

  it('opts out of one topic in the consent centre, for that topic alone [J12]', async () => {
    const phone = nextPhone();
    const answer = await cloud.administrator.put('/v1/consents', {
      contactPoint: phone.replace('+44', '+44 '),
      channel: 'sms',
      purpose: 'transactional',
      topic: 'cases',
      state: 'opted-out',
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ contactPoint: phone, topic: 'cases', state: 'opted-out' });
    const blocked = await messageInState(cloud, await notify(cloud, textIntent(phone)), 'blocked');
    expect(blocked.reason).toBe('The contact point opted out of the topic cases.');
    const other = { ...textIntent(phone), topic: 'maintenance' };
    await messageInState(cloud, await notify(cloud, other), 'delivered');
  });

  it('refuses a consent for something that is no contact point, naming the field', async () => {
    const answer = await cloud.administrator.put('/v1/consents', {
      contactPoint: '12345',
      channel: 'email',
      purpose: 'commercial',
      state: 'opted-in',
    });
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].field).toBe('contactPoint');
  });

  it('lists messages by contact, page by page', async () => {
    const intent = textIntent(nextPhone());
    const ids: string[] = [];
    for (const stepId of ['one', 'two', 'three']) {
      const origin = { journeyId: crypto.randomUUID(), runId: crypto.randomUUID(), stepId };
      ids.unshift(
        String(await notify(cloud, { ...intent, origin, values: { ...intent.values, number: stepId } })),
      );
    }
    const path = `/v1/messages?contactId=${intent.contact?.id}&limit=2`;
    const first = await cloud.administrator.get(path);
    const second = await cloud.administrator.get(`${path}&cursor=${first.body.nextCursor}`);
    expect([...first.body.items, ...second.body.items].map((item: { id: string }) => item.id)).toEqual(ids);
    expect(second.body.nextCursor).toBeNull();
  });
});

describe('messages through an SMS centre', () => {
  let peer: SmsCentrePeer;
  let cloud: TestApp;
  beforeAll(async () => {
    peer = await openSmsCentrePeer();
    cloud = await createTestApp({ settings: { smppUrl: peer.url } });
  });
  afterAll(async () => {
    await cloud.close();
    await peer.close();
  });

  it('shows an unreachable number as undelivered, and why', async () => {
    peer.onSubmit = (pdu, session) => session.send(pdu.response({ message_id: 'abc001def' }));
    const id = await notify(cloud, textIntent(nextPhone()));
    await messageInState(cloud, id, 'sent');
    const status = await peer.deliver({
      esm_class: 4,
      short_message:
        'id:abc001def sub:001 dlvrd:000 submit date:2611220000 done date:2611220001 stat:UNDELIV err:027 text:',
    });
    expect(status).toBe(0);
    const message = await messageInState(cloud, id, 'undelivered');
    expect(message.reason).toBe('The number cannot be reached (UNDELIV, error code 027).');
  });

  it('matches a receipt that comes before the answer, and one that writes the id in decimal', async () => {
    peer.onSubmit = (pdu, session) => {
      void peer
        .deliver({ esm_class: 4, short_message: `id:${0x5eed0001} stat:DELIVRD err:000` })
        .then(() => session.send(pdu.response({ message_id: '5EED0001' })));
    };
    const message = await messageInState(cloud, await notify(cloud, textIntent(nextPhone())), 'delivered');
    expect(message.deliveredAt).not.toBeNull();
  });

  it('tries again when the centre is busy, and sends it once', async () => {
    let refusals = 1;
    peer.onSubmit = (pdu, session) => {
      refusals -= 1;
      session.send(
        refusals >= 0 ? pdu.response({ command_status: 0x58 }) : pdu.response({ message_id: 'b1' }),
      );
    };
    const id = await notify(cloud, textIntent(nextPhone()));
    await messageInState(cloud, id, 'queued');
    const message = await messageInState(cloud, id, 'sent');
    expect(message.attempts.map((attempt: { outcome: string }) => attempt.outcome)).toEqual([
      'temporary',
      'accepted',
    ]);
  });

  it('fails when the centre refuses for good, in its words', async () => {
    peer.onSubmit = (pdu, session) => session.send(pdu.response({ command_status: 0x0b }));
    const message = await messageInState(cloud, await notify(cloud, textIntent(nextPhone())), 'failed');
    expect(message.reason).toMatch(/number does not exist.*0x0B/);
  });

  it('is unknown when the connection is cut after the text went out, and never sent again', async () => {
    peer.onSubmit = (_pdu, session) => session.destroy();
    const phone = nextPhone();
    const id = await notify(cloud, textIntent(phone));
    const message = await messageInState(cloud, id, 'unknown');
    expect(message.reason).toMatch(/may have taken it/);
    peer.onSubmit = (pdu, session) => session.send(pdu.response({ message_id: 'c1' }));
    cloud.clock.advance(3_600_000);
    await messageInState(cloud, await notify(cloud, textIntent(nextPhone())), 'sent');
    expect(peer.texts.filter((text) => phone.endsWith(text.to))).toHaveLength(1);
    expect((await cloud.administrator.get(`/v1/messages/${id}`)).body.state).toBe('unknown');
  });

  it('leaves what a dead process was sending unknown, and does not send it again', async () => {
    const phone = nextPhone();
    let answer: (() => void) | undefined;
    peer.onSubmit = (pdu, session) => {
      answer = () => session.send(pdu.response({ message_id: 'late01' }));
    };
    const id = await notify(cloud, textIntent(phone));
    await eventually('the centre to have it', () => answer);
    expect((await cloud.administrator.get(`/v1/messages/${id}`)).body.state).toBe('sending');
    // The lease of a process that died runs out.
    await sql`update messages set lease_until = now() - interval '1 second' where id = ${id}`.execute(
      cloud.database,
    );
    const message = await messageInState(cloud, id, 'unknown');
    expect(message.reason).toMatch(/not sent again/);
    expect(message.attempts).toMatchObject([{ outcome: 'unknown' }]);
    // Had it lived after all, its answer would be the truth.
    answer?.();
    await messageInState(cloud, id, 'sent');
    expect(peer.texts.filter((text) => phone.endsWith(text.to))).toHaveLength(1);
  });

  it('tells each state in an event of the log', async () => {
    peer.onSubmit = (pdu, session) => session.send(pdu.response({ message_id: 'd1' }));
    const id = await notify(cloud, textIntent(nextPhone()));
    await messageInState(cloud, id, 'sent');
    const events = await sql<{ state: string }>`select payload->>'state' as state from events
      where type = 'message.state-changed' and key = ${id} order by id`.execute(cloud.database);
    expect(events.rows.map((row) => row.state)).toEqual(['queued', 'sending', 'sent']);
  });
});
