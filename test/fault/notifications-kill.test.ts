import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createClient, type TestClient } from '../support/http-client.ts';
import { Program } from '../support/processes.ts';
import { openSmsCentrePeer, type SmsCentrePeer } from '../support/sms-centre-peer.ts';
import { eventually } from '../support/wait.ts';

let database: TestDatabase;
let centre: SmsCentrePeer;
let program: Program;
let client: TestClient;
beforeEach(async () => {
  database = await createTestDatabase();
  centre = await openSmsCentrePeer();
  program = new Program('cloud');
  await start();
});
afterEach(async () => {
  await program.kill();
  await centre.close();
  await database.close();
});

async function start(): Promise<void> {
  const ready = await program.launch([], {
    DATABASE_URL: database.url,
    SMPP_URL: centre.url,
    ANDON_HTTP_PORT: '0',
    ANDON_LOG_LEVEL: 'warn',
  });
  const { url, apiKey } = ready as { url: string; apiKey: string };
  client = createClient(url, { authorization: `Bearer ${apiKey}` });
}

/** A journey that texts a contact as soon as `told` is raised. */
async function prepare(): Promise<string> {
  const account = await client.post('/v1/accounts', { name: 'Kill Ltd' });
  const contact = await client.post('/v1/contacts', {
    accountId: account.body.id,
    fullName: 'Ana',
    phone: '+442079460958',
    language: 'en',
    primary: true,
  });
  const attributes = [{ name: 'key', type: 'text', required: true }];
  await client.post('/v1/triggers', { name: 'told', title: 'Told', status: 'ready', attributes });
  const journey = await client.post('/v1/journeys', {
    name: 'Tell',
    definition: {
      trigger: 'told',
      steps: [
        {
          id: 'tell',
          type: 'send-message',
          channel: 'sms',
          template: 'case-opened',
          purpose: 'transactional',
          values: { number: { from: 'trigger.key' }, link: { constant: 'https://a.example/c/1' } },
        },
      ],
    },
  });
  expect((await client.post(`/v1/journeys/${journey.body.id}/publish`)).status).toBe(200);
  return contact.body.id;
}

const raise = (contactId: string, key: string) =>
  client.post('/v1/triggers/told/events', { attributes: { key }, contactId });
const messageWith = async (key: string, state: string) => {
  const { body } = await client.get('/v1/messages');
  return body.items.find(
    (item: { text: string; state: string }) => item.text.includes(key) && item.state === state,
  );
};
const textsWith = (key: string) => centre.texts.filter((text) => text.text.includes(key));

test('a process killed between the answer of the SMS centre and our commit leaves the text unknown, and it is not sent again', async () => {
  const contactId = await prepare();
  const accept = centre.onSubmit;
  let killed: Promise<void> | undefined;
  centre.onSubmit = (pdu, session) => {
    // The centre has it and answers; whoever asked is gone.
    killed = program.kill();
    session.send(pdu.response({ message_id: 'answered-to-nobody' }));
  };
  await raise(contactId, 'FIRST');
  await eventually('the centre to have the text', () => killed !== undefined, 60_000);
  await killed;
  centre.onSubmit = accept;
  await start();
  const unknown = await eventually(
    'the lease of the dead process to run out',
    () => messageWith('FIRST', 'unknown'),
    60_000,
  );
  expect(unknown.reason).toMatch(/may have arrived; it is not sent again/);
  expect(unknown.attempts).toHaveLength(1);
  // What comes after it is sent; it stays as it is.
  await raise(contactId, 'SECOND');
  await eventually('the next text', () => messageWith('SECOND', 'sent'), 60_000);
  expect(textsWith('FIRST')).toHaveLength(1);
  expect(textsWith('SECOND')).toHaveLength(1);
});

test('a process killed again and again while texts are waiting sends none of them twice', async () => {
  const contactId = await prepare();
  const keys = Array.from({ length: 30 }, (_, index) => `TEXT-${index}-`);
  let submits = 0;
  let killing: Promise<void> | undefined;
  const accept = centre.onSubmit;
  // Busy until all of them wait.
  centre.onSubmit = (pdu, session) => session.send(pdu.response({ command_status: 0x58 }));
  for (const key of keys) {
    expect((await raise(contactId, key)).status).toBe(202);
  }
  await eventually(
    'all texts to wait',
    async () => (await client.get('/v1/messages?limit=100')).body.items.length === keys.length,
    60_000,
  );
  centre.texts.length = 0;
  centre.onSubmit = (pdu, session) => {
    submits += 1;
    if (submits % 7 === 0 && submits < 28) {
      killing = program.kill();
      return;
    }
    accept(pdu, session);
  };
  const isSettled = (item: { state: string }) => ['sent', 'delivered', 'unknown'].includes(item.state);
  const messages = await eventually(
    'every text to be sent or unknown',
    async () => {
      if (killing !== undefined) {
        await killing;
        killing = undefined;
        await start();
      }
      const { body } = await client.get('/v1/messages?limit=100');
      return body.items.length === keys.length && body.items.every(isSettled) && body.items;
    },
    180_000,
  );
  for (const key of keys) {
    expect(textsWith(key).length, key).toBeLessThanOrEqual(1);
    const message = messages.find((item: { text: string }) => item.text.includes(key));
    // What we call sent, the centre has.
    expect(textsWith(key)).toHaveLength(message.state === 'unknown' ? textsWith(key).length : 1);
  }
});
