import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../cloud/platform/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/wait.ts';

describe('an index that a migration makes while others write', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let folder: string;
  beforeEach(async () => {
    database = await createTestDatabase();
    await database.pool.query('drop schema public cascade; create schema public');
    folder = await mkdtemp(join(tmpdir(), 'andon-migrations-'));
    await writeFile(join(folder, '0001-things.sql'), 'create table things (id int, name text);');
    await migrate(database.pool, folder);
  });
  afterEach(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });

  const bring = (sql: string) => writeFile(join(folder, '0002-things.concurrent.sql'), sql);
  const stateOfIndex = async () =>
    (
      await database.pool.query(
        "select indisvalid from pg_index where indexrelid = to_regclass('things_by_id')",
      )
    ).rows;

  test('holds up none of them, and several starts at once make it once', async () => {
    await bring('-- By id.\ncreate index concurrently things_by_id\n  on things (id);\n');
    const writer = await database.pool.connect();
    await writer.query('begin; insert into things values (1)');
    const starts = Promise.all([migrate(database.pool, folder), migrate(database.pool, folder)]);
    try {
      await eventually('the index to wait for the writer', async () => {
        const { rowCount } = await database.pool.query(`select 1 from pg_stat_activity
          where query like 'create index concurrently%' and wait_event_type = 'Lock'`);
        return rowCount === 1;
      });
      // An index that is made in the usual way would have this one wait behind it.
      await database.pool.query('insert into things values (2)');
    } finally {
      await writer.query('commit');
      writer.release();
    }
    expect((await starts).flat()).toEqual(['0002-things.concurrent.sql']);
    expect(await stateOfIndex()).toEqual([{ indisvalid: true }]);
  });

  test('is made anew where it was left half made, and what was finished stays', async () => {
    await bring(`create index concurrently things_by_name on things (name);
      create unique index concurrently things_by_id on things (id);`);
    await database.pool.query('insert into things values (1), (1)');
    await expect(migrate(database.pool, folder)).rejects.toThrow('could not create unique index');
    expect(await stateOfIndex()).toEqual([{ indisvalid: false }]);
    await database.pool.query('delete from things');
    expect(await migrate(database.pool, folder)).toEqual(['0002-things.concurrent.sql']);
    expect(await stateOfIndex()).toEqual([{ indisvalid: true }]);
    expect(await migrate(database.pool, folder)).toEqual([]);
  });

  test('is all that such a file may hold', async () => {
    for (const sql of [
      'create index things_by_id on things (id);',
      'create index concurrently if not exists things_by_id on things (id);',
      'update things set id = 1;',
    ]) {
      await bring(sql);
      await expect(migrate(database.pool, folder)).rejects.toMatchObject({
        code: 'platform.migration-not-concurrent',
      });
    }
  });
});
