import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/wait.ts';

interface Viewer {
  readonly events: { id: string; value: unknown }[];
  readonly ended: () => boolean;
  close(): void;
}

async function watch(cloud: TestApp, lastEventId?: string, client = cloud.administrator): Promise<Viewer> {
  const controller = new AbortController();
  const response = await fetch(`${cloud.url}/v1/live`, {
    headers: {
      ...client.headers,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: controller.signal,
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const events: { id: string; value: unknown }[] = [];
  let ended = false;
  const read = async () => {
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const match = /^id: (\d+)\ndata: (.*)$/s.exec(part);
        if (match) {
          const event = JSON.parse(match[2] ?? '{}');
          if (event.payload.value !== undefined) {
            events.push({ id: match[1] ?? '', value: event.payload.value });
          }
        }
      }
    }
  };
  read()
    .catch(() => undefined)
    .finally(() => {
      ended = true;
    });
  return { events, ended: () => ended, close: () => controller.abort() };
}

describe('the live stream', () => {
  let cloud: TestApp;
  beforeAll(async () => {
    cloud = await createTestApp({ logLevel: 'silent' });
  });
  afterAll(() => cloud?.close());

  const emit = (value: number) => cloud.emit({ type: 'test.happened', key: 'one', payload: { value } });

  test('tells every viewer what is committed, once and in order', async () => {
    const viewers = await Promise.all([watch(cloud), watch(cloud), watch(cloud)]);
    for (let value = 1; value <= 20; value += 1) {
      await emit(value);
    }
    for (const viewer of viewers) {
      await eventually('all events', () => viewer.events.length >= 20);
      expect(viewer.events.map((event) => event.value)).toEqual(
        Array.from({ length: 20 }, (_, index) => index + 1),
      );
      viewer.close();
    }
  });

  test('goes on after the last event that a viewer has seen, while others look on', async () => {
    const steady = await watch(cloud);
    const first = await watch(cloud);
    await emit(101);
    await eventually('the first event', () => first.events.length === 1);
    first.close();
    for (const value of [102, 103, 104]) {
      await emit(value);
    }
    const writing = (async () => {
      for (let value = 105; value <= 130; value += 1) {
        await emit(value);
      }
    })();
    const resumed = await watch(cloud, first.events[0]?.id);
    await writing;
    await eventually('what was missed, and the rest', () => resumed.events.length >= 29);
    expect(resumed.events.map((event) => event.value)).toEqual(
      Array.from({ length: 29 }, (_, index) => index + 102),
    );
    await eventually('the steady one too', () => steady.events.length >= 30);
    expect(steady.events.map((event) => event.value)).toEqual(
      Array.from({ length: 30 }, (_, index) => index + 101),
    );
    resumed.close();
    steady.close();
  });

  test('ends where the database is away as it begins, so that the viewer comes again', async () => {
    await cloud.pool.query('alter table event_order rename to event_order_away');
    const viewer = await watch(cloud);
    await eventually('the stream to end', () => viewer.ended());
    await cloud.pool.query('alter table event_order_away rename to event_order');
    cloud.wake();
    const later = await watch(cloud);
    await emit(201);
    await eventually('the event', () => later.events.length === 1);
    later.close();
  });

  test('ends when its viewer becomes somebody else or nobody, who is then asked again', async () => {
    const made = await cloud.administrator.post('/v1/api-keys', { name: 'wall screen', role: 'viewer' });
    const screen = await watch(cloud, undefined, cloud.clientWithKey(made.body.key));
    const person = { email: 'eva@andon.test', name: 'Eva', role: 'viewer', password: 'a long password' };
    const { body: user } = await cloud.administrator.post('/v1/users', person);
    const eva = await watch(cloud, undefined, await cloud.signIn(person.email, person.password));
    const steady = await watch(cloud);
    await cloud.administrator.delete(`/v1/api-keys/${made.body.id}`);
    await eventually('the screen to be dark', () => screen.ended());
    expect(eva.ended()).toBe(false);
    await cloud.administrator.patch(`/v1/users/${user.id}`, { disabled: true }, { 'if-match': '1' });
    await eventually('nothing more for Eva', () => eva.ended());
    expect(steady.ended()).toBe(false);
    steady.close();
  });

  test('tells of people those alone who keep them', async () => {
    const viewer = await watch(cloud, undefined, await cloud.clientWithRole('viewer'));
    const keeper = await watch(cloud);
    await cloud.emit({ type: 'user.changed', key: 'somebody', payload: { value: 301 } });
    await emit(302);
    await eventually('both by the keeper', () => keeper.events.length === 2);
    await eventually('the one by the viewer', () => viewer.events.length === 1);
    expect(viewer.events.map((event) => event.value)).toEqual([302]);
    viewer.close();
    keeper.close();
  });

  test('lets nobody open so many that others cannot look', async () => {
    const greedy = await cloud.clientWithRole('viewer');
    const opened = await Promise.all(Array.from({ length: 50 }, () => watch(cloud, undefined, greedy)));
    const refused = await greedy.get('/v1/live');
    expect([refused.status, refused.body.code]).toEqual([429, 'platform.too-many-own-viewers']);
    const other = await watch(cloud);
    expect(other.ended()).toBe(false);
    for (const viewer of [...opened, other]) {
      viewer.close();
    }
  });

  test('refuses an id that it never gave, and people who may not read events', async () => {
    const answer = await cloud.administrator.get('/v1/live', { 'last-event-id': 'abc' });
    expect(answer.status).toBe(422);
    expect(answer.body.code).toBe('platform.invalid-last-event-id');
    expect((await cloud.anonymous.get('/v1/live')).status).toBe(401);
  });
});
