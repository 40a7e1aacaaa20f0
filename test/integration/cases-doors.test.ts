import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '../../cloud/platform/index.ts';
import { createTestApp, type TestApp, type TestClient } from '../support/app.ts';
import { createPlant, type Plant } from '../support/plant.ts';

describe('cases', () => {
  let cloud: TestApp;
  let plant: Plant;
  let agent: TestClient;
  beforeAll(async () => {
    cloud = await createTestApp();
    plant = await createPlant(cloud);
    agent = await cloud.clientWithRole('service-agent');
  });
  afterAll(() => cloud.close());

  const open = async (body: Record<string, unknown> = {}) => {
    const answer = await agent.post('/v1/cases', {
      title: 'It squeaks',
      accountId: plant.accountId,
      ...body,
    });
    expect(answer.status).toBe(201);
    return answer.body;
  };
  const pathOf = (publicUrl: string): string => new URL(publicUrl).pathname;

  test('an account has two active cases, with numbers that never change [C1]', async () => {
    const [one, two] = [await open(), await open()];
    expect(one.number).toMatch(/^CAS-\d{6}$/);
    expect(two.number).not.toBe(one.number);
    const { body } = await agent.get(`/v1/cases?accountId=${plant.accountId}&status=active`);
    expect(body.items.map((item: { number: string }) => item.number)).toEqual(
      expect.arrayContaining([one.number, two.number]),
    );
    const edited = await agent.put(
      `/v1/cases/${one.id}`,
      { title: 'It howls', priority: 'high' },
      { 'if-match': String(one.version) },
    );
    expect(edited.body).toMatchObject({ number: one.number, title: 'It howls', priority: 'high' });
    const told = await cloud.administrator.get(`/v1/events?key=${one.id}`);
    expect(told.body.items[0]).toMatchObject({
      type: 'case.changed',
      payload: { caseId: one.id, number: one.number, changed: ['title', 'priority'] },
    });
    await expect(
      sql`update cases set number = 'CAS-9' where id = ${one.id}`.execute(cloud.database),
    ).rejects.toThrow(/can only be updated to DEFAULT/);
  });

  test('the customer is filled in from the account, the contact, the asset or the device', async () => {
    const filled = {
      accountId: plant.accountId,
      accountName: 'plant Ltd',
      contactId: plant.contactId,
      contactName: 'Ana Souza',
      origin: 'phone',
      status: 'active',
      statusReason: 'in-progress',
    };
    expect(await open()).toMatchObject(filled);
    expect(await open({ accountId: undefined, contactId: plant.contactId })).toMatchObject(filled);
    const product = { assetId: plant.assetId, productName: 'HP-200', serialNumber: 'SN-plant' };
    expect(await open({ accountId: undefined, assetId: plant.assetId })).toMatchObject({
      ...filled,
      ...product,
    });
    expect(await open({ accountId: undefined, deviceId: plant.deviceId })).toMatchObject({
      ...filled,
      ...product,
      deviceId: plant.deviceId,
    });
    const bySerial = await agent.get('/v1/cases?serialNumber=SN-plant&productName=HP-200');
    expect(bySerial.body.items).toHaveLength(2);
  });

  test('who belongs to another account, or does not exist, is refused with its field', async () => {
    const other = await createPlant(cloud, { name: 'other' });
    const refuse = async (body: Record<string, unknown>) => {
      const answer = await agent.post('/v1/cases', { title: 'x', ...body });
      expect(answer.status).toBe(422);
      return answer.body.errors[0].field;
    };
    expect(await refuse({ accountId: plant.accountId, contactId: other.contactId })).toBe('contactId');
    expect(await refuse({ accountId: plant.accountId, assetId: other.assetId })).toBe('assetId');
    expect(await refuse({ accountId: plant.accountId, deviceId: other.deviceId })).toBe('deviceId');
    expect(await refuse({ accountId: randomUUID() })).toBe('accountId');
    const nobody = randomUUID();
    const answer = await agent.post('/v1/cases', { title: 'x', contactId: nobody });
    expect(answer.body.title).toBe(`There is none with this contactId: ${nobody}.`);
    expect(await refuse({})).toBe('accountId');
    expect(await refuse({ accountId: plant.accountId, title: ' ' })).toBe('title');
  });

  test('resolving keeps the resolution, makes the case read-only, and tells of it once', async () => {
    const opened = await open();
    const stale = await agent.post(
      `/v1/cases/${opened.id}/resolve`,
      { resolution: 'Oiled' },
      { 'if-match': String(opened.version + 1) },
    );
    expect(stale.status).toBe(412);
    const resolved = await agent.post(
      `/v1/cases/${opened.id}/resolve`,
      { resolution: 'Oiled' },
      { 'if-match': `"${opened.version}"` },
    );
    expect(resolved.body).toMatchObject({
      status: 'resolved',
      statusReason: 'problem-solved',
      resolution: 'Oiled',
      resolvedBy: expect.stringMatching(/^api-key:/),
    });
    const note = await agent.post(`/v1/cases/${opened.id}/notes`, { text: 'late' });
    expect(note.status).toBe(409);
    expect(note.body.code).toBe('cases.read-only');
    expect((await agent.post(`/v1/cases/${opened.id}/resolve`, { resolution: 'again' })).status).toBe(409);
    const events = await sql<{ payload: Record<string, unknown> }>`
      select payload from events where type = 'case.status-changed' and key = ${opened.id}`.execute(
      cloud.database,
    );
    expect(events.rows.map((row) => row.payload)).toEqual([
      expect.objectContaining({
        number: opened.number,
        from: 'active',
        to: 'resolved',
        statusReason: 'problem-solved',
        resolution: 'Oiled',
        contactId: plant.contactId,
        publicUrl: opened.publicUrl,
      }),
    ]);
    const back = await agent.post(`/v1/cases/${opened.id}/reactivate`, {});
    expect(back.body).toMatchObject({ status: 'active', resolution: null, resolvedAt: null });
    const cancelled = await agent.post(`/v1/cases/${opened.id}/cancel`, { reason: 'by mistake' });
    expect(cancelled.body).toMatchObject({ status: 'cancelled', statusReason: 'cancelled' });
  });

  test('of two who resolve the version that both saw, one wins and the other is told', async () => {
    const opened = await open();
    const answers = await Promise.all(
      ['one', 'two'].map((resolution) =>
        agent.post(`/v1/cases/${opened.id}/resolve`, { resolution }, { 'if-match': String(opened.version) }),
      ),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412]);
  });

  test('notes, changes of status and messages stand in the timeline, each once', async () => {
    const opened = await open();
    await agent.post(`/v1/cases/${opened.id}/notes`, { text: 'Called back' });
    await agent.post(`/v1/cases/${opened.id}/status`, { statusReason: 'waiting-for-details' });
    const messageId = randomUUID();
    for (const state of ['queued', 'sent', 'delivered']) {
      await cloud.emit({
        type: 'message.state-changed',
        key: messageId,
        payload: {
          messageId,
          state,
          reason: null,
          channel: 'sms',
          contactId: plant.contactId,
          caseId: opened.id,
        },
      });
    }
    await cloud.settle();
    const { body } = await agent.get(`/v1/cases/${opened.id}`);
    const entries = body.timeline.map((entry: { kind: string; title: string }) => [entry.kind, entry.title]);
    expect(entries).toEqual(
      expect.arrayContaining([
        ['created', `${opened.number} opened`],
        ['note', 'Note'],
        ['status', 'Now waiting-for-details'],
        ['message', 'Text message to the customer: delivered'],
      ]),
    );
    expect(entries).toHaveLength(4);
  });

  test('the link shows that case’s live status to its holder, without sign-in, and nothing else [J10]', async () => {
    const opened = await open({ title: 'Leaks <oil>', description: 'INTERNAL-NOTE' });
    await agent.post(`/v1/cases/${opened.id}/notes`, { text: 'SECRET-NOTE' });
    const path = pathOf(opened.publicUrl);
    const page = await cloud.anonymous.get(path);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(page.headers.get('x-robots-tag')).toMatch(/noindex/);
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cache-control')).toBe('no-store');
    const nonce = /script-src 'nonce-([^']+)'/.exec(page.headers.get('content-security-policy') ?? '')?.[1];
    expect(page.text).toContain(`<script nonce="${nonce}">`);
    expect(page.text).toContain(opened.number);
    expect(page.text).toContain('Leaks &lt;oil&gt;');
    for (const secret of ['NOTE', 'Ana', 'plant', opened.id, plant.accountId, '@', 'api-key']) {
      expect(page.text.replaceAll(/<style[\s\S]*?<\/style>/g, '')).not.toContain(secret);
    }
    const status = await cloud.anonymous.get(`${path}/status.json`);
    expect(Object.keys(status.body).sort()).toEqual(
      ['number', 'title', 'status', 'statusText', 'steps', 'lastUpdate', 'language'].sort(),
    );
    expect(status.body).toMatchObject({ status: 'active', statusText: 'We are working on it' });
    await agent.post(`/v1/cases/${opened.id}/resolve`, { resolution: 'Sealed' });
    const after = await cloud.anonymous.get(`${path}/status.json`);
    expect(after.body).toMatchObject({ status: 'resolved', statusText: 'It is solved' });
    expect(after.text).not.toContain('Sealed');
  });

  test.each([
    ['es', 'Estamos trabajando en ello'],
    ['pt', 'Estamos trabalhando nele'],
    ['zh-Hant', '我們正在處理'],
  ])('the page speaks the language of the contact: %s', async (language, words) => {
    const { accountId } = await createPlant(cloud, { name: `speaks-${language.toLowerCase()}`, language });
    const opened = await open({ accountId });
    const page = await cloud.anonymous.get(pathOf(opened.publicUrl));
    expect(page.text).toContain(`<html lang="${language}">`);
    expect(page.text).toContain(words);
  });

  test('a link that nobody was given leads to a page that says so', async () => {
    const page = await cloud.anonymous.get('/c/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
    expect(page.status).toBe(404);
    expect(page.text).toContain('This link leads nowhere');
    const status = await cloud.anonymous.get('/c/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/status.json');
    expect(status.status).toBe(404);
    expect((await cloud.anonymous.get(`/c/${encodeURIComponent("' or 1=1 --")}`)).status).toBe(404);
  });

  test('the list is searched and paged', async () => {
    const opened = await open({ title: 'Needle in the hay' });
    const found = await agent.get('/v1/cases?q=needle');
    expect(found.body.items.map((item: { id: string }) => item.id)).toEqual([opened.id]);
    expect((await agent.get(`/v1/cases?q=${opened.number}`)).body.items).toHaveLength(1);
    const first = await agent.get('/v1/cases?limit=2');
    const second = await agent.get(`/v1/cases?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body.items[0].id).not.toBe(first.body.items[1].id);
  });

  test('who may only read does not write', async () => {
    const viewer = await cloud.clientWithRole('viewer');
    expect((await viewer.post('/v1/cases', { title: 'x', accountId: plant.accountId })).status).toBe(403);
    expect((await cloud.anonymous.get('/v1/cases')).status).toBe(401);
    expect((await agent.get(`/v1/cases/${randomUUID()}`)).status).toBe(404);
  });
});
