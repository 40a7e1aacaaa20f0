import { randomUUID } from 'node:crypto';
import type { AlertTransition } from '@andon/shared/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '../../cloud/platform/index.ts';
import { alertTransition } from '../support/alert-records.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { createPlant, type Plant, pressCategory } from '../support/plant.ts';
import { seededRandom } from '../support/seed.ts';
import { eventually } from '../support/wait.ts';

const reboot = { command: 'reboot', times: 1, expiresInSeconds: 60 };
const verify = { clearForSeconds: 5, withinSeconds: 30 };

/** What the edge says of one fault: an alert that lasts, and others with the same code, some of which clear. */
const faults = fc.record({
  changes: fc.integer({ min: 0, max: 2 }),
  others: fc.array(fc.record({ clears: fc.boolean() }), { maxLength: 2 }),
});
const stories = faults.chain(({ changes, others }) => {
  const count = 1 + changes + others.reduce((sum, { clears }) => sum + (clears ? 2 : 1), 0);
  const all = Array.from({ length: count }, (_, index) => index);
  return fc.record({
    changes: fc.constant(changes),
    others: fc.constant(others),
    triesRemedy: fc.boolean(),
    order: fc.shuffledSubarray(all, { minLength: count }),
    again: fc.array(fc.constantFrom(...all), { maxLength: 4 }),
    batchSize: fc.integer({ min: 1, max: 4 }),
    /** Of each batch: the same outbox or another one, twice over the wire, and how long it lay before. */
    wire: fc.array(
      fc.record({ newEpoch: fc.boolean(), twice: fc.boolean(), after: fc.integer({ min: 0, max: 400_000 }) }),
      { minLength: 1, maxLength: 8 },
    ),
    atOnce: fc.boolean(),
    readAgain: fc.boolean(),
  });
});
type Story = typeof stories extends fc.Arbitrary<infer Drawn> ? Drawn : never;

describe('one fault, however it is delivered', () => {
  let cloud: TestApp;
  let plants = 0;
  beforeAll(async () => {
    cloud = await createTestApp();
    for (const journey of (await cloud.administrator.get('/v1/journeys')).body.items) {
      await cloud.administrator.post(`/v1/journeys/${journey.id}/stop`);
    }
    for (const [id, remedies] of [
      ['press-cased', []],
      ['press-remedied', [reboot]],
    ] as const) {
      const escalationPolicy = { rules: [{ when: {}, remedies, verify, otherwise: 'case' }] };
      const made = await cloud.administrator.post('/v1/device-categories', {
        ...pressCategory,
        id,
        escalationPolicy,
      });
      expect(made.status).toBe(201);
    }
  });
  afterAll(() => cloud?.close());

  function recordsOf(plant: Plant, { changes, others }: Story): AlertTransition[] {
    let time = cloud.clock.now();
    const step = (alertId: string, number: number, change: Partial<AlertTransition>) => {
      time += 10;
      return alertTransition({
        alertId,
        number,
        deviceId: plant.deviceId,
        sourceTime: time,
        gatewayTime: time,
        errorCode: 42,
        ...change,
      });
    };
    const lasting = randomUUID();
    const records = [step(lasting, 1, { rule: 'lasting' })];
    for (let number = 2; number < changes + 2; number += 1) {
      const isUp = number % 2 === 0;
      const level = isUp
        ? ({ transition: 'escalated', state: 'HIHI', severity: 'CRITICAL' } as const)
        : ({ transition: 'deescalated', state: 'HI', severity: 'MAJOR' } as const);
      records.push(step(lasting, number, { rule: 'lasting', ...level }));
    }
    for (const [index, { clears }] of others.entries()) {
      const alertId = randomUUID();
      records.push(step(alertId, 1, { rule: `other-${index}` }));
      if (clears) {
        records.push(step(alertId, 2, { rule: `other-${index}`, transition: 'cleared', value: 90 }));
      }
    }
    return records;
  }

  async function deliver(plant: Plant, story: Story): Promise<void> {
    const records = recordsOf(plant, story);
    const wanted = [...story.order, ...story.again].flatMap((index) => records[index] ?? []);
    let [epoch, next] = [randomUUID(), 1];
    const posts: (() => Promise<void>)[] = [];
    for (let start = 0; start < wanted.length; start += story.batchSize) {
      const { newEpoch, twice, after } = story.wire[(start / story.batchSize) % story.wire.length] ?? {
        newEpoch: false,
        twice: false,
        after: 0,
      };
      if (newEpoch || story.atOnce) {
        [epoch, next] = [randomUUID(), 1];
      }
      const part = wanted.slice(start, start + story.batchSize);
      const batch = { lane: 'alerts', epoch, firstSeq: next, records: part };
      next += part.length;
      for (let time = 0; time < (twice ? 2 : 1); time += 1) {
        posts.push(async () => {
          cloud.clock.advance(after);
          await eventually('the batch to be taken', async () => {
            const { status } = await plant.gateway.client.post('/v1/gateway/uplink', batch);
            return status === 200;
          });
        });
      }
    }
    if (story.atOnce) {
      await Promise.all(posts.map((post) => post()));
    } else {
      for (const post of posts) {
        await post();
      }
    }
  }

  /** The log is read again from its beginning, which takes a while. */
  const caughtUp = () =>
    eventually(
      'all subscribers to catch up',
      async () => {
        cloud.wake();
        const { rows } = await sql`
          select from event_cursors join event_order on event_order.position > event_cursors.position
          where event_order.type = any(event_cursors.types)
          union all select from events_to_order limit 1`.execute(cloud.database);
        return rows.length === 0;
      },
      60_000,
    );

  test('is one escalation with one case, and one remedy at most: duplicated, delayed, replayed, in any order [I5]', async () => {
    const seed = Math.floor(seededRandom('deliveries of one fault')() * 2 ** 31);
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        plants += 1;
        const id = story.triesRemedy ? 'press-remedied' : 'press-cased';
        const plant = await createPlant(cloud, { name: `fault-${plants}`, category: { id } });
        await deliver(plant, story);
        await caughtUp();
        if (story.readAgain) {
          await sql`update event_cursors set position = 0 where subscriber = 'escalations'`.execute(
            cloud.database,
          );
          await caughtUp();
        }
        // A remedy that nobody carries out expires; what was told late is judged in an hour at the latest.
        const { deviceId } = plant;
        const itemsOf = async (path: string) =>
          (await cloud.administrator.get(`${path}deviceId=${deviceId}`)).body.items;
        const cases = await eventually('the case to be there', async () => {
          cloud.clock.advance(600_000);
          cloud.wake();
          const found = await itemsOf('/v1/cases?');
          return found.length > 0 && found;
        });
        await caughtUp();
        cloud.clock.advance(7_200_000);
        cloud.wake();
        await caughtUp();
        expect(await itemsOf('/v1/cases?')).toHaveLength(1);
        const escalations: { state: string; caseId: string | null }[] = await itemsOf('/v1/escalations?');
        // One that was over before it was heard of is nobody's work.
        const worked = escalations.filter(({ state }) => state !== 'remedied');
        expect(worked).toMatchObject([{ state: 'case-opened', caseId: cases[0].id }]);
        const commands = (await cloud.administrator.get(`/v1/devices/${deviceId}/commands`)).body.items;
        expect(commands.length).toBeLessThanOrEqual(story.triesRemedy ? 1 : 0);
      }),
      {
        seed,
        numRuns: 12,
        interruptAfterTimeLimit: 120_000,
        markInterruptAsFailure: false,
        endOnFailure: true,
      },
    );
  }, 240_000);
});
