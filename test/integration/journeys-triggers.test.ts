import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';

let cloud: TestApp;
beforeAll(async () => {
  cloud = await createTestApp();
});
afterAll(() => cloud.close());

const raise = (name: string, attributes: object, more: object = {}) =>
  cloud.administrator.post(`/v1/triggers/${name}/events`, { attributes, ...more });

describe('triggers', () => {
  beforeAll(async () => {
    const answer = await cloud.administrator.post('/v1/triggers', {
      name: 'pump-trouble',
      title: 'Trouble with a pump',
      status: 'ready',
      attributes: [
        { name: 'errorCode', type: 'number', required: true },
        { name: 'deviceId', type: 'device', required: true },
        { name: 'customer', type: 'account', required: false },
        { name: 'since', type: 'datetime', required: false },
        { name: 'urgent', type: 'boolean', required: false },
      ],
    });
    expect(answer.status).toBe(201);
  });

  it('takes an event whose attributes are of their types, and keeps it [J1]', async () => {
    const attributes = {
      errorCode: 42.5,
      deviceId: 'pump-1',
      customer: crypto.randomUUID(),
      since: '2026-03-02T08:00:00+01:00',
      urgent: false,
    };
    const answer = await raise('pump-trouble', attributes);
    expect(answer.status).toBe(202);
    const events = await cloud.administrator.get('/v1/triggers/pump-trouble/events');
    expect(events.body.items[0]).toMatchObject({ id: answer.body.id, attributes, state: 'raised' });
  });

  it.each([
    ['errorCode', { errorCode: '11', deviceId: 'pump-1' }],
    ['errorCode', { deviceId: 'pump-1' }],
    ['deviceId', { errorCode: 11, deviceId: 'Pump 1!' }],
    ['deviceId', { errorCode: 11, deviceId: null }],
    ['customer', { errorCode: 11, deviceId: 'pump-1', customer: 'acme' }],
    ['since', { errorCode: 11, deviceId: 'pump-1', since: 'yesterday' }],
    ['urgent', { errorCode: 11, deviceId: 'pump-1', urgent: 'yes' }],
    ['colour', { errorCode: 11, deviceId: 'pump-1', colour: 'red' }],
    ['errorCode', { errorCode: { $gt: 1 }, deviceId: 'pump-1' }],
  ])('refuses a wrong %s with 422 and names it (%#) [J1]', async (name, attributes) => {
    const answer = await raise('pump-trouble', attributes);
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toEqual([expect.objectContaining({ field: `attributes.${name}` })]);
  });

  it('does not raise a draft until it is ready to use', async () => {
    const trigger = { name: 'not-yet', title: 'Not yet', attributes: [] };
    expect((await cloud.administrator.post('/v1/triggers', trigger)).body.status).toBe('draft');
    expect((await raise('not-yet', {})).status).toBe(409);
    expect((await cloud.administrator.post('/v1/triggers/not-yet/ready')).body.status).toBe('ready');
    expect((await raise('not-yet', {})).status).toBe(202);
  });

  it('finds triggers by words of their name or title, page by page', async () => {
    const found = await cloud.administrator.get('/v1/triggers?q=pump');
    expect(found.body.items.map((item: { name: string }) => item.name)).toEqual(['pump-trouble']);
    const first = await cloud.administrator.get('/v1/triggers?limit=2');
    const next = await cloud.administrator.get(`/v1/triggers?limit=2&cursor=${first.body.nextCursor}`);
    expect(first.body.items.concat(next.body.items).map((item: { name: string }) => item.name)).toEqual([
      'case-creation',
      'case-opened',
      'case-status-changed',
      'device-error',
    ]);
  });

  it('refuses a second trigger of the same name, and two attributes of one name', async () => {
    const trigger = { name: 'pump-trouble', title: 'Again', attributes: [] };
    expect((await cloud.administrator.post('/v1/triggers', trigger)).status).toBe(409);
    const twice = { name: 'same', type: 'text', required: false };
    const answer = await cloud.administrator.post('/v1/triggers', {
      name: 'twins',
      title: 'Twins',
      attributes: [twice, twice],
    });
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].field).toBe('attributes.1.name');
  });

  it('refuses an event for a contact that there is not, and for a trigger that there is not', async () => {
    const answer = await raise(
      'pump-trouble',
      { errorCode: 1, deviceId: 'pump-1' },
      { contactId: crypto.randomUUID() },
    );
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].field).toBe('contactId');
    expect((await raise('nothing', {})).status).toBe(404);
  });

  it('lets a viewer look and not raise', async () => {
    const viewer = await cloud.clientWithRole('viewer');
    expect((await viewer.get('/v1/triggers')).status).toBe(200);
    const attributes = { errorCode: 1, deviceId: 'pump-1' };
    expect((await viewer.post('/v1/triggers/pump-trouble/events', { attributes })).status).toBe(403);
  });
});
