import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isDatabaseAway, sql } from '../../cloud/platform/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let connection: TestDatabase;
beforeEach(async () => {
  connection = await createTestDatabase({ connectionsMax: 1 });
});
afterEach(() => connection.close());

describe('statements that are run often', () => {
  test('are prepared, once in each connection', async () => {
    const { database } = connection;
    for (let run = 0; run < 30; run += 1) {
      const { rows } = await sql<{ sum: number }>`select ${run}::integer + 1 as sum`.execute(database);
      expect(rows[0]?.sum).toBe(run + 1);
    }
    const { rows } = await sql<{ runs: number }>`
      select generic_plans + custom_plans as runs from pg_prepared_statements where statement like '%as sum'`.execute(
      database,
    );
    expect(rows).toEqual([{ runs: 11 }]);
  });

  test('go on after another replica has migrated a table: what fails is to be tried again, and succeeds then', async () => {
    const { database } = connection;
    await sql`create table things (id integer)`.execute(database);
    await sql`insert into things values (1)`.execute(database);
    const read = () => sql`select * from things where id = ${1}`.execute(database);
    for (let run = 0; run < 22; run += 1) {
      await read();
    }
    await sql`alter table things add column name text`.execute(database);
    const error: unknown = await read().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(isDatabaseAway(error)).toBe(true);
    expect((await read()).rows).toEqual([{ id: 1, name: null }]);
  });
});
