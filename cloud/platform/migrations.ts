import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { AndonError } from '@andon/shared/kernel';
import type pg from 'pg';

const advisoryLockKey = 4_201_966;

/**
 * Brings the schema forward: every file `NNNN-capability.sql` of `directory` that was not applied yet, in the
 * order of its name, each in a transaction of its own. There is no way back. Replicas that start at once wait
 * for each other. A file that changed after it was applied is refused.
 *
 * A file `NNNN-capability.concurrent.sql` makes indexes while others write (`applyConcurrently`).
 */
export async function migrate(pool: pg.Pool, directory: string): Promise<string[]> {
  const files = (await readdir(directory))
    .filter((name) => /^\d{4}-[a-z-]+(\.concurrent)?\.sql$/.test(name))
    .sort();
  const client = await pool.connect();
  try {
    // Changing a large table takes its time, and so may the replica that we wait for.
    await client.query('set statement_timeout = 0');
    await waitForTurn(client);
    await client.query(
      `create table if not exists migrations (
         name text primary key, sha256 text not null, applied_at timestamptz not null default now())`,
    );
    const applied = await appliedMigrations(client);
    const done: string[] = [];
    for (const name of files) {
      const text = await readFile(join(directory, name), 'utf8');
      const sha256 = createHash('sha256').update(text).digest('hex');
      const known = applied.get(name);
      if (known === undefined) {
        const apply = name.endsWith('.concurrent.sql') ? applyConcurrently : applyOne;
        await apply(client, name, text, sha256);
        done.push(name);
      } else if (known !== sha256) {
        throw changedMigration(name);
      }
    }
    return done;
  } finally {
    // Ends the session's advisory lock together with the connection, whatever went wrong.
    client.release(true);
  }
}

const askAgainMilliseconds = 100;

/** By asking again: a statement that waits is one that an index, made while others write, would wait for in turn. */
async function waitForTurn(client: pg.PoolClient): Promise<void> {
  for (;;) {
    const asked = await client.query<{ isOurs: boolean }>('select pg_try_advisory_lock($1) as "isOurs"', [
      advisoryLockKey,
    ]);
    if (asked.rows[0]?.isOurs === true) {
      return;
    }
    await setTimeout(askAgainMilliseconds);
  }
}

async function appliedMigrations(client: pg.PoolClient): Promise<Map<string, string>> {
  const rows = await client.query<{ name: string; sha256: string }>('select name, sha256 from migrations');
  return new Map(rows.rows.map((row) => [row.name, row.sha256]));
}

async function applyOne(client: pg.PoolClient, name: string, text: string, sha256: string): Promise<void> {
  await client.query('begin');
  await client.query(text);
  await client.query('insert into migrations (name, sha256) values ($1, $2)', [name, sha256]);
  await client.query('commit');
}

/** All that such a file may say: nothing else can be begun anew after it was cut off. */
const createIndex = /^create (?:unique )?index concurrently (?!if\b)("?)([a-z_0-9]+)\1 on [^;]+$/i;
const dropIndex = /^drop index concurrently if exists [a-z_0-9]+$/i;

/**
 * Makes and drops indexes without holding up those who write, each statement outside of a transaction. Where a start
 * was cut off, what it left half made is made anew, and what it finished stays.
 */
async function applyConcurrently(
  client: pg.PoolClient,
  name: string,
  text: string,
  sha256: string,
): Promise<void> {
  const statements = text
    .replaceAll(/--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim().replaceAll(/\s+/g, ' '))
    .filter((statement) => statement !== '');
  for (const statement of statements) {
    const index = createIndex.exec(statement)?.[2];
    if (index === undefined && !dropIndex.test(statement)) {
      throw notConcurrent(name, statement);
    }
    if (index === undefined || (await isToBeMade(client, index))) {
      await client.query(statement);
    }
  }
  await client.query('insert into migrations (name, sha256) values ($1, $2)', [name, sha256]);
}

/** Drops what was left half made: such an index is kept up by every write, and read by nobody. */
async function isToBeMade(client: pg.PoolClient, index: string): Promise<boolean> {
  const found = await client.query<{ indisvalid: boolean }>(
    'select indisvalid from pg_index where indexrelid = to_regclass($1)',
    [index],
  );
  const [present] = found.rows;
  if (present?.indisvalid === false) {
    await client.query(`drop index concurrently if exists ${index}`);
  }
  return present?.indisvalid !== true;
}

function notConcurrent(name: string, statement: string): AndonError {
  return new AndonError({
    code: 'platform.migration-not-concurrent',
    message: `The migration ${name} has a statement that cannot be begun anew: ${statement.slice(0, 100)}`,
    nextStep:
      'Write create [unique] index concurrently NAME on …, or drop index concurrently if exists NAME; put the rest into another file.',
    status: 500,
  });
}

function changedMigration(name: string): AndonError {
  return new AndonError({
    code: 'platform.migration-changed',
    message: `The migration ${name} differs from the one that this database was made with.`,
    nextStep: 'Restore the released file; put a change of the schema into a new migration.',
    status: 500,
  });
}
