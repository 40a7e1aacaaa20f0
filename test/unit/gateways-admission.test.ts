import { EventEmitter } from 'node:events';
import { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  createAdmission,
  uplinkPostsMax,
  uplinkPostsPerGatewayMax,
  uplinkPostsWaitingMax,
  uplinkPostWaitsMillisecondsMax,
} from '../../cloud/gateways/admission.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A post of a gateway of its own, unless one is named. */
function posts() {
  const admission = createAdmission();
  const order: number[] = [];
  let count = 0;
  const post = (gatewayId?: string) => {
    const number = count;
    count += 1;
    const raw = Object.assign(Object.create(ServerResponse.prototype), new EventEmitter());
    EventEmitter.call(raw);
    const admitted = admission.admit(gatewayId ?? `gateway-${number}`, { raw }).then(() => {
      order.push(number);
    });
    admitted.catch(() => undefined);
    return { admitted, close: () => raw.emit('close') };
  };
  return { post, order };
}

test('Posts beyond the limit wait, and go on in their order as others end', async () => {
  const { post, order } = posts();
  const first = Array.from({ length: uplinkPostsMax }, () => post());
  await Promise.all(first.map(({ admitted }) => admitted));
  const [left, second, third] = [post(), post(), post()];
  expect(order).toHaveLength(uplinkPostsMax);
  left?.close();
  first[0]?.close();
  await second?.admitted;
  expect(order.at(-1)).toBe(uplinkPostsMax + 1);
  second?.close();
  await third?.admitted;
  expect(order.at(-1)).toBe(uplinkPostsMax + 2);
});

test('A post whose turn does not come in time is told when to come back, and so is one that finds the line full', async () => {
  const { post } = posts();
  for (let count = 0; count < uplinkPostsMax; count += 1) {
    await post().admitted;
  }
  const waiting = Array.from({ length: uplinkPostsWaitingMax }, () => post());
  await expect(post().admitted).rejects.toMatchObject({ code: 'gateways.uplink-full', status: 503 });
  vi.advanceTimersByTime(uplinkPostWaitsMillisecondsMax);
  await expect(waiting[0]?.admitted).rejects.toMatchObject({ code: 'gateways.uplink-full' });
  const later = post();
  await Promise.resolve();
  later.close();
});

test('One gateway has no more than its share, waiting or not', async () => {
  const { post } = posts();
  const own = Array.from({ length: uplinkPostsPerGatewayMax }, () => post('one'));
  await Promise.all(own.map(({ admitted }) => admitted));
  await expect(post('one').admitted).rejects.toMatchObject({ code: 'gateways.too-many-posts', status: 429 });
  own[0]?.close();
  await post('one').admitted;
});
