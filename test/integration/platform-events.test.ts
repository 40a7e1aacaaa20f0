import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestApp } from '../support/app.ts';

let cloud: Awaited<ReturnType<typeof createTestApp>>;
beforeAll(async () => {
  cloud = await createTestApp({ background: false });
});
afterAll(() => cloud.close());

it('lists committed events newest first, page by page, and those of one record', async () => {
  for (const number of [1, 2, 3]) {
    await cloud.emit({ type: 'thing.happened', key: `thing-${number % 2}`, payload: { number } });
  }
  const first = await cloud.administrator.get('/v1/events?limit=2');
  expect(first.body.items.map((event: { payload: { number: number } }) => event.payload.number)).toEqual([
    3, 2,
  ]);
  const second = await cloud.administrator.get(`/v1/events?limit=1&cursor=${first.body.nextCursor}`);
  expect(second.body.items[0].payload).toEqual({ number: 1 });
  const one = await cloud.administrator.get('/v1/events?key=thing-0');
  expect(one.body.items).toMatchObject([{ type: 'thing.happened', payload: { number: 2 } }]);
  await cloud.emit({ type: 'other.happened', key: 'other', payload: {} });
  const typed = await cloud.administrator.get('/v1/events?limit=1&types=thing.happened,thing.ended');
  expect(typed.body.items).toMatchObject([{ type: 'thing.happened', payload: { number: 3 } }]);
});

it('refuses a forged cursor by name', async () => {
  const answer = await cloud.administrator.get('/v1/events?cursor=nonsense');
  expect(answer.status).toBe(422);
  expect(answer.body.errors[0].field).toBe('cursor');
});
