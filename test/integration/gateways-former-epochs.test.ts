import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forgetFormerEpochs, newestEpochsKept } from '../../cloud/gateways/former-epochs.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { enrolGateway, readingOf, registerDevice } from '../support/edge-gateway.ts';

let cloud: TestApp;
const day = 86_400_000;

beforeAll(async () => {
  cloud = await createTestApp({ background: false });
});
afterAll(() => cloud.close());

const forget = () => forgetFormerEpochs(cloud.database, cloud.clock.now());

test('epochs that are long out of use are forgotten, the newest and those of late are kept', async () => {
  const gateway = await enrolGateway(cloud, 'often-anew');
  await registerDevice(cloud, gateway, 'press-1');
  const reading = readingOf({ deviceId: 'press-1' });
  const post = async (epoch: string, firstSeq = 1) =>
    (await gateway.post({ lane: 'readings', epoch, firstSeq, records: [reading] })).body;
  const old = Array.from({ length: newestEpochsKept + 3 }, () => randomUUID());
  for (const epoch of old) {
    expect(await post(epoch)).toEqual({ acked: 1 });
    cloud.clock.advance(1000);
  }
  await gateway.send('alerts', [
    { type: 'device-status', deviceId: 'press-1', connected: true, at: cloud.clock.now() },
  ]);
  cloud.clock.advance(89 * day);
  expect(await forget()).toBe(0);
  // A backup of one of them came back, and is in use.
  expect(await post(old[0] ?? '', 2)).toEqual({ acked: 2 });
  cloud.clock.advance(2 * day);

  const other = await cloud.pool.connect();
  try {
    await other.query('begin');
    await other.query('select from gateway_lanes where epoch = $1 for update', [old[1]]);
    // The one that somebody holds waits for the next time, and holds nobody up.
    expect(await forget()).toBe(2);
    await other.query('rollback');
  } finally {
    other.release(true);
  }
  expect((await Promise.all([forget(), forget()])).sort()).toEqual([0, 1]);
  const kept = await cloud.pool.query<{ epoch: string }>(
    `select epoch from gateway_lanes where lane = 'readings' order by last_batch_at`,
  );
  expect(kept.rows.map(({ epoch }) => epoch)).toEqual([...old.slice(4), old[0]]);
  const alerts = await cloud.pool.query(`select from gateway_lanes where lane = 'alerts'`);
  expect(alerts.rowCount).toBe(1);
  // What is repeated of one that is kept is known for what it is.
  expect(await post(old.at(-1) ?? '')).toEqual({ acked: 1 });
  const stored = await cloud.pool.query(`select count(*)::int as count from readings`);
  expect(stored.rows[0].count).toBe(old.length + 1);
});
