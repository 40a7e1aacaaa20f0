import { systemClock } from '@andon/shared/kernel';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { orderEvents } from '../../cloud/platform/event-log.ts';
import {
  appendEvents,
  createBackgroundRunner,
  inTransaction,
  type Subscription,
  sql,
} from '../../cloud/platform/index.ts';
import { createSubscriber } from '../../cloud/platform/subscriptions.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/wait.ts';

interface Write {
  /** The key whose counter this transaction advances, under the lock of its row. */
  key: number;
  /** Takes a transaction number and an event before it waits for the key. */
  early: boolean;
  holdMilliseconds: number;
  events: number;
  abort: boolean;
}

const write: fc.Arbitrary<Write> = fc.record({
  key: fc.integer({ min: 0, max: 3 }),
  early: fc.boolean(),
  holdMilliseconds: fc.integer({ min: 0, max: 12 }),
  events: fc.integer({ min: 1, max: 3 }),
  abort: fc.boolean(),
});

describe('the event log', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase({ connectionsMax: 30 });
    await sql`create table counters (key text primary key, value integer not null)`.execute(
      database.database,
    );
    await sql`create table effects (id bigint generated always as identity, subscriber text, key text, value integer)`.execute(
      database.database,
    );
  });
  afterAll(() => database?.close());

  const runWriter = async (run: string, { key, early, holdMilliseconds, events, abort }: Write) => {
    const counter = `${run}-${key}`;
    const event = (value: number) => ({
      type: value % 2 === 0 ? `${run}.even` : `${run}.odd`,
      key: counter,
      payload: { value },
      actor: 'system:test',
      occurredAt: new Date(systemClock.now()),
    });
    await inTransaction(database.database, async (transaction) => {
      if (early) {
        // So its transaction number is older than that of others whose events about the key come first.
        await appendEvents(transaction, [{ ...event(0), type: 'test.other', key: `${counter}-other` }]);
      }
      for (let count = 0; count < events; count += 1) {
        const { rows } = await sql<{ value: number }>`insert into counters values (${counter}, 1)
          on conflict (key) do update set value = counters.value + 1 returning value`.execute(transaction);
        await appendEvents(transaction, [event(rows[0]?.value ?? 0)]);
        await new Promise((resolve) => setTimeout(resolve, holdMilliseconds));
      }
      if (abort) {
        throw new Error('aborted on purpose');
      }
    }).catch((error: unknown) => {
      if (!abort) {
        throw error;
      }
    });
  };

  test('two replicas of a subscriber see every event once and in order per key, whatever the writers do', async () => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(write, { minLength: 5, maxLength: 40 }),
        fc.boolean(),
        async (writes, failing) => {
          number += 1;
          const run = `run${number}`;
          let failures = failing ? 3 : 0;
          const subscription: Subscription = {
            name: run,
            types: [`${run}.even`, `${run}.odd`],
            async handle(transaction, event) {
              await sql`insert into effects (subscriber, key, value)
              values (${run}, ${event.key}, ${Number(event.payload.value)})`.execute(transaction);
              if (failures > 0) {
                failures -= 1;
                await sql`select 1 / 0`.execute(transaction);
              }
            },
          };
          const errors: string[] = [];
          const replicas = [0, 1].map(() =>
            createBackgroundRunner({
              database: database.database,
              pool: database.pool,
              clock: systemClock,
              subscriptions: [subscription],
              tasks: [],
              onError: (_name, error) => errors.push(error.message),
            }),
          );
          for (const replica of replicas) {
            replica.start();
          }
          await Promise.all(writes.map((one) => runWriter(run, one)));
          const expected = new Map<string, number>();
          for (const one of writes.filter((candidate) => !candidate.abort)) {
            expected.set(`${run}-${one.key}`, (expected.get(`${run}-${one.key}`) ?? 0) + one.events);
          }
          const total = [...expected.values()].reduce((sum, count) => sum + count, 0);
          await eventually('all events to be handled', async () => {
            const { rows } = await sql<{ count: number }>`select count(*) as count from effects
            where subscriber = ${run}`.execute(database.database);
            return (rows[0]?.count ?? 0) >= total;
          });
          for (const replica of replicas) {
            await replica.stop();
          }
          for (const [key, count] of expected) {
            const { rows } = await sql<{ value: number }>`select value from effects
            where subscriber = ${run} and key = ${key} order by id`.execute(database.database);
            expect(rows.map((row) => row.value)).toEqual(
              Array.from({ length: count }, (_, index) => index + 1),
            );
          }
          expect(errors.filter((message) => message !== 'division by zero')).toEqual([]);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('an event that can never be handled is set aside after five tries, and those after it are handled', async () => {
    const handled: number[] = [];
    const runner = createBackgroundRunner({
      database: database.database,
      pool: database.pool,
      clock: systemClock,
      subscriptions: [
        {
          name: 'choosy',
          types: ['choosy.event'],
          async handle(_transaction, event) {
            if (event.payload.value === 2) {
              throw new Error('never this one');
            }
            handled.push(Number(event.payload.value));
          },
        },
      ],
      tasks: [],
      onError: () => undefined,
    });
    runner.start();
    await inTransaction(database.database, (transaction) =>
      appendEvents(
        transaction,
        [1, 2, 3].map((value) => ({
          type: 'choosy.event',
          key: 'one',
          payload: { value },
          actor: 'system:test',
          occurredAt: new Date(systemClock.now()),
        })),
      ),
    );
    await eventually('the third event to be handled', () => handled.includes(3));
    await runner.stop();
    const { rows } = await sql<{ attempts: number; error: string }>`select attempts, error from event_failures
      where subscriber = 'choosy'`.execute(database.database);
    expect(rows).toEqual([{ attempts: 5, error: 'Error: never this one' }]);
    // What comes before one that fails is handled again with it rolled back, so only what is in the database counts.
    expect([...new Set(handled)]).toEqual([1, 3]);
  });

  test('what fails alone is set aside, also where it passed together with others of which one failed', async () => {
    const handle = async () => {
      throw new Error('never alone');
    };
    const subscriber = createSubscriber(
      database.database,
      {
        name: 'sociable',
        types: ['sociable.event'],
        handle,
        handleTogether: async (_transaction, events) =>
          new Set(events.length < 2 ? [] : events.slice(0, 1).map(({ id }) => id)),
      },
      systemClock,
      () => undefined,
    );
    await inTransaction(database.database, (transaction) =>
      appendEvents(
        transaction,
        [1, 2].map((value) => ({
          type: 'sociable.event',
          key: 'one',
          payload: { value },
          actor: 'system:test',
          occurredAt: new Date(systemClock.now()),
        })),
      ),
    );
    await orderEvents(database.database);
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await subscriber.advance().catch(() => undefined);
    }
    const { rows } = await sql`select attempts from event_failures where subscriber = 'sociable'`.execute(
      database.database,
    );
    expect(rows).toEqual([{ attempts: 5 }, { attempts: 5 }]);
  });

  test('what was written into the log can be neither changed nor removed', async () => {
    for (const statement of [
      "update events set key = 'x'",
      'delete from events',
      'truncate events cascade',
    ]) {
      await expect(database.pool.query(statement)).rejects.toThrow('append-only');
    }
  });
});
