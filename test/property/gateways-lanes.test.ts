import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.ts';
import { type EdgeGateway, enrolGateway, readingOf, registerDevice } from '../support/edge-gateway.ts';

let cloud: TestApp;
let gateway: EdgeGateway;

beforeAll(async () => {
  cloud = await createTestApp({ background: false });
  gateway = await enrolGateway(cloud, 'line-1');
  await registerDevice(cloud, gateway, 'press-1');
});
afterAll(() => cloud.close());

const baseTime = Date.parse('2026-03-02T08:00:00.000Z');
/** A post of some numbers of one of two epochs; sent again or together with the one before it. */
const anyPost = fc.record({
  epoch: fc.integer({ min: 0, max: 1 }),
  firstSeq: fc.integer({ min: 1, max: 30 }),
  count: fc.integer({ min: 1, max: 12 }),
  together: fc.boolean(),
});

test('whatever is repeated, reordered, cut or sent at once, each record is stored once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyPost, { minLength: 1, maxLength: 25 }), async (posts) => {
      const signal = `s${randomUUID()}`;
      const epochs = [randomUUID(), randomUUID()];
      const acked = [0, 0];
      let underWay: Promise<void>[] = [];
      for (const { epoch, firstSeq, count, together } of posts) {
        if (!together || underWay.length === 3) {
          await Promise.all(underWay);
          underWay = [];
        }
        underWay.push(postAndCheck(epochs, acked, { epoch, firstSeq, count, signal }));
      }
      await Promise.all(underWay);
      expect(await storedNumbers(signal)).toEqual([numbersTo(acked[0] ?? 0), numbersTo(acked[1] ?? 0)]);
    }),
    { numRuns: 40 },
  );
});

async function postAndCheck(
  epochs: readonly string[],
  acked: number[],
  post: { epoch: number; firstSeq: number; count: number; signal: string },
): Promise<void> {
  const { epoch, firstSeq, count, signal } = post;
  const before = acked[epoch] ?? 0;
  const records = Array.from({ length: count }, (_, index) => {
    const number = firstSeq + index;
    return readingOf({
      deviceId: 'press-1',
      signal,
      value: epoch * 1000 + number,
      sourceTime: baseTime + number,
    });
  });
  const answer = await gateway.post({ lane: 'readings', epoch: epochs[epoch], firstSeq, records });
  if (answer.status === 409) {
    expect(answer.body.expected).toBeLessThan(firstSeq);
    expect(answer.body.expected).toBeGreaterThan(before);
    return;
  }
  expect(answer.status).toBe(200);
  expect(answer.body.acked).toBeGreaterThanOrEqual(Math.max(before, firstSeq + count - 1));
  acked[epoch] = Math.max(acked[epoch] ?? 0, answer.body.acked);
}

/** The numbers stored of each epoch, in the order in which they were stored. */
async function storedNumbers(signal: string): Promise<number[][]> {
  const { body, status } = await cloud.administrator.get(
    `/v1/devices/press-1/readings/raw?signal=${signal}&from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z&limit=1000`,
  );
  const items: { id: number; value: number }[] = status === 404 ? [] : body.items;
  const inOrder = items.sort((one, other) => one.id - other.id).map((item) => item.value);
  return [
    inOrder.filter((value) => value < 1000),
    inOrder.filter((value) => value > 1000).map((value) => value - 1000),
  ];
}

function numbersTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
