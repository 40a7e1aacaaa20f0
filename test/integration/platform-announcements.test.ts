import { systemClock } from '@andon/shared/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listenForEvents } from '../../cloud/platform/event-listener.ts';
import {
  announcementsOf,
  appendEvent,
  connectDatabase,
  type DatabaseConnection,
  inTransaction,
  tellCommitted,
} from '../../cloud/platform/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/wait.ts';

describe('what was committed', () => {
  let here: TestDatabase;
  let there: DatabaseConnection;
  const heard = { here: [] as string[], there: [] as string[] };
  const ends: (() => unknown)[] = [];

  beforeAll(async () => {
    here = await createTestDatabase();
    there = connectDatabase(here.url, {
      connectionsMax: 2,
      applicationName: 'another replica',
      onError: () => undefined,
    });
    for (const [name, connection] of [
      ['here', here],
      ['there', there],
    ] as const) {
      const announcements = announcementsOf(connection.database);
      const connected = Promise.withResolvers<void>();
      ends.push(
        announcements.listen((kind, names) => heard[name].push(...names.map((one) => `${kind} ${one}`))),
      );
      ends.push(
        listenForEvents(connection.pool, announcements, {
          onConnected: connected.resolve,
          onError: connected.reject,
        }),
      );
      await connected.promise;
    }
  });
  afterAll(async () => {
    for (const end of ends) {
      await end();
    }
    await there.close();
    await here.close();
  });

  const event = { type: 'thing.made', key: 'one', payload: {}, actor: 'system:test' } as const;
  const append = (connection: DatabaseConnection) =>
    inTransaction(connection.database, async (transaction) => {
      await appendEvent(transaction, { ...event, occurredAt: new Date(systemClock.now()) });
      tellCommitted(transaction, 'something-else');
    });

  test('is heard here at once and once, and in another replica soon', async () => {
    await append(here);
    expect(heard.here).toEqual(['committed thing.made', 'committed something-else']);
    await eventually('the other one to hear', () => heard.there.length === 2);
    expect(heard.there.toSorted()).toEqual(['committed something-else', 'committed thing.made']);
    await append(there);
    await eventually('this one to hear of the other', () => heard.here.length === 4);
    // Its own have come back to each by now, and were not told twice.
    expect(heard.there).toHaveLength(4);
  });

  test('is not told where the transaction is rolled back', async () => {
    const before = heard.here.length;
    const failing = inTransaction(here.database, async (transaction) => {
      tellCommitted(transaction, 'never');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(heard.here).toHaveLength(before);
  });

  test('of a former version, which names no topics, is for everybody', async () => {
    await there.pool.query("select pg_notify('andon_events', '')");
    await eventually('it to be heard', () => heard.here.includes('committed '));
  });
});
