import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AndonError } from '@andon/shared/kernel';
import type pg from 'pg';

const advisoryLockKey = 4_201_966;

/**
 * Brings the schema forward: every file `NNNN-capability.sql` of `directory` that was not applied yet, in the
 * order of its name, each in a transaction of its own. There is no way back. Replicas that start at once wait
 * for each other. A file that changed after it was applied is refused.
 */
export async function migrate(pool: pg.Pool, directory: string): Promise<string[]> {
  const files = (await readdir(directory)).filter((name) => /^\d{4}-[a-z-]+\.sql$/.test(name)).sort();
  const client = await pool.connect();
  try {
    // Changing a large table takes its time, and so may the replica that we wait for.
    await client.query('set statement_timeout = 0');
    await client.query('select pg_advisory_lock($1)', [advisoryLockKey]);
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
        await applyOne(client, name, text, sha256);
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

function changedMigration(name: string): AndonError {
  return new AndonError({
    code: 'platform.migration-changed',
    message: `The migration ${name} differs from the one that this database was made with.`,
    nextStep: 'Restore the released file; put a change of the schema into a new migration.',
    status: 500,
  });
}
